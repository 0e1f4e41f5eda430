//! The statement behind the history list: messages, silent stages and held ones, filtered and paged as one.

use domain::reminder::instant_on;
use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::history::{HistoryCursor, HistoryFilter};
use crate::store::Values;
use crate::tenancy::ProjectInfo;

/// The strongest thing known of a message `n`. A delivery is never shown as an opening, nor an opening as a payment.
pub(super) const SHOWN: &str = "CASE WHEN n.paid_at_ms IS NOT NULL THEN 'paid' \
     WHEN n.state IN ('failed', 'suppressed') THEN n.state \
     WHEN n.acknowledged_at_ms IS NOT NULL THEN 'acknowledged' \
     WHEN n.opened_at_ms IS NOT NULL THEN 'opened' \
     WHEN n.delivered_at_ms IS NOT NULL THEN 'delivered' \
     WHEN n.state = 'claimed' AND n.reason IS NOT NULL THEN 'held' ELSE n.state END";

/// The columns of a [`ListRow`] over a message `n`. The empty id is of a type that both databases accept in a UNION.
pub(super) fn message_columns() -> String {
    format!(
        "n.id AS row_id, n.id AS notice_id, (SELECT project_id FROM project_mark WHERE 1 = 0) AS bill_id, \
         n.created_at_ms AS at_ms, n.payer_party_id, n.policy_version, n.stage, n.channel, \
         n.recipient_masked AS recipient, n.amount_fen, n.cost_fen, {SHOWN} AS shown, n.reason, \
         CASE WHEN n.state = 'claimed' AND n.reason IS NOT NULL THEN n.lease_until_ms END AS until_ms, \
         CAST(NULL AS TEXT) AS house_key"
    )
}

/// A row of the list as the statement gives it.
#[derive(Debug, Clone, sea_orm::FromQueryResult)]
pub(super) struct ListRow {
    /// The message's id, or the bill's where there is none.
    pub row_id: Uuid,
    pub notice_id: Option<Uuid>,
    pub bill_id: Option<Uuid>,
    pub at_ms: i64,
    pub payer_party_id: Uuid,
    pub policy_version: i64,
    pub stage: String,
    pub channel: Option<String>,
    pub recipient: String,
    pub amount_fen: i64,
    pub cost_fen: i64,
    pub shown: String,
    pub reason: Option<String>,
    pub until_ms: Option<i64>,
    pub house_key: Option<String>,
}

/// A statement with its values.
pub(super) struct ListSql {
    pub sql: String,
    pub values: Values,
}

/// The columns of a [`ListRow`] over a reminder `r` that no message carries, its bill `b` and its house `h`.
const SILENT_COLUMNS: &str = "r.bill_id AS row_id, \
     (SELECT project_id FROM project_mark WHERE 1 = 0) AS notice_id, r.bill_id, r.state_at_ms AS at_ms, \
     r.payer_party_id, r.policy_version, r.stage, CAST(NULL AS TEXT) AS channel, '' AS recipient, \
     b.total_fen - b.paid_fen AS amount_fen, CAST(0 AS BIGINT) AS cost_fen, r.state AS shown, r.reason, \
     CASE WHEN r.state = 'held' THEN r.send_at_ms END AS until_ms, h.house_key";

const MESSAGES: &str = "FROM notice n WHERE";
const REMINDERS: &str = "FROM reminder r JOIN bill b ON b.id = r.bill_id JOIN house h ON h.id = b.house_id WHERE";

/// Written as the partial indexes are.
const SILENT: &str = "r.notice_id IS NULL AND r.state IN ('suppressed', 'superseded', 'failed')";
const HELD: &str = "r.state = 'held' AND r.notice_id IS NULL";

/// What a filter asks of messages `n` and of reminders `r`.
struct Conditions {
    messages: Vec<String>,
    reminders: Vec<String>,
    values: Values,
    has_messages: bool,
    has_silent: bool,
    has_held: bool,
}

impl Conditions {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn both(&mut self, messages: String, reminders: String) {
        self.messages.push(messages);
        self.reminders.push(reminders);
    }

    fn only_messages(&mut self) {
        (self.has_silent, self.has_held) = (false, false);
    }

    /// The parts of the list, each with its columns, source and order.
    fn parts(&self) -> Vec<(String, String, &'static str)> {
        let all = |own: &str, more: &[String]| {
            let more = more.iter().map(String::as_str);
            std::iter::once(own).filter(|own| !own.is_empty()).chain(more).collect::<Vec<_>>().join(" AND ")
        };
        let mut parts = Vec::with_capacity(3);
        if self.has_messages {
            let on = all("1 = 1", &self.messages);
            parts.push((message_columns(), format!("{MESSAGES} {on}"), "n.created_at_ms DESC, n.id DESC"));
        }
        for (wanted, own) in [(self.has_silent, SILENT), (self.has_held, HELD)] {
            if wanted {
                let on = all(own, &self.reminders);
                let order = "r.state_at_ms DESC, r.bill_id DESC, r.stage DESC";
                parts.push((SILENT_COLUMNS.to_owned(), format!("{REMINDERS} {on}"), order));
            }
        }
        parts
    }
}

/// The `limit + 1` rows after `before` of what the filter lets through, the newest first.
pub(super) fn list(info: &ProjectInfo, filter: &HistoryFilter, before: Option<&HistoryCursor>, limit: u64) -> ListSql {
    let mut on = conditions(info, filter);
    if let Some(before) = before {
        let (at, id) = (on.bind(before.at_ms), on.bind(before.id));
        on.messages.push(format!("n.created_at_ms <= {at} AND (n.created_at_ms < {at} OR n.id < {id})"));
        // A parameter that no part names has no type.
        if on.has_silent || on.has_held {
            let stage = on.bind(before.stage.as_str());
            on.reminders.push(format!(
                "r.state_at_ms <= {at} AND (r.state_at_ms < {at} OR r.bill_id < {id} \
                 OR (r.bill_id = {id} AND r.stage < {stage}))"
            ));
        }
    }
    let take = limit.saturating_add(1);
    let parts: Vec<String> = on
        .parts()
        .into_iter()
        .enumerate()
        .map(|(number, (columns, from, order))| {
            format!("SELECT * FROM (SELECT {columns} {from} ORDER BY {order} LIMIT {take}) AS part{number}")
        })
        .collect();
    let sql = format!("{} ORDER BY at_ms DESC, row_id DESC, stage DESC LIMIT {take}", parts.join(" UNION ALL "));
    ListSql { sql, values: on.values }
}

/// How many rows the filter lets through, counted up to `max + 1`.
pub(super) fn count(info: &ProjectInfo, filter: &HistoryFilter, max: u64) -> ListSql {
    let on = conditions(info, filter);
    let parts: Vec<String> = on.parts().into_iter().map(|(_, from, _)| format!("SELECT 1 AS one {from}")).collect();
    let all = parts.join(" UNION ALL ");
    let sql = format!("SELECT COUNT(*) FROM (SELECT one FROM ({all}) AS parts LIMIT {}) AS counted", max + 1);
    ListSql { sql, values: on.values }
}

fn conditions(info: &ProjectInfo, filter: &HistoryFilter) -> Conditions {
    let mut on = Conditions {
        messages: Vec::new(),
        reminders: Vec::new(),
        values: Values::new(),
        has_messages: true,
        has_silent: true,
        has_held: true,
    };
    place(&mut on, filter);
    kind(&mut on, filter);
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

/// Whose houses and bills.
fn place(on: &mut Conditions, filter: &HistoryFilter) {
    const NOTICES_OF: &str = "n.id IN (SELECT nb.notice_id FROM notice_bill nb JOIN bill b ON b.id = nb.bill_id JOIN house h ON h.id = b.house_id WHERE";
    if let Some(building) = &filter.building {
        let at = on.bind(building.as_str());
        on.both(format!("{NOTICES_OF} h.building = {at})"), format!("h.building = {at}"));
    }
    if let Some(house_id) = filter.house_id {
        let at = on.bind(house_id);
        on.both(format!("{NOTICES_OF} h.id = {at})"), format!("h.id = {at}"));
    }
    if let Some(payer) = filter.payer_party_id {
        let at = on.bind(payer);
        on.both(format!("n.payer_party_id = {at}"), format!("r.payer_party_id = {at}"));
    }
}

/// Which stage, channel, state, reason and cost.
fn kind(on: &mut Conditions, filter: &HistoryFilter) {
    if let Some(stage) = &filter.stage {
        let at = on.bind(stage.as_str());
        on.both(format!("n.stage = {at}"), format!("r.stage = {at}"));
    }
    if let Some(campaign) = filter.campaign {
        // What a campaign adds is planned under the policy of its number, negative.
        let at = on.bind(campaign.saturating_neg());
        on.both(format!("n.policy_version = {at}"), format!("r.policy_version = {at}"));
    }
    if let Some(reason) = &filter.reason {
        let at = on.bind(reason.as_str());
        on.both(format!("n.reason = {at}"), format!("r.reason = {at}"));
    }
    if let Some(channel) = filter.channel {
        on.only_messages();
        let at = on.bind(channel.as_str());
        on.messages.push(format!("n.channel = {at}"));
    }
    if filter.has_cost {
        on.only_messages();
        on.messages.push("n.cost_fen > 0".to_owned());
    }
    if let Some(state) = &filter.state {
        let at = on.bind(state.as_str());
        on.both(format!("({SHOWN}) = {at}"), format!("r.state = {at}"));
        on.has_silent = on.has_silent && matches!(state.as_str(), "suppressed" | "superseded" | "failed");
        on.has_held = on.has_held && state == "held";
    }
}
