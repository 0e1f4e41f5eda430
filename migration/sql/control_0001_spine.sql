-- The control database: who there is, where each project's rows live, and what is shared between projects.
-- Instants are milliseconds since 1970-01-01T00:00Z (`_at_ms`), days are days since 1970-01-01 (`_day`),
-- money is whole fen (`_fen`). `_sealed` columns hold AES-256-GCM boxes, `_hash` columns keyed hashes.
-- `UUID`, `BYTEA`, `BOOLEAN` and `{strict}` are spelt for each database by the migration.

CREATE TABLE company (
    id UUID PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
){strict};

-- Wrapped data keys. `scope` is 'control' or a project's id; `purpose` is 'seal' (rotates) or 'index' (keyed hashes, stays).
CREATE TABLE data_key (
    scope TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('seal', 'index')),
    version BIGINT NOT NULL CHECK (version > 0),
    wrapped BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL,
    retired_at_ms BIGINT,
    PRIMARY KEY (scope, purpose, version)
){strict};

CREATE TABLE merchant (
    id UUID PRIMARY KEY NOT NULL,
    company_id UUID NOT NULL REFERENCES company (id),
    mchid TEXT NOT NULL UNIQUE,
    serial_no TEXT NOT NULL,
    private_key_sealed BYTEA NOT NULL,
    api_v3_key_sealed BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL
){strict};

-- What checks WeChat Pay's signatures: a WeChat Pay public key, platform certificates, or both during migration.
CREATE TABLE merchant_verifier (
    merchant_id UUID NOT NULL REFERENCES merchant (id),
    serial TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('public_key', 'platform_certificate')),
    pem TEXT NOT NULL,
    expires_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, serial)
){strict};

CREATE TABLE wechat_app (
    app_id TEXT PRIMARY KEY NOT NULL,
    company_id UUID NOT NULL REFERENCES company (id),
    kind TEXT NOT NULL CHECK (kind IN ('mini_program', 'service_account')),
    secret_sealed BYTEA NOT NULL,
    push_token_sealed BYTEA,
    push_aes_key_sealed BYTEA,
    created_at_ms BIGINT NOT NULL
){strict};

-- One approved template per purpose and account. `fields` is a JSON object: template key -> our field name.
CREATE TABLE message_template (
    account TEXT NOT NULL,
    purpose TEXT NOT NULL,
    template_id TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (account, purpose)
){strict};

CREATE TABLE sms_account (
    id UUID PRIMARY KEY NOT NULL,
    company_id UUID NOT NULL REFERENCES company (id),
    vendor TEXT NOT NULL CHECK (vendor IN ('tencent', 'aliyun')),
    secret_id_sealed BYTEA NOT NULL,
    secret_key_sealed BYTEA NOT NULL,
    sdk_app_id TEXT NOT NULL,
    sign_name TEXT NOT NULL,
    report_path_hash BYTEA NOT NULL UNIQUE,
    created_at_ms BIGINT NOT NULL
){strict};

CREATE TABLE project (
    id UUID PRIMARY KEY NOT NULL,
    company_id UUID NOT NULL REFERENCES company (id),
    code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 2 AND 6),
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    service_phone TEXT NOT NULL,
    placement_sealed BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'closed')),
    mini_program_app_id TEXT REFERENCES wechat_app (app_id),
    service_account_app_id TEXT REFERENCES wechat_app (app_id),
    merchant_id UUID REFERENCES merchant (id),
    sms_account_id UUID REFERENCES sms_account (id),
    created_at_ms BIGINT NOT NULL
){strict};
CREATE INDEX project_by_company ON project (company_id);

-- A human being who signed in, over all projects. Erasure empties the columns and keeps the row.
CREATE TABLE person (
    id UUID PRIMARY KEY NOT NULL,
    phone_sealed BYTEA,
    phone_hash BYTEA UNIQUE,
    union_id TEXT UNIQUE,
    created_at_ms BIGINT NOT NULL,
    erased_at_ms BIGINT
){strict};

CREATE TABLE person_wechat (
    app_id TEXT NOT NULL,
    openid TEXT NOT NULL,
    person_id UUID REFERENCES person (id),
    union_id TEXT,
    followed BOOLEAN NOT NULL,
    followed_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (app_id, openid)
){strict};
CREATE INDEX person_wechat_by_person ON person_wechat (person_id);
CREATE INDEX person_wechat_by_union ON person_wechat (union_id);

CREATE TABLE house_binding (
    id UUID PRIMARY KEY NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    project_id UUID NOT NULL REFERENCES project (id),
    house_id UUID NOT NULL,
    party_id UUID,
    role TEXT NOT NULL CHECK (role IN ('owner', 'lessee', 'family')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'refused', 'ended')),
    claimed_name_sealed BYTEA,
    reason TEXT,
    requested_at_ms BIGINT NOT NULL,
    decided_at_ms BIGINT,
    decided_by UUID
){strict};
CREATE UNIQUE INDEX house_binding_once ON house_binding (person_id, project_id, house_id) WHERE state IN ('pending', 'active');
CREATE INDEX house_binding_by_house ON house_binding (project_id, house_id) WHERE state = 'active';
CREATE INDEX house_binding_pending ON house_binding (project_id, requested_at_ms) WHERE state = 'pending';

CREATE TABLE owner_session (
    token_hash BYTEA PRIMARY KEY NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    app_id TEXT NOT NULL,
    openid TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    revoked_at_ms BIGINT
){strict};
CREATE INDEX owner_session_by_person ON owner_session (person_id);

CREATE TABLE staff (
    id UUID PRIMARY KEY NOT NULL,
    company_id UUID NOT NULL REFERENCES company (id),
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    failed_sign_ins BIGINT NOT NULL,
    locked_until_ms BIGINT,
    disabled_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL
){strict};

-- A role in one project, or, with the nil id, in every project of the company.
CREATE TABLE staff_role (
    staff_id UUID NOT NULL REFERENCES staff (id),
    project_id UUID NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('cashier', 'finance', 'steward', 'project_manager', 'company_manager', 'administrator')),
    PRIMARY KEY (staff_id, project_id, role)
){strict};

CREATE TABLE staff_session (
    token_hash BYTEA PRIMARY KEY NOT NULL,
    staff_id UUID NOT NULL REFERENCES staff (id),
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    revoked_at_ms BIGINT
){strict};
CREATE INDEX staff_session_by_staff ON staff_session (staff_id);

-- `project_id` is the nil id for a job that belongs to no project.
CREATE TABLE job_lease (
    job TEXT NOT NULL,
    project_id UUID NOT NULL,
    holder TEXT NOT NULL,
    lease_no BIGINT NOT NULL,
    lease_until_ms BIGINT NOT NULL,
    PRIMARY KEY (job, project_id)
){strict};

CREATE TABLE job_run (
    id UUID PRIMARY KEY NOT NULL,
    job TEXT NOT NULL,
    project_id UUID NOT NULL,
    slot_at_ms BIGINT NOT NULL,
    node TEXT NOT NULL,
    started_at_ms BIGINT NOT NULL,
    finished_at_ms BIGINT,
    outcome TEXT CHECK (outcome IN ('ok', 'failed', 'panicked', 'timed_out', 'abandoned')),
    report TEXT,
    error TEXT,
    UNIQUE (job, project_id, slot_at_ms)
){strict};
CREATE INDEX job_run_latest ON job_run (started_at_ms);

-- The credit ledger of one-time subscribe messages: +1 per accept, -1 per success, 0 on refusal.
CREATE TABLE consent_event (
    dedup_key TEXT PRIMARY KEY NOT NULL,
    app_id TEXT NOT NULL,
    openid TEXT NOT NULL,
    template_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('accept', 'reject', 'spent', 'exhausted')),
    at_ms BIGINT NOT NULL
){strict};
CREATE TABLE consent_credit (
    app_id TEXT NOT NULL,
    openid TEXT NOT NULL,
    template_id TEXT NOT NULL,
    credits BIGINT NOT NULL CHECK (credits >= 0),
    updated_at_ms BIGINT NOT NULL,
    PRIMARY KEY (app_id, openid, template_id)
){strict};

-- What was taken of an account's daily quota, and how often one contact was addressed on a day, over all projects.
CREATE TABLE account_quota (
    account TEXT NOT NULL,
    day BIGINT NOT NULL,
    taken BIGINT NOT NULL CHECK (taken >= 0),
    stopped_at_ms BIGINT,
    PRIMARY KEY (account, day)
){strict};
CREATE TABLE contact_count (
    contact_hash BYTEA NOT NULL,
    day BIGINT NOT NULL,
    taken BIGINT NOT NULL CHECK (taken >= 0),
    PRIMARY KEY (contact_hash, day)
){strict};

-- Delivery events of the vendors, kept until the send they belong to is known.
CREATE TABLE delivery_event (
    account TEXT NOT NULL,
    dedup_key TEXT NOT NULL,
    receipt_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT,
    received_at_ms BIGINT NOT NULL,
    applied_at_ms BIGINT,
    PRIMARY KEY (account, dedup_key)
){strict};
CREATE INDEX delivery_event_open ON delivery_event (account, receipt_id) WHERE applied_at_ms IS NULL;
CREATE TABLE message_receipt (
    account TEXT NOT NULL,
    receipt_id TEXT NOT NULL,
    project_id UUID NOT NULL,
    notice_id UUID NOT NULL,
    sent_at_ms BIGINT NOT NULL,
    PRIMARY KEY (account, receipt_id)
){strict};

CREATE TABLE audit_log (
    id UUID PRIMARY KEY NOT NULL,
    at_ms BIGINT NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('staff', 'owner', 'job', 'operator', 'wechat')),
    actor_id UUID,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    request_id TEXT
){strict};
CREATE INDEX audit_log_by_time ON audit_log (at_ms);
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, at_ms);
