-- One project's database: its houses, bills, money and reminders, and nobody else's.
-- Instants are milliseconds since 1970-01-01T00:00Z (`_at_ms`), days are days since 1970-01-01 (`_day`),
-- money is whole fen (`_fen`), areas are 0.01 m² (`_centi`), prices are 0.0001 yuan (`_e4`).
-- `_sealed` columns hold AES-256-GCM boxes, `_hash` columns keyed hashes.

-- One row: whose database this is. A placement that points at another project's database is refused by it.
CREATE TABLE project_mark (
    project_id UUID PRIMARY KEY NOT NULL,
    created_at_ms BIGINT NOT NULL
){strict};

CREATE TABLE import_batch (
    id UUID PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    summary TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    created_by UUID
){strict};

CREATE TABLE house (
    id UUID PRIMARY KEY NOT NULL,
    house_key TEXT NOT NULL UNIQUE,
    building TEXT NOT NULL,
    entrance TEXT,
    room TEXT NOT NULL,
    kind TEXT NOT NULL,
    floor TEXT,
    area_centi BIGINT NOT NULL CHECK (area_centi >= 0),
    inner_area_centi BIGINT,
    unit_price_e4 BIGINT,
    occupancy TEXT NOT NULL CHECK (occupancy IN ('occupied', 'let', 'vacant', 'fitting_out', 'not_handed_over', 'unknown')),
    handover_day BIGINT,
    import_batch_id UUID REFERENCES import_batch (id),
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL
){strict};
CREATE INDEX house_by_building ON house (building, entrance);
CREATE INDEX house_by_room ON house (room);

-- A person or organisation as the company's books know them.
CREATE TABLE party (
    id UUID PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'organisation')),
    name_sealed BYTEA NOT NULL,
    name_hash BYTEA NOT NULL,
    id_no_sealed BYTEA,
    id_no_hash BYTEA,
    created_at_ms BIGINT NOT NULL
){strict};
CREATE INDEX party_by_name ON party (name_hash);
CREATE INDEX party_by_id_no ON party (id_no_hash);

CREATE TABLE party_phone (
    party_id UUID NOT NULL REFERENCES party (id),
    phone_hash BYTEA NOT NULL,
    phone_sealed BYTEA NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (party_id, phone_hash)
){strict};
CREATE INDEX party_phone_by_hash ON party_phone (phone_hash);

CREATE TABLE house_party (
    house_id UUID NOT NULL REFERENCES house (id),
    party_id UUID NOT NULL REFERENCES party (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'lessee')),
    position BIGINT NOT NULL,
    is_payer BOOLEAN NOT NULL,
    PRIMARY KEY (house_id, party_id, role)
){strict};
CREATE UNIQUE INDEX house_party_one_payer ON house_party (house_id) WHERE is_payer;
CREATE INDEX house_party_by_party ON house_party (party_id);

CREATE TABLE fee_item (
    id UUID PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    period_months BIGINT NOT NULL CHECK (period_months IN (1, 3, 6, 12)),
    rounding TEXT NOT NULL CHECK (rounding IN ('fen_half_up', 'yuan_half_up', 'fen_down')),
    prorate TEXT NOT NULL CHECK (prorate IN ('calendar_days', 'thirty_days', 'whole_month')),
    due_after_days BIGINT NOT NULL CHECK (due_after_days BETWEEN 0 AND 365),
    retired_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL
){strict};

-- A formula in force between two dates, for one kind of house or for all. A change is a new row, never an edit.
CREATE TABLE tariff (
    id UUID PRIMARY KEY NOT NULL,
    fee_item_id UUID NOT NULL REFERENCES fee_item (id),
    house_kind TEXT,
    formula TEXT NOT NULL,
    constants TEXT NOT NULL,
    version BIGINT NOT NULL,
    effective_from_day BIGINT NOT NULL,
    effective_until_day BIGINT,
    created_at_ms BIGINT NOT NULL,
    created_by UUID,
    UNIQUE (fee_item_id, version)
){strict};

CREATE TABLE bill_run (
    id UUID PRIMARY KEY NOT NULL,
    fee_item_id UUID NOT NULL REFERENCES fee_item (id),
    period_start_day BIGINT NOT NULL,
    period_end_day BIGINT NOT NULL,
    bill_day BIGINT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('staff', 'schedule')),
    state TEXT NOT NULL CHECK (state IN ('publishing', 'published')),
    bills BIGINT NOT NULL,
    total_fen BIGINT NOT NULL,
    exceptions TEXT NOT NULL,
    created_by UUID,
    created_at_ms BIGINT NOT NULL,
    published_at_ms BIGINT
){strict};
CREATE INDEX bill_run_by_period ON bill_run (fee_item_id, period_start_day);

CREATE TABLE bill (
    id UUID PRIMARY KEY NOT NULL,
    run_id UUID NOT NULL REFERENCES bill_run (id),
    house_id UUID NOT NULL REFERENCES house (id),
    payer_party_id UUID NOT NULL REFERENCES party (id),
    fee_item_id UUID NOT NULL REFERENCES fee_item (id),
    period_start_day BIGINT NOT NULL,
    period_end_day BIGINT NOT NULL,
    bill_day BIGINT NOT NULL,
    due_day BIGINT NOT NULL,
    total_fen BIGINT NOT NULL CHECK (total_fen > 0),
    paid_fen BIGINT NOT NULL CHECK (paid_fen >= 0 AND paid_fen <= total_fen),
    settled_at_ms BIGINT,
    voided_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    CHECK ((settled_at_ms IS NULL) OR paid_fen = total_fen),
    CHECK (voided_at_ms IS NULL OR paid_fen = 0)
){strict};
CREATE UNIQUE INDEX bill_once ON bill (house_id, fee_item_id, period_start_day) WHERE voided_at_ms IS NULL;
CREATE INDEX bill_open_by_due ON bill (due_day) WHERE settled_at_ms IS NULL AND voided_at_ms IS NULL;
CREATE INDEX bill_open_by_payer ON bill (payer_party_id) WHERE settled_at_ms IS NULL AND voided_at_ms IS NULL;
CREATE INDEX bill_by_run ON bill (run_id);
CREATE INDEX bill_by_house ON bill (house_id, period_start_day);

-- How a part of the bill was computed. `exact_yuan` is the unrounded decimal; `trace` the steps, as JSON.
CREATE TABLE bill_line (
    bill_id UUID NOT NULL REFERENCES bill (id),
    line_no BIGINT NOT NULL,
    tariff_id UUID NOT NULL REFERENCES tariff (id),
    from_day BIGINT NOT NULL,
    until_day BIGINT NOT NULL,
    exact_yuan TEXT NOT NULL,
    amount_fen BIGINT NOT NULL,
    trace TEXT NOT NULL,
    PRIMARY KEY (bill_id, line_no)
){strict};

-- The chart of accounts: `receivable:{party}`, `income:{fee item}`, `clearing:wechat`, …
CREATE TABLE account (
    id BIGINT PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE
){strict};

-- Append-only double entry. `hash` covers the posting, its entries and the hash before it.
CREATE TABLE posting (
    seq BIGINT PRIMARY KEY NOT NULL CHECK (seq > 0),
    natural_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    hash BYTEA NOT NULL
){strict};
CREATE TABLE entry (
    posting_seq BIGINT NOT NULL REFERENCES posting (seq),
    line_no BIGINT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    amount_fen BIGINT NOT NULL CHECK (amount_fen <> 0),
    PRIMARY KEY (posting_seq, line_no)
){strict};
CREATE INDEX entry_by_account ON entry (account_id);

-- One row: the end of the chain. Taking it for update is what puts postings in order.
CREATE TABLE ledger_head (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
){strict};

CREATE TABLE payment_order (
    id UUID PRIMARY KEY NOT NULL,
    out_trade_no TEXT NOT NULL UNIQUE,
    person_id UUID NOT NULL,
    app_id TEXT NOT NULL,
    openid TEXT NOT NULL,
    mchid TEXT NOT NULL,
    total_fen BIGINT NOT NULL CHECK (total_fen > 0),
    state TEXT NOT NULL CHECK (state IN ('created', 'prepay_unknown', 'awaiting', 'paid', 'closed', 'expired')),
    prepay_id TEXT,
    prepay_at_ms BIGINT,
    transaction_id TEXT,
    expires_at_ms BIGINT NOT NULL,
    next_query_at_ms BIGINT,
    queries BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    ended_at_ms BIGINT
){strict};
CREATE INDEX payment_order_to_query ON payment_order (next_query_at_ms) WHERE next_query_at_ms IS NOT NULL;
CREATE INDEX payment_order_by_person ON payment_order (person_id);

-- The bills of an order with their frozen amounts. While `live`, a bill is reserved: one live order per bill.
CREATE TABLE payment_order_bill (
    order_id UUID NOT NULL REFERENCES payment_order (id),
    bill_id UUID NOT NULL REFERENCES bill (id),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    live BOOLEAN NOT NULL,
    PRIMARY KEY (order_id, bill_id)
){strict};
CREATE UNIQUE INDEX payment_order_bill_reserved ON payment_order_bill (bill_id) WHERE live;
CREATE INDEX payment_order_bill_by_bill ON payment_order_bill (bill_id);

CREATE TABLE payment_order_event (
    order_id UUID NOT NULL REFERENCES payment_order (id),
    at_ms BIGINT NOT NULL,
    event_no BIGINT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (order_id, event_no)
){strict};

CREATE TABLE payment (
    id UUID PRIMARY KEY NOT NULL,
    natural_key TEXT NOT NULL UNIQUE,
    method TEXT NOT NULL,
    order_id UUID REFERENCES payment_order (id),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    refundable_fen BIGINT NOT NULL CHECK (refundable_fen >= 0 AND refundable_fen <= amount_fen),
    paid_at_ms BIGINT NOT NULL,
    booked_at_ms BIGINT NOT NULL
){strict};
CREATE INDEX payment_by_order ON payment (order_id);

CREATE TABLE allocation (
    payment_id UUID NOT NULL REFERENCES payment (id),
    bill_id UUID NOT NULL REFERENCES bill (id),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (payment_id, bill_id)
){strict};
CREATE INDEX allocation_by_bill ON allocation (bill_id);

CREATE TABLE receipt_counter (
    year BIGINT PRIMARY KEY NOT NULL,
    last_no BIGINT NOT NULL
){strict};
CREATE TABLE receipt (
    id UUID PRIMARY KEY NOT NULL,
    number TEXT NOT NULL UNIQUE,
    year BIGINT NOT NULL,
    serial_no BIGINT NOT NULL,
    payment_id UUID NOT NULL REFERENCES payment (id),
    house_id UUID NOT NULL REFERENCES house (id),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    issued_at_ms BIGINT NOT NULL,
    UNIQUE (year, serial_no),
    UNIQUE (payment_id, house_id)
){strict};
CREATE INDEX receipt_by_house ON receipt (house_id, issued_at_ms);

-- Money that does not fit: another amount than ordered, an order we do not know. Never dropped, never guessed.
CREATE TABLE payment_anomaly (
    id UUID PRIMARY KEY NOT NULL,
    natural_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    out_trade_no TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    expected_fen BIGINT,
    reported_fen BIGINT NOT NULL,
    detail TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    resolved_at_ms BIGINT
){strict};

CREATE TABLE staff_task (
    id UUID PRIMARY KEY NOT NULL,
    natural_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    words TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    done_at_ms BIGINT,
    done_by UUID
){strict};

CREATE TABLE reminder_policy (
    version BIGINT PRIMARY KEY NOT NULL,
    body TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    created_by UUID
){strict};

CREATE TABLE reminder_pause (
    id UUID PRIMARY KEY NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('project', 'building', 'house', 'payer', 'bill')),
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    until_day BIGINT,
    created_by UUID,
    created_at_ms BIGINT NOT NULL,
    ended_at_ms BIGINT
){strict};
CREATE INDEX reminder_pause_open ON reminder_pause (level, subject) WHERE ended_at_ms IS NULL;

-- One row per bill and stage: its existence is the fact "planned". `state` is where its events have led.
CREATE TABLE reminder (
    bill_id UUID NOT NULL REFERENCES bill (id),
    stage TEXT NOT NULL,
    stage_day BIGINT NOT NULL,
    payer_party_id UUID NOT NULL,
    policy_version BIGINT NOT NULL,
    send_at_ms BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'held', 'claimed', 'sent', 'suppressed', 'superseded', 'failed')),
    reason TEXT,
    notice_id UUID,
    planned_at_ms BIGINT NOT NULL,
    state_at_ms BIGINT NOT NULL,
    PRIMARY KEY (bill_id, stage)
){strict};
CREATE INDEX reminder_to_send ON reminder (send_at_ms, payer_party_id) WHERE state = 'planned';
CREATE INDEX reminder_by_notice ON reminder (notice_id) WHERE notice_id IS NOT NULL;
CREATE INDEX reminder_by_payer ON reminder (payer_party_id, send_at_ms);
CREATE INDEX reminder_silent ON reminder (state_at_ms) WHERE notice_id IS NULL AND state IN ('suppressed', 'superseded', 'failed');

-- One message to one payer through one channel, over one or many bills.
CREATE TABLE notice (
    id UUID PRIMARY KEY NOT NULL,
    payer_party_id UUID NOT NULL REFERENCES party (id),
    person_id UUID,
    stage TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('wechat_template', 'wechat_subscribe', 'wechat_notify', 'sms', 'voice')),
    rung BIGINT NOT NULL,
    escalated_from UUID,
    policy_version BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'sent', 'in_doubt', 'failed', 'suppressed')),
    reason TEXT,
    token TEXT NOT NULL UNIQUE,
    recipient_masked TEXT NOT NULL,
    text_sealed BYTEA NOT NULL,
    amount_fen BIGINT NOT NULL,
    lease_no BIGINT NOT NULL,
    lease_until_ms BIGINT,
    attempts BIGINT NOT NULL,
    account TEXT,
    receipt_id TEXT,
    cost_fen BIGINT NOT NULL,
    escalate_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    sent_at_ms BIGINT,
    delivered_at_ms BIGINT,
    opened_at_ms BIGINT,
    acknowledged_at_ms BIGINT,
    paid_at_ms BIGINT
){strict};
CREATE INDEX notice_in_hand ON notice (lease_until_ms) WHERE state = 'claimed';
CREATE INDEX notice_to_escalate ON notice (escalate_at_ms) WHERE escalate_at_ms IS NOT NULL;
CREATE INDEX notice_by_payer ON notice (payer_party_id, created_at_ms);
CREATE INDEX notice_by_time ON notice (created_at_ms);
CREATE INDEX notice_by_origin ON notice (escalated_from) WHERE escalated_from IS NOT NULL;

CREATE TABLE notice_bill (
    notice_id UUID NOT NULL REFERENCES notice (id),
    bill_id UUID NOT NULL REFERENCES bill (id),
    stage TEXT NOT NULL,
    amount_fen BIGINT NOT NULL,
    PRIMARY KEY (notice_id, bill_id)
){strict};
CREATE INDEX notice_bill_by_bill ON notice_bill (bill_id);

-- Append-only history. `notice_id` is empty for what happened to a reminder before any message existed.
CREATE TABLE reminder_event (
    id UUID PRIMARY KEY NOT NULL,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    notice_id UUID,
    bill_id UUID,
    stage TEXT,
    detail TEXT NOT NULL
){strict};
CREATE INDEX reminder_event_by_notice ON reminder_event (notice_id, at_ms);
CREATE INDEX reminder_event_by_bill ON reminder_event (bill_id, at_ms);

-- Work for the outside world that must follow a commit, exactly because it committed.
CREATE TABLE outbox (
    id UUID PRIMARY KEY NOT NULL,
    dedup_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_run_at_ms BIGINT,
    lease_no BIGINT NOT NULL,
    last_error TEXT,
    created_at_ms BIGINT NOT NULL,
    done_at_ms BIGINT
){strict};
CREATE INDEX outbox_due ON outbox (next_run_at_ms) WHERE next_run_at_ms IS NOT NULL;

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
