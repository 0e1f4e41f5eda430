//! Reminders: one row per bill and stage, one notice per payer, and a record of every step.
//!
//! [`plan`] writes what is due, [`dispatch`] claims, sends and records, [`escalate`] follows up what nobody looked at,
//! and [`suppress_paid`] ends it all in the transaction that books the money. Every one of them looks at the rows and
//! decides, so running it twice does nothing the second time.

mod arrived;
mod asking;
mod best_hour;
mod breaker;
mod campaign;
mod claim;
mod contacts;
mod decided;
pub mod deliver;
mod delivery;
mod digest;
mod dispatch;
mod due;
mod effect;
mod error;
mod escalate;
mod events;
mod evidence;
mod expired;
mod export;
mod follow_up;
mod grants;
mod history;
mod history_sql;
mod hold;
mod let_go;
mod measured;
mod newest;
mod opened;
mod pause;
mod plan;
mod plan_sql;
mod policy;
mod preview;
mod reach;
mod record;
mod record_control;
mod rehearsal;
mod resume;
mod resumed;
mod rows;
mod sent_to;
mod settled;
mod standing;
mod stood_in;
mod taken;
mod timeline;
mod verdict;
mod view;
mod words;

pub use best_hour::{LearnReport, learn_hours};
pub use campaign::{
    Audience, CampaignCount, CampaignError, CampaignPage, CampaignRow, CampaignState, CampaignView, CampaignsReport,
    Entrance, NewCampaign, Range, SendTarget, campaign, campaigns, cancel_campaign, create_campaign, preview_campaign,
    preview_new_campaign, run_campaigns, send_campaign, send_to,
};
pub use claim::{Claimed, claim};
pub use deliver::{Deliver, Message, Outcome, Recipient, Refusal, Senders, account_of, template_purpose};
pub use delivery::{DeliveryKind, DeliveryReport, apply_deliveries, record_delivery};
pub use dispatch::{DispatchReport, dispatch};
pub use effect::{
    ChannelEffect, EFFECT_DAYS_MAX, Effect, EffectError, EffectFilter, Funnel, Group, ReasonCount, StageEffect,
    TOO_FEW_BILLS, Uplift, effect,
};
pub use error::ReminderError;
pub use escalate::{EscalateReport, escalate};
pub use evidence::{EvidenceError, EvidencePack, evidence_pack};
pub use export::{EXPORT_ROWS_MAX, ExportError, ExportFile, export};
pub(crate) use grants::limits as sending_limits;
pub use history::{BadCursor, HistoryCursor, HistoryFilter, history};
pub use hold::{
    DISPUTE_CHARS_MAX, HoldError, HoldView, HoldsView, PROMISE_DAYS_MAX, PROMISES_PER_BILL_MAX, dispute, holds,
    promise, withdraw,
};
pub use opened::{OpenedBill, OpenedReminder, acknowledge, open_by_token, project_code_of};
pub use pause::{PauseLevel, PauseReason, PauseView, is_of_whole_project, pause, pauses, resume};
pub use plan::{PlanReport, plan};
pub use policy::{VersionedPolicy, current, replace_policy, set_policy};
pub use preview::{
    ChannelTotal, Preview, PreviewHeld, PreviewRow, PreviewSilence, PreviewTotals, ReasonTotal, preview, preview_policy,
};
pub use record::Recorded;
pub use sent_to::{MESSAGES_SHOWN_MAX, OwnMessage, sent_to};
pub use settled::{suppress_paid, suppress_voided};
pub use stood_in::find_by_session;
pub use timeline::{bill_reminders, timeline};
pub use view::{BillReminder, HistoryPage, HistoryRow, Timeline, TimelineBill, TimelineEvent};

#[cfg(test)]
mod stories;
