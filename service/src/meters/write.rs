//! Writing what was planned: a few statements, whatever the number of readings.

use domain::calendar::day_number;
use domain::meter::Anomaly;
use domain::period::Period;
use uuid::Uuid;

use super::known::KnownMeter;
use super::plan::{Ready, stored_step};
use crate::audit::By;
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::tenancy::ProjectTx;

const METER: [Column; 6] = [
    column("id", Kind::Uuid),
    column("house_id", Kind::Uuid),
    column("public_place", Kind::Text),
    column("kind", Kind::Text),
    column("number", Kind::Text),
    column("multiplier_milli", Kind::Int),
];
const READING: [Column; 15] = [
    column("id", Kind::Uuid),
    column("meter_id", Kind::Uuid),
    column("previous_milli", Kind::Int),
    column("current_milli", Kind::Int),
    column("multiplier_milli", Kind::Int),
    column("step", Kind::Text),
    column("old_end_milli", Kind::Int),
    column("new_start_milli", Kind::Int),
    column("usage_micro", Kind::Int),
    column("is_estimated", Kind::Bool),
    column("read_day", Kind::Int),
    column("reader", Kind::Text),
    column("photo", Kind::Text),
    column("remark", Kind::Text),
    column("anomalies", Kind::Text),
];

/// Registers meters.
pub(super) async fn meters(tx: &ProjectTx<'_>, meters: &[KnownMeter], now_ms: i64) -> Result<(), StoreError> {
    let rows = meters.iter().map(|meter| {
        [
            Cell::Uuid(meter.id),
            meter.house_id.into(),
            meter.public_place.as_deref().into(),
            Cell::Text(&meter.kind),
            Cell::Text(&meter.number),
            Cell::Int(meter.multiplier_milli),
        ]
    });
    let shared = vec![(column("created_at_ms", Kind::Int), now_ms.into())];
    bulk::insert(tx, &Target { table: "meter", columns: &METER, shared, tail: "" }, rows).await?;
    Ok(())
}

/// Gives exchanged meters their new numbers: a handful a month.
pub(super) async fn renumber(tx: &ProjectTx<'_>, meters: &[(Uuid, String)]) -> Result<(), StoreError> {
    for (id, number) in meters {
        tx.execute("UPDATE meter SET number = $2 WHERE id = $1", vec![(*id).into(), number.as_str().into()]).await?;
    }
    Ok(())
}

/// The codes of anomalies as they are stored.
pub(super) fn stored_anomalies(anomalies: &[Anomaly]) -> String {
    anomalies.iter().map(|anomaly| anomaly.code()).collect::<Vec<_>>().join(",")
}

/// Stores readings of a month; those whose place they take are superseded first.
pub(super) async fn readings(
    tx: &ProjectTx<'_>,
    month: &Period,
    ready: &[Ready],
    batch_id: Option<Uuid>,
    by: &By,
    now_ms: i64,
) -> Result<(), StoreError> {
    let replaced: Vec<Uuid> = ready.iter().filter_map(|reading| reading.supersedes).collect();
    if !replaced.is_empty() {
        let sql = format!("UPDATE meter_reading SET superseded_at_ms = $2 WHERE id {}", tx.among(1));
        tx.execute(&sql, vec![tx.listed(&replaced), now_ms.into()]).await?;
    }
    let anomalies: Vec<String> = ready.iter().map(|reading| stored_anomalies(&reading.anomalies)).collect();
    let rows = ready.iter().zip(&anomalies).map(|(reading, anomalies)| {
        let (step, old_end_milli, new_start_milli) = stored_step(reading.wanted.step);
        [
            Cell::Uuid(Uuid::now_v7()),
            Cell::Uuid(reading.meter_id),
            reading.previous_milli.into(),
            Cell::Int(reading.wanted.current_milli),
            Cell::Int(reading.multiplier_milli),
            Cell::Text(step),
            old_end_milli.into(),
            new_start_milli.into(),
            Cell::Int(reading.usage_micro),
            Cell::Bool(reading.wanted.is_estimated),
            reading.wanted.day.map(day_number).into(),
            reading.wanted.reader.as_deref().into(),
            reading.wanted.photo.as_deref().into(),
            reading.wanted.remark.as_deref().into(),
            Cell::Text(anomalies),
        ]
    });
    let shared = vec![
        (column("period_start_day", Kind::Int), day_number(month.start()).into()),
        (column("import_batch_id", Kind::Uuid), batch_id.into()),
        (column("created_at_ms", Kind::Int), now_ms.into()),
        (column("created_by", Kind::Uuid), by.actor.id().into()),
    ];
    bulk::insert(tx, &Target { table: "meter_reading", columns: &READING, shared, tail: "" }, rows).await?;
    Ok(())
}
