//! Short messages through Alibaba Cloud.

use async_trait::async_trait;
use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{Sms, SmsLookUp, SmsOutcome, SmsSender, SmsState};
use crate::cloud::aliyun::{AliyunApi, AliyunCloud};
use crate::cloud::report::{bare_from_e164, text};

const VERSION: &str = "2017-05-25";
/// The cloud's own page limit.
const PAGE_SIZE: usize = 50;
/// The cloud sends at most 50 a day and template to one number.
const PAGES_MAX: usize = 5;

/// [`SmsSender`] over Alibaba Cloud.
#[derive(Debug, Clone)]
pub struct AliyunSms {
    cloud: AliyunCloud,
}

impl AliyunSms {
    /// Sends through one account.
    #[must_use]
    pub const fn new(cloud: AliyunCloud) -> Self {
        Self { cloud }
    }
}

/// Named parameters as the JSON text both SMS and voice take.
pub(crate) fn named(params: &[(String, String)]) -> String {
    let map: Map<String, Value> =
        params.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    Value::Object(map).to_string()
}

#[async_trait]
impl SmsSender for AliyunSms {
    async fn send(&self, sms: &Sms) -> SmsOutcome {
        let params = named(&sms.params);
        let query = [
            ("PhoneNumbers", bare_from_e164(&sms.phone_e164)),
            ("SignName", &sms.sign_name),
            ("TemplateCode", &sms.template_id),
            ("TemplateParam", &params),
            ("OutId", &sms.session),
        ];
        match self.cloud.call(&AliyunApi { version: VERSION, action: "SendSms" }, &query).await {
            Ok(answer) => match text(&answer, "BizId") {
                Some(receipt_id) => SmsOutcome::Accepted { receipt_id },
                None => SmsOutcome::Unknown { reason: "answer has no BizId".to_owned() },
            },
            Err(failure) => failure.into(),
        }
    }

    async fn look_up(&self, phone_e164: &str, session: &str, day: NaiveDate) -> SmsLookUp {
        let api = AliyunApi { version: VERSION, action: "QuerySendDetails" };
        let day = day.format("%Y%m%d").to_string();
        let size = PAGE_SIZE.to_string();
        for page in 1..=PAGES_MAX {
            let page = page.to_string();
            let query = [
                ("PhoneNumber", bare_from_e164(phone_e164)),
                ("SendDate", &day),
                ("PageSize", &size),
                ("CurrentPage", &page),
            ];
            let answer = match self.cloud.call(&api, &query).await {
                Ok(answer) => answer,
                Err(failure) => return failure.into(),
            };
            let Some(list) = answer.pointer("/SmsSendDetailDTOs/SmsSendDetailDTO").and_then(Value::as_array) else {
                return SmsLookUp::Unknown { reason: "answer has no list".to_owned() };
            };
            if let Some(item) = list.iter().find(|item| text(item, "OutId").as_deref() == Some(session)) {
                return found(item);
            }
            if list.len() < PAGE_SIZE {
                return SmsLookUp::NotFound;
            }
        }
        SmsLookUp::Unknown { reason: "too many messages to this number".to_owned() }
    }
}

fn found(item: &Value) -> SmsLookUp {
    let state = match text(item, "SendStatus").as_deref() {
        Some("3") => SmsState::Delivered,
        Some("2") => SmsState::Failed,
        _ => SmsState::Waiting,
    };
    SmsLookUp::Found { state, receipt_id: text(item, "BizId"), code: text(item, "ErrCode") }
}
