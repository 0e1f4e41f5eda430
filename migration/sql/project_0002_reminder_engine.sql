-- A project's database, second migration: what planning has behind it, best hours, campaigns, holds set by owners.

-- Every bill whose stage fell on a day up to this one has been looked at under that policy.
CREATE TABLE reminder_plan_mark (
    policy_version BIGINT NOT NULL,
    stage TEXT NOT NULL,
    through_day BIGINT NOT NULL,
    PRIMARY KEY (policy_version, stage)
){strict};

-- What waits for its hour, a cap, a quota or the end of a pause.
CREATE INDEX reminder_held ON reminder (send_at_ms) WHERE state = 'held' AND notice_id IS NULL;

-- Newly issued bills, for the stage that announces them.
CREATE INDEX bill_run_by_publishing ON bill_run (published_at_ms) WHERE published_at_ms IS NOT NULL;

-- When a payer looks at messages, learned from openings and payments.
CREATE TABLE payer_hour (
    payer_party_id UUID PRIMARY KEY NOT NULL REFERENCES party (id),
    minute_of_day BIGINT NOT NULL CHECK (minute_of_day BETWEEN 0 AND 1439),
    -- From whose facts.
    basis TEXT NOT NULL CHECK (basis IN ('payer', 'building', 'project')),
    facts BIGINT NOT NULL,
    learned_at_ms BIGINT NOT NULL
){strict};

-- Messages that staff send beside the ladder. The stage it adds to the bills is the only stage of policy version -no.
CREATE TABLE campaign (
    no BIGINT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    audience TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'running', 'done', 'cancelled')),
    send_at_ms BIGINT NOT NULL,
    bills BIGINT NOT NULL,
    payers BIGINT NOT NULL,
    created_by UUID,
    created_at_ms BIGINT NOT NULL,
    started_at_ms BIGINT,
    ended_at_ms BIGINT
){strict};
CREATE INDEX reminder_by_campaign ON reminder (policy_version) WHERE policy_version < 0;
CREATE INDEX campaign_to_start ON campaign (send_at_ms) WHERE state = 'scheduled';

-- A hold that the owner set (dispute, promise to pay) names the person.
ALTER TABLE reminder_pause ADD COLUMN origin TEXT NOT NULL DEFAULT 'staff' CHECK (origin IN ('staff', 'owner'));
ALTER TABLE reminder_pause ADD COLUMN person_id UUID;
-- What they say in a dispute.
ALTER TABLE reminder_pause ADD COLUMN words_sealed BYTEA;
