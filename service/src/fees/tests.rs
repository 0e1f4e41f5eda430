use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::billing::Prorate;
use domain::ids::FeeItemId;
use domain::money::Rounding;
use domain::period::Period;

use super::*;
use crate::audit::By;
use crate::fixture::{self, Fixture};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn property_fee() -> NewFeeItem {
    NewFeeItem {
        code: "property".to_owned(),
        name: "物业费".to_owned(),
        period_months: 1,
        rounding: Rounding::FenHalfUp,
        prorate: Prorate::CalendarDays,
        due_after_days: 15,
    }
}

fn tariff(kind: Option<&str>, formula: &str, from: &str) -> NewTariff {
    NewTariff {
        house_kind: kind.map(str::to_owned),
        formula: formula.to_owned(),
        constants: BTreeMap::from([("unit_price".to_owned(), "1.80".to_owned())]),
        effective_from: day(from),
        ..NewTariff::default()
    }
}

async fn item(fixture: &Fixture) -> FeeItemId {
    let view = create_fee_item(&fixture.db, &property_fee(), &By::operator(), fixture.clock.now()).await.unwrap();
    FeeItemId(view.id)
}

async fn add(fixture: &Fixture, item: FeeItemId, new: &NewTariff) -> Result<TariffView, FeesError> {
    create_tariff(&fixture.db, item, new, &By::operator(), fixture.clock.now()).await
}

#[tokio::test]
async fn a_fee_item_is_made_once_and_its_fields_are_checked() {
    let fixture = fixture::project().await;
    let id = item(&fixture).await;
    let found = fixture.db.read("test.item", async |tx| fee_item(tx, id).await).await.unwrap();
    assert_eq!(found.view().name, "物业费");
    let again = create_fee_item(&fixture.db, &property_fee(), &By::operator(), fixture.clock.now()).await;
    assert_eq!(again.unwrap_err().code(), "fee_item_code_taken");
    let odd = NewFeeItem { period_months: 2, code: "b".to_owned(), ..property_fee() };
    let refused = create_fee_item(&fixture.db, &odd, &By::operator(), fixture.clock.now()).await;
    assert!(matches!(refused, Err(FeesError::Invalid { field: "period_months", .. })));
}

#[tokio::test]
async fn a_new_tariff_ends_the_one_before_it_and_leaves_other_kinds_alone() {
    let fixture = fixture::project().await;
    let item = item(&fixture).await;
    let area_price = "建筑面积 × 单价";
    add(&fixture, item, &tariff(None, area_price, "2026-01-01")).await.unwrap();
    add(&fixture, item, &tariff(Some("shop"), area_price, "2026-01-01")).await.unwrap();
    let newest = add(&fixture, item, &tariff(None, "建筑面积 × 2元/㎡", "2026-11-16")).await.unwrap();
    assert_eq!(newest.version, 3);
    let all = fixture.db.read("test.tariffs", async |tx| tariffs(tx, item).await).await.unwrap();
    let ends: Vec<_> = all.iter().map(|one| one.effective_until).collect();
    assert_eq!(ends, [Some(day("2026-11-15")), None, None]);
    assert_eq!(all[0].constants.get("单价").map(String::as_str), Some("1.80元/㎡·月"));

    let december = Period::new(2026, 12, 1).unwrap();
    let november = Period::new(2026, 11, 1).unwrap();
    for (period, count) in [(november, 3), (december, 2)] {
        let work = async |tx: &crate::tenancy::ProjectTx<'_>| tariffs_in_force(tx, item, &period).await;
        assert_eq!(fixture.db.read("test.in_force", work).await.unwrap().len(), count);
    }
}

#[tokio::test]
async fn a_tariff_cannot_begin_on_or_before_a_later_one() {
    let fixture = fixture::project().await;
    let item = item(&fixture).await;
    add(&fixture, item, &tariff(None, "建筑面积 × 单价", "2026-06-01")).await.unwrap();
    for from in ["2026-06-01", "2026-05-01"] {
        let refused = add(&fixture, item, &tariff(None, "建筑面积 × 单价", from)).await.unwrap_err();
        assert_eq!(refused.code(), "tariff_overlap", "{from}");
    }
    let gone = add(&fixture, FeeItemId::new(), &tariff(None, "建筑面积 × 单价", "2026-06-01")).await;
    assert_eq!(gone.unwrap_err().code(), "fee_item_not_found");
}

#[tokio::test]
async fn a_wrong_formula_is_refused_with_the_place_of_the_mistake() {
    let fixture = fixture::project().await;
    let item = item(&fixture).await;
    let Err(FeesError::Formula(mistakes)) = add(&fixture, item, &tariff(None, "建筑面基 × 单价", "2026-06-01")).await
    else {
        panic!("a misspelt name must be refused")
    };
    assert_eq!((mistakes[0].span.start, mistakes[0].span.end), (0, 4));
    let mut odd = tariff(None, "建筑面积 × 单价", "2026-06-01");
    odd.constants.insert("面积".to_owned(), "很大".to_owned());
    assert_eq!(add(&fixture, item, &odd).await.unwrap_err().code(), "constant_bad_value");
    let all = fixture.db.read("test.tariffs", async |tx| tariffs(tx, item).await).await.unwrap();
    assert!(all.is_empty());
}
