//! Tables of the one control database: who there is, where each project's rows live, and what projects share.

pub mod account_quota;
pub mod audit_log;
pub mod company;
pub mod consent_credit;
pub mod consent_event;
pub mod contact_count;
pub mod data_key;
pub mod delivery_event;
pub mod house_binding;
pub mod job_lease;
pub mod job_run;
pub mod merchant;
pub mod merchant_verifier;
pub mod message_receipt;
pub mod message_template;
pub mod owner_session;
pub mod person;
pub mod person_wechat;
pub mod project;
pub mod sms_account;
pub mod staff;
pub mod staff_role;
pub mod staff_session;
pub mod wechat_app;
