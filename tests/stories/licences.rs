//! Licences of everything that is compiled in, held against the list in `deny.toml`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Where it runs; crates for other systems are not even fetched.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// Crates whose manifest names a file instead of an expression; what the file is was read.
const READ_BY_HAND: &[(&str, &str)] = &[];

fn allowed() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deny.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let list = text.split("allow = [").nth(1).unwrap().split(']').next().unwrap();
    list.split(',').map(|one| one.trim().trim_matches('"').to_owned()).filter(|one| !one.is_empty()).collect()
}

/// An SPDX expression holds when one side of every OR and all sides of every AND hold. Old manifests write `/` for OR.
fn holds(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let text = words.join(" ");
    // Parentheses only ever group an OR inside an AND in what we depend on, so each AND part is judged by its ORs.
    text.split(" AND ").all(|part| part.split(" OR ").any(|one| allowed.contains(one.trim())))
}

#[test]
fn every_licence_is_on_the_list() {
    let allowed = allowed();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", TARGET])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 300, "cargo metadata told of {} packages only", packages.len());
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let by_hand = READ_BY_HAND.iter().find(|(one, _)| *one == name).map(|(_, licence)| *licence);
        let licence = package["license"].as_str().or(by_hand).unwrap_or("none");
        if !holds(licence, &allowed) {
            wrong.push(format!("{name} {}: {licence}", package["version"].as_str().unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_expression_is_judged_by_its_parts() {
    let allowed: BTreeSet<String> = ["MIT", "ISC"].map(str::to_owned).into();
    assert!(holds("MIT OR GPL-3.0-only", &allowed) && holds("(MIT OR Apache-2.0) AND ISC", &allowed));
    assert!(
        !holds("GPL-3.0-only", &allowed) && !holds("MIT AND OpenSSL", &allowed) && holds("Apache-2.0/MIT", &allowed)
    );
}
