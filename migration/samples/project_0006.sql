-- Rows for the tables of the sixth migration, which makes the row of the policy.

INSERT INTO refund (id, out_refund_no, payment_id, mchid, transaction_id, amount_fen, total_fen, state, reason, wechat_refund_id,
                    requested_by, requested_at_ms, decided_by, decided_at_ms, next_look_at_ms, looks, ended_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000190}, 'CHHYR-0001', {uuid:01990000-0000-7000-8000-000000000170}, '1900000001',
     '4200000000000000000000000001', 10000, 24954, 'closed', '重复缴费', '50300000000000000000000000001',
     {uuid:01990000-0000-7000-8000-000000000040}, 1793000200000, NULL, NULL, NULL, 1, 1793000260000);

INSERT INTO refund_part (refund_id, part_no, bill_id, amount_fen) VALUES
    ({uuid:01990000-0000-7000-8000-000000000190}, 1, {uuid:01990000-0000-7000-8000-000000000150}, 10000);

INSERT INTO refund_event (refund_id, event_no, at_ms, kind, detail) VALUES
    ({uuid:01990000-0000-7000-8000-000000000190}, 1, 1793000200000, 'requested', '重复缴费');

INSERT INTO receipt_reversal (refund_id, receipt_id, number, amount_fen, at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000190}, {uuid:01990000-0000-7000-8000-000000000171}, 'CHHY-2026-000001-R1', 10000, 1793000260000);

INSERT INTO shipping_report (order_id, paid_at_ms, state, attempts, next_try_at_ms, ended_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000160}, 1793000010000, 'reported', 1, NULL, 1793000040000);
