//! The API as it describes itself: every operation, and a body that fits what it says of its body.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::Client;

/// Schemas within schemas that are followed.
const DEPTH_MAX: usize = 8;
/// Schemas down to the fields of an array's item: the item, what it refers to, a field, what that refers to.
const ITEM_DEPTH: usize = 4;

/// One operation of `/openapi.json`.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `GET`, `POST` …
    pub method: reqwest::Method,
    /// With `{names}`.
    pub path: String,
    /// Who may call it: `owner`, `staff`, or nobody in particular.
    pub caller: Option<String>,
    /// The schema of its JSON body.
    body: Option<Value>,
    /// Name and schema of each query parameter that must be there.
    query: Vec<(String, Value)>,
    components: Value,
}

impl Operation {
    /// All of them.
    pub async fn all(client: &Client) -> Vec<Self> {
        let description = client.get(200, "/openapi.json").await;
        let mut all = Vec::new();
        for (path, methods) in description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let Ok(method) = method.to_uppercase().parse() else { continue };
                let caller = operation["security"][0].as_object().and_then(|one| one.keys().next().cloned());
                let body = operation.pointer("/requestBody/content/application~1json/schema").cloned();
                let (path, components) = (path.clone(), description["components"]["schemas"].clone());
                let query = required_query(operation);
                all.push(Self { method, path, caller, body, query, components });
            }
        }
        assert!(all.len() > 30, "the description has {} operations", all.len());
        all
    }

    /// The names in the path.
    pub fn names(&self) -> Vec<&str> {
        self.path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect()
    }

    /// What must follow the path, with `?`.
    pub fn query(&self, id: Uuid) -> String {
        let pairs = self.query.iter().map(|(name, schema)| {
            let value = self.sample(schema, id, 0);
            format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
        });
        let pairs: Vec<String> = pairs.collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    /// A body in which every id is `id`.
    pub fn body(&self, id: Uuid) -> Option<Value> {
        self.body.as_ref().map(|schema| self.sample(schema, id, 0))
    }

    /// Its body names other things by their ids.
    pub fn body_has_ids(&self) -> bool {
        let id = Uuid::max();
        self.body(id).is_some_and(|body| body.to_string().contains(&id.to_string()))
    }

    fn sample(&self, schema: &Value, id: Uuid, depth: usize) -> Value {
        if depth > DEPTH_MAX {
            return Value::Null;
        }
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        if let Some(name) = schema["$ref"].as_str() {
            let found = &self.components[name.rsplit('/').next().unwrap()];
            return self.sample(found, id, depth + 1);
        }
        for choice in ["oneOf", "anyOf", "allOf"] {
            if let Some(options) = schema[choice].as_array() {
                let option = options.iter().find(|option| option["type"] != "null").unwrap_or(&Value::Null);
                return self.sample(option, id, depth + 1);
            }
        }
        if let Some(first) = schema["enum"].as_array().and_then(|words| words.first()) {
            return first.clone();
        }
        // What may be left out is: a word of ours would be as wrong as none.
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (None, _) => Value::Null,
            (Some("object"), _) => self.object(schema, id, depth),
            // A thing that holds things of its own kind ends with none.
            (Some("array"), _) if depth + ITEM_DEPTH > DEPTH_MAX => json!([]),
            (Some("array"), _) => json!([self.sample(&schema["items"], id, depth + 1)]),
            (Some("string"), Some("uuid")) => json!(id),
            (Some("string"), Some("date")) => json!("2026-12-05"),
            (Some("string"), Some("date-time")) => json!("2026-11-23T02:00:00Z"),
            (Some("string"), _) => json!("x"),
            (Some("boolean"), _) => json!(true),
            _ => json!(1),
        }
    }

    fn object(&self, schema: &Value, id: Uuid, depth: usize) -> Value {
        let mut fields = Map::new();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            fields.insert(name.clone(), self.sample(field, id, depth + 1));
        }
        Value::Object(fields)
    }
}

fn required_query(operation: &Value) -> Vec<(String, Value)> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let required = all.filter(|one| one["in"] == "query" && one["required"] == true);
    required.map(|one| (one["name"].as_str().unwrap().to_owned(), one["schema"].clone())).collect()
}
