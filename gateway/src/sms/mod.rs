//! Short messages of the notification class.
//!
//! - [`refusal`] — why a cloud says no, in common words;
//! - [`tencent`], [`aliyun`] — the two senders;
//! - [`report`] — what became of a message.

use std::fmt;

use async_trait::async_trait;
use chrono::NaiveDate;

pub mod aliyun;
pub mod refusal;
pub mod report;
pub mod tencent;

pub use aliyun::AliyunSms;
pub use refusal::SmsRefusal;
pub use report::{SmsReport, parse_aliyun_sms_report, parse_tencent_sms_report};
pub use tencent::TencentSms;

use crate::cloud::CloudFailure;

/// One message to one number, by an approved template.
#[derive(Clone)]
pub struct Sms {
    /// `+8613800000000`.
    pub phone_e164: String,
    /// The sign's text, without brackets.
    pub sign_name: String,
    /// Template number or code.
    pub template_id: String,
    /// Name and value in the template's order: one cloud fills by place, the other by name. No links in values.
    pub params: Vec<(String, String)>,
    /// Ours, comes back in the report. Digits and letters, at most 64.
    pub session: String,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sms")
            .field("phone", &crate::mask::phone(&self.phone_e164))
            .field("template_id", &self.template_id)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// End of [`SmsSender::send`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsOutcome {
    /// Taken on. Whether it arrives is told by the report.
    Accepted {
        /// The cloud's number of this message.
        receipt_id: String,
    },
    /// Not sent.
    Refused {
        /// The cloud's code.
        code: String,
        /// What to do about it.
        kind: SmsRefusal,
    },
    /// May have been sent: [`SmsSender::look_up`], never a blind second message.
    Unknown {
        /// For staff.
        reason: String,
    },
    /// Nothing left this machine: may be sent again.
    NotSent {
        /// For staff.
        reason: String,
    },
}

impl From<CloudFailure> for SmsOutcome {
    fn from(failure: CloudFailure) -> Self {
        match failure {
            CloudFailure::Refused { code, .. } => match SmsRefusal::of(&code) {
                Some(kind) => Self::Refused { code, kind },
                None => Self::Unknown { reason: code },
            },
            CloudFailure::Unknown(reason) => Self::Unknown { reason },
            CloudFailure::NotSent(reason) => Self::NotSent { reason },
        }
    }
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsState {
    /// With the operator.
    Waiting,
    /// On the phone.
    Delivered,
    /// Did not arrive.
    Failed,
}

/// End of [`SmsSender::look_up`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsLookUp {
    /// It was sent.
    Found {
        /// How far it got.
        state: SmsState,
        /// The cloud's number, where it tells one.
        receipt_id: Option<String>,
        /// The operator's code.
        code: Option<String>,
    },
    /// Not in the cloud's book. Some minutes after sending this means it was not sent.
    NotFound,
    /// Ask again.
    Unknown {
        /// For staff.
        reason: String,
    },
}

impl From<CloudFailure> for SmsLookUp {
    fn from(failure: CloudFailure) -> Self {
        let reason = match failure {
            CloudFailure::Refused { code, .. } => code,
            CloudFailure::Unknown(reason) | CloudFailure::NotSent(reason) => reason,
        };
        Self::Unknown { reason }
    }
}

/// Sends short messages through one account of one cloud.
#[async_trait]
pub trait SmsSender: Send + Sync {
    /// Sends one message.
    async fn send(&self, sms: &Sms) -> SmsOutcome;

    /// Looks for a message by our `session` among those sent to `phone_e164` on `day` (Beijing). The clouds keep 7
    /// (Tencent) to 30 days.
    async fn look_up(&self, phone_e164: &str, session: &str, day: NaiveDate) -> SmsLookUp;
}
