-- A project's database, fifth migration: meters and readings, costs shared by all, balances brought along.
-- Readings and multipliers are 0.001 of their unit (`_milli`), usage is 0.000001 of it (`_micro`).

-- One meter in its place: a house, or a place of all. An exchanged meter stays the same row: its readings tell.
CREATE TABLE meter (
    id UUID PRIMARY KEY NOT NULL,
    house_id UUID REFERENCES house (id),
    public_place TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('water', 'hot_water', 'electricity', 'gas', 'heat')),
    number TEXT NOT NULL,
    multiplier_milli BIGINT NOT NULL CHECK (multiplier_milli > 0),
    limit_micro BIGINT,
    retired_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    CHECK ((house_id IS NULL) <> (public_place IS NULL))
){strict};
CREATE UNIQUE INDEX meter_of_house_once ON meter (house_id, kind, number) WHERE house_id IS NOT NULL;
CREATE UNIQUE INDEX meter_of_place_once ON meter (public_place, kind, number) WHERE public_place IS NOT NULL;

-- What a meter showed for a month. Until it is billed a new row takes its place; the old one stays, superseded.
CREATE TABLE meter_reading (
    id UUID PRIMARY KEY NOT NULL,
    meter_id UUID NOT NULL REFERENCES meter (id),
    period_start_day BIGINT NOT NULL,
    previous_milli BIGINT,
    current_milli BIGINT NOT NULL CHECK (current_milli >= 0),
    multiplier_milli BIGINT NOT NULL CHECK (multiplier_milli > 0),
    step TEXT NOT NULL CHECK (step IN ('plain', 'roll_over', 'exchanged')),
    old_end_milli BIGINT,
    new_start_milli BIGINT,
    usage_micro BIGINT NOT NULL CHECK (usage_micro >= 0),
    is_estimated BOOLEAN NOT NULL,
    read_day BIGINT,
    reader TEXT,
    photo TEXT,
    remark TEXT,
    anomalies TEXT NOT NULL,
    accepted_at_ms BIGINT,
    accepted_by UUID,
    accept_reason TEXT,
    import_batch_id UUID REFERENCES import_batch (id),
    superseded_at_ms BIGINT,
    created_at_ms BIGINT NOT NULL,
    created_by UUID
){strict};
CREATE UNIQUE INDEX meter_reading_once ON meter_reading (meter_id, period_start_day) WHERE superseded_at_ms IS NULL;
CREATE INDEX meter_reading_by_period ON meter_reading (period_start_day) WHERE superseded_at_ms IS NULL;

-- Which bills a reading was charged on. While one of them lives the reading is billed.
CREATE TABLE meter_reading_bill (
    reading_id UUID NOT NULL REFERENCES meter_reading (id),
    bill_id UUID NOT NULL REFERENCES bill (id),
    PRIMARY KEY (reading_id, bill_id)
){strict};
CREATE INDEX meter_reading_bill_by_bill ON meter_reading_bill (bill_id);

-- A billed reading that was wrong: the difference counts in an open month.
CREATE TABLE meter_correction (
    id UUID PRIMARY KEY NOT NULL,
    reading_id UUID NOT NULL REFERENCES meter_reading (id),
    was_milli BIGINT NOT NULL,
    now_milli BIGINT NOT NULL CHECK (now_milli >= 0),
    difference_micro BIGINT NOT NULL,
    counts_in_start_day BIGINT NOT NULL,
    reason TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    created_by UUID
){strict};
CREATE INDEX meter_correction_by_reading ON meter_correction (reading_id, created_at_ms);
CREATE INDEX meter_correction_by_period ON meter_correction (counts_in_start_day);

-- A cost of all, split over houses for a month.
CREATE TABLE share_run (
    id UUID PRIMARY KEY NOT NULL,
    fee_item_id UUID NOT NULL REFERENCES fee_item (id),
    period_start_day BIGINT NOT NULL,
    building TEXT,
    basis TEXT NOT NULL CHECK (basis IN ('area', 'household', 'coefficient', 'formula')),
    formula TEXT,
    source TEXT NOT NULL,
    total_fen BIGINT NOT NULL CHECK (total_fen > 0),
    created_at_ms BIGINT NOT NULL,
    created_by UUID,
    cancelled_at_ms BIGINT,
    cancel_reason TEXT
){strict};
CREATE UNIQUE INDEX share_run_once ON share_run (fee_item_id, period_start_day, COALESCE(building, '')) WHERE cancelled_at_ms IS NULL;

CREATE TABLE share_part (
    run_id UUID NOT NULL REFERENCES share_run (id),
    house_id UUID NOT NULL REFERENCES house (id),
    weight TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen >= 0),
    PRIMARY KEY (run_id, house_id)
){strict};
CREATE INDEX share_part_by_house ON share_part (house_id);

CREATE TABLE share_part_bill (
    run_id UUID NOT NULL REFERENCES share_run (id),
    bill_id UUID NOT NULL REFERENCES bill (id),
    PRIMARY KEY (run_id, bill_id)
){strict};
CREATE INDEX share_part_bill_by_bill ON share_part_bill (bill_id);

-- What was owed, paid ahead and held when the system was taken into use; one row a line of the old books.
CREATE TABLE opening_line (
    id UUID PRIMARY KEY NOT NULL,
    natural_key TEXT NOT NULL UNIQUE,
    import_batch_id UUID NOT NULL REFERENCES import_batch (id),
    section TEXT NOT NULL CHECK (section IN ('arrears', 'prepayments', 'deposits')),
    house_id UUID NOT NULL REFERENCES house (id),
    payer_party_id UUID NOT NULL REFERENCES party (id),
    item TEXT NOT NULL,
    start_day BIGINT,
    end_day BIGINT,
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    taken_day BIGINT,
    remark TEXT,
    bill_id UUID REFERENCES bill (id),
    posting_key TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
){strict};
CREATE INDEX opening_line_by_house ON opening_line (house_id);
CREATE INDEX opening_line_by_bill ON opening_line (bill_id) WHERE bill_id IS NOT NULL;
