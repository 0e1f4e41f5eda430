//! `/_sim/…` on the WeChat port: what a person or a demo page does to the outside world, in JSON.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::SimError;
use crate::http::{Answer, Incoming, text};
use crate::mischief::Rule;
use crate::outbox::{self, Family};
use crate::people::PersonId;
use crate::server::Shared;

const PREFIX: &str = "/_sim/";

pub(crate) fn is_control(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// A pair for the browser: the demo page may be served from elsewhere.
fn open_to_pages(mut answer: Answer) -> Answer {
    answer.headers.push(("Access-Control-Allow-Origin", "*".to_owned()));
    answer.headers.push(("Access-Control-Allow-Methods", "GET, POST, DELETE".to_owned()));
    answer.headers.push(("Access-Control-Allow-Headers", "Content-Type".to_owned()));
    answer
}

fn error_answer(error: &SimError) -> Answer {
    let status = match error {
        SimError::UnknownPerson | SimError::UnknownApp(_) | SimError::UnknownMerchant(_) => 404,
        SimError::UnknownOrder(_) => 404,
        SimError::PayRefused { .. } => 409,
        SimError::BadKey(_) | SimError::Io(_) | SimError::Http(_) => 500,
    };
    let words = error.to_string();
    let (code, message) = words.split_once(": ").unwrap_or((&words, ""));
    Answer::json(status, &json!({ "code": code, "message": message }))
}

pub(crate) async fn answer(shared: &Arc<Shared>, incoming: &Incoming<'_>) -> Answer {
    if incoming.method() == "OPTIONS" {
        return open_to_pages(Answer::no_content());
    }
    let body = incoming.json();
    let path = incoming.path().strip_prefix(PREFIX).unwrap_or_default();
    if (incoming.method(), path) == ("POST", "deliver") {
        return open_to_pages(deliver_all(shared).await);
    }
    let answered = match incoming.method() {
        "GET" => read(shared, path),
        "POST" => write(shared, path, &body),
        "DELETE" if path == "mischief" => {
            shared.world().mischief.clear();
            Some(Ok(json!({})))
        }
        _ => None,
    };
    open_to_pages(match answered {
        Some(Ok(value)) => Answer::json(200, &value),
        Some(Err(error)) => error_answer(&error),
        None => Answer::json(404, &json!({ "code": "NO_SUCH_PATH", "message": "没有这个地址" })),
    })
}

async fn deliver_all(shared: &Arc<Shared>) -> Answer {
    let mut deliveries = Vec::new();
    for family in [Family::Notify, Family::Push, Family::Receipt] {
        deliveries.extend(outbox::deliver(shared, family, 1, i64::MIN).await);
    }
    Answer::json(200, &value(&deliveries))
}

fn value(found: &impl Serialize) -> Value {
    serde_json::to_value(found).unwrap_or(Value::Null)
}

fn read(shared: &Shared, path: &str) -> Option<Result<Value, SimError>> {
    let world = shared.world();
    let found = match path {
        "people" => value(&world.people.all()),
        "book" => value(&world.book),
        "orders" => value(&world.order_views()),
        "mischief" => value(&world.mischief.rules()),
        "clock" => json!({ "now_ms": world.clock.now_ms() }),
        "urls" => value(&shared.urls),
        _ => {
            let person = path.strip_prefix("inbox/")?.parse().map(PersonId).ok()?;
            if world.people.get(person).is_none() {
                return Some(Err(SimError::UnknownPerson));
            }
            value(&world.people.inbox(person))
        }
    };
    Some(Ok(found))
}

fn write(shared: &Shared, path: &str, body: &Value) -> Option<Result<Value, SimError>> {
    let number = body.pointer("/person").and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    let person = PersonId(number.unwrap_or(0));
    let (appid, flag) = (text(body, "/appid"), |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(true));
    let mut world = shared.world();
    let done = match path {
        "people" => {
            let appids: Vec<String> = world.apps.keys().cloned().collect();
            let name = Some(text(body, "/name")).filter(|name| !name.is_empty());
            Ok(json!({ "person": world.people.add(name, text(body, "/phone"), &appids) }))
        }
        "pay" => world.request_payment(person, body.get("params").unwrap_or(&Value::Null)).map(|paid| value(&paid)),
        "pay-order" => {
            world.pay_open_order(person, text(body, "/mchid"), text(body, "/out_trade_no")).map(|paid| value(&paid))
        }
        "login-code" => world.new_login_code(appid, person).map(|code| json!({ "code": code })),
        "phone-code" => world.new_phone_code(person).map(|code| json!({ "code": code })),
        "follow" => world.set_follow(person, appid, flag("follows"), text(body, "/scene")).map(|()| json!({})),
        "popup" => {
            let template_id = text(body, "/template_id");
            world.answer_popup(person, appid, template_id, flag("accept")).map(|()| json!({}))
        }
        "mischief" => match serde_json::from_value::<Rule>(body.clone()) {
            Ok(rule) => {
                world.mischief.add(rule);
                Ok(json!({}))
            }
            Err(_) => return None,
        },
        "clock" => {
            let number = |name: &str| body.get(name).and_then(Value::as_i64);
            if let Some(now_ms) = number("set_ms") {
                world.clock.set_ms(now_ms);
            }
            world.clock.advance_ms(number("advance_ms").unwrap_or(0));
            Ok(json!({ "now_ms": world.clock.now_ms() }))
        }
        _ => return None,
    };
    Some(done)
}
