//! Read-out calls: the last step of a reminder, in daytime only.
//!
//! - [`tencent`], [`aliyun`] — the two callers;
//! - [`report`] — whether somebody answered.

use std::fmt;

use async_trait::async_trait;
use chrono::NaiveDate;

pub mod aliyun;
pub mod report;
pub mod tencent;

pub use aliyun::AliyunVoice;
pub use report::{Missed, VoiceReport, parse_aliyun_voice_report, parse_tencent_voice_report};
pub use tencent::TencentVoice;

use crate::cloud::CloudFailure;
use crate::sms::SmsRefusal;

/// The clouds repeat the text at most this often.
pub const PLAY_TIMES_MAX: u8 = 3;

/// One call to one number, by an approved template.
#[derive(Clone)]
pub struct VoiceCall {
    /// `+8613800000000`.
    pub phone_e164: String,
    /// Template number or code.
    pub template_id: String,
    /// Name and value in the template's order.
    pub params: Vec<(String, String)>,
    /// Ours, at most 512 bytes. Alibaba Cloud brings back [`aliyun::out_id`] of it, Tencent Cloud nothing.
    pub session: String,
    /// How often the text is read, 1 to 3.
    pub play_times: u8,
}

impl fmt::Debug for VoiceCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VoiceCall")
            .field("phone", &crate::mask::phone(&self.phone_e164))
            .field("template_id", &self.template_id)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// End of [`VoiceCaller::call`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoiceOutcome {
    /// Will ring.
    Accepted {
        /// The cloud's number of this call.
        call_id: String,
    },
    /// Will not ring.
    Refused {
        /// The cloud's code.
        code: String,
        /// What to do about it.
        kind: SmsRefusal,
    },
    /// May ring: wait for the report, never a blind second call.
    Unknown {
        /// For staff.
        reason: String,
    },
    /// Nothing left this machine: may be called again.
    NotSent {
        /// For staff.
        reason: String,
    },
}

impl From<CloudFailure> for VoiceOutcome {
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

/// End of [`VoiceCaller::look_up`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoiceLookUp {
    /// The call is over.
    Found {
        /// Somebody picked up.
        is_answered: bool,
        /// Seconds of talk.
        duration_s: i64,
    },
    /// Not in the cloud's book, or not over.
    NotFound,
    /// This cloud answers no such question: only the report tells.
    NotOffered,
    /// Ask again.
    Unknown {
        /// For staff.
        reason: String,
    },
}

/// Calls through one account of one cloud.
#[async_trait]
pub trait VoiceCaller: Send + Sync {
    /// Calls one number.
    async fn call(&self, call: &VoiceCall) -> VoiceOutcome;

    /// Asks what became of an accepted call. Neither cloud can be asked by our session.
    async fn look_up(&self, call_id: &str, day: NaiveDate) -> VoiceLookUp;
}
