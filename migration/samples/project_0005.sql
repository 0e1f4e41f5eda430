-- Rows for the tables of the fifth migration.

INSERT INTO meter (id, house_id, public_place, kind, number, multiplier_milli, limit_micro, retired_at_ms, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000500}, {uuid:01990000-0000-7000-8000-000000000100}, NULL, 'water', 'SB10001', 1000, NULL, NULL, 1793000000000),
    ({uuid:01990000-0000-7000-8000-000000000501}, NULL, '公区-2栋电梯', 'electricity', 'DB50534', 20000, 500000000, NULL, 1793000000000);

INSERT INTO meter_reading (id, meter_id, period_start_day, previous_milli, current_milli, multiplier_milli, step, old_end_milli,
                           new_start_milli, usage_micro, is_estimated, read_day, reader, photo, remark, anomalies, accepted_at_ms,
                           accepted_by, accept_reason, import_batch_id, superseded_at_ms, created_at_ms, created_by) VALUES
    ({uuid:01990000-0000-7000-8000-000000000510}, {uuid:01990000-0000-7000-8000-000000000500}, 20727, 658000, 666000, 1000, 'plain', NULL,
     NULL, 8000000, FALSE, 20751, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, 1793000000000, NULL);

INSERT INTO meter_reading_bill (reading_id, bill_id) VALUES
    ({uuid:01990000-0000-7000-8000-000000000510}, {uuid:01990000-0000-7000-8000-000000000150});

INSERT INTO meter_correction (id, reading_id, was_milli, now_milli, difference_micro, counts_in_start_day, reason, created_at_ms, created_by) VALUES
    ({uuid:01990000-0000-7000-8000-000000000520}, {uuid:01990000-0000-7000-8000-000000000510}, 666000, 665000, -1000000, 20758, '看错一位', 1793000000000, NULL);

INSERT INTO share_run (id, fee_item_id, period_start_day, building, basis, formula, source, total_fen, created_at_ms, created_by,
                       cancelled_at_ms, cancel_reason) VALUES
    ({uuid:01990000-0000-7000-8000-000000000530}, {uuid:01990000-0000-7000-8000-000000000120}, 20727, '1', 'area', NULL, '{}', 100000, 1793000000000, NULL, NULL, NULL);

INSERT INTO share_part (run_id, house_id, weight, amount_fen) VALUES
    ({uuid:01990000-0000-7000-8000-000000000530}, {uuid:01990000-0000-7000-8000-000000000100}, '102.94', 100000);

INSERT INTO share_part_bill (run_id, bill_id) VALUES
    ({uuid:01990000-0000-7000-8000-000000000530}, {uuid:01990000-0000-7000-8000-000000000150});

INSERT INTO opening_line (id, natural_key, import_batch_id, section, house_id, payer_party_id, item, start_day, end_day, amount_fen,
                          taken_day, remark, bill_id, posting_key, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000540}, 'deposits:1-1-101:装修押金', {uuid:01990000-0000-7000-8000-0000000000f0}, 'deposits',
     {uuid:01990000-0000-7000-8000-000000000100}, {uuid:01990000-0000-7000-8000-000000000110}, '装修押金', NULL, NULL, 300000, 17000, NULL, NULL, 'opening:1', 1793000000000);
