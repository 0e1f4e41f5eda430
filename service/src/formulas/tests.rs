use std::collections::BTreeMap;

use domain::formula::{Field, Purpose, Unit};
use serde_json::{Map, Value, json};

use super::*;
use crate::fixture::{self, Fixture};

fn monthly(formula: &str, constants: &[(&str, &str)]) -> FormulaText {
    let constants = constants.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    FormulaText { formula: formula.to_owned(), constants: constants.collect::<BTreeMap<_, _>>(), ..Default::default() }
}

async fn checked(fixture: &Fixture, text: &FormulaText) -> FormulaCheck {
    fixture.db.read("test.check", async |tx| check(tx, text).await).await.unwrap()
}

async fn value(fixture: &Fixture, text: &FormulaText, values: Value) -> Result<Evaluated, FormulasError> {
    let values: Map<String, Value> = values.as_object().unwrap().clone();
    fixture.db.read("test.evaluate", async |tx| evaluate(tx, text, &values).await).await
}

#[tokio::test]
async fn a_check_names_every_mistake_with_its_place_and_the_likely_name() {
    let fixture = fixture::project().await;
    let found = checked(&fixture, &monthly("建筑面基 × 单价", &[])).await;
    let mistake = &found.mistakes[0];
    assert_eq!((found.is_sound, mistake.code, mistake.start, mistake.end), (false, "formula_unknown_name", 0, 4));
    assert!(mistake.remedy.contains("建筑面积"), "{}", mistake.remedy);
    assert_eq!(found.tidy.as_deref(), Some("建筑面基 × 单价"));
    assert!(checked(&fixture, &monthly("建筑面积 ×", &[])).await.tidy.is_none(), "not even grammar");
}

#[tokio::test]
async fn a_check_says_who_answers_for_each_input() {
    let fixture = fixture::project().await;
    let text = FormulaText {
        inputs: vec![Field::number("层高", Unit::Number)],
        ..monthly("建筑面积*单价*如果(空置,折扣,1)*层高", &[("折扣", "0.7")])
    };
    let found = checked(&fixture, &text).await;
    assert_eq!(found.mistakes, []);
    let of = |name: &str| found.uses.iter().find(|one| one.name == name).unwrap();
    assert_eq!((of("建筑面积").kind, of("折扣").kind), (NameKind::Variable, NameKind::Constant));
    assert_eq!(of("空置").source, Some(crate::bills::InputSource::House));
    assert_eq!((of("层高").kind, of("层高").source), (NameKind::Input, None), "nobody does");
}

#[tokio::test]
async fn an_evaluation_tells_its_steps_and_what_is_missing() {
    let fixture = fixture::project().await;
    let power = FormulaText {
        purpose: Purpose::Once,
        inputs: vec![Field::number("用电量", Unit::parse("度").unwrap())],
        ..monthly("阶梯(用电量, 180: 0.5283, 以上: 0.5783)", &[])
    };
    let found = value(&fixture, &power, json!({"用电量": "200"})).await.unwrap();
    assert_eq!((found.value.as_deref(), found.amount_fen), (Some("106.6600"), Some(10_666)));
    assert_eq!(found.words[0], "前180度 × 0.5283元/度 = 95.094元");
    let again = value(&fixture, &power, Value::Object(found.inputs.clone())).await.unwrap();
    assert_eq!(again, found, "what it was given tells the same again");
    let missing = value(&fixture, &power, json!({})).await.unwrap();
    assert_eq!((missing.value, missing.exception.unwrap().code), (None, "missing_value"));
    let wrong = value(&fixture, &power, json!({"用水量": "1"})).await.unwrap_err();
    assert!(matches!(wrong, FormulasError::Input(_)), "{wrong}");
}

#[tokio::test]
async fn a_working_day_of_a_year_nobody_entered_is_an_exception_until_staff_enter_it() {
    let fixture = fixture::project().await;
    let text = FormulaText {
        purpose: Purpose::Once,
        inputs: vec![Field::new("进场日", domain::formula::FieldKind::Day, Unit::Number)],
        ..monthly("如果(工作日(进场日), 10元, 5元)", &[])
    };
    let day = json!({"进场日": "2027-01-03"});
    let unknown = value(&fixture, &text, day.clone()).await.unwrap();
    assert_eq!(unknown.exception.unwrap().code, "no_calendar");
    let arrangement = domain::holidays::HolidayYear {
        holidays: ["2027-01-01".parse().unwrap()].into(),
        makeup_workdays: ["2027-01-03".parse().unwrap()].into(),
        source: "国务院办公厅通知".to_owned(),
    };
    let (by, now) = (crate::audit::By::operator(), fixture.clock.now());
    crate::holidays::set_year(&fixture.db, 2027, arrangement.clone(), &by, now).await.unwrap();
    assert_eq!(value(&fixture, &text, day).await.unwrap().amount_fen, Some(1_000), "a Sunday worked in exchange");
    let years = fixture.db.read("test.years", async |tx| crate::holidays::years(tx).await).await.unwrap();
    let own: Vec<i32> = years.iter().filter(|year| year.is_own).map(|year| year.year).collect();
    assert_eq!((own, years.len()), (vec![2027], 3));
    let slip = crate::holidays::set_year(&fixture.db, 2028, arrangement, &by, now).await.unwrap_err();
    assert_eq!(slip.code(), "holiday_year_invalid");
}
