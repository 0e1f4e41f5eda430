//! Rows: SeaORM models of the control database ([`control`]) and of a project's database ([`project`]).
//!
//! One file a table, one field a column, in the order of the SQL, and no rule of any kind: a row is parsed into a
//! type of `domain` by whoever reads it. The test `every_entity_is_its_table` compares them with the migrated schema.
//!
//! A column's name ends in its unit:
//!
//! | suffix | holds |
//! |---|---|
//! | `_fen` | money, whole fen; 0.01 yuan |
//! | `_yuan` | money before rounding: an exact decimal in yuan, as text |
//! | `_e4` | a price in 0.0001 yuan |
//! | `_centi` | an area in 0.01 m² |
//! | `_at_ms`, `_until_ms` | an instant: milliseconds since 1970-01-01T00:00Z |
//! | `_day`, `day` | a day of the project's time zone: days since 1970-01-01 |
//! | `_days`, `_months` | a number of days, of months |
//! | `_no` | a number counted up, or someone else's serial number |
//! | `_sealed` | a box of AES-256-GCM |
//! | `_hash` | a keyed hash: finds a value without showing it (`password_hash`: Argon2) |
//! | `_sha256` | SHA-256, in hexadecimal |
//!
//! Stretches of days (`effective_from_day` to `effective_until_day`, `from_day` to `until_day`) are as the rule that
//! reads them says. JSON stays text here: whoever reads the column knows its type. An `Option` is a column that may
//! be empty.

pub mod control;
pub mod project;
