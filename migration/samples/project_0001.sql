-- Rows of a project's database after its first migration: at least one in every table.
-- Later migrations are tried over them. Spelt for each database by `dialect`.

INSERT INTO project_mark (project_id, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000010}, 1793000000000);

INSERT INTO import_batch (id, kind, file_name, file_sha256, summary, created_at_ms, created_by) VALUES
    ({uuid:01990000-0000-7000-8000-0000000000f0}, 'houses', '房屋业主资料.xlsx',
     'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '{"read": 2, "taken": 2}', 1793000000000,
     {uuid:01990000-0000-7000-8000-000000000040});

INSERT INTO house (id, house_key, building, entrance, room, kind, floor, area_centi, inner_area_centi, unit_price_e4,
                   occupancy, handover_day, import_batch_id, created_at_ms, updated_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000100}, '1-1-101', '1', '1', '101', '住宅', '1', 8912, 7033, NULL,
     'occupied', 18993, {uuid:01990000-0000-7000-8000-0000000000f0}, 1793000000000, 1793000000000),
    ({uuid:01990000-0000-7000-8000-000000000101}, '1-S01', '1', NULL, 'S01', '商铺', NULL, 4500, NULL, 35000,
     'let', NULL, NULL, 1793000000000, 1793000000000);

INSERT INTO party (id, kind, name_sealed, name_hash, id_no_sealed, id_no_hash, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000110}, 'person', {bytes:1101}, {bytes:1102}, {bytes:1103}, {bytes:1104}, 1793000000000),
    ({uuid:01990000-0000-7000-8000-000000000111}, 'organisation', {bytes:1111}, {bytes:1112}, NULL, NULL, 1793000000000);

INSERT INTO party_phone (party_id, phone_hash, phone_sealed, position) VALUES
    ({uuid:01990000-0000-7000-8000-000000000110}, {bytes:2001}, {bytes:2002}, 0);

INSERT INTO house_party (house_id, party_id, role, position, is_payer) VALUES
    ({uuid:01990000-0000-7000-8000-000000000100}, {uuid:01990000-0000-7000-8000-000000000110}, 'owner', 0, TRUE),
    ({uuid:01990000-0000-7000-8000-000000000101}, {uuid:01990000-0000-7000-8000-000000000110}, 'owner', 0, FALSE),
    ({uuid:01990000-0000-7000-8000-000000000101}, {uuid:01990000-0000-7000-8000-000000000111}, 'lessee', 1, TRUE);

INSERT INTO fee_item (id, code, name, period_months, rounding, prorate, due_after_days, retired_at_ms, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000120}, 'property', '物业费', 1, 'fen_half_up', 'calendar_days', 25, NULL, 1793000000000);

INSERT INTO tariff (id, fee_item_id, house_kind, formula, constants, version, effective_from_day, effective_until_day,
                    created_at_ms, created_by) VALUES
    ({uuid:01990000-0000-7000-8000-000000000130}, {uuid:01990000-0000-7000-8000-000000000120}, NULL,
     'area * price', '{"price": "2.80"}', 1, 20454, NULL, 1793000000000, {uuid:01990000-0000-7000-8000-000000000040}),
    ({uuid:01990000-0000-7000-8000-000000000131}, {uuid:01990000-0000-7000-8000-000000000120}, '商铺',
     'area * price', '{"price": "3.50"}', 2, 20454, 20819, 1793000000000, NULL);

INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, bills, total_fen,
                      exceptions, created_by, created_at_ms, published_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000140}, {uuid:01990000-0000-7000-8000-000000000120}, 20758, 20788, 20758,
     'staff', 'published', 2, 40704, '[]', {uuid:01990000-0000-7000-8000-000000000040}, 1793000000000, 1793000000500);

INSERT INTO bill (id, run_id, house_id, payer_party_id, fee_item_id, period_start_day, period_end_day, bill_day, due_day,
                  total_fen, paid_fen, settled_at_ms, voided_at_ms, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000150}, {uuid:01990000-0000-7000-8000-000000000140},
     {uuid:01990000-0000-7000-8000-000000000100}, {uuid:01990000-0000-7000-8000-000000000110},
     {uuid:01990000-0000-7000-8000-000000000120}, 20758, 20788, 20758, 20783, 24954, 24954, 1793000010000, NULL, 1793000000500),
    ({uuid:01990000-0000-7000-8000-000000000151}, {uuid:01990000-0000-7000-8000-000000000140},
     {uuid:01990000-0000-7000-8000-000000000101}, {uuid:01990000-0000-7000-8000-000000000111},
     {uuid:01990000-0000-7000-8000-000000000120}, 20758, 20788, 20758, 20783, 15750, 0, NULL, NULL, 1793000000500);

INSERT INTO bill_line (bill_id, line_no, tariff_id, from_day, until_day, exact_yuan, amount_fen, trace) VALUES
    ({uuid:01990000-0000-7000-8000-000000000150}, 1, {uuid:01990000-0000-7000-8000-000000000130}, 20758, 20788, '249.5360', 24954, '[]'),
    ({uuid:01990000-0000-7000-8000-000000000151}, 1, {uuid:01990000-0000-7000-8000-000000000131}, 20758, 20788, '157.50', 15750, '[]');

INSERT INTO account (id, code) VALUES
    (1, 'receivable:01990000-0000-7000-8000-000000000110'),
    (2, 'receivable:01990000-0000-7000-8000-000000000111'),
    (3, 'income:property'),
    (4, 'clearing:wechat');

INSERT INTO posting (seq, natural_key, kind, at_ms, hash) VALUES
    (1, 'bill:01990000-0000-7000-8000-000000000150', 'bill_issued', 1793000000500,
     {bytes:1111111111111111111111111111111111111111111111111111111111111111}),
    (2, 'bill:01990000-0000-7000-8000-000000000151', 'bill_issued', 1793000000500,
     {bytes:2222222222222222222222222222222222222222222222222222222222222222}),
    (3, 'wechat:4200000000000000000000000001', 'wechat_payment', 1793000010000,
     {bytes:3333333333333333333333333333333333333333333333333333333333333333});

INSERT INTO entry (posting_seq, line_no, account_id, amount_fen) VALUES
    (1, 1, 1, 24954), (1, 2, 3, -24954),
    (2, 1, 2, 15750), (2, 2, 3, -15750),
    (3, 1, 4, 24954), (3, 2, 1, -24954);

-- The first migration made the row.
UPDATE ledger_head SET seq = 3, hash = {bytes:3333333333333333333333333333333333333333333333333333333333333333} WHERE id = 1;

INSERT INTO payment_order (id, out_trade_no, person_id, app_id, openid, mchid, total_fen, state, prepay_id, prepay_at_ms,
                           transaction_id, expires_at_ms, next_query_at_ms, queries, created_at_ms, ended_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000160}, 'CHHY-0001', {uuid:01990000-0000-7000-8000-000000000020},
     'wx0000000000000001', 'openid-mini-0001', '1900000001', 24954, 'paid', 'prepay-0001', 1793000005000,
     '4200000000000000000000000001', 1793007205000, NULL, 1, 1793000004000, 1793000010000),
    ({uuid:01990000-0000-7000-8000-000000000161}, 'CHHY-0002', {uuid:01990000-0000-7000-8000-000000000020},
     'wx0000000000000001', 'openid-mini-0001', '1900000001', 15750, 'prepay_unknown', NULL, NULL,
     NULL, 1793007305000, 1793000110000, 0, 1793000104000, NULL);

INSERT INTO payment_order_bill (order_id, bill_id, amount_fen, live) VALUES
    ({uuid:01990000-0000-7000-8000-000000000160}, {uuid:01990000-0000-7000-8000-000000000150}, 24954, FALSE),
    ({uuid:01990000-0000-7000-8000-000000000161}, {uuid:01990000-0000-7000-8000-000000000151}, 15750, TRUE);

INSERT INTO payment_order_event (order_id, at_ms, event_no, kind, detail) VALUES
    ({uuid:01990000-0000-7000-8000-000000000160}, 1793000004000, 1, 'created', '{}'),
    ({uuid:01990000-0000-7000-8000-000000000160}, 1793000010000, 2, 'paid', '{}');

INSERT INTO payment (id, natural_key, method, order_id, amount_fen, refundable_fen, paid_at_ms, booked_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000170}, 'wechat:4200000000000000000000000001', 'wechat',
     {uuid:01990000-0000-7000-8000-000000000160}, 24954, 0, 1793000009000, 1793000010000);

INSERT INTO allocation (payment_id, bill_id, amount_fen) VALUES
    ({uuid:01990000-0000-7000-8000-000000000170}, {uuid:01990000-0000-7000-8000-000000000150}, 24954);

INSERT INTO receipt_counter (year, last_no) VALUES (2026, 1);

INSERT INTO receipt (id, number, year, serial_no, payment_id, house_id, amount_fen, issued_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000171}, 'CHHY-2026-000001', 2026, 1, {uuid:01990000-0000-7000-8000-000000000170},
     {uuid:01990000-0000-7000-8000-000000000100}, 24954, 1793000010000);

INSERT INTO payment_anomaly (id, natural_key, kind, out_trade_no, transaction_id, expected_fen, reported_fen, detail, at_ms,
                             resolved_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000172}, 'wechat:4200000000000000000000000002', 'unknown_order', 'CHHY-9999',
     '4200000000000000000000000002', NULL, 100, '{}', 1793000020000, NULL);

INSERT INTO staff_task (id, natural_key, kind, subject, words, created_at_ms, done_at_ms, done_by) VALUES
    ({uuid:01990000-0000-7000-8000-000000000173}, 'anomaly:wechat:4200000000000000000000000002', 'payment_anomaly',
     '01990000-0000-7000-8000-000000000172', '微信支付到账1.00元，找不到订单，请核对', 1793000020000, NULL, NULL);

INSERT INTO reminder_policy (version, body, created_at_ms, created_by) VALUES
    (1, '{"stages": []}', 1793000000000, NULL);

INSERT INTO reminder_pause (id, level, subject, reason, until_day, created_by, created_at_ms, ended_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000180}, 'bill', '01990000-0000-7000-8000-000000000151', '业主有异议，核实中', 20800,
     {uuid:01990000-0000-7000-8000-000000000040}, 1793000030000, NULL);

INSERT INTO notice (id, payer_party_id, person_id, stage, channel, rung, escalated_from, policy_version, state, reason, token,
                    recipient_masked, text_sealed, amount_fen, lease_no, lease_until_ms, attempts, account, receipt_id,
                    cost_fen, escalate_at_ms, created_at_ms, sent_at_ms, delivered_at_ms, opened_at_ms, acknowledged_at_ms,
                    paid_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000190}, {uuid:01990000-0000-7000-8000-000000000110},
     {uuid:01990000-0000-7000-8000-000000000020}, 'pre_due', 'wechat_template', 0, NULL, 1, 'sent', NULL, 'token-0001',
     '138****0000', {bytes:9090}, 24954, 1, NULL, 1, 'wx0000000000000002', 'msgid-0001', 0, NULL, 1793000000600,
     1793000001000, 1793000002000, 1793000003000, NULL, 1793000010000),
    ({uuid:01990000-0000-7000-8000-000000000191}, {uuid:01990000-0000-7000-8000-000000000111},
     NULL, 'pre_due', 'sms', 1, {uuid:01990000-0000-7000-8000-000000000190}, 1, 'claimed', NULL, 'token-0002',
     '139****0000', {bytes:9191}, 15750, 2, 1793000360000, 1, NULL, NULL, 0, 1793086400000, 1793000060000,
     NULL, NULL, NULL, NULL, NULL);

INSERT INTO reminder (bill_id, stage, stage_day, payer_party_id, policy_version, send_at_ms, state, reason, notice_id,
                      planned_at_ms, state_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000150}, 'pre_due', 20780, {uuid:01990000-0000-7000-8000-000000000110}, 1,
     1793000000600, 'sent', NULL, {uuid:01990000-0000-7000-8000-000000000190}, 1793000000600, 1793000001000),
    ({uuid:01990000-0000-7000-8000-000000000151}, 'due_day', 20783, {uuid:01990000-0000-7000-8000-000000000111}, 1,
     1795672800000, 'planned', NULL, NULL, 1793000000600, 1793000000600);

INSERT INTO notice_bill (notice_id, bill_id, stage, amount_fen) VALUES
    ({uuid:01990000-0000-7000-8000-000000000190}, {uuid:01990000-0000-7000-8000-000000000150}, 'pre_due', 24954);

INSERT INTO reminder_event (id, at_ms, kind, notice_id, bill_id, stage, detail) VALUES
    ({uuid:01990000-0000-7000-8000-0000000001a0}, 1793000000600, 'planned', NULL, {uuid:01990000-0000-7000-8000-000000000150}, 'pre_due', '{}'),
    ({uuid:01990000-0000-7000-8000-0000000001a1}, 1793000001000, 'sent', {uuid:01990000-0000-7000-8000-000000000190}, NULL, NULL, '{}');

INSERT INTO outbox (id, dedup_key, kind, payload, attempts, next_run_at_ms, lease_no, last_error, created_at_ms, done_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-0000000001b0}, 'receipt:0001', 'receipt_notice', '{}', 1, 1793000070000, 1, 'HTTP 502', 1793000010000, NULL),
    ({uuid:01990000-0000-7000-8000-0000000001b1}, 'receipt:0000', 'receipt_notice', '{}', 1, NULL, 1, NULL, 1793000000000, 1793000000900);

INSERT INTO audit_log (id, at_ms, actor_kind, actor_id, action, subject, detail, request_id) VALUES
    ({uuid:01990000-0000-7000-8000-0000000001c0}, 1793000000500, 'job', NULL, 'bill_run.publish',
     '01990000-0000-7000-8000-000000000140', '{}', NULL);
