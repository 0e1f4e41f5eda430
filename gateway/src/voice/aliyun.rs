//! Calls through Alibaba Cloud.

use async_trait::async_trait;
use chrono::{FixedOffset, NaiveDate, NaiveTime};
use serde_json::Value;

use super::{PLAY_TIMES_MAX, VoiceCall, VoiceCaller, VoiceLookUp, VoiceOutcome};
use crate::cloud::aliyun::{AliyunApi, AliyunCloud};
use crate::cloud::report::{bare_from_e164, text};
use crate::sms::aliyun::named;

const VERSION: &str = "2017-05-25";
/// Product number of voice notices. Confirm in the console before going live.
const PRODUCT_ID: &str = "11000000300006";
const BEIJING_OFFSET_S: i32 = 8 * 3600;

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
            ("OutId", &call.session),
        ];
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

/// `Data` is JSON inside JSON.
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
