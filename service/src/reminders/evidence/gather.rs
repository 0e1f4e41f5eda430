//! What a pack says, read from one project: a fixed number of statements, however many messages.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use domain::calendar::{day_number, day_of_number};
use domain::money::Fen;
use domain::reminder::{Channel, instant_on};
use papers::evidence::{self as paper, Evidence};
use uuid::Uuid;

use super::EvidenceError;
use crate::reminders::history::stage_words;
use crate::reminders::rows::{IDS_PER_QUERY, numbered, uuids};
use crate::reminders::timeline::detail_words;
use crate::reminders::{digest, policy, words};
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectInfo, ProjectTx};

/// Events of all messages of a pack.
const EVENTS_MAX: usize = 20_000;
/// Characters of all texts of a pack: they are in memory together.
const TEXT_CHARS_MAX: usize = 2_000_000;

/// Whose pack, since when, now, by whom.
pub(in crate::reminders) struct Asked {
    pub payer: Uuid,
    pub since: Option<NaiveDate>,
    pub now: DateTime<Utc>,
    pub made_by: String,
}

impl Asked {
    fn since_ms(&self, info: &ProjectInfo) -> i64 {
        self.since.map_or(i64::MIN, |day| instant_on(day, NaiveTime::MIN, info.zone).timestamp_millis())
    }
}

/// Reads everything the pack says.
pub(in crate::reminders) async fn gather(tx: &ProjectTx<'_>, asked: &Asked) -> Result<Evidence, EvidenceError> {
    let info = tx.info();
    let name: Option<Vec<u8>> =
        tx.value("SELECT name_sealed FROM party WHERE id = $1", vec![asked.payer.into()]).await?;
    let debtor = tx.sealer().open("party.name", &name.ok_or(EvidenceError::NotFound)?)?;
    let bills = bills(tx, asked).await?;
    let sum = |part: fn(&paper::Bill) -> Fen| Fen::total(bills.iter().map(part));
    let totals = paper::Totals {
        amount_fen: sum(|bill| bill.amount_fen)?,
        paid_fen: sum(|bill| bill.paid_fen)?,
        owed_fen: sum(|bill| bill.owed_fen)?,
    };
    Ok(Evidence {
        number: number(info, asked.now),
        company: info.company_name.clone(),
        project: info.name.clone(),
        service_phone: info.service_phone.clone(),
        debtor,
        houses: houses(tx, asked.payer).await?,
        made_at: asked.now,
        made_by: asked.made_by.clone(),
        zone: info.zone,
        totals,
        bills,
        messages: messages(tx, asked).await?,
        payments: payments(tx, asked).await?,
        ledger_head: ledger_head(tx).await?,
    })
}

/// `CH-ZJ-20261123-3f9a1c`: the day and enough chance that two packs never share it.
fn number(info: &ProjectInfo, now: DateTime<Utc>) -> String {
    let chance = Uuid::now_v7().simple().to_string();
    let tail: String = chance.chars().skip(20).collect();
    format!("{}-ZJ-{}-{tail}", info.code.to_uppercase(), info.today(now).format("%Y%m%d"))
}

#[derive(sea_orm::FromQueryResult)]
struct HouseRow {
    house_key: String,
}

async fn houses(tx: &ProjectTx<'_>, payer: Uuid) -> Result<Vec<String>, EvidenceError> {
    let sql = format!(
        "SELECT h.house_key FROM house h WHERE h.id IN (SELECT house_id FROM house_party WHERE party_id = $1 \
         UNION SELECT house_id FROM bill WHERE payer_party_id = $1 AND settled_at_ms IS NULL AND voided_at_ms IS NULL) \
         ORDER BY h.house_key LIMIT {}",
        paper::HOUSES_MAX + 1
    );
    let rows: Vec<HouseRow> = tx.rows(&sql, vec![payer.into()]).await?;
    Ok(rows.into_iter().map(|row| row.house_key).collect())
}

#[derive(sea_orm::FromQueryResult)]
struct BillRow {
    id: Uuid,
    house: String,
    fee_item: String,
    period_start_day: i64,
    period_end_day: i64,
    due_day: i64,
    total_fen: i64,
    paid_fen: i64,
}

async fn bills(tx: &ProjectTx<'_>, asked: &Asked) -> Result<Vec<paper::Bill>, EvidenceError> {
    let sql = format!(
        "SELECT b.id, h.house_key AS house, f.name AS fee_item, b.period_start_day, b.period_end_day, b.due_day, \
         b.total_fen, b.paid_fen FROM bill b JOIN house h ON h.id = b.house_id JOIN fee_item f ON f.id = b.fee_item_id \
         WHERE b.payer_party_id = $1 AND b.settled_at_ms IS NULL AND b.voided_at_ms IS NULL \
         ORDER BY b.due_day, h.house_key, b.period_start_day, b.id LIMIT {}",
        paper::BILLS_MAX + 1
    );
    let today = tx.info().today(asked.now);
    let rows: Vec<BillRow> = tx.rows(&sql, vec![asked.payer.into()]).await?;
    rows.into_iter()
        .map(|row| {
            let day =
                |number| day_of_number(number).map_err(|e| StoreError::bad_row("bill", format!("{}: {e}", row.id)));
            let (amount, paid, due) = (Fen::new(row.total_fen)?, Fen::new(row.paid_fen)?, day(row.due_day)?);
            Ok(paper::Bill {
                period: period(day(row.period_start_day)?, day(row.period_end_day)?),
                amount_fen: amount,
                paid_fen: paid,
                owed_fen: amount.minus(paid)?,
                overdue_days: (day_number(today) - row.due_day).max(0),
                house: row.house,
                fee_item: row.fee_item,
                due,
            })
        })
        .collect()
}

/// `2026年7月`, `2026年7月至9月`, or its days.
fn period(start: NaiveDate, end: NaiveDate) -> String {
    let last_of = |day: NaiveDate| day.with_day(1)?.checked_add_months(Months::new(1))?.pred_opt();
    if start.day() != 1 || last_of(end) != Some(end) {
        return format!("{start} 至 {end}");
    }
    let month = |day: NaiveDate| format!("{}年{}月", day.year(), day.month());
    match (start.year() == end.year(), start.month() == end.month()) {
        (true, true) => month(start),
        (true, false) => format!("{}至{}月", month(start), end.month()),
        _ => format!("{}至{}", month(start), month(end)),
    }
}

#[derive(sea_orm::FromQueryResult)]
struct PaymentRow {
    id: Uuid,
    paid_at_ms: i64,
    method: String,
    natural_key: String,
    amount_fen: i64,
}

/// Money that paid bills of this payer: of a payment over several payers' bills the part that is theirs.
async fn payments(tx: &ProjectTx<'_>, asked: &Asked) -> Result<Vec<paper::Payment>, EvidenceError> {
    let sql = format!(
        "SELECT y.id, y.paid_at_ms, y.method, y.natural_key, CAST(SUM(a.amount_fen) AS BIGINT) AS amount_fen \
         FROM bill b JOIN allocation a ON a.bill_id = b.id JOIN payment y ON y.id = a.payment_id \
         WHERE b.payer_party_id = $1 AND y.paid_at_ms >= $2 \
         AND NOT EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = y.id) GROUP BY y.id, y.paid_at_ms, y.method, y.natural_key \
         ORDER BY y.paid_at_ms, y.id LIMIT {}",
        paper::PAYMENTS_MAX + 1
    );
    let rows: Vec<PaymentRow> = tx.rows(&sql, vec![asked.payer.into(), asked.since_ms(tx.info()).into()]).await?;
    rows.into_iter()
        .map(|row| {
            Ok(paper::Payment {
                at: instant("payment", row.id, row.paid_at_ms)?,
                method_words: method_words(&row.method).to_owned(),
                reference: row.natural_key.split_once(':').map_or(row.natural_key.as_str(), |(_, no)| no).to_owned(),
                amount_fen: Fen::new(row.amount_fen)?,
            })
        })
        .collect()
}

fn method_words(method: &str) -> &str {
    match method {
        "wechat" => "微信支付",
        "cash" => "现金",
        "card" => "刷卡",
        "transfer" => "银行转账",
        "other" => "其他方式",
        "alipay" => "支付宝",
        other => other,
    }
}

#[derive(sea_orm::FromQueryResult)]
struct NoticeRow {
    id: Uuid,
    created_at_ms: i64,
    policy_version: i64,
    stage: String,
    channel: String,
    recipient_masked: String,
    text_sealed: Vec<u8>,
    receipt_id: Option<String>,
}

async fn messages(tx: &ProjectTx<'_>, asked: &Asked) -> Result<Vec<paper::Message>, EvidenceError> {
    let sql = format!(
        "SELECT id, created_at_ms, policy_version, stage, channel, recipient_masked, text_sealed, receipt_id \
         FROM notice WHERE payer_party_id = $1 AND created_at_ms >= $2 ORDER BY created_at_ms, id LIMIT {}",
        paper::MESSAGES_MAX + 1
    );
    let rows: Vec<NoticeRow> = tx.rows(&sql, vec![asked.payer.into(), asked.since_ms(tx.info()).into()]).await?;
    if rows.len() > paper::MESSAGES_MAX {
        return Err(EvidenceError::TooMuch);
    }
    let policies = policy::of_versions(tx, rows.iter().map(|row| row.policy_version)).await?;
    let mut events = events(tx, &rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let mut chars = 0_usize;
    rows.into_iter()
        .map(|row| {
            let text = digest::unseal(tx, &row.text_sealed)?.text;
            chars = chars.saturating_add(text.chars().count());
            if chars > TEXT_CHARS_MAX {
                return Err(EvidenceError::TooMuch);
            }
            Ok(paper::Message {
                at: instant("notice", row.id, row.created_at_ms)?,
                stage_words: stage_words(&policies, row.policy_version, &row.stage),
                channel_words: Channel::parse(&row.channel)
                    .map_or(row.channel.as_str(), |channel| channel.words())
                    .to_owned(),
                recipient: row.recipient_masked,
                text,
                receipt_id: row.receipt_id,
                events: events.remove(&row.id).unwrap_or_default(),
            })
        })
        .collect()
}

#[derive(sea_orm::FromQueryResult)]
struct EventRow {
    notice_id: Uuid,
    at_ms: i64,
    kind: String,
    detail: String,
}

async fn events(tx: &ProjectTx<'_>, notices: &[Uuid]) -> Result<HashMap<Uuid, Vec<paper::Event>>, EvidenceError> {
    let (mut found, mut count) = (HashMap::<Uuid, Vec<paper::Event>>::new(), 0_usize);
    for chunk in notices.chunks(IDS_PER_QUERY) {
        // Ids are made in the order things happen, so they part what shares a millisecond.
        let sql = format!(
            "SELECT notice_id, at_ms, kind, detail FROM reminder_event WHERE notice_id IN ({}) ORDER BY at_ms, id \
             LIMIT {}",
            numbered(1, chunk.len()),
            EVENTS_MAX + 1
        );
        let values: Values = uuids(chunk);
        for row in tx.rows::<EventRow>(&sql, values).await? {
            count += 1;
            if count > EVENTS_MAX {
                return Err(EvidenceError::TooMuch);
            }
            let event = paper::Event {
                at: instant("reminder_event", row.notice_id, row.at_ms)?,
                words: words::event(&row.kind).to_owned(),
                detail: detail_words(&row.kind, &row.detail),
                kind: row.kind,
            };
            found.entry(row.notice_id).or_default().push(event);
        }
    }
    Ok(found)
}

async fn ledger_head(tx: &ProjectTx<'_>) -> Result<paper::LedgerHead, StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct Head {
        seq: i64,
        hash: Vec<u8>,
    }
    let head: Option<Head> = tx.row("SELECT seq, hash FROM ledger_head WHERE id = 1", vec![]).await?;
    let head = head.ok_or_else(|| StoreError::bad_row("ledger_head", "missing"))?;
    Ok(paper::LedgerHead { sequence: head.seq, hash: hex::encode(head.hash) })
}

fn instant(table: &'static str, id: Uuid, at_ms: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(at_ms).ok_or_else(|| StoreError::bad_row(table, format!("{id}: {at_ms}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_named_by_its_months_or_by_its_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let named = |start, end| period(day(start), day(end));
        assert_eq!(named("2026-07-01", "2026-07-31"), "2026年7月");
        assert_eq!(named("2028-02-01", "2028-02-29"), "2028年2月");
        assert_eq!(named("2026-07-01", "2026-09-30"), "2026年7月至9月");
        assert_eq!(named("2026-12-01", "2027-02-28"), "2026年12月至2027年2月");
        assert_eq!(named("2026-07-02", "2026-07-31"), "2026-07-02 至 2026-07-31");
    }
}
