//! The statements behind the effect. Each takes the condition on messages `n` or reminders `r`.

/// Stages and channels of one answer.
const GROUPS_MAX: usize = 5_000;
const DAY_MS: i64 = 86_400_000;
/// How long money that follows a message counts for it.
const COLLECTED_DAYS: i64 = 7;

#[derive(sea_orm::FromQueryResult)]
pub(super) struct MessageRow {
    pub stage: String,
    pub channel: String,
    /// The newest among them.
    pub policy_version: i64,
    pub planned: i64,
    pub sent: i64,
    pub in_doubt: i64,
    pub failed: i64,
    pub delivered: i64,
    pub opened: i64,
    pub acknowledged: i64,
    pub cost_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
pub(super) struct ReasonRow {
    pub stage: String,
    pub channel: String,
    pub state: String,
    pub reason: Option<String>,
    pub count: i64,
}

#[derive(sea_orm::FromQueryResult)]
pub(super) struct PaidRow {
    pub stage: String,
    pub channel: String,
    pub paid_1d: i64,
    pub paid_3d: i64,
    pub paid_7d: i64,
}

#[derive(sea_orm::FromQueryResult)]
pub(super) struct CollectedRow {
    pub stage: String,
    pub channel: String,
    pub collected_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
pub(super) struct PlannedRow {
    pub stage: String,
    pub state: String,
    pub reason: Option<String>,
    pub policy_version: i64,
    pub count: i64,
    /// Those of them that no message carries.
    pub silent: i64,
}

/// Looked at, or a call that was picked up or answered with a key: nothing proves more of a call. The history shows each
/// as what it was.
const OPENED: &str = "n.opened_at_ms IS NOT NULL OR (n.channel = 'voice' AND EXISTS (SELECT 1 FROM reminder_event e \
     WHERE e.notice_id = n.id AND e.kind IN ('voice_answered', 'voice_key')))";

/// How many rows a condition holds for.
fn counted(condition: &str, name: &str) -> String {
    format!("COUNT(CASE WHEN {condition} THEN 1 END) AS {name}")
}

/// Messages by stage and channel, and how far they came.
pub(super) fn messages(condition: &str) -> String {
    let figures = [
        counted("n.state = 'sent'", "sent"),
        counted("n.state = 'in_doubt'", "in_doubt"),
        counted("n.state = 'failed'", "failed"),
        counted("n.delivered_at_ms IS NOT NULL", "delivered"),
        counted(OPENED, "opened"),
        counted("n.acknowledged_at_ms IS NOT NULL", "acknowledged"),
    ];
    format!(
        "SELECT n.stage, n.channel, MAX(n.policy_version) AS policy_version, COUNT(*) AS planned, {}, \
         CAST(SUM(n.cost_fen) AS BIGINT) AS cost_fen FROM notice n WHERE {condition} GROUP BY n.stage, n.channel \
         ORDER BY n.stage, n.channel LIMIT {GROUPS_MAX}",
        figures.join(", ")
    )
}

/// Why messages failed or were not sent after all.
pub(super) fn reasons(condition: &str) -> String {
    format!(
        "SELECT n.stage, n.channel, n.state, n.reason, COUNT(*) AS count FROM notice n \
         WHERE {condition} AND n.state IN ('failed', 'suppressed') GROUP BY n.stage, n.channel, n.state, n.reason \
         ORDER BY n.stage, n.channel LIMIT {GROUPS_MAX}"
    )
}

/// Sent messages all of whose bills were paid, by the time of the last payment after the sending. A voided bill asks
/// for nothing any more.
pub(super) fn paid(condition: &str) -> String {
    let within = |days: i64| {
        let until = days * DAY_MS;
        counted(&format!("m.paid_at_ms <= m.sent_at_ms + {until}"), &format!("paid_{days}d"))
    };
    format!(
        "SELECT m.stage, m.channel, {}, {}, {} FROM (SELECT n.id, n.stage, n.channel, n.sent_at_ms, \
         MAX(y.paid_at_ms) AS paid_at_ms FROM notice n JOIN notice_bill nb ON nb.notice_id = n.id \
         JOIN bill b ON b.id = nb.bill_id AND b.voided_at_ms IS NULL \
         LEFT JOIN allocation a ON a.bill_id = b.id LEFT JOIN payment y ON y.id = a.payment_id \
         AND NOT EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = y.id) \
         WHERE {condition} AND n.state = 'sent' GROUP BY n.id, n.stage, n.channel, n.sent_at_ms \
         HAVING COUNT(CASE WHEN b.settled_at_ms IS NULL THEN 1 END) = 0 AND MAX(y.paid_at_ms) >= n.sent_at_ms) AS m \
         GROUP BY m.stage, m.channel LIMIT {GROUPS_MAX}",
        within(1),
        within(3),
        within(7)
    )
}

/// Money that followed a message within [`COLLECTED_DAYS`], counted for the last message about its bill before it.
pub(super) fn collected(condition: &str) -> String {
    let until = COLLECTED_DAYS * DAY_MS;
    format!(
        "SELECT n.stage, n.channel, CAST(SUM(a.amount_fen) AS BIGINT) AS collected_fen FROM notice n \
         JOIN notice_bill nb ON nb.notice_id = n.id JOIN allocation a ON a.bill_id = nb.bill_id \
         JOIN payment y ON y.id = a.payment_id AND NOT EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = y.id) \
         WHERE {condition} AND n.state = 'sent' AND y.paid_at_ms BETWEEN n.sent_at_ms AND n.sent_at_ms + {until} \
         AND NOT EXISTS (SELECT 1 FROM notice_bill later_bill JOIN notice later ON later.id = later_bill.notice_id \
         WHERE later_bill.bill_id = nb.bill_id AND later.state = 'sent' AND later.sent_at_ms <= y.paid_at_ms \
         AND (later.sent_at_ms > n.sent_at_ms OR (later.sent_at_ms = n.sent_at_ms AND later.id > n.id))) \
         GROUP BY n.stage, n.channel LIMIT {GROUPS_MAX}"
    )
}

/// Stages of bills that fell on a day of the range, by what became of them.
pub(super) fn planned(condition: &str) -> String {
    format!(
        "SELECT r.stage, r.state, r.reason, MAX(r.policy_version) AS policy_version, COUNT(*) AS count, {} \
         FROM reminder r WHERE {condition} GROUP BY r.stage, r.state, r.reason ORDER BY r.stage LIMIT {GROUPS_MAX}",
        counted("r.notice_id IS NULL", "silent")
    )
}
