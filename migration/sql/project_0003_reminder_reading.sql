-- A project's database, third migration: what staff read of reminders, found without a look at every row.

-- What waits, the newest first, in the history and its spreadsheet.
CREATE INDEX reminder_held_by_time ON reminder (state_at_ms) WHERE state = 'held' AND notice_id IS NULL;

-- The stages that fell on the days of a range, for the effect.
CREATE INDEX reminder_by_day ON reminder (stage_day);

-- All bills of a payer, paid ones too: the payments in an evidence pack.
CREATE INDEX bill_by_payer ON bill (payer_party_id);
