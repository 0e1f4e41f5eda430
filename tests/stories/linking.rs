//! How somebody in the service account turns out to be somebody of a house, and what owners say to their bills.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use service::staff::Role;
use tests::{Owner, World};
use uuid::Uuid;

const PHONE: &str = "13800000001";

async fn followers(world: &World) -> i64 {
    world.control_raw().await.count("person_wechat WHERE followed AND person_id IS NOT NULL").await
}

async fn code_of(world: &World, owner: &Owner) -> String {
    let path = world.community().owner_path("/follow-qr");
    owner.client.post(201, &path, &json!({})).await["content"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_nobody_told_us_of_is_found_by_the_nightly_list_and_reminded_by_wechat() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.stranger(PHONE).await;
    for n in 2..7 {
        let other = world.sim.add_person(None, &format!("1380000000{n}"));
        world.sim.follow(other, &world.community().outside.official).unwrap();
    }
    world.sim.follow(owner.person, &world.community().outside.official).unwrap();
    world.sim.mischief().always(sim::Endpoint::Push, sim::Trick::Drop);
    world.sim.deliver_pushes().await;
    assert_eq!(followers(&world).await, 0);
    world.sim.set_user_page(2);
    let report = world.node.engine.run_now("sync_followers", None).await.unwrap();
    assert_eq!(report.error, None);
    let report = report.report.unwrap();
    assert_eq!((&report["seen"], &report["completed"], &report["gone"]), (&json!(6), &json!(1), &json!(0)));
    assert_eq!(followers(&world).await, 1, "the others did not sign in");
    world.advance_to(bill.due);
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_scans_the_code_of_the_mini_program_or_of_staff_is_joined() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    world.bill(&house, 20_000).await;
    let owner = world.stranger(PHONE).await;
    let code = code_of(&world, &owner).await;
    world.sim.scan(owner.person, &code).unwrap();
    world.deliver_pushes().await;
    assert_eq!(followers(&world).await, 1);
    let used = world.control_raw().await.count("follow_token WHERE used_at_ms IS NOT NULL").await;
    assert_eq!(used, 1);

    let steward = world.staff("steward", &[Role::Steward], None).await;
    let person: Uuid = world.control_raw().await.one("SELECT person_id FROM house_binding").await;
    let path = world.community().staff_path(&format!("/people/{person}/follow-qr"));
    let shown = steward.post(201, &path, &json!({})).await;
    assert!(shown["image_url"].as_str().unwrap().starts_with("https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket="));
    let nobody = world.community().staff_path(&format!("/people/{}/follow-qr", Uuid::nil()));
    steward.post(404, &nobody, &json!({})).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_their_authorization_back_signs_in_anew_and_whoever_leaves_is_not_known_any_more() {
    let world = World::start().await;
    world.household("1-1-101", PHONE).await;
    let owner = world.owner(PHONE).await;
    let mini = world.community().outside.mini.clone();
    let openid: String =
        world.control_raw().await.one(&format!("SELECT openid FROM person_wechat WHERE app_id = '{mini}'")).await;
    let bills = world.community().owner_path("/bills?state=all");
    owner.client.get(200, &bills).await;
    // WeChat's own sender speaks in these events.
    let told = |event: &str, openid: &str, fields: &[(&str, &str)]| {
        let fields: Vec<(&str, &str)> = [("OpenID", openid)].into_iter().chain(fields.iter().copied()).collect();
        world.sim.push_event(&mini, "owWeChat", event, &fields);
    };
    told("user_authorization_revoke", &openid, &[("RevokeInfo", "8")]);
    world.deliver_pushes().await;
    owner.client.get(401, &bills).await;
    let with_phone = "person WHERE phone_hash IS NOT NULL";
    assert_eq!(world.control_raw().await.count(with_phone).await, 0);
    let again = world.stranger(PHONE).await;
    again.client.get(200, &bills).await;
    assert_eq!(world.control_raw().await.count(with_phone).await, 1);

    world.advance(TimeDelta::seconds(5));
    told("user_authorization_cancellation", &openid, &[]);
    world.deliver_pushes().await;
    again.client.get(401, &bills).await;
    let of_mini = format!("person_wechat WHERE app_id = '{mini}'");
    assert_eq!(world.control_raw().await.count(&of_mini).await, 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_disputes_a_bill_or_promises_to_pay_and_staff_see_and_end_it() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    let of_bill = |what: &str| world.community().owner_path(&format!("/bills/{}/{what}", bill.id));
    let refused = owner.client.post(400, &of_bill("promise"), &json!({ "until": "2020-01-01" })).await;
    assert_eq!(refused["error"]["code"], "promise_day_past");
    assert_eq!(refused["error"]["fields"][0]["field"], "until");
    let until = world.today() + TimeDelta::days(3);
    let promise = owner.client.post(201, &of_bill("promise"), &json!({ "until": until })).await;
    owner.client.post(201, &of_bill("dispute"), &json!({ "words": "面积不对" })).await;
    let again = owner.client.post(409, &of_bill("dispute"), &json!({ "words": "面积不对" })).await;
    assert_eq!(again["error"]["code"], "already_disputed");
    let hold = world.community().owner_path(&format!("/holds/{}", promise["id"].as_str().unwrap()));
    for _ in 0..2 {
        owner.client.delete(204, &hold).await;
    }
    let seen = owner.client.get(200, &of_bill("holds")).await;
    assert_eq!((seen["holds"].as_array().unwrap().len(), &seen["promises_left"]), (2, &json!(1)));

    let steward = world.staff("steward", &[Role::Steward], None).await;
    let pauses = world.community().staff_path("/reminder-pauses");
    let shown = steward.get(200, &pauses).await;
    assert_eq!((&shown[0]["origin"], &shown[0]["words"]), (&json!("owner"), &json!("面积不对")));
    steward.delete(204, &format!("{pauses}/{}", shown[0]["id"].as_str().unwrap())).await;
    let stranger = world.stranger("13900000009").await;
    let (status, _) = stranger.client.send(Method::GET, &of_bill("holds"), None).await;
    assert_eq!(status, 404);
    world.finish().await;
}
