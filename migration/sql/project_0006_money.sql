-- A project's database, sixth migration: money given back, what is done about money that did not fit, and what WeChat is told of
-- paid orders.

-- From what sum on a second person has to agree: of all refunds of one payment together.
CREATE TABLE refund_policy (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    approve_above_fen BIGINT NOT NULL CHECK (approve_above_fen >= 0),
    changed_at_ms BIGINT NOT NULL,
    changed_by UUID
){strict};

-- One refund of one payment. `out_refund_no` is ours, sent unchanged however often; `wechat_refund_id` is WeChat's.
CREATE TABLE refund (
    id UUID PRIMARY KEY NOT NULL,
    out_refund_no TEXT NOT NULL UNIQUE,
    payment_id UUID NOT NULL REFERENCES payment (id),
    mchid TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    total_fen BIGINT NOT NULL CHECK (total_fen > 0),
    state TEXT NOT NULL CHECK (state IN ('awaiting_approval', 'rejected', 'queued', 'unknown', 'not_enough', 'processing',
                                         'abnormal', 'succeeded', 'closed', 'refused')),
    reason TEXT NOT NULL,
    wechat_refund_id TEXT UNIQUE,
    requested_by UUID,
    requested_at_ms BIGINT NOT NULL,
    decided_by UUID,
    decided_at_ms BIGINT,
    next_look_at_ms BIGINT,
    looks BIGINT NOT NULL,
    ended_at_ms BIGINT,
    CHECK (amount_fen <= total_fen)
){strict};
CREATE INDEX refund_to_look_at ON refund (next_look_at_ms) WHERE next_look_at_ms IS NOT NULL;
CREATE INDEX refund_by_payment ON refund (payment_id);

-- What a refund takes back: of a bill that the payment paid, or, without a bill, of what it had left over.
CREATE TABLE refund_part (
    refund_id UUID NOT NULL REFERENCES refund (id),
    part_no BIGINT NOT NULL,
    bill_id UUID REFERENCES bill (id),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (refund_id, part_no)
){strict};
CREATE INDEX refund_part_by_bill ON refund_part (bill_id) WHERE bill_id IS NOT NULL;

CREATE TABLE refund_event (
    refund_id UUID NOT NULL REFERENCES refund (id),
    event_no BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (refund_id, event_no)
){strict};

-- What of a receipt no longer holds, under a number that follows the receipt's own.
CREATE TABLE receipt_reversal (
    refund_id UUID NOT NULL REFERENCES refund (id),
    receipt_id UUID NOT NULL REFERENCES receipt (id),
    number TEXT NOT NULL UNIQUE,
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (refund_id, receipt_id)
){strict};
CREATE INDEX receipt_reversal_by_receipt ON receipt_reversal (receipt_id);

-- The merchant that received money without an order; of other payments the order names it.
ALTER TABLE payment ADD COLUMN mchid TEXT;

-- What was done about money that did not fit: booked as owed back, or found to be none.
ALTER TABLE payment_anomaly ADD COLUMN resolution TEXT CHECK (resolution IN ('booked', 'dismissed'));
ALTER TABLE payment_anomaly ADD COLUMN resolved_by UUID;
ALTER TABLE payment_anomaly ADD COLUMN note TEXT;
CREATE INDEX payment_anomaly_open ON payment_anomaly (at_ms) WHERE resolved_at_ms IS NULL;

CREATE INDEX staff_task_open ON staff_task (created_at_ms) WHERE done_at_ms IS NULL;

-- What a trading mini program owes WeChat: each paid order is reported as delivered.
CREATE TABLE shipping_report (
    order_id UUID PRIMARY KEY NOT NULL REFERENCES payment_order (id),
    paid_at_ms BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'reported', 'skipped', 'failed')),
    attempts BIGINT NOT NULL,
    next_try_at_ms BIGINT,
    ended_at_ms BIGINT
){strict};
CREATE INDEX shipping_report_due ON shipping_report (next_try_at_ms) WHERE next_try_at_ms IS NOT NULL;
CREATE INDEX shipping_report_by_time ON shipping_report (paid_at_ms);
CREATE INDEX payment_order_paid ON payment_order (ended_at_ms) WHERE state = 'paid';
