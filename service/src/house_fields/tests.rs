use chrono::NaiveDate;
use domain::formula::{Field, FieldKind, Unit};
use domain::ids::HouseId;
use domain::period::Period;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::audit::By;
use crate::bills::tests::{house_id, import};
use crate::fixture::{self, Fixture};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn field(fixture: &Fixture, field: Field, per_period: bool) -> Result<HouseFieldView, HouseFieldError> {
    let new = NewHouseField { field, per_period };
    create_field(&fixture.db, &new, &By::operator(), fixture.clock.now()).await
}

async fn set(fixture: &Fixture, field: Uuid, house: HouseId, from: &str, value: Value) -> Result<u64, HouseFieldError> {
    let values = [NewValue { house, from: day(from), value }];
    set_values(&fixture.db, field, &values, &By::operator(), fixture.clock.now()).await
}

async fn holds(fixture: &Fixture, year: i32, month: u32) -> Vec<(String, Value)> {
    let period = Period::new(year, month, 1).unwrap();
    let found = fixture.db.read("test.values", async |tx| values_of(tx, &period, Uuid::nil(), Uuid::max()).await);
    let mut found: Vec<_> = found.await.unwrap().into_iter().map(|(_, name, value)| (name, value)).collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

#[tokio::test]
async fn a_value_holds_from_its_day_to_the_next_and_one_of_a_period_for_it_alone() {
    let fixture = fixture::project().await;
    import(&fixture, 1..=1, |_| {}).await;
    let house = house_id(&fixture, "1-1-1").await;
    let vacant = field(&fixture, Field::new("空关", FieldKind::Flag, Unit::Number), false).await.unwrap().id;
    let water = Field::number("用水量", Unit::parse("m³").unwrap());
    let water = field(&fixture, water, true).await.unwrap().id;
    set(&fixture, vacant, house, "2026-10-15", json!(true)).await.unwrap();
    set(&fixture, vacant, house, "2026-12-01", Value::Null).await.unwrap();
    set(&fixture, water, house, "2026-11-01", json!("12.5")).await.unwrap();
    let of = |name: &str, value: Value| (name.to_owned(), value);
    assert_eq!(holds(&fixture, 2026, 9).await, []);
    assert_eq!(holds(&fixture, 2026, 10).await, [of("空关", json!(true))]);
    assert_eq!(holds(&fixture, 2026, 11).await, [of("用水量", json!("12.5")), of("空关", json!(true))]);
    assert_eq!(holds(&fixture, 2026, 12).await, [], "taken away, and the reading was November's");
    retire_field(&fixture.db, water, &By::operator(), fixture.clock.now()).await.unwrap();
    assert_eq!(holds(&fixture, 2026, 11).await, [of("空关", json!(true))]);
}

#[tokio::test]
async fn a_wrong_value_is_refused_with_its_row_and_nothing_is_taken() {
    let fixture = fixture::project().await;
    import(&fixture, 1..=1, |_| {}).await;
    let house = house_id(&fixture, "1-1-1").await;
    let water = Field::number("用水量", Unit::parse("m³").unwrap());
    let water = field(&fixture, water, true).await.unwrap().id;
    let at = |house: HouseId, value: Value| NewValue { house, from: day("2026-11-01"), value };
    let refused = async |values: &[NewValue]| {
        set_values(&fixture.db, water, values, &By::operator(), fixture.clock.now()).await.unwrap_err()
    };
    let strange = HouseId(Uuid::now_v7());
    let error = refused(&[at(house, json!("1")), at(strange, json!("一"))]).await;
    assert_eq!((error.code(), error.to_string().contains("第 2 行")), ("input_bad_value", true));
    assert_eq!(refused(&[at(strange, json!("1"))]).await.code(), "house_not_found");
    assert_eq!(refused(&[at(house, json!("-1"))]).await.code(), "input_out_of_range");
    assert_eq!(refused(&[at(house, json!("1")), at(house, json!("2"))]).await.code(), "house_field_value_twice");
    assert_eq!(holds(&fixture, 2026, 11).await, []);
}

#[tokio::test]
async fn a_name_is_taken_once_and_lists_are_not_kept_of_houses() {
    let fixture = fixture::project().await;
    field(&fixture, Field::number("系数", Unit::Number), false).await.unwrap();
    let again = field(&fixture, Field::number("系数", Unit::Number), false).await.unwrap_err();
    assert_eq!(again.code(), "house_field_taken");
    let odd = field(&fixture, Field::number("1号", Unit::Number), false).await.unwrap_err();
    assert_eq!(odd.code(), "house_field_invalid");
    let table = field(&fixture, Field::new("欠费", FieldKind::Table, Unit::Number), false).await.unwrap_err();
    assert_eq!(table.code(), "house_field_table");
}
