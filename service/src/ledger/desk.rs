//! What must hold of money that was taken over the desk: each a name, and a query for what breaks it.

/// Name and query, answering `subject` and `detail` of what breaks it.
pub(super) const DESK_INVARIANTS: &[(&str, &str)] = &[
    (
        "desk_payment_is_in_its_shift",
        "SELECT p.natural_key AS subject, p.method AS detail FROM payment p WHERE p.natural_key LIKE 'desk:%' \
         AND NOT EXISTS (SELECT 1 FROM desk_payment d JOIN shift s ON s.id = d.shift_id WHERE d.payment_id = p.id \
         AND p.booked_at_ms >= s.opened_at_ms AND (s.closed_at_ms IS NULL OR p.booked_at_ms <= s.closed_at_ms))",
    ),
    (
        "desk_accounts_are_payments",
        "SELECT t.side AS subject, CAST(t.booked AS TEXT) || ' <> ' || CAST(t.received AS TEXT) AS detail FROM \
         (SELECT m.method AS side, \
         CAST(COALESCE((SELECT SUM(e.amount_fen) FROM entry e JOIN account a ON a.id = e.account_id \
         WHERE CASE m.method WHEN 'cash' THEN a.code LIKE 'drawer:%' ELSE a.code = 'clearing:' || m.method END), 0) \
         AS BIGINT) AS booked, \
         CAST(COALESCE((SELECT SUM(p.amount_fen) FROM payment p WHERE p.method = m.method \
         AND NOT EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = p.id)), 0) AS BIGINT) AS received \
         FROM (SELECT 'cash' AS method UNION ALL SELECT 'card' UNION ALL SELECT 'transfer' UNION ALL SELECT 'other') m) t \
         WHERE t.booked <> t.received",
    ),
    (
        "void_is_posted",
        "SELECT p.natural_key AS subject, v.reason AS detail FROM desk_void v JOIN payment p ON p.id = v.payment_id \
         WHERE NOT EXISTS (SELECT 1 FROM posting g WHERE g.natural_key = p.natural_key || ':void')",
    ),
    (
        "closed_shift_is_counted_as_booked",
        "SELECT 'shift ' || c.method AS subject, CAST(c.expected_fen AS TEXT) AS detail FROM shift_count c \
         JOIN shift s ON s.id = c.shift_id WHERE c.expected_fen <> \
         CASE c.method WHEN 'cash' THEN s.opening_float_fen ELSE 0 END + \
         COALESCE((SELECT SUM(p.amount_fen) FROM desk_payment d JOIN payment p ON p.id = d.payment_id \
         WHERE d.shift_id = c.shift_id AND p.method = c.method \
         AND NOT EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = p.id)), 0)",
    ),
];
