//! Owners: who signed in, by which phone, for which houses, and what WeChat lets us send them.
//!
//! People live in the control database, because one human being has one phone over all projects. Houses live in their
//! projects. What joins them is a binding: a person, a project, a house, and how the claim was decided.

mod auto_bind;
mod binding;
mod claim;
mod communities;
mod consent;
mod consent_withdrawn;
mod decide;
mod error;
mod follow;
mod follow_call;
mod follow_token;
mod follower_sync;
mod person;
mod place;
mod repo;
mod session;
mod view;

#[cfg(test)]
mod tests;

pub use auto_bind::{AutoBound, auto_bind};
pub use binding::{
    BindingRole, BindingState, HousePerson, PendingCursor, active_houses, bindings, pending_bindings, people_of_houses,
    require_house,
};
pub use claim::{Claim, Claimed, claim_house};
pub use communities::{AskableTemplate, CommunityView, askable_templates, communities};
pub use consent::{Consent, ConsentAnswer, ConsentSource, record_consent, record_refusal};
pub use consent_withdrawn::{Withdrawal, record_withdrawal};
pub use decide::{Decision, decide_binding, end_binding, end_own_binding};
pub use error::OwnerError;
pub use follow::{WechatIdentity, record_follow, wechat_identities};
pub use follow_call::Followers;
pub use follow_token::{FollowQr, FollowQrError, Scanned, follow_qr, record_scan, scanned_token};
pub use follower_sync::{FollowerReport, sync_followers};
pub use person::{PhoneRecorded, record_phone, record_sign_in};
pub use session::{OwnerSession, SignedIn, revoke_all, session, sign_out};
pub use view::{BindingView, PendingBindingView};
