//! Reminders: one row per bill and stage, one notice per payer, and a record of every step.
//!
//! [`plan`] writes what is due, [`dispatch`] claims, sends and records, [`escalate`] follows up what nobody looked at,
//! and [`suppress_paid`] ends it all in the transaction that books the money. Every one of them looks at the rows and
//! decides, so running it twice does nothing the second time.

mod claim;
mod contacts;
pub mod deliver;
mod delivery;
mod digest;
mod dispatch;
mod error;
mod escalate;
mod events;
mod follow_up;
mod history;
mod history_sql;
mod opened;
mod pause;
mod plan;
mod policy;
mod preview;
mod record;
mod record_control;
mod resume;
mod rows;
mod settled;
mod standing;
mod timeline;
mod verdict;
mod view;
mod words;

pub use claim::{Claimed, claim};
pub use deliver::{Deliver, Message, Outcome, Recipient, Refusal, Senders, account_of};
pub use delivery::{DeliveryKind, DeliveryReport, apply_deliveries, record_delivery};
pub use dispatch::{DispatchReport, dispatch};
pub use error::ReminderError;
pub use escalate::{EscalateReport, escalate};
pub use history::{HistoryFilter, history};
pub use opened::{OpenedBill, OpenedReminder, acknowledge, open_by_token, project_code_of};
pub use pause::{PauseLevel, PauseReason, PauseView, pause, pauses, resume};
pub use plan::{PlanReport, plan};
pub use policy::{VersionedPolicy, current, set_policy};
pub use preview::{Preview, PreviewRow, PreviewSilence, preview};
pub use record::Recorded;
pub use settled::{suppress_paid, suppress_voided};
pub use timeline::{bill_reminders, timeline};
pub use view::{BillReminder, HistoryPage, HistoryRow, Timeline, TimelineBill, TimelineEvent};

#[cfg(test)]
mod stories;
