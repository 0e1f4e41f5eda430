-- Rows for the tables of the seventh migration.

INSERT INTO desk_policy (id, allocation, partial_allowed, void_alone_max_fen, changed_at_ms, changed_by) VALUES
    (1, 'past_first', TRUE, 50000, 1793000000000, {uuid:01990000-0000-7000-8000-000000000040});

INSERT INTO shift (id, cashier_id, opening_float_fen, opened_at_ms, closed_at_ms, difference_reason, locked_at_ms,
                   locked_by) VALUES
    ({uuid:01990000-0000-7000-8000-000000000700}, {uuid:01990000-0000-7000-8000-000000000040}, 20000, 1793000000000,
     1793030000000, '找零少收', 1793040000000, {uuid:01990000-0000-7000-8000-000000000041}),
    ({uuid:01990000-0000-7000-8000-000000000701}, {uuid:01990000-0000-7000-8000-000000000040}, 0, 1793050000000, NULL,
     NULL, NULL, NULL);

INSERT INTO shift_count (shift_id, method, expected_fen, counted_fen) VALUES
    ({uuid:01990000-0000-7000-8000-000000000700}, 'cash', 20500, 20450);

INSERT INTO payment (id, natural_key, method, order_id, amount_fen, refundable_fen, paid_at_ms, booked_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000702}, 'desk:01990000-0000-7000-8000-000000000702', 'cash', NULL, 500, 0,
     1793001000000, 1793001000000);

INSERT INTO desk_payment (payment_id, shift_id, idempotency_key, request_digest, tendered_fen, payer_name_sealed,
                          reference) VALUES
    ({uuid:01990000-0000-7000-8000-000000000702}, {uuid:01990000-0000-7000-8000-000000000700},
     {uuid:01990000-0000-7000-8000-000000000703}, 'digest', 1000, {bytes:0702}, NULL);

INSERT INTO desk_overrule (payment_id, warning, reason) VALUES
    ({uuid:01990000-0000-7000-8000-000000000702}, 'unusual_amount', '补缴全年');

INSERT INTO desk_void (payment_id, reason, voided_by, voided_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000702}, '收错房屋', {uuid:01990000-0000-7000-8000-000000000040}, 1793002000000);

INSERT INTO receipt_print (receipt_id, print_no, printed_at_ms, printed_by) VALUES
    ({uuid:01990000-0000-7000-8000-000000000171}, 1, 1793002000000, {uuid:01990000-0000-7000-8000-000000000040});
