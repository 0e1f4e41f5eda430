//! What one settlement says to the database, statement by statement, as `payments::settle` does for an order of one
//! bill without messages. Variables are written `:name`, as pgbench reads
//! them, which is inside quotes too: no text here has a colon before a letter.
//!
//! The bench holds it to the real thing: on PostgreSQL what a settlement says is recorded and compared, and after every
//! round, ours and bare, the same tables have grown by the same.

/// What a statement's answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Changes so many rows.
    Changes(u64),
    /// Finds nothing.
    Nothing,
    /// Finds one row; its columns become variables.
    Row(&'static [(&'static str, Kind)]),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Int,
    /// An id.
    Uuid,
    /// Bytes.
    Bytes,
}

/// One statement.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The SQL. `{lock}` is FOR UPDATE where there is such a thing.
    pub sql: &'static str,
    /// What comes of it.
    pub answer: Answer,
    /// Said on PostgreSQL only.
    pub postgres_only: bool,
}

const fn step(sql: &'static str, answer: Answer) -> Step {
    Step { sql, answer, postgres_only: false }
}

const fn on_postgres(sql: &'static str, answer: Answer) -> Step {
    Step { sql, answer, postgres_only: true }
}

const HEAD: Step = step(
    "SELECT seq, hash FROM ledger_head WHERE id = 1{lock}",
    Answer::Row(&[("seq", Kind::Int), ("hash", Kind::Bytes)]),
);

/// All of them, between BEGIN and COMMIT.
pub const SETTLEMENT: [Step; 23] = [
    HEAD,
    step(
        "SELECT p.id, p.order_id, p.amount_fen, p.refundable_fen, o.out_trade_no, o.mchid, o.app_id \
         FROM payment p JOIN payment_order o ON o.id = p.order_id WHERE p.natural_key = 'wechat:' || :n",
        Answer::Nothing,
    ),
    step(
        "SELECT id AS order_id, total_fen, out_trade_no, person_id, app_id, openid, mchid, state, prepay_id, \
         prepay_at_ms, expires_at_ms, queries, created_at_ms FROM payment_order WHERE out_trade_no = :out_trade_no",
        Answer::Row(&[("order_id", Kind::Uuid), ("total_fen", Kind::Int)]),
    ),
    step(
        "SELECT o.bill_id, b.house_id, b.payer_party_id, o.amount_fen AS frozen_fen, b.total_fen AS owed_fen, b.paid_fen, \
         b.voided_at_ms FROM payment_order_bill o JOIN bill b ON b.id = o.bill_id WHERE o.order_id = :order_id \
         ORDER BY b.due_day, b.id",
        Answer::Row(&[("bill_id", Kind::Uuid), ("house_id", Kind::Uuid), ("payer_party_id", Kind::Uuid)]),
    ),
    step(
        "INSERT INTO payment (id, natural_key, method, order_id, amount_fen, refundable_fen, paid_at_ms, booked_at_ms) \
         VALUES (:payment_id, 'wechat:' || :n, 'wechat', :order_id, :total_fen, 0, :now_ms, :now_ms)",
        Answer::Changes(1),
    ),
    step(
        "INSERT INTO allocation (payment_id, bill_id, amount_fen) VALUES (:payment_id, :bill_id, :total_fen)",
        Answer::Changes(1),
    ),
    step(
        "UPDATE bill SET paid_fen = paid_fen + :total_fen, settled_at_ms = CASE WHEN paid_fen + :total_fen = total_fen \
         THEN CAST(:now_ms AS BIGINT) ELSE NULL END \
         WHERE id = :bill_id AND voided_at_ms IS NULL AND paid_fen + :total_fen <= total_fen",
        Answer::Changes(1),
    ),
    HEAD,
    step(
        "SELECT MIN(id) AS clearing_id, MAX(id) AS receivable_id FROM account \
         WHERE code IN ('clearing:' || 'wechat', :account_code)",
        Answer::Row(&[("clearing_id", Kind::Int), ("receivable_id", Kind::Int)]),
    ),
    step(
        "INSERT INTO posting (seq, natural_key, kind, at_ms, hash) \
         VALUES (CAST(:seq AS BIGINT) + 1, 'wechat:' || :n, 'wechat_payment', :now_ms, :hash)",
        Answer::Changes(1),
    ),
    step(
        "INSERT INTO entry (posting_seq, line_no, account_id, amount_fen) VALUES \
         (CAST(:seq AS BIGINT) + 1, 0, :clearing_id, :total_fen), \
         (CAST(:seq AS BIGINT) + 1, 1, :receivable_id, 0 - CAST(:total_fen AS BIGINT))",
        Answer::Changes(2),
    ),
    step("UPDATE ledger_head SET seq = CAST(:seq AS BIGINT) + 1, hash = :hash WHERE id = 1", Answer::Changes(1)),
    step(
        "INSERT INTO receipt_counter (year, last_no) VALUES (2026, 1) \
         ON CONFLICT (year) DO UPDATE SET last_no = receipt_counter.last_no + 1 RETURNING last_no",
        Answer::Row(&[("last_no", Kind::Int)]),
    ),
    step(
        "INSERT INTO receipt (id, number, year, serial_no, payment_id, house_id, amount_fen, issued_at_ms) VALUES \
         (:receipt_id, 'CH-2026-' || CAST(:last_no AS TEXT), 2026, :last_no, :payment_id, :house_id, :total_fen, :now_ms)",
        Answer::Changes(1),
    ),
    step(
        "UPDATE payment_order SET state = 'paid', next_query_at_ms = CASE WHEN TRUE THEN NULL ELSE next_query_at_ms END, \
         ended_at_ms = CASE WHEN TRUE THEN CAST(:now_ms AS BIGINT) ELSE ended_at_ms END \
         WHERE id = :order_id AND state IN ('created', 'prepay_unknown', 'awaiting', 'closed', 'expired')",
        Answer::Changes(1),
    ),
    step("UPDATE payment_order_bill SET live = FALSE WHERE order_id = :order_id", Answer::Changes(1)),
    step("UPDATE payment_order SET transaction_id = :n WHERE id = :order_id", Answer::Changes(1)),
    step(
        "INSERT INTO payment_order_event (order_id, at_ms, event_no, kind, detail) \
         SELECT :order_id, CAST(:now_ms AS BIGINT), COALESCE(MAX(event_no), 0) + 1, 'paid', 'callback' \
         FROM payment_order_event WHERE order_id = :order_id",
        Answer::Changes(1),
    ),
    on_postgres(
        "SELECT id AS payer_id FROM party WHERE id IN (SELECT payer_party_id FROM bill WHERE id IN (:bill_id)) \
         ORDER BY id FOR NO KEY UPDATE",
        Answer::Row(&[("payer_id", Kind::Uuid)]),
    ),
    on_postgres(
        "SELECT n.id FROM notice n WHERE n.state IN ('claimed', 'sent', 'in_doubt') AND n.paid_at_ms IS NULL \
         AND n.id IN (SELECT nb.notice_id FROM notice_bill nb WHERE nb.bill_id IN (:bill_id)) \
         ORDER BY n.id FOR UPDATE OF n",
        Answer::Nothing,
    ),
    on_postgres(
        "SELECT bill_id AS id FROM reminder WHERE bill_id IN (:bill_id) AND state IN ('planned', 'held') \
         ORDER BY bill_id, stage FOR UPDATE",
        Answer::Nothing,
    ),
    step(
        "UPDATE reminder SET state = 'suppressed', reason = 'paid', state_at_ms = :now_ms, \
         notice_id = CASE WHEN EXISTS (SELECT 1 FROM notice_bill o JOIN bill b ON b.id = o.bill_id \
         WHERE o.notice_id = reminder.notice_id AND b.settled_at_ms IS NULL AND b.voided_at_ms IS NULL) \
         THEN NULL ELSE notice_id END WHERE bill_id IN (:bill_id) AND state IN ('planned', 'held') \
         AND EXISTS (SELECT 1 FROM bill b WHERE b.id = reminder.bill_id AND b.settled_at_ms IS NOT NULL) \
         RETURNING bill_id, stage",
        Answer::Nothing,
    ),
    step(
        "SELECT n.id, n.state, n.reason FROM notice n WHERE n.state IN ('claimed', 'sent', 'in_doubt') \
         AND n.paid_at_ms IS NULL AND n.id IN (SELECT nb.notice_id FROM notice_bill nb WHERE nb.bill_id IN (:bill_id)) \
         AND NOT EXISTS (SELECT 1 FROM notice_bill o JOIN bill b ON b.id = o.bill_id WHERE o.notice_id = n.id \
         AND b.settled_at_ms IS NULL AND b.voided_at_ms IS NULL) ORDER BY n.id",
        Answer::Nothing,
    ),
];

/// The same with `$1, $2, …`, and which variable each is.
#[must_use]
pub fn numbered(sql: &str) -> (String, Vec<String>) {
    let (mut out, mut names) = (String::new(), Vec::new());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once(':') {
        out.push_str(before);
        let length = after.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(after.len());
        let (name, left) = after.split_at(length);
        if name.is_empty() {
            out.push(':');
            rest = after;
            continue;
        }
        names.push(name.to_owned());
        out.push('$');
        out.push_str(&names.len().to_string());
        rest = left;
    }
    out.push_str(rest);
    (out, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_become_numbers_and_colons_in_texts_stay() {
        let (sql, names) = numbered("SELECT 'wechat:' || :n, 'a: b' WHERE id = :order_id AND x = :n)");
        assert_eq!(sql, "SELECT 'wechat:' || $1, 'a: b' WHERE id = $2 AND x = $3)");
        assert_eq!(names, ["n", "order_id", "n"]);
    }
}
