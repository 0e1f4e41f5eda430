-- A project's database, fourth migration: tariffs with the whole language, the fields a company keeps of its houses,
-- runs that are cancelled and bills that are corrected, holidays.

-- What the formula is for, the inputs it declares (JSON array), and the houses it is for beside their kind.
ALTER TABLE tariff ADD COLUMN purpose TEXT NOT NULL DEFAULT 'monthly' CHECK (purpose IN ('monthly', 'once'));
ALTER TABLE tariff ADD COLUMN inputs TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tariff ADD COLUMN building TEXT;
ALTER TABLE tariff ADD COLUMN house_id UUID REFERENCES house (id);
-- The template it was made from.
ALTER TABLE tariff ADD COLUMN template TEXT;

-- What the formula was given for this line (JSON object): tells the trace again.
ALTER TABLE bill_line ADD COLUMN inputs TEXT NOT NULL DEFAULT '{}';

-- The bill this one was issued in place of.
ALTER TABLE bill ADD COLUMN corrects_bill_id UUID REFERENCES bill (id);
CREATE UNIQUE INDEX bill_corrected_once ON bill (corrects_bill_id) WHERE corrects_bill_id IS NOT NULL;

-- Houses to be looked at when the run began, for its progress; and that its bills were taken back.
ALTER TABLE bill_run ADD COLUMN houses BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bill_run ADD COLUMN cancelled_at_ms BIGINT;
ALTER TABLE bill_run ADD COLUMN cancel_reason TEXT;

-- A field the company keeps of every house, as formulas know it: `definition` is its declaration.
CREATE TABLE house_field (
    id UUID PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    -- Entered for each period anew, like a quantity; otherwise a value holds until the next.
    per_period BOOLEAN NOT NULL,
    created_by UUID,
    created_at_ms BIGINT NOT NULL,
    retired_at_ms BIGINT
){strict};

CREATE TABLE house_field_value (
    house_id UUID NOT NULL REFERENCES house (id),
    field_id UUID NOT NULL REFERENCES house_field (id),
    -- First day it holds; of a field per period the first day of the period.
    from_day BIGINT NOT NULL,
    -- JSON, as formulas read it; `null` takes the value away.
    value TEXT NOT NULL,
    set_by UUID,
    set_at_ms BIGINT NOT NULL,
    PRIMARY KEY (house_id, field_id, from_day)
){strict};

-- The State Council's arrangement of a year, where staff entered it: goes before what comes with the program.
CREATE TABLE holiday_year (
    year BIGINT PRIMARY KEY NOT NULL,
    arrangement TEXT NOT NULL,
    set_by UUID,
    set_at_ms BIGINT NOT NULL
){strict};
