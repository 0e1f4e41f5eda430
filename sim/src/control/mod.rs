//! `/_sim/…` on the WeChat port: what a person or a demo page does to the outside world, in JSON.

mod act;
mod read;

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::SimError;
use crate::http::{Answer, Incoming};
use crate::mischief::Endpoint;
use crate::outbox::{self, Family};
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
        SimError::UnknownOrder(_) | SimError::UnknownCode => 404,
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
    let path = incoming.path().strip_prefix(PREFIX).unwrap_or_default();
    if (incoming.method(), path) == ("POST", "deliver") {
        return open_to_pages(deliver_all(shared).await);
    }
    let answered = match incoming.method() {
        "GET" => read::read(shared, path, incoming.query()),
        "POST" => act::act(&mut shared.world(), path, &incoming.json()),
        "DELETE" if path == "mischief" => forget_mischief(shared, incoming),
        _ => None,
    };
    open_to_pages(match answered {
        Some(Ok(value)) => Answer::json(200, &value),
        Some(Err(error)) => error_answer(&error),
        None => Answer::json(404, &json!({ "code": "NO_SUCH_PATH", "message": "没有这个地址" })),
    })
}

/// All rules, or those of one endpoint.
fn forget_mischief(shared: &Shared, incoming: &Incoming<'_>) -> Option<Result<Value, SimError>> {
    let mut world = shared.world();
    match incoming.param("endpoint") {
        Some(name) => world.mischief.lift(endpoint(&name)?),
        None => world.mischief.clear(),
    }
    Some(Ok(json!({})))
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

fn endpoint(name: &str) -> Option<Endpoint> {
    serde_json::from_value(json!(name)).ok()
}
