//! The description of the API is complete, and the committed copy is what the routes say.
//!
//! `LINLI_BLESS=1` writes `docs/openapi.json` anew.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

fn description() -> Value {
    serde_json::to_value(super::description()).unwrap()
}

/// Path, method and operation of every route.
fn operations(description: &Value) -> Vec<(String, String, Value)> {
    let paths = description["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            if METHODS.contains(&method.as_str()) {
                found.push((path.clone(), method.clone(), operation.clone()));
            }
        }
    }
    found
}

/// Every `$ref` in a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(target) if name == "$ref" => {
                        found.insert(target.clone());
                    }
                    field => references(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_operation_has_its_own_id_a_summary_and_answers() {
    let description = description();
    let operations = operations(&description);
    assert!(operations.len() > 50, "only {} operations", operations.len());
    let mut ids = BTreeSet::new();
    for (path, method, operation) in &operations {
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no id"));
        assert!(ids.insert(id.to_owned()), "{id} is the id of two operations");
        let answers = operation["responses"].as_object().unwrap_or_else(|| panic!("{id} answers nothing"));
        assert!(answers.keys().any(|status| status.starts_with('2')), "{id} never succeeds");
        for (status, answer) in answers {
            assert!(answer["description"].as_str().is_some_and(|words| !words.is_empty()), "{id} {status}: no words");
        }
        assert!(operation["summary"].as_str().is_some_and(|words| !words.is_empty()), "{id} says nothing");
    }
}

#[test]
fn every_route_of_a_project_needs_a_sign_in_or_is_a_callback() {
    for (path, method, operation) in operations(&description()) {
        let secured = operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
        let expected = if path.starts_with("/api/staff/") {
            Some("staff")
        } else if path.starts_with("/api/owner/") {
            Some("owner")
        } else {
            None
        };
        if secured {
            let scheme = operation["security"][0].as_object().unwrap().keys().next().unwrap().clone();
            assert_eq!(Some(scheme.as_str()), expected, "{method} {path}");
            for status in ["401", "404"] {
                assert!(operation["responses"][status].is_object(), "{method} {path} says nothing of {status}");
            }
        }
        if path.contains("{project}") {
            assert!(secured || path.starts_with("/callback/"), "{method} {path} is open to everybody");
        }
    }
}

/// What may be asked without signing in. A new line here is a decision.
#[test]
fn only_these_routes_are_open() {
    let mut open: Vec<String> = operations(&description())
        .into_iter()
        .filter(|(_, _, operation)| operation.get("security").is_none())
        .map(|(path, method, _)| format!("{method} {path}"))
        .collect();
    open.sort();
    assert_eq!(
        open,
        [
            "get /api/owner/v1/reminders/{token}",
            "get /callback/wechat/{app_id}",
            "get /healthz",
            "get /metrics",
            "get /readyz",
            "post /api/owner/v1/reminders/{token}/acknowledgement",
            "post /api/owner/v1/sessions",
            "post /api/staff/v1/console/sessions",
            "post /api/staff/v1/sessions",
            "post /callback/sms/{token}",
            "post /callback/voice/{token}",
            "post /callback/wechat/{app_id}",
            "post /callback/wechatpay/{project}/payment",
            "post /callback/wechatpay/{project}/refund",
        ]
    );
}

#[test]
fn parameters_are_those_of_the_path_and_each_is_named_once() {
    for (path, method, operation) in operations(&description()) {
        let given = operation["parameters"].as_array().cloned().unwrap_or_default();
        let mut names = BTreeSet::new();
        for parameter in &given {
            let key = format!("{} {}", parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap());
            assert!(names.insert(key.clone()), "{method} {path} names {key} twice");
        }
        let in_path: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let said: BTreeSet<&str> =
            given.iter().filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(in_path, said, "{method} {path}");
    }
}

#[test]
fn every_reference_leads_to_a_schema() {
    let description = description();
    let mut wanted = BTreeSet::new();
    references(&description, &mut wanted);
    assert!(wanted.contains("#/components/schemas/ErrorEnvelope"));
    for target in wanted {
        let pointer = target.trim_start_matches('#');
        assert!(description.pointer(pointer).is_some(), "{target} leads nowhere");
    }
}

#[test]
fn the_committed_description_is_what_the_routes_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let said = description();
    if std::env::var_os("LINLI_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&said).unwrap();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("{text}\n")).unwrap();
    }
    let committed: Value = serde_json::from_slice(&std::fs::read(&path).unwrap_or_default()).unwrap_or_default();
    assert!(committed == said, "docs/openapi.json is not what the routes say: LINLI_BLESS=1 cargo nextest run -p api");
}
