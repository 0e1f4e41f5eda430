-- A project's database, seventh migration: money taken over the desk.

-- What the project lets its desk do. Without the row: the oldest bills first, whole bills only, voids up to 1,000 yuan by
-- the cashier alone.
CREATE TABLE desk_policy (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    allocation TEXT NOT NULL CHECK (allocation IN ('oldest_first', 'past_first', 'free_choice')),
    partial_allowed BOOLEAN NOT NULL,
    void_alone_max_fen BIGINT NOT NULL CHECK (void_alone_max_fen >= 0),
    changed_at_ms BIGINT NOT NULL,
    changed_by UUID
){strict};

-- What one cashier takes between opening and closing the drawer. Closed figures are locked by finance.
CREATE TABLE shift (
    id UUID PRIMARY KEY NOT NULL,
    cashier_id UUID NOT NULL,
    opening_float_fen BIGINT NOT NULL CHECK (opening_float_fen >= 0),
    opened_at_ms BIGINT NOT NULL,
    closed_at_ms BIGINT,
    difference_reason TEXT,
    locked_at_ms BIGINT,
    locked_by UUID,
    CHECK (locked_at_ms IS NULL OR closed_at_ms IS NOT NULL)
){strict};
CREATE UNIQUE INDEX shift_one_open ON shift (cashier_id) WHERE closed_at_ms IS NULL;
CREATE INDEX shift_by_opening ON shift (opened_at_ms);

-- What should have been there at the close, and what was. Cash includes the opening float.
CREATE TABLE shift_count (
    shift_id UUID NOT NULL REFERENCES shift (id),
    method TEXT NOT NULL CHECK (method IN ('cash', 'card', 'transfer', 'other')),
    expected_fen BIGINT NOT NULL,
    counted_fen BIGINT NOT NULL CHECK (counted_fen >= 0),
    PRIMARY KEY (shift_id, method)
){strict};

-- What the desk knows of a payment. `request_digest` tells the same request sent twice from another under its key.
CREATE TABLE desk_payment (
    payment_id UUID PRIMARY KEY NOT NULL REFERENCES payment (id),
    shift_id UUID NOT NULL REFERENCES shift (id),
    idempotency_key UUID NOT NULL UNIQUE,
    request_digest TEXT NOT NULL,
    tendered_fen BIGINT,
    payer_name_sealed BYTEA,
    reference TEXT
){strict};
CREATE INDEX desk_payment_by_shift ON desk_payment (shift_id);

-- A warning the cashier overruled, and why.
CREATE TABLE desk_overrule (
    payment_id UUID NOT NULL REFERENCES payment (id),
    warning TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (payment_id, warning)
){strict};

-- A payment taken back within its shift. Its allocations and receipts stay on record and count no more.
CREATE TABLE desk_void (
    payment_id UUID PRIMARY KEY NOT NULL REFERENCES payment (id),
    reason TEXT NOT NULL,
    voided_by UUID NOT NULL,
    voided_at_ms BIGINT NOT NULL
){strict};

CREATE INDEX payment_by_booking ON payment (booked_at_ms);

-- Each time a receipt went to paper: from the second on it says so.
CREATE TABLE receipt_print (
    receipt_id UUID NOT NULL REFERENCES receipt (id),
    print_no BIGINT NOT NULL CHECK (print_no > 0),
    printed_at_ms BIGINT NOT NULL,
    printed_by UUID,
    PRIMARY KEY (receipt_id, print_no)
){strict};
