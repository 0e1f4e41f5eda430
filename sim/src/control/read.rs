//! What can be read of the outside world.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::value;
use crate::accepted::{AcceptedFilter, CountBy};
use crate::error::SimError;
use crate::http::param;
use crate::people::PersonId;
use crate::server::Shared;
use crate::world::World;

/// Messages of one answer unless asked otherwise.
const PAGE: usize = 1_000;
/// Most messages of one answer.
const PAGE_MAX: usize = 10_000;

/// Nothing when there is no such path, or its query cannot be understood.
pub(super) fn read(shared: &Shared, path: &str, query: &str) -> Option<Result<Value, SimError>> {
    let mut world = shared.world();
    let found = match path {
        "people" => value(&world.people.all()),
        "book" => value(&world.book),
        "accepted" => accepted(&world, query)?,
        "accepted/counts" => counts(&world, query)?,
        "credits" => return Some(credits(&mut world, query)),
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

fn accepted(world: &World, query: &str) -> Option<Value> {
    let mut filter: AcceptedFilter = typed(query)?;
    filter.limit = Some(filter.limit.unwrap_or(PAGE).min(PAGE_MAX));
    let messages = world.accepted(&filter);
    let last = messages.last().map_or(filter.after, |message| message.number);
    Some(json!({ "messages": messages, "last": last, "total": world.accepted }))
}

fn counts(world: &World, query: &str) -> Option<Value> {
    let by = match param(query, "by") {
        Some(name) => serde_json::from_value(json!(name)).ok()?,
        None => CountBy::default(),
    };
    let counts = world.accepted_counts(&typed(query)?, by);
    let total: usize = counts.values().sum();
    Some(json!({ "total": total, "counts": counts }))
}

fn credits(world: &mut World, query: &str) -> Result<Value, SimError> {
    let text = |name: &str| param(query, name).unwrap_or_default();
    let person = PersonId(text("person").parse().unwrap_or(0));
    world.people.get(person).ok_or(SimError::UnknownPerson)?;
    let credits = world.subscribe_credits(person, &text("appid"), &text("template_id"));
    Ok(json!({ "credits": credits }))
}

/// A query as a type: numbers where they look like numbers and the type has one.
fn typed<T: DeserializeOwned>(query: &str) -> Option<T> {
    const NUMBERS: [&str; 3] = ["after", "limit", "person"];
    let mut object = Map::new();
    for (key, text) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = if NUMBERS.contains(&key.as_ref()) { json!(text.parse::<u64>().ok()?) } else { json!(text) };
        object.insert(key.into_owned(), value);
    }
    serde_json::from_value(Value::Object(object)).ok()
}
