//! The statement behind the history list: messages and silent stages, filtered and paged as one.

use domain::reminder::instant_on;
use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::history::HistoryFilter;
use crate::store::Values;
use crate::tenancy::ProjectInfo;

/// The strongest thing known of a message `n`. A delivery is never shown as an opening, nor an opening as a payment.
pub(super) const SHOWN: &str = "CASE WHEN n.paid_at_ms IS NOT NULL THEN 'paid' \
     WHEN n.state IN ('failed', 'suppressed') THEN n.state \
     WHEN n.acknowledged_at_ms IS NOT NULL THEN 'acknowledged' \
     WHEN n.opened_at_ms IS NOT NULL THEN 'opened' \
     WHEN n.delivered_at_ms IS NOT NULL THEN 'delivered' \
     WHEN n.state = 'claimed' AND n.reason IS NOT NULL THEN 'held' ELSE n.state END";

/// A row of the list as the statement gives it.
#[derive(Debug, Clone, sea_orm::FromQueryResult)]
pub(super) struct ListRow {
    pub notice_id: Option<Uuid>,
    pub bill_id: Option<Uuid>,
    pub at_ms: i64,
    pub payer_party_id: Uuid,
    pub policy_version: i64,
    pub stage: String,
    pub channel: Option<String>,
    pub recipient: String,
    pub amount_fen: i64,
    pub shown: String,
    pub reason: Option<String>,
    pub house_key: Option<String>,
}

/// A statement with its values.
pub(super) struct ListSql {
    pub sql: String,
    pub values: Values,
}

#[derive(Default)]
struct Conditions {
    notices: Vec<String>,
    silent: Vec<String>,
    values: Values,
}

impl Conditions {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn both(&mut self, notice: String, silent: String) {
        self.notices.push(notice);
        self.silent.push(silent);
    }
}

/// The page `offset..offset + limit + 1` of what the filter lets through, the newest first.
pub(super) fn list(info: &ProjectInfo, filter: &HistoryFilter, offset: u64, limit: u64) -> ListSql {
    let mut on = conditions(info, filter);
    let page_end = offset + limit + 1;
    let (notices, silent) = (on.notices.join(" AND "), on.silent.join(" AND "));
    let (skip, take) = (offset, limit + 1);
    let sql = format!(
        "SELECT * FROM (SELECT n.id AS notice_id, {NO_UUID} AS bill_id, n.created_at_ms AS at_ms, n.payer_party_id, \
         n.policy_version, n.stage, n.channel, n.recipient_masked AS recipient, n.amount_fen, {SHOWN} AS shown, \
         n.reason, CAST(NULL AS TEXT) AS house_key FROM notice n WHERE {notices} \
         ORDER BY n.created_at_ms DESC, n.id DESC LIMIT {page_end}) AS spoken \
         UNION ALL SELECT * FROM (SELECT {NO_UUID} AS notice_id, r.bill_id, r.state_at_ms AS at_ms, r.payer_party_id, \
         r.policy_version, r.stage, CAST(NULL AS TEXT) AS channel, '' AS recipient, \
         b.total_fen - b.paid_fen AS amount_fen, r.state AS shown, r.reason, h.house_key \
         FROM reminder r JOIN bill b ON b.id = r.bill_id JOIN house h ON h.id = b.house_id WHERE {silent} \
         ORDER BY r.state_at_ms DESC, r.bill_id DESC, r.stage DESC LIMIT {page_end}) AS silent \
         ORDER BY at_ms DESC, notice_id DESC, bill_id DESC, stage DESC LIMIT {take} OFFSET {skip}"
    );
    ListSql { sql, values: std::mem::take(&mut on.values) }
}

/// No id, of a type both databases accept in a UNION.
const NO_UUID: &str = "(SELECT project_id FROM project_mark WHERE 1 = 0)";

fn conditions(info: &ProjectInfo, filter: &HistoryFilter) -> Conditions {
    let mut on = Conditions::default();
    on.both("1 = 1".to_owned(), "r.notice_id IS NULL AND r.state IN ('suppressed', 'superseded', 'failed')".to_owned());
    const HOUSES: &str = "EXISTS (SELECT 1 FROM notice_bill nb JOIN bill b ON b.id = nb.bill_id \
         JOIN house h ON h.id = b.house_id WHERE nb.notice_id = n.id AND";
    if let Some(building) = &filter.building {
        let at = on.bind(building.as_str());
        on.both(format!("{HOUSES} h.building = {at})"), format!("h.building = {at}"));
    }
    if let Some(house_id) = filter.house_id {
        let at = on.bind(house_id);
        on.both(format!("{HOUSES} h.id = {at})"), format!("h.id = {at}"));
    }
    if let Some(payer) = filter.payer_party_id {
        let at = on.bind(payer);
        on.both(format!("n.payer_party_id = {at}"), format!("r.payer_party_id = {at}"));
    }
    if let Some(stage) = &filter.stage {
        let at = on.bind(stage.as_str());
        on.both(format!("n.stage = {at}"), format!("r.stage = {at}"));
    }
    if let Some(channel) = filter.channel {
        let at = on.bind(channel.as_str());
        on.both(format!("n.channel = {at}"), "1 = 0".to_owned());
    }
    if let Some(state) = &filter.state {
        let at = on.bind(state.as_str());
        on.both(format!("({SHOWN}) = {at}"), format!("r.state = {at}"));
    }
    let midnight = |day| instant_on(day, chrono::NaiveTime::MIN, info.zone).timestamp_millis();
    if let Some(from) = filter.from {
        let at = on.bind(midnight(from));
        on.both(format!("n.created_at_ms >= {at}"), format!("r.state_at_ms >= {at}"));
    }
    if let Some(after) = filter.to.and_then(|to| to.succ_opt()) {
        let at = on.bind(midnight(after));
        on.both(format!("n.created_at_ms < {at}"), format!("r.state_at_ms < {at}"));
    }
    on
}
