//! The reminder policy: which notices follow a bill, when, through which channel, how often a person may be spoken
//! to, and what happens when nobody looks.
//!
//! A stage hangs on the bill's own due date and is computed from facts each time, so a bill paid elsewhere or an
//! older bill settled first never shifts another bill's stages. Planning is one statement over sets with the key
//! (bill, stage); this module only says which dates a stage covers today.

mod channel;
mod check;
mod hour;
mod policy;
mod quiet;
mod silence;
mod stage;

pub use channel::Channel;
pub use check::PolicyError;
pub use hour::{Basis, BestHour, FACT_AGE_DAYS_MAX, FACTS_MIN, Habit, Trace, best_hour};
pub use policy::{Caps, HOLDOUT_PERMILLE_MAX, Policy};
pub use quiet::{QuietHours, Span};
pub use silence::{HoldReason, SilenceReason};
pub use stage::{Anchor, CATCH_UP_DAYS, OFFSET_DAYS_MAX, STAGES_MAX, Stage, instant_on};
