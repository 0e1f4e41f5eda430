-- Rows of a control database after its first migration: at least one in every table.
-- Later migrations are tried over them. Spelt for each database by `dialect`.

INSERT INTO company (id, name, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000001}, '示例物业服务有限公司', 1793000000000);

INSERT INTO data_key (scope, purpose, version, wrapped, created_at_ms, retired_at_ms) VALUES
    ('control', 'seal', 1, {bytes:0101010101010101}, 1793000000000, 1793000001000),
    ('control', 'seal', 2, {bytes:0202020202020202}, 1793000001000, NULL),
    ('control', 'index', 1, {bytes:0303030303030303}, 1793000000000, NULL),
    ('01990000-0000-7000-8000-000000000010', 'seal', 1, {bytes:0404040404040404}, 1793000000000, NULL);

INSERT INTO merchant (id, company_id, mchid, serial_no, private_key_sealed, api_v3_key_sealed, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000002}, {uuid:01990000-0000-7000-8000-000000000001}, '1900000001',
     '5157F09EFDC096DE15EBE81A47057A7232F1B8E1', {bytes:a1a2a3}, {bytes:b1b2b3}, 1793000000000);

INSERT INTO merchant_verifier (merchant_id, serial, kind, pem, expires_at_ms, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000002}, 'PUB_KEY_ID_0000000000000001', 'public_key',
     '-----BEGIN PUBLIC KEY-----; -----END PUBLIC KEY-----', NULL, 1793000000000),
    ({uuid:01990000-0000-7000-8000-000000000002}, '7132D72A03E93CDDF8C03BBD1F37EEDF00000001', 'platform_certificate',
     '-----BEGIN CERTIFICATE-----; -----END CERTIFICATE-----', 1890000000000, 1793000000000);

INSERT INTO wechat_app (app_id, company_id, kind, secret_sealed, push_token_sealed, push_aes_key_sealed, created_at_ms) VALUES
    ('wx0000000000000001', {uuid:01990000-0000-7000-8000-000000000001}, 'mini_program', {bytes:c1}, NULL, NULL, 1793000000000),
    ('wx0000000000000002', {uuid:01990000-0000-7000-8000-000000000001}, 'service_account', {bytes:c2}, {bytes:d2}, {bytes:e2}, 1793000000000);

INSERT INTO message_template (account, purpose, template_id, fields) VALUES
    ('wx0000000000000002', 'bill_notice', 'TEMPLATE_0001', '{"thing1": "house", "amount2": "amount", "time3": "due"}');

INSERT INTO sms_account (id, company_id, vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, sign_name, report_path_hash, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000003}, {uuid:01990000-0000-7000-8000-000000000001}, 'tencent', {bytes:f1}, {bytes:f2},
     '1400000001', '示例物业', {bytes:f3f3}, 1793000000000);

INSERT INTO project (id, company_id, code, name, time_zone, service_phone, placement_sealed, state,
                     mini_program_app_id, service_account_app_id, merchant_id, sms_account_id, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000010}, {uuid:01990000-0000-7000-8000-000000000001}, 'CHHY', '翠湖花园',
     'Asia/Shanghai', '02100000000', {bytes:1010}, 'active', 'wx0000000000000001', 'wx0000000000000002',
     {uuid:01990000-0000-7000-8000-000000000002}, {uuid:01990000-0000-7000-8000-000000000003}, 1793000000000),
    ({uuid:01990000-0000-7000-8000-000000000011}, {uuid:01990000-0000-7000-8000-000000000001}, 'BS', '示例北苑',
     'Asia/Shanghai', '02100000000', {bytes:1111}, 'closed', NULL, NULL, NULL, NULL, 1793000000000);

INSERT INTO person (id, phone_sealed, phone_hash, union_id, created_at_ms, erased_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000020}, {bytes:2020}, {bytes:20202020}, 'union-0001', 1793000000000, NULL),
    ({uuid:01990000-0000-7000-8000-000000000021}, NULL, NULL, NULL, 1793000000000, 1793000100000);

INSERT INTO person_wechat (app_id, openid, person_id, union_id, followed, followed_at_ms, created_at_ms) VALUES
    ('wx0000000000000001', 'openid-mini-0001', {uuid:01990000-0000-7000-8000-000000000020}, 'union-0001', FALSE, NULL, 1793000000000),
    ('wx0000000000000002', 'openid-service-0001', NULL, 'union-0002', TRUE, 1793000000000, 1793000000000);

INSERT INTO house_binding (id, person_id, project_id, house_id, party_id, role, state, claimed_name_sealed, reason,
                           requested_at_ms, decided_at_ms, decided_by) VALUES
    ({uuid:01990000-0000-7000-8000-000000000030}, {uuid:01990000-0000-7000-8000-000000000020},
     {uuid:01990000-0000-7000-8000-000000000010}, {uuid:01990000-0000-7000-8000-000000000100},
     {uuid:01990000-0000-7000-8000-000000000110}, 'owner', 'active', {bytes:3030}, NULL, 1793000000000, 1793000001000,
     {uuid:01990000-0000-7000-8000-000000000040}),
    ({uuid:01990000-0000-7000-8000-000000000031}, {uuid:01990000-0000-7000-8000-000000000020},
     {uuid:01990000-0000-7000-8000-000000000010}, {uuid:01990000-0000-7000-8000-000000000101},
     NULL, 'family', 'pending', NULL, NULL, 1793000000000, NULL, NULL);

INSERT INTO owner_session (token_hash, person_id, app_id, openid, created_at_ms, expires_at_ms, revoked_at_ms) VALUES
    ({bytes:5050}, {uuid:01990000-0000-7000-8000-000000000020}, 'wx0000000000000001', 'openid-mini-0001', 1793000000000, 1795592000000, NULL);

INSERT INTO staff (id, company_id, login, name, password_hash, failed_sign_ins, locked_until_ms, disabled_at_ms, created_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000040}, {uuid:01990000-0000-7000-8000-000000000001}, 'cashier1', '测试收银员',
     '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 0, NULL, NULL, 1793000000000);

INSERT INTO staff_role (staff_id, project_id, role) VALUES
    ({uuid:01990000-0000-7000-8000-000000000040}, {uuid:01990000-0000-7000-8000-000000000010}, 'cashier'),
    ({uuid:01990000-0000-7000-8000-000000000040}, {uuid:00000000-0000-0000-0000-000000000000}, 'finance');

INSERT INTO staff_session (token_hash, staff_id, created_at_ms, expires_at_ms, revoked_at_ms) VALUES
    ({bytes:5151}, {uuid:01990000-0000-7000-8000-000000000040}, 1793000000000, 1793043200000, 1793000200000);

INSERT INTO job_lease (job, project_id, holder, lease_no, lease_until_ms) VALUES
    ('send_reminders', {uuid:01990000-0000-7000-8000-000000000010}, 'node-1', 7, 1793000300000);

INSERT INTO job_run (id, job, project_id, slot_at_ms, node, started_at_ms, finished_at_ms, outcome, report, error) VALUES
    ({uuid:01990000-0000-7000-8000-000000000060}, 'send_reminders', {uuid:01990000-0000-7000-8000-000000000010},
     1793000000000, 'node-1', 1793000000100, 1793000000900, 'ok', '{"sent": 1}', NULL),
    ({uuid:01990000-0000-7000-8000-000000000061}, 'send_reminders', {uuid:01990000-0000-7000-8000-000000000010},
     1793000900000, 'node-1', 1793000900100, NULL, NULL, NULL, NULL);

INSERT INTO consent_event (dedup_key, app_id, openid, template_id, kind, at_ms) VALUES
    ('accept:0001', 'wx0000000000000001', 'openid-mini-0001', 'TEMPLATE_0002', 'accept', 1793000000000);

INSERT INTO consent_credit (app_id, openid, template_id, credits, updated_at_ms) VALUES
    ('wx0000000000000001', 'openid-mini-0001', 'TEMPLATE_0002', 1, 1793000000000);

INSERT INTO account_quota (account, day, taken, stopped_at_ms) VALUES
    ('wx0000000000000002', 20752, 100000, 1793000000000);

INSERT INTO contact_count (contact_hash, day, taken) VALUES
    ({bytes:6060}, 20752, 2);

INSERT INTO delivery_event (account, dedup_key, receipt_id, kind, detail, received_at_ms, applied_at_ms) VALUES
    ('wx0000000000000002', 'event:0001', 'msgid-0001', 'delivered', NULL, 1793000002000, 1793000003000),
    ('wx0000000000000002', 'event:0002', 'msgid-0002', 'failed', 'failed:user block', 1793000002000, NULL);

INSERT INTO message_receipt (account, receipt_id, project_id, notice_id, sent_at_ms) VALUES
    ('wx0000000000000002', 'msgid-0001', {uuid:01990000-0000-7000-8000-000000000010}, {uuid:01990000-0000-7000-8000-000000000190}, 1793000001000);

INSERT INTO audit_log (id, at_ms, actor_kind, actor_id, action, subject, detail, request_id) VALUES
    ({uuid:01990000-0000-7000-8000-000000000070}, 1793000001000, 'staff', {uuid:01990000-0000-7000-8000-000000000040},
     'binding.approve', '01990000-0000-7000-8000-000000000030', '{}', 'request-0001');
