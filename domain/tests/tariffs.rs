//! Published tariffs and their worked results, each computed from a template that comes with the program.
//!
//! `data/tariffs.json` holds the rules as they were published, in words, with inputs and expected amounts;
//! `data/tariff_templates.json` says which template expresses each rule, with which constants, and where each input
//! stands. There is no code for any single rule here, and none in the engine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where it is wrong")]

use std::sync::Arc;

use domain::formula::{Constants, Formula, Inputs, Purpose, Template, tidy};
use domain::holidays::HolidayCalendar;
use domain::money::{Amount, Fen, Rounding, split};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// Scales weights to whole numbers.
const WEIGHT_SCALE: u32 = 1_000_000;

fn data(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn rules() -> Vec<Value> {
    data(include_str!("data/tariffs.json")).as_array().unwrap().clone()
}

fn expressions() -> Map<String, Value> {
    data(include_str!("data/tariff_templates.json")).as_object().unwrap().clone()
}

fn template(templates: &[Template], id: &str) -> Template {
    templates.iter().find(|one| one.id == id).unwrap_or_else(|| panic!("no template {id}")).clone()
}

/// The value at a dotted path; `.` is the value itself.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').filter(|part| !part.is_empty()).try_fold(value, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        other => other.get(part),
    })
}

/// One input of the formula out of the inputs of the rule: a path, or a path with a translation of words, a question
/// whether a list contains a word or anything is there at all, or columns of a list.
fn input(given: &Value, from: &Value) -> Option<Value> {
    let Some(rule) = from.as_object() else { return at(given, from.as_str().unwrap()).cloned() };
    let found = at(given, rule["path"].as_str().unwrap());
    if let Some(word) = rule.get("contains") {
        return Some(Value::Bool(found.is_some_and(|list| list.as_array().unwrap().contains(word))));
    }
    if rule.contains_key("exists") {
        return Some(Value::Bool(found.is_some()));
    }
    let found = found?;
    if let Some(columns) = rule.get("columns") {
        let columns = columns.as_object().unwrap();
        let row = |item: &Value| -> Value {
            let cells = columns.iter().filter_map(|(name, from)| Some((name.clone(), input(item, from)?)));
            Value::Object(cells.collect())
        };
        return Some(Value::Array(found.as_array().unwrap().iter().map(row).collect()));
    }
    match rule.get("map") {
        Some(map) => Some(map[found.as_str().unwrap()].clone()),
        None => Some(found.clone()),
    }
}

fn inputs(formula: &Formula, given: &Value, from: &Map<String, Value>) -> Inputs {
    let values = from.iter().filter_map(|(name, from)| Some((name.clone(), input(given, from)?))).collect();
    let mut inputs = formula.bind_json(&values).unwrap_or_else(|error| panic!("{given}: {error}"));
    inputs.set_calendar(Arc::new(HolidayCalendar::published()));
    inputs
}

fn yuan(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn rounded(value: Decimal) -> Decimal {
    Fen::from_yuan(value, Rounding::FenHalfUp).unwrap().to_yuan()
}

/// A formula that weighs: the total is split among the units so that the parts add up.
fn shares(formula: &Formula, example: &Value, from: &Map<String, Value>) -> Vec<Decimal> {
    let given = &example["inputs"];
    let weight = |unit: &Value| -> u64 {
        let weight = formula.evaluate(&inputs(formula, unit, from)).unwrap() * Decimal::from(WEIGHT_SCALE);
        u64::try_from(weight).unwrap()
    };
    let weights: Vec<u64> = given["units"].as_array().unwrap().iter().map(weight).collect();
    match Amount::parse(Fen::from_yuan(yuan(&given["total"]), Rounding::FenHalfUp).unwrap()) {
        Ok(total) => split(total, &weights).unwrap().into_iter().map(Fen::to_yuan).collect(),
        Err(_) => vec![Decimal::ZERO; weights.len()],
    }
}

/// What one example gives that it should not.
fn wrong(formula: &Formula, purpose: Purpose, expression: &Value, example: &Value) -> Option<String> {
    let from = expression["from"].as_object().unwrap();
    if purpose == Purpose::Weight {
        let expected: Vec<Decimal> = example["expected_parts"].as_array().unwrap().iter().map(yuan).collect();
        let parts = shares(formula, example, from);
        return (parts != expected).then(|| format!("{parts:?} for {example}"));
    }
    let inputs = inputs(formula, &example["inputs"], from);
    let outcome = match formula.outcome(&inputs) {
        Ok(outcome) => outcome,
        Err(error) => return Some(format!("{error} for {example}")),
    };
    let (explained, trace) = formula.explain(&inputs).unwrap();
    assert_eq!((explained, trace.value()), (outcome.value, Some(outcome.value)), "{example}");
    if rounded(outcome.value) != yuan(&example["expected_yuan"]) {
        return Some(format!("{} for {example}", outcome.value));
    }
    let named = expression.get("outputs").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_wrong = |(name, key): (&String, &Value)| {
        let expected = example.get("expected_extra").and_then(|extra| extra.get(key.as_str().unwrap())).map(yuan);
        let output = outcome.outputs.iter().find(|output| output.name == *name).map(|output| output.value);
        expected.is_some() && output != expected
    };
    named.iter().any(is_wrong).then(|| format!("{:?} for {example}", outcome.outputs))
}

#[test]
fn every_published_tariff_is_expressed_by_a_template_and_gives_the_expected_fen() {
    let (templates, expressions, mut checked, mut failures) = (Template::all().unwrap(), expressions(), 0, Vec::new());
    for rule in rules() {
        let id = rule["id"].as_str().unwrap();
        let expression = &expressions[id];
        let template = template(&templates, expression["template"].as_str().unwrap());
        let mut constants = Constants::default();
        let given = expression.get("constants").and_then(Value::as_object).cloned().unwrap_or_default();
        for constant in &template.constants {
            let value = given.get(&constant.name).map_or(constant.value.as_str(), |value| value.as_str().unwrap());
            constants.insert(&constant.name, value).unwrap_or_else(|error| panic!("{id}: {error}"));
        }
        assert!(given.keys().all(|name| template.constants.iter().any(|constant| constant.name == *name)), "{id}");
        let formula = template.compile(&constants).unwrap_or_else(|error| panic!("{id}: {error:?}"));
        for example in rule["examples"].as_array().unwrap() {
            checked += 1;
            failures.extend(wrong(&formula, template.purpose, expression, example).map(|text| format!("{id}: {text}")));
        }
    }
    assert!(failures.is_empty(), "{} of {checked}:\n{}", failures.len(), failures.join("\n"));
    assert_eq!((expressions.len(), checked), (72, 563));
}

/// What is wrong with the examples of a template.
fn example_failures(template: &Template, calendar: &Arc<HolidayCalendar>) -> Vec<String> {
    let formula = match template.compile(&template.defaults().unwrap()) {
        Ok(formula) => formula,
        Err(error) => return vec![format!("{}: {error:?}", template.id)],
    };
    let failure = |example: &domain::formula::Example| {
        let mut inputs = formula.bind_json(&example.inputs).unwrap_or_else(|error| panic!("{}: {error}", template.id));
        inputs.set_calendar(Arc::clone(calendar));
        let outcome = match formula.outcome(&inputs) {
            Ok(outcome) => outcome,
            Err(error) => return Some(format!("{}: {error}", template.id)),
        };
        let value = if template.purpose == Purpose::Weight { outcome.value } else { rounded(outcome.value) };
        let output = |name: &str| outcome.outputs.iter().find(|one| one.name == name).map(|one| one.value);
        let is_right = value == example.expected
            && example.outputs.iter().all(|(name, wanted)| output(name) == Some(yuan(wanted)));
        (!is_right).then(|| format!("{}: {value} {:?} for {example:?}", template.id, outcome.outputs))
    };
    template.examples.iter().filter_map(failure).collect()
}

#[test]
fn every_template_compiles_and_its_examples_come_out_as_written() {
    let templates = Template::all().unwrap();
    assert!(templates.len() >= 40);
    let calendar = Arc::new(HolidayCalendar::published());
    let failures: Vec<String> = templates.iter().flat_map(|one| example_failures(one, &calendar)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    for template in &templates {
        let id = &template.id;
        assert_eq!(templates.iter().filter(|other| other.id == *id).count(), 1, "{id}");
        assert!(!template.examples.is_empty() && !template.explanation.is_empty(), "{id}");
        assert!(template.inputs.iter().all(|input| !input.explanation.is_empty()), "{id}");
    }
}

#[test]
fn every_input_and_constant_of_a_template_is_used() {
    for template in Template::all().unwrap() {
        let formula = template.compile(&template.defaults().unwrap()).unwrap();
        let used = |name: &str| formula.variables().iter().any(|(source, _)| source.name() == name);
        let is_table = |name: &str| formula.tables().iter().any(|table| table.name == name);
        for input in &template.inputs {
            assert!(used(&input.name) || is_table(&input.name), "{}: {}", template.id, input.name);
        }
        for constant in &template.constants {
            assert!(used(&constant.name), "{}: {}", template.id, constant.name);
        }
    }
}

#[test]
fn a_trace_told_again_from_what_was_stored_is_the_same() {
    let calendar = Arc::new(HolidayCalendar::published());
    for template in Template::all().unwrap() {
        let formula = template.compile(&template.defaults().unwrap()).unwrap();
        for example in &template.examples {
            let mut inputs = formula.bind_json(&example.inputs).unwrap();
            inputs.set_calendar(Arc::clone(&calendar));
            let stored = serde_json::to_string(&formula.snapshot(&inputs)).unwrap();
            let again = template.compile(&template.defaults().unwrap()).unwrap();
            let mut restored = again.bind_json(&serde_json::from_str(&stored).unwrap()).unwrap();
            restored.set_calendar(Arc::clone(&calendar));
            assert_eq!(again.explain(&restored).unwrap(), formula.explain(&inputs).unwrap(), "{}", template.id);
        }
    }
}

#[test]
fn a_template_in_the_editors_spelling_gives_the_same() {
    let calendar = Arc::new(HolidayCalendar::published());
    for template in Template::all().unwrap() {
        let tidied = Template { formula: vec![tidy(&template.text()).unwrap()], ..template.clone() };
        assert_eq!(tidy(&tidied.text()).unwrap(), tidied.text(), "{}", template.id);
        assert!(example_failures(&tidied, &calendar).is_empty(), "{}", template.id);
    }
}
