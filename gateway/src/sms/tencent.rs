//! Short messages through Tencent Cloud.

use async_trait::async_trait;
use chrono::{FixedOffset, NaiveDate, NaiveTime};
use serde_json::{Value, json};

use super::{Sms, SmsLookUp, SmsOutcome, SmsRefusal, SmsSender, SmsState};
use crate::cloud::report::text;
use crate::cloud::tencent::{TencentApi, TencentCloud};

const SERVICE: &str = "sms";
const VERSION: &str = "2021-01-11";
/// The cloud's own page limit.
const PAGE_SIZE: usize = 100;
/// A person gets ten a day or so.
const PAGES_MAX: usize = 3;
const DAY_S: i64 = 24 * 3600;
const BEIJING_OFFSET_S: i32 = 8 * 3600;

/// [`SmsSender`] over Tencent Cloud.
#[derive(Debug, Clone)]
pub struct TencentSms {
    cloud: TencentCloud,
    sdk_app_id: String,
}

impl TencentSms {
    /// `sdk_app_id` is the SMS application's number.
    #[must_use]
    pub const fn new(cloud: TencentCloud, sdk_app_id: String) -> Self {
        Self { cloud, sdk_app_id }
    }
}

#[async_trait]
impl SmsSender for TencentSms {
    async fn send(&self, sms: &Sms) -> SmsOutcome {
        let values: Vec<&str> = sms.params.iter().map(|(_, value)| value.as_str()).collect();
        let request = json!({
            "PhoneNumberSet": [sms.phone_e164],
            "SmsSdkAppId": self.sdk_app_id,
            "SignName": sms.sign_name,
            "TemplateId": sms.template_id,
            "TemplateParamSet": values,
            "SessionContext": sms.session,
        });
        let api = TencentApi { service: SERVICE, version: VERSION, action: "SendSms" };
        match self.cloud.call(&api, &request).await {
            Ok(response) => sent(&response),
            Err(failure) => failure.into(),
        }
    }

    async fn look_up(&self, phone_e164: &str, session: &str, day: NaiveDate) -> SmsLookUp {
        let begin = FixedOffset::east_opt(BEIJING_OFFSET_S)
            .and_then(|beijing| day.and_time(NaiveTime::MIN).and_local_timezone(beijing).single());
        let Some(begin_s) = begin.map(|begin| begin.timestamp()) else {
            return SmsLookUp::Unknown { reason: "no such day".to_owned() };
        };
        let end_s = (begin_s + DAY_S).min(self.cloud.now().timestamp().max(begin_s + 1));
        let api = TencentApi { service: SERVICE, version: VERSION, action: "PullSmsSendStatusByPhoneNumber" };
        for page in 0..PAGES_MAX {
            let request = json!({
                "BeginTime": begin_s,
                "EndTime": end_s,
                "Offset": page * PAGE_SIZE,
                "Limit": PAGE_SIZE,
                "PhoneNumber": phone_e164,
                "SmsSdkAppId": self.sdk_app_id,
            });
            let response = match self.cloud.call(&api, &request).await {
                Ok(response) => response,
                Err(failure) => return failure.into(),
            };
            let Some(list) = response.get("PullSmsSendStatusSet").and_then(Value::as_array) else {
                return SmsLookUp::Unknown { reason: "answer has no list".to_owned() };
            };
            if let Some(item) = list.iter().find(|item| text(item, "SessionContext").as_deref() == Some(session)) {
                return found(item);
            }
            if list.len() < PAGE_SIZE {
                return SmsLookUp::NotFound;
            }
        }
        SmsLookUp::Unknown { reason: "too many messages to this number".to_owned() }
    }
}

/// HTTP 200 and no outer error still say nothing about the number: its own code does.
fn sent(response: &Value) -> SmsOutcome {
    let Some(status) = response.pointer("/SendStatusSet/0") else {
        return SmsOutcome::Unknown { reason: "answer has no status".to_owned() };
    };
    match (text(status, "Code"), text(status, "SerialNo")) {
        (Some(code), Some(receipt_id)) if code.eq_ignore_ascii_case("ok") => SmsOutcome::Accepted { receipt_id },
        (Some(code), _) if !code.eq_ignore_ascii_case("ok") => match SmsRefusal::of(&code) {
            Some(kind) => SmsOutcome::Refused { code, kind },
            None => SmsOutcome::Unknown { reason: code },
        },
        _ => SmsOutcome::Unknown { reason: "answer has no code or number".to_owned() },
    }
}

fn found(item: &Value) -> SmsLookUp {
    let state = match text(item, "ReportStatus").as_deref() {
        Some("SUCCESS") => SmsState::Delivered,
        Some("FAIL") => SmsState::Failed,
        _ => SmsState::Waiting,
    };
    SmsLookUp::Found { state, receipt_id: text(item, "SerialNo"), code: text(item, "Description") }
}
