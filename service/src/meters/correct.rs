//! Correcting a reading that was billed: the bill stays, the difference counts in an open month.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::calendar::day_number;
use domain::meter::{READING_MILLI_MAX, Step};
use domain::period::Period;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::json;
use uuid::Uuid;

use super::accept::checked_reason;
use super::known::{CURRENT, IS_BILLED, decimal_of_micro};
use super::{MetersError, usage};
use crate::audit::{self, By};
use crate::tenancy::{ProjectDb, ProjectTx};

/// What a billed reading should have been.
#[derive(Debug, Clone)]
pub struct Correction {
    /// The reading.
    pub reading_id: Uuid,
    /// What the meter showed, 0.001 of its unit.
    pub now_milli: i64,
    /// The month in which the difference counts; after the reading's own.
    pub counts_in: Period,
    /// Why.
    pub reason: String,
}

#[derive(sea_orm::FromQueryResult)]
struct Row {
    meter_id: Uuid,
    period_start_day: i64,
    multiplier_milli: i64,
    previous_milli: Option<i64>,
    current_milli: i64,
    step: String,
    new_start_milli: Option<i64>,
    is_billed: bool,
}

/// Corrects a billed reading; answers the difference in usage, a decimal. The same figure again writes nothing.
///
/// # Errors
/// [`MetersError::NotBilled`] for one that can simply be entered anew, [`MetersError::LaterReading`] for one that a
/// later reading started from, [`MetersError::Invalid`].
pub async fn correct(
    db: &ProjectDb,
    correction: &Correction,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<String>, MetersError> {
    let reason = checked_reason(&correction.reason)?;
    if correction.counts_in.months() != 1 {
        return Err(MetersError::NotAMonth);
    }
    db.transact("meters.correct", async |tx| {
        let row = billed(tx, correction.reading_id).await?;
        if row.current_milli == correction.now_milli {
            return Ok(Applied::Already("0".to_owned()));
        }
        let counts_in = day_number(correction.counts_in.start());
        check(&row, correction.now_milli, counts_in)?;
        // The multiplier is a thousandth and so is a reading: their product is exactly a millionth.
        let difference = Decimal::new(correction.now_milli - row.current_milli, 3)
            .checked_mul(Decimal::new(row.multiplier_milli, 3))
            .and_then(|difference| difference.checked_mul(Decimal::from(1_000_000)))
            .and_then(|micro| micro.to_i64())
            .ok_or(MetersError::Invalid { field: "current", words: "读数超出范围" })?;
        let now_ms = now.timestamp_millis();
        tx.execute(
            "INSERT INTO meter_correction (id, reading_id, was_milli, now_milli, difference_micro, \
             counts_in_start_day, reason, created_at_ms, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            vec![
                Uuid::now_v7().into(),
                correction.reading_id.into(),
                row.current_milli.into(),
                correction.now_milli.into(),
                difference.into(),
                counts_in.into(),
                reason.into(),
                now_ms.into(),
                by.actor.id().into(),
            ],
        )
        .await?;
        let detail = json!({ "was_milli": row.current_milli, "now_milli": correction.now_milli, "reason": reason });
        let subject = format!("meter_reading:{}", correction.reading_id);
        audit::append(tx, by, "meters.correct", &subject, &detail, now_ms).await?;
        Ok(Applied::Done(decimal_of_micro(difference).to_string()))
    })
    .await
}

/// The reading, if it is billed and nothing came after it.
async fn billed(tx: &ProjectTx<'_>, reading_id: Uuid) -> Result<Row, MetersError> {
    let sql = format!(
        "SELECT r.meter_id, r.period_start_day, r.multiplier_milli, r.previous_milli, {CURRENT} AS current_milli, \
         r.step, r.new_start_milli, {IS_BILLED} AS is_billed FROM meter_reading r WHERE r.id = $1 \
         AND r.superseded_at_ms IS NULL{}",
        if tx.is_postgres() { " FOR UPDATE OF r" } else { "" }
    );
    let row: Row = tx.row(&sql, vec![reading_id.into()]).await?.ok_or(MetersError::NotFound)?;
    if !row.is_billed {
        return Err(MetersError::NotBilled);
    }
    let later: Option<i64> = tx
        .value(
            "SELECT COUNT(*) FROM meter_reading WHERE meter_id = $1 AND superseded_at_ms IS NULL \
             AND period_start_day > $2",
            vec![row.meter_id.into(), row.period_start_day.into()],
        )
        .await?;
    if later.unwrap_or(0) > 0 { Err(MetersError::LaterReading) } else { Ok(row) }
}

fn check(row: &Row, now_milli: i64, counts_in: i64) -> Result<(), MetersError> {
    if !(0..=READING_MILLI_MAX).contains(&now_milli) {
        return Err(MetersError::Invalid { field: "current", words: "读数超出范围" });
    }
    if counts_in <= row.period_start_day {
        return Err(MetersError::Invalid { field: "counts_in", words: "差额应计入读数之后的月份" });
    }
    let floor = match usage::step_of(&row.step, row.previous_milli.unwrap_or(0), row.new_start_milli) {
        Step::Plain => row.previous_milli.unwrap_or(0),
        Step::RollOver => 0,
        Step::Exchanged { new_start_milli, .. } => new_start_milli,
    };
    if now_milli < floor {
        return Err(MetersError::Invalid { field: "current", words: "更正后的读数不能小于上次读数" });
    }
    Ok(())
}
