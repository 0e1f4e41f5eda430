use domain::billing::Prorate;
use domain::ids::FeeItemId;
use domain::money::{Amount, Rounding};
use domain::period::Period;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::audit::By;
use crate::fees::{self, NewFeeItem};
use crate::fixture::{self, Fixture};
use crate::houses::{self, ImportMode, SourceFile};
use crate::meters;
use crate::store::StoreError;

const HOUSES: &[u8] = include_bytes!("../../../books/tests/data/翠湖花园-房屋业主资料.xlsx");
const READINGS: &[u8] = include_bytes!("../../../books/tests/data/翠湖花园-抄表-2026年10月.xlsx");

fn october() -> Period {
    Period::new(2026, 10, 1).unwrap()
}

/// The sample community with its October readings and a fee item for what is shared.
async fn community() -> (Fixture, FeeItemId) {
    let fixture = fixture::project().await;
    let (now, by) = (fixture.clock.now(), By::operator());
    let file = |name: &str| SourceFile { name: name.to_owned(), sha256: name.to_owned() };
    let records = houses::read_workbook(HOUSES, 2026).unwrap();
    houses::import(&fixture.db, &records, &file("houses"), ImportMode::Apply, &by, now).await.unwrap();
    let known = houses::known_keys(&fixture.db).await.unwrap();
    let book = meters::read_workbook(READINGS, 2026, &known).unwrap();
    meters::import(&fixture.db, &october(), &book, &file("readings"), ImportMode::Apply, &by, now).await.unwrap();
    let new = NewFeeItem {
        code: "shared".to_owned(),
        name: "公摊水电费".to_owned(),
        period_months: 1,
        rounding: Rounding::FenHalfUp,
        prorate: Prorate::WholeMonth,
        due_after_days: 15,
    };
    let item = fees::create_fee_item(&fixture.db, &new, &by, now).await.unwrap();
    (fixture, FeeItemId(item.id))
}

fn request(item: FeeItemId, basis: ShareBasis, fen: i64) -> ShareRequest {
    let source = ShareSource::Sum(Amount::try_from(fen).unwrap());
    ShareRequest { fee_item: item, month: october(), building: Some("1".to_owned()), basis, source }
}

async fn split(fixture: &Fixture, request: &ShareRequest, mode: ImportMode) -> Result<ShareReport, ShareError> {
    share(&fixture.db, request, mode, &By::operator(), fixture.clock.now()).await
}

async fn public_meters(fixture: &Fixture) -> Vec<Uuid> {
    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        id: Uuid,
    }
    let sql = "SELECT id FROM meter WHERE public_place IS NOT NULL";
    let rows: Result<Vec<Row>, StoreError> =
        fixture.db.read("test.meters", async |tx| tx.rows(sql, vec![]).await).await;
    rows.unwrap().into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn the_parts_of_a_building_add_up_to_the_fen_whatever_they_are_split_by() {
    let (fixture, item) = community().await;
    let capped = ShareBasis::Formula("min(建筑面积, 100㎡)".to_owned());
    for basis in [ShareBasis::Area, ShareBasis::Household, capped] {
        let report = split(&fixture, &request(item, basis, 100_001), ImportMode::DryRun).await.unwrap();
        assert_eq!(report.parts.iter().map(|part| part.amount_fen).sum::<i64>(), 100_001);
        assert_eq!((report.houses, report.share_id), (70, None));
        assert!(report.parts.iter().all(|part| part.house_key.starts_with("1-")));
    }
    let listed = fixture.db.read("test.list", async |tx| list(tx).await).await.unwrap();
    assert_eq!(listed, [], "a dry run leaves nothing");
}

#[tokio::test]
async fn what_public_meters_used_is_split_at_its_price() {
    let (fixture, item) = community().await;
    let meters = public_meters(&fixture).await;
    let source = ShareSource::Meters { meters, unit_price: "0.5483".parse().unwrap() };
    let all = ShareRequest { building: None, source, ..request(item, ShareBasis::Area, 1) };
    let report = split(&fixture, &all, ImportMode::Apply).await.unwrap();
    // 4158.33 × 0.5483 = 2280.012339
    assert_eq!((report.usage.as_deref(), report.total_fen), (Some("4158.33"), 228_001));
    assert_eq!((report.houses, report.left_out.len()), (503, 3), "three houses have no area");
    let sql = "SELECT CAST(SUM(amount_fen) AS BIGINT) FROM share_part";
    let stored: Result<Option<i64>, StoreError> =
        fixture.db.read("test.sum", async |tx| tx.value(sql, vec![]).await).await;
    assert_eq!(stored.unwrap(), Some(228_001));
    let november = ShareRequest { month: Period::new(2026, 11, 1).unwrap(), ..all };
    assert_eq!(split(&fixture, &november, ImportMode::DryRun).await.unwrap_err().code(), "reading_missing");
}

#[tokio::test]
async fn a_share_is_published_once_and_may_be_taken_back_until_it_is_billed() {
    let (fixture, item) = community().await;
    let (by, now) = (By::operator(), fixture.clock.now());
    let asked = request(item, ShareBasis::Area, 100_000);
    let first = split(&fixture, &asked, ImportMode::Apply).await.unwrap().share_id.unwrap();
    assert_eq!(split(&fixture, &asked, ImportMode::Apply).await.unwrap_err().code(), "already_shared");
    assert!(cancel(&fixture.db, first, "金额有误", &by, now).await.unwrap().is_done());
    assert!(!cancel(&fixture.db, first, "金额有误", &by, now).await.unwrap().is_done());
    let again = split(&fixture, &asked, ImportMode::Apply).await.unwrap();
    let part = again.parts.first().unwrap().clone();
    let shares = async |houses: &[Uuid]| {
        fixture.db.read("test.amounts", async |tx| amounts(tx, houses, item, &october()).await).await.unwrap()
    };
    let found = shares(&[part.house_id]).await;
    assert_eq!((found.len(), found[0].amount_fen, Some(found[0].run_id)), (1, part.amount_fen, again.share_id));

    let bill = Uuid::now_v7();
    fixture
        .db
        .transact("test.bill", async |tx| {
            tx.execute(
                "INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, \
                 bills, total_fen, exceptions, created_at_ms) VALUES ($1, $2, 0, 30, 0, 'staff', 'published', 1, 1, \
                 '{}', 0)",
                vec![bill.into(), item.uuid().into()],
            )
            .await?;
            tx.execute(
                "INSERT INTO bill (id, run_id, house_id, payer_party_id, fee_item_id, period_start_day, \
                 period_end_day, bill_day, due_day, total_fen, paid_fen, created_at_ms) SELECT $1, $1, $2, party_id, \
                 $3, 0, 30, 0, 30, 1, 0, 0 FROM house_party WHERE house_id = $2 AND is_payer",
                vec![bill.into(), part.house_id.into(), item.uuid().into()],
            )
            .await?;
            record_bills(tx, &[(again.share_id.unwrap(), bill)]).await
        })
        .await
        .unwrap();
    let refused = cancel(&fixture.db, again.share_id.unwrap(), "重做", &by, now).await.unwrap_err();
    assert_eq!(refused.code(), "share_billed");
    let listed = fixture.db.read("test.list", async |tx| list(tx).await).await.unwrap();
    assert_eq!(listed.iter().filter(|one| one.is_billed).count(), 1);
}

#[tokio::test]
async fn what_cannot_be_split_is_refused_with_its_reason() {
    let (fixture, item) = community().await;
    let wrong = ShareBasis::Formula("建筑面积 + ".to_owned());
    let refused = async |asked: &ShareRequest| split(&fixture, asked, ImportMode::DryRun).await.unwrap_err();
    assert_eq!(refused(&request(item, wrong, 1)).await.code(), "formula_invalid");
    let inner = ShareBasis::Formula("套内面积".to_owned());
    assert_eq!(refused(&request(item, inner, 1)).await.code(), "weight_missing");
    let nobody = ShareBasis::Coefficient([(Uuid::now_v7(), Decimal::ONE)].into());
    assert_eq!(refused(&request(item, nobody, 1)).await.code(), "no_weights");
    assert_eq!(refused(&request(FeeItemId::new(), ShareBasis::Area, 1)).await.code(), "share_not_found");
    let elsewhere = ShareRequest { building: Some("99".to_owned()), ..request(item, ShareBasis::Area, 1) };
    assert_eq!(refused(&elsewhere).await.code(), "no_weights");
}
