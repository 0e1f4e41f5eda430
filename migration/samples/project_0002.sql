-- Rows for the tables of the second migration.

INSERT INTO reminder_plan_mark (policy_version, stage, through_day) VALUES (1, 'pre_due', 20780);

INSERT INTO payer_hour (payer_party_id, minute_of_day, basis, facts, learned_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000110}, 1170, 'payer', 6, 1793000000000);

INSERT INTO campaign (no, name, audience, state, send_at_ms, bills, payers, created_by, created_at_ms, started_at_ms,
                      ended_at_ms) VALUES
    (1, '三号楼年末对账', '{"buildings": ["3"]}', 'draft', 1793000000000, 2, 1, {uuid:01990000-0000-7000-8000-000000000040}, 1793000000000, NULL, NULL);
