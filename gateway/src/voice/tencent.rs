//! Calls through Tencent Cloud.

use async_trait::async_trait;
use chrono::NaiveDate;
use serde_json::json;

use super::{PLAY_TIMES_MAX, VoiceCall, VoiceCaller, VoiceLookUp, VoiceOutcome};
use crate::cloud::report::text;
use crate::cloud::tencent::{TencentApi, TencentCloud};

/// [`VoiceCaller`] over Tencent Cloud.
#[derive(Debug, Clone)]
pub struct TencentVoice {
    cloud: TencentCloud,
    sdk_app_id: String,
}

impl TencentVoice {
    /// `sdk_app_id` is the voice application's number.
    #[must_use]
    pub const fn new(cloud: TencentCloud, sdk_app_id: String) -> Self {
        Self { cloud, sdk_app_id }
    }
}

#[async_trait]
impl VoiceCaller for TencentVoice {
    async fn call(&self, call: &VoiceCall) -> VoiceOutcome {
        let values: Vec<&str> = call.params.iter().map(|(_, value)| value.as_str()).collect();
        let request = json!({
            "TemplateId": call.template_id,
            "CalledNumber": call.phone_e164,
            "VoiceSdkAppid": self.sdk_app_id,
            "TemplateParamSet": values,
            "PlayTimes": call.play_times.clamp(1, PLAY_TIMES_MAX),
            "SessionContext": call.session,
        });
        let api = TencentApi { service: "vms", version: "2020-09-02", action: "SendTtsVoice" };
        match self.cloud.call(&api, &request).await {
            Ok(response) => match response.get("SendStatus").and_then(|status| text(status, "CallId")) {
                Some(call_id) => VoiceOutcome::Accepted { call_id },
                None => VoiceOutcome::Unknown { reason: "answer has no CallId".to_owned() },
            },
            Err(failure) => failure.into(),
        }
    }

    async fn look_up(&self, _call_id: &str, _day: NaiveDate) -> VoiceLookUp {
        VoiceLookUp::NotOffered
    }
}
