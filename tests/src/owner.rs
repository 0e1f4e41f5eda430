//! Somebody with a phone: signs in, follows, looks at bills, pays.

use serde_json::{Value, json};
use sim::{Paid, PersonId};
use uuid::Uuid;

use crate::{Bill, Client, Community, World};

/// An owner who signed in to the mini program.
#[derive(Clone)]
pub struct Owner {
    /// Who, outside.
    pub person: PersonId,
    /// The API with this owner's session.
    pub client: Client,
    community: Community,
}

impl World {
    /// Somebody with this phone opens the mini program of the first project, gives the number and follows the
    /// service account. Houses whose owner has the phone are bound.
    pub async fn owner(&self, phone: &str) -> Owner {
        let owner = self.stranger(phone).await;
        self.sim.follow(owner.person, &self.community().outside.official).unwrap();
        self.deliver_pushes().await;
        owner
    }

    /// The same without following.
    pub async fn stranger(&self, phone: &str) -> Owner {
        self.owner_of(self.community(), &self.client(), phone).await
    }

    /// The same in another project, or through another server.
    pub async fn owner_of(&self, community: &Community, client: &Client, phone: &str) -> Owner {
        let known = self.sim.people().into_iter().find(|person| person.phone == phone);
        let person = known.map_or_else(|| self.sim.add_person(None, phone), |person| person.id);
        let code = self.sim.issue_login_code(&community.outside.mini, person).unwrap();
        let body = json!({ "app_id": community.outside.mini, "code": code });
        let session = client.post(201, "/api/owner/v1/sessions", &body).await;
        let client = client.with_token(session["token"].as_str().unwrap());
        self.give_phone(&client, person).await;
        Owner { person, client, community: community.clone() }
    }
}

impl World {
    /// Presses the phone-number button, twice when WeChat had let our access token die meanwhile.
    async fn give_phone(&self, client: &Client, person: PersonId) {
        for _ in 0..2 {
            let body = json!({ "code": self.sim.issue_phone_code(person).unwrap() });
            let (status, answer) = client.send(reqwest::Method::POST, "/api/owner/v1/phone", Some(&body)).await;
            if status == 200 {
                return;
            }
            assert_eq!(answer["error"]["code"], "bad_code", "{answer}");
        }
        panic!("WeChat takes no code");
    }
}

/// The body of an order over these bills at the sum they ask for.
pub fn order_over(bills: &[&Bill]) -> Value {
    let ids: Vec<Uuid> = bills.iter().map(|bill| bill.id).collect();
    json!({ "bill_ids": ids, "expected_fen": bills.iter().map(|bill| bill.fen).sum::<i64>() })
}

impl Owner {
    /// The path of this owner's orders.
    pub fn orders_path(&self) -> String {
        self.community.owner_path("/orders")
    }

    /// Ticks bills and taps on pay.
    pub async fn order(&self, bills: &[&Bill]) -> Value {
        self.client.post(200, &self.orders_path(), &order_over(bills)).await
    }

    /// Ticks bills, taps on pay and confirms in WeChat. The notice is on its way afterwards.
    pub async fn pay(&self, world: &World, bills: &[&Bill]) -> Paid {
        let payable = self.order(bills).await;
        assert_eq!(payable["state"], "ready", "{payable}");
        world.sim.pay(self.person, &payable["pay_params"]).unwrap()
    }

    /// Pays, and the notice arrives.
    pub async fn pay_and_tell(&self, world: &World, bills: &[&Bill]) -> Paid {
        let paid = self.pay(world, bills).await;
        assert_eq!(world.deliver_notifies().await, [Some(200)]);
        paid
    }

    /// One order, as the API shows it.
    pub async fn show(&self, order: &Value) -> Value {
        self.client.get(200, &format!("{}/{}", self.orders_path(), order.as_str().unwrap())).await
    }

    /// The texts of the messages on this owner's phone, newest last, without payment vouchers.
    pub fn messages(&self, world: &World) -> Vec<sim::InboxItem> {
        let inbox = world.sim.inbox(self.person);
        inbox.into_iter().filter(|item| item.channel != sim::Channel::Payment).collect()
    }

    /// The token of the newest message's link.
    pub fn message_token(&self, world: &World) -> String {
        let messages = self.messages(world);
        let page = messages.iter().rev().find_map(|message| message.pagepath.clone()).expect("a message with a link");
        page.split_once("token=").unwrap().1.to_owned()
    }
}

impl Owner {
    /// The bills of this owner's houses.
    pub async fn bills(&self) -> Value {
        self.client.get(200, &self.community.owner_path("/bills?state=all")).await
    }

    /// The receipts of this owner's houses, newest first.
    pub async fn receipts(&self) -> Value {
        self.client.get(200, &self.community.owner_path("/receipts")).await
    }

    /// Taps on a message.
    pub async fn open_reminder(&self, token: &str) -> Value {
        self.client.get(200, &format!("/api/owner/v1/reminders/{token}")).await
    }

    /// Presses 已知晓 on the page behind a message.
    pub async fn acknowledge(&self, token: &str) -> Value {
        self.client.post(204, &format!("/api/owner/v1/reminders/{token}/acknowledgement"), &json!({})).await
    }
}
