//! Calls through Alibaba Cloud.

use async_trait::async_trait;
use chrono::{FixedOffset, NaiveDate, NaiveTime};
use serde_json::Value;

use super::{PLAY_TIMES_MAX, VoiceCall, VoiceCaller, VoiceLookUp, VoiceOutcome};
use crate::cloud::aliyun::{AliyunApi, AliyunCloud};
use crate::cloud::report::{bare_from_e164, text};
use crate::cloud::sha256_hex;
use crate::sms::aliyun::named;

const VERSION: &str = "2017-05-25";
/// Product number of voice notices. Confirm in the console before going live.
const PRODUCT_ID: &str = "11000000300006";
const BEIJING_OFFSET_S: i32 = 8 * 3600;
/// Longest `OutId` of a call, in bytes. Texts carry more.
const OUT_ID_BYTES_MAX: usize = 15;

/// What a call carries of our session, and what its report brings back: the session itself when it fits, else the
/// beginning of its SHA-256 in hex. The same session always gives the same text.
#[must_use]
pub fn out_id(session: &str) -> String {
    if session.len() <= OUT_ID_BYTES_MAX {
        return session.to_owned();
    }
    sha256_hex(session.as_bytes()).chars().take(OUT_ID_BYTES_MAX).collect()
}

/// [`VoiceCaller`] over Alibaba Cloud.
#[derive(Debug, Clone)]
pub struct AliyunVoice {
    cloud: AliyunCloud,
    show_number: Option<String>,
}

impl AliyunVoice {
    /// `show_number` is the number bought for display; none in public mode.
    #[must_use]
    pub const fn new(cloud: AliyunCloud, show_number: Option<String>) -> Self {
        Self { cloud, show_number }
    }
}

#[async_trait]
impl VoiceCaller for AliyunVoice {
    async fn call(&self, call: &VoiceCall) -> VoiceOutcome {
        let params = named(&call.params);
        let play_times = call.play_times.clamp(1, PLAY_TIMES_MAX).to_string();
        let mut query = vec![
            ("CalledNumber", bare_from_e164(&call.phone_e164)),
            ("TtsCode", &call.template_id),
            ("TtsParam", &params),
            ("PlayTimes", &play_times),
        ];
        // An empty one is refused.
        let out_id = out_id(&call.session);
        query.extend(Some(out_id.as_str()).filter(|id| !id.is_empty()).map(|id| ("OutId", id)));
        query.extend(self.show_number.as_deref().map(|number| ("CalledShowNumber", number)));
        match self.cloud.call(&AliyunApi { version: VERSION, action: "SingleCallByTts" }, &query).await {
            Ok(answer) => match text(&answer, "CallId") {
                Some(call_id) => VoiceOutcome::Accepted { call_id },
                None => VoiceOutcome::Unknown { reason: "answer has no CallId".to_owned() },
            },
            Err(failure) => failure.into(),
        }
    }

    async fn look_up(&self, call_id: &str, day: NaiveDate) -> VoiceLookUp {
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let moment = FixedOffset::east_opt(BEIJING_OFFSET_S)
            .and_then(|beijing| day.and_time(noon).and_local_timezone(beijing).single());
        let Some(moment_ms) = moment.map(|moment| moment.timestamp_millis().to_string()) else {
            return VoiceLookUp::Unknown { reason: "no such day".to_owned() };
        };
        let query = [("CallId", call_id), ("ProdId", PRODUCT_ID), ("QueryDate", moment_ms.as_str())];
        let api = AliyunApi { version: VERSION, action: "QueryCallDetailByCallId" };
        match self.cloud.call(&api, &query).await {
            Ok(answer) => found(&answer),
            Err(failure) => match VoiceOutcome::from(failure) {
                VoiceOutcome::Refused { code, .. } => VoiceLookUp::Unknown { reason: code },
                VoiceOutcome::Unknown { reason } | VoiceOutcome::NotSent { reason } => VoiceLookUp::Unknown { reason },
                VoiceOutcome::Accepted { .. } => VoiceLookUp::NotFound,
            },
        }
    }
}

/// `Data` is JSON inside JSON; empty while the call is not over.
fn found(answer: &Value) -> VoiceLookUp {
    let detail = text(answer, "Data").and_then(|data| serde_json::from_str::<Value>(&data).ok());
    let Some(duration) = detail.as_ref().and_then(|detail| text(detail, "duration")) else {
        return VoiceLookUp::NotFound;
    };
    match duration.parse::<i64>() {
        Ok(duration_s) => VoiceLookUp::Found { is_answered: duration_s > 0, duration_s },
        Err(_) => VoiceLookUp::Unknown { reason: "duration is not a number".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_fits_what_a_call_can_carry_and_stays_the_same() {
        assert_eq!(out_id("outbox-123"), "outbox-123");
        let long = out_id("6f9619ff-8b86-d011-b42d-00cf4fc964ff");
        assert_eq!(long.len(), OUT_ID_BYTES_MAX);
        assert_eq!(long, out_id("6f9619ff-8b86-d011-b42d-00cf4fc964ff"));
        assert_ne!(long, out_id("6f9619ff-8b86-d011-b42d-00cf4fc964fe"));
    }
}
