-- Control database, second migration: sending accounts with their limits, one grant per message, voice accounts, and how
-- followers are found.

-- Where staff pause a whole company, and whose name a message carries.
ALTER TABLE company ADD COLUMN logo_url TEXT;
ALTER TABLE company ADD COLUMN reminders_paused_until_day BIGINT;
ALTER TABLE company ADD COLUMN reminders_pause_reason TEXT;

-- A vendor's number that calls and reads a text aloud.
CREATE TABLE voice_account (
    id UUID PRIMARY KEY NOT NULL,
    company_id UUID NOT NULL REFERENCES company (id),
    vendor TEXT NOT NULL CHECK (vendor IN ('tencent', 'aliyun')),
    secret_id_sealed BYTEA NOT NULL,
    secret_key_sealed BYTEA NOT NULL,
    -- Tencent's VoiceSdkAppid; empty at Aliyun.
    sdk_app_id TEXT NOT NULL,
    -- The bought number that is shown.
    show_number TEXT NOT NULL,
    report_path_hash BYTEA NOT NULL UNIQUE,
    created_at_ms BIGINT NOT NULL
){strict};

-- The second account of a channel is asked when the first certainly did not send.
ALTER TABLE project ADD COLUMN sms_backup_account_id UUID REFERENCES sms_account (id);
ALTER TABLE project ADD COLUMN voice_account_id UUID REFERENCES voice_account (id);
ALTER TABLE project ADD COLUMN voice_backup_account_id UUID REFERENCES voice_account (id);
-- Everything is decided and written, nothing leaves.
ALTER TABLE project ADD COLUMN is_dry_run BOOLEAN NOT NULL DEFAULT FALSE;

-- What is known of an account on one channel: its limits, its price, and whether it works now.
CREATE TABLE sending_account (
    account TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('wechat_template', 'wechat_subscribe', 'wechat_notify', 'sms', 'voice')),
    -- Messages a day over all projects; empty: the channel's own.
    daily_quota BIGINT CHECK (daily_quota >= 0),
    -- Of these only overdue stages may take the last so many.
    overdue_reserve BIGINT CHECK (overdue_reserve >= 0),
    -- Of one message.
    cost_fen BIGINT NOT NULL DEFAULT 0 CHECK (cost_fen >= 0),
    -- Failures in a row that were the account's; a success sets them to zero.
    failures BIGINT NOT NULL DEFAULT 0 CHECK (failures >= 0),
    -- The breaker is open until then.
    open_until_ms BIGINT,
    -- The vendor said stop, and why.
    stopped_until_ms BIGINT,
    stopped_reason TEXT,
    updated_at_ms BIGINT NOT NULL,
    PRIMARY KEY (account, channel)
){strict};

-- Leave to send one message: what it took of quota, cap and credit, given back when it was certainly not sent.
CREATE TABLE send_grant (
    notice_id UUID PRIMARY KEY NOT NULL,
    project_id UUID NOT NULL,
    account TEXT NOT NULL,
    channel TEXT NOT NULL,
    day BIGINT NOT NULL,
    contact_hash BYTEA NOT NULL,
    -- With a consent credit: whose, for which template.
    openid TEXT,
    template_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('held', 'spent', 'returned')),
    taken_at_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL
){strict};
CREATE INDEX send_grant_held ON send_grant (until_ms) WHERE state = 'held';
CREATE INDEX send_grant_by_time ON send_grant (taken_at_ms);

-- A picture that somebody scans to follow the service account says who they are.
CREATE TABLE follow_token (
    token TEXT PRIMARY KEY NOT NULL,
    app_id TEXT NOT NULL REFERENCES wechat_app (app_id),
    person_id UUID NOT NULL REFERENCES person (id),
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used_at_ms BIGINT
){strict};

CREATE INDEX follow_token_by_person ON follow_token (person_id);

-- Tellings of taps, to pair those of the page with those of WeChat.
CREATE INDEX consent_event_by_reader ON consent_event (app_id, openid, template_id, at_ms);

-- A pass over all followers of an account. Nobody counts as gone before a pass is complete.
CREATE TABLE follower_sync (
    app_id TEXT PRIMARY KEY NOT NULL REFERENCES wechat_app (app_id),
    started_at_ms BIGINT NOT NULL,
    next_openid TEXT NOT NULL,
    seen BIGINT NOT NULL,
    finished_at_ms BIGINT
){strict};
ALTER TABLE person_wechat ADD COLUMN seen_at_ms BIGINT;
