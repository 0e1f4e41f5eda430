-- Rows for the tables of the second migration.

INSERT INTO voice_account (id, company_id, vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, show_number,
                           report_path_hash, created_at_ms)
    SELECT {uuid:01990000-0000-7000-8000-0000000000e1}, id, 'tencent', {bytes:7070}, {bytes:7171}, '1400000001', '4000000000', {bytes:7272},
           1793000000000 FROM company LIMIT 1;

INSERT INTO sending_account (account, channel, daily_quota, overdue_reserve, cost_fen, failures, open_until_ms,
                             stopped_until_ms, stopped_reason, updated_at_ms) VALUES
    ('wx0000000000000002', 'wechat_template', 100000, 20000, 0, 0, NULL, 1793030400000, '45009', 1793000000000);

INSERT INTO send_grant (notice_id, project_id, account, channel, day, contact_hash, openid, template_id, state,
                        taken_at_ms, until_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000190}, {uuid:01990000-0000-7000-8000-000000000010}, 'wx0000000000000002', 'wechat_template',
     20752, {bytes:6060}, NULL, NULL, 'spent', 1793000001000, 1793000601000);

INSERT INTO follow_token (token, app_id, person_id, created_at_ms, expires_at_ms, used_at_ms) VALUES
    ('0123456789abcdef', 'wx0000000000000002', {uuid:01990000-0000-7000-8000-000000000020}, 1793000000000, 1795592000000, NULL);

INSERT INTO follower_sync (app_id, started_at_ms, next_openid, seen, finished_at_ms) VALUES
    ('wx0000000000000002', 1793000000000, 'openid-service-0001', 1, NULL);
