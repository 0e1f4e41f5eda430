//! What must hold between money and bills, each as a query.

/// An invariant as a query: it answers `subject` and `detail` of what breaks it.
pub(super) struct Invariant {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "posting_sums_to_zero",
        sql: "SELECT CAST(posting_seq AS TEXT) AS subject, CAST(CAST(SUM(amount_fen) AS BIGINT) AS TEXT) AS detail \
              FROM entry GROUP BY posting_seq HAVING SUM(amount_fen) <> 0",
    },
    Invariant {
        name: "bill_paid_is_allocations_less_refunds",
        sql: "SELECT b.subject AS subject, CAST(b.paid_fen AS TEXT) || ' <> ' || CAST(b.allocated AS TEXT) AS detail \
              FROM (SELECT bill.bill_day || ':' || bill.total_fen AS subject, bill.paid_fen AS paid_fen, \
              CAST(COALESCE((SELECT SUM(amount_fen) FROM allocation a WHERE a.bill_id = bill.id \
              AND NOT EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = a.payment_id)), 0) \
              - COALESCE((SELECT SUM(t.amount_fen) FROM refund_part t JOIN refund r ON r.id = t.refund_id \
              WHERE t.bill_id = bill.id AND r.state = 'succeeded'), 0) AS BIGINT) AS allocated \
              FROM bill) b WHERE b.paid_fen <> b.allocated",
    },
    Invariant {
        name: "bill_is_settled_when_paid_in_full",
        sql: "SELECT bill_day || ':' || total_fen AS subject, CAST(paid_fen AS TEXT) AS detail FROM bill \
              WHERE (paid_fen = total_fen) <> (settled_at_ms IS NOT NULL)",
    },
    Invariant {
        name: "clearing_is_payments_less_refunds",
        sql: "SELECT t.code AS subject, CAST(t.booked AS TEXT) || ' <> ' || CAST(t.received AS TEXT) AS detail \
              FROM (SELECT a.code AS code, \
              CAST(COALESCE((SELECT SUM(e.amount_fen) FROM entry e WHERE e.account_id = a.id), 0) AS BIGINT) AS booked, \
              CAST(COALESCE((SELECT SUM(p.amount_fen) FROM payment p WHERE p.method = 'wechat'), 0) \
              - COALESCE((SELECT SUM(r.amount_fen) FROM refund r WHERE r.state = 'succeeded'), 0) AS BIGINT) AS received \
              FROM account a WHERE a.code = 'clearing:wechat') t WHERE t.booked <> t.received",
    },
    Invariant {
        name: "payment_is_allocations_plus_refundable",
        sql: "SELECT p.natural_key AS subject, CAST(p.amount_fen AS TEXT) AS detail FROM payment p \
              WHERE p.amount_fen <> p.refundable_fen + \
              COALESCE((SELECT SUM(a.amount_fen) FROM allocation a WHERE a.payment_id = p.id), 0)",
    },
    Invariant {
        name: "receipts_cover_allocations",
        sql: "SELECT p.natural_key AS subject, CAST(p.amount_fen AS TEXT) AS detail FROM payment p \
              WHERE COALESCE((SELECT SUM(r.amount_fen) FROM receipt r WHERE r.payment_id = p.id), 0) <> \
              COALESCE((SELECT SUM(a.amount_fen) FROM allocation a WHERE a.payment_id = p.id), 0)",
    },
    Invariant {
        name: "receipt_numbers_have_no_gap",
        sql: "SELECT CAST(c.year AS TEXT) AS subject, CAST(c.last_no AS TEXT) AS detail FROM receipt_counter c \
              WHERE c.last_no <> (SELECT COUNT(*) FROM receipt r WHERE r.year = c.year) \
              OR c.last_no <> (SELECT COALESCE(MAX(r.serial_no), 0) FROM receipt r WHERE r.year = c.year)",
    },
    Invariant {
        name: "payment_is_posted",
        sql: "SELECT p.natural_key AS subject, CAST(p.amount_fen AS TEXT) AS detail FROM payment p \
              WHERE NOT EXISTS (SELECT 1 FROM posting g WHERE g.natural_key = p.natural_key)",
    },
    Invariant {
        name: "paid_order_has_a_payment",
        sql: "SELECT o.out_trade_no AS subject, o.state AS detail FROM payment_order o WHERE o.state = 'paid' \
              AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.order_id = o.id)",
    },
    Invariant {
        name: "ended_order_reserves_nothing",
        sql: "SELECT o.out_trade_no AS subject, o.state AS detail FROM payment_order o \
              WHERE o.state IN ('paid', 'closed', 'expired') \
              AND EXISTS (SELECT 1 FROM payment_order_bill b WHERE b.order_id = o.id AND b.live)",
    },
    Invariant {
        name: "settled_bill_has_no_reminder_to_send",
        sql: "SELECT r.stage AS subject, CAST(r.send_at_ms AS TEXT) AS detail FROM reminder r \
              JOIN bill b ON b.id = r.bill_id WHERE r.state IN ('planned', 'held') AND b.settled_at_ms IS NOT NULL",
    },
    Invariant {
        name: "refund_is_its_parts",
        sql: "SELECT r.out_refund_no AS subject, CAST(r.amount_fen AS TEXT) AS detail FROM refund r \
              WHERE r.amount_fen <> COALESCE((SELECT SUM(t.amount_fen) FROM refund_part t WHERE t.refund_id = r.id), 0)",
    },
    Invariant {
        name: "refunds_hold_no_more_than_was_allocated",
        sql: "SELECT p.natural_key AS subject, CAST(a.amount_fen AS TEXT) AS detail FROM allocation a \
              JOIN payment p ON p.id = a.payment_id WHERE a.amount_fen < (SELECT COALESCE(SUM(t.amount_fen), 0) \
              FROM refund_part t JOIN refund r ON r.id = t.refund_id WHERE r.payment_id = a.payment_id \
              AND t.bill_id = a.bill_id AND r.state NOT IN ('rejected', 'closed', 'refused'))",
    },
    Invariant {
        name: "refunds_hold_no_more_than_was_left_over",
        sql: "SELECT p.natural_key AS subject, CAST(p.refundable_fen AS TEXT) AS detail FROM payment p \
              WHERE p.refundable_fen < (SELECT COALESCE(SUM(t.amount_fen), 0) FROM refund_part t \
              JOIN refund r ON r.id = t.refund_id WHERE r.payment_id = p.id AND t.bill_id IS NULL \
              AND r.state NOT IN ('rejected', 'closed', 'refused'))",
    },
    Invariant {
        name: "refund_is_posted",
        sql: "SELECT r.out_refund_no AS subject, CAST(r.amount_fen AS TEXT) AS detail FROM refund r \
              WHERE (r.state = 'succeeded') <> EXISTS (SELECT 1 FROM posting g \
              WHERE g.natural_key = 'refund:' || COALESCE(r.wechat_refund_id, ''))",
    },
    Invariant {
        name: "reversals_cover_refunded_bills",
        sql: "SELECT r.out_refund_no AS subject, CAST(r.amount_fen AS TEXT) AS detail FROM refund r \
              WHERE COALESCE((SELECT SUM(v.amount_fen) FROM receipt_reversal v WHERE v.refund_id = r.id), 0) <> \
              CASE WHEN r.state = 'succeeded' THEN COALESCE((SELECT SUM(t.amount_fen) FROM refund_part t \
              WHERE t.refund_id = r.id AND t.bill_id IS NOT NULL), 0) ELSE 0 END",
    },
    Invariant {
        name: "receipt_is_reversed_at_most_once",
        sql: "SELECT c.number AS subject, CAST(c.amount_fen AS TEXT) AS detail FROM receipt c \
              WHERE c.amount_fen < (SELECT COALESCE(SUM(v.amount_fen), 0) FROM receipt_reversal v WHERE v.receipt_id = c.id)",
    },
];
