//! Tencent Cloud: `SendSms`, `SendTtsVoice` and the pull by number.

use std::sync::Arc;

use serde_json::{Value, json};

use super::limits::Hit;
use super::receipt;
use super::tc3;
use super::vendor::{Order, TencentAccount, Vendor, mobile};
use crate::book::{Channel, Line};
use crate::crypto;
use crate::http::{Answer, Incoming, play, text};
use crate::mischief::{Endpoint, Trick};
use crate::server::Shared;
use crate::world::World;

const NUMBERS_MAX: usize = 200;
const SESSION_BYTES_MAX: usize = 512;
const CALL_CHARS_MAX: usize = 350;
const PLAYS_MAX: i64 = 3;
const PULL_MAX: usize = 100;
const SMS_VERSION: &str = "2021-01-11";
const VOICE_VERSION: &str = "2020-09-02";

/// An error of the whole call.
struct Failure(String);

impl From<&str> for Failure {
    fn from(code: &str) -> Self {
        Self(code.to_owned())
    }
}

fn wrap(mut response: Value) -> Answer {
    if let Some(fields) = response.as_object_mut() {
        fields.insert("RequestId".to_owned(), json!(uuid::Uuid::new_v4().to_string()));
    }
    Answer::json(200, &json!({ "Response": response }))
}

fn fail(code: &str) -> Answer {
    wrap(json!({ "Error": { "Code": code, "Message": code } }))
}

fn refuse(status: u16, code: &str) -> Answer {
    fail(if status == 429 { "RequestLimitExceeded" } else { code })
}

pub(crate) async fn answer(shared: &Arc<Shared>, incoming: &Incoming<'_>, endpoint: Endpoint) -> Answer {
    let header = incoming.header("Authorization");
    let account = tc3::claimed_id(header).and_then(|id| shared.world().telecom.tencent.get(id).cloned());
    let Some(account) = account else { return fail("AuthFailure.SecretIdNotFound") };
    let service = if endpoint == Endpoint::TencentSms { "sms" } else { "vms" };
    if let Err(code) = tc3::check(incoming, &account.secret_key, service, shared.clock.now_s()) {
        return fail(code);
    }
    let body = incoming.json();
    let called = mobile(text(&body, "/CalledNumber")).unwrap_or_default();
    let first = mobile(text(&body, "/PhoneNumberSet/0")).unwrap_or_default();
    let keys = [called, first, text(&body, "/TemplateId"), account.secret_id.as_str()];
    let run = || match run(shared, &account, incoming, &body) {
        Ok(answer) => answer,
        Err(Failure(code)) => fail(&code),
    };
    play(shared, endpoint, &keys, refuse, run).await
}

fn run(shared: &Shared, account: &TencentAccount, incoming: &Incoming<'_>, body: &Value) -> Result<Answer, Failure> {
    let mut world = shared.world();
    match (incoming.header("X-TC-Version"), incoming.header("X-TC-Action")) {
        (SMS_VERSION, "SendSms") => world.tencent_send(account, body).map(wrap),
        (SMS_VERSION, "PullSmsSendStatusByPhoneNumber") => world.tencent_pull(account, body).map(wrap),
        (VOICE_VERSION, "SendTtsVoice") => world.tencent_call(account, body).map(wrap),
        (SMS_VERSION | VOICE_VERSION, _) => Err("InvalidAction".into()),
        _ => Err("NoSuchVersion".into()),
    }
}

/// Puts `{1}`, `{2}` … into a template; nothing when the count differs.
fn fill(template: &str, params: &[String]) -> Option<String> {
    let mut out = template.to_owned();
    let mut used = 0_usize;
    for (index, value) in params.iter().enumerate() {
        let mark = format!("{{{}}}", index.saturating_add(1));
        if out.contains(&mark) {
            used = used.saturating_add(1);
            out = out.replace(&mark, value);
        }
    }
    let left = format!("{{{}}}", params.len().saturating_add(1));
    (used == params.len() && !out.contains(&left)).then_some(out)
}

/// What was filled in, by number.
fn fields(params: &[String]) -> Vec<Line> {
    let line = |(index, value): (usize, &String)| Line {
        key: index.saturating_add(1).to_string(),
        label: String::new(),
        value: value.clone(),
    };
    params.iter().enumerate().map(line).collect()
}

fn texts(body: &Value, pointer: &str) -> Vec<String> {
    let list = body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl World {
    fn tencent_send(&mut self, account: &TencentAccount, body: &Value) -> Result<Value, Failure> {
        if text(body, "/SmsSdkAppId") != account.sms_sdk_app_id {
            return Err("UnauthorizedOperation.SmsSdkAppIdVerifyFail".into());
        }
        let numbers = texts(body, "/PhoneNumberSet");
        if numbers.is_empty() || numbers.len() > NUMBERS_MAX {
            return Err("LimitExceeded.PhoneNumberCountLimit".into());
        }
        if text(body, "/SessionContext").len() >= SESSION_BYTES_MAX {
            return Err("InvalidParameterValue.ContentLengthLimit".into());
        }
        let rows: Vec<Value> = numbers.iter().map(|number| self.tencent_one(account, body, number)).collect();
        Ok(json!({ "SendStatusSet": rows }))
    }

    /// One number of a batch: HTTP 200, its own code.
    fn tencent_one(&mut self, account: &TencentAccount, body: &Value, number: &str) -> Value {
        let session = text(body, "/SessionContext");
        let sent = self.tencent_accept(account, body, number);
        let (code, serial) = match &sent {
            Ok(serial) => ("Ok", serial.as_str()),
            Err(code) => (code.as_str(), ""),
        };
        json!({
            "SerialNo": serial,
            "PhoneNumber": number,
            "Fee": u8::from(sent.is_ok()),
            "SessionContext": session,
            "Code": code,
            "Message": if sent.is_ok() { "send success" } else { code },
            "IsoCode": "CN",
        })
    }

    fn tencent_accept(&mut self, account: &TencentAccount, body: &Value, number: &str) -> Result<String, String> {
        let phone = mobile(number).ok_or("InvalidParameterValue.IncorrectPhoneNumber")?;
        let sign = text(body, "/SignName");
        if !account.signs.iter().any(|known| known == sign) {
            return Err("FailedOperation.SignatureIncorrectOrUnapproved".to_owned());
        }
        let template_id = text(body, "/TemplateId");
        let params = texts(body, "/TemplateParamSet");
        let template = self.telecom_template(Vendor::Tencent, template_id);
        let template = template.ok_or("FailedOperation.TemplateUnapprovedOrNotExist")?;
        if params.iter().any(|value| value.contains("://")) {
            return Err("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter".to_owned());
        }
        let filled = fill(template, &params).ok_or("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")?;
        if self.telecom.arrears.contains(&account.secret_id) {
            return Err("FailedOperation.InsufficientBalanceInSmsPackage".to_owned());
        }
        let keys = [phone, template_id, account.secret_id.as_str()];
        let trick = self.mischief.take(Endpoint::TencentSms, &keys, |trick| matches!(trick, Trick::NumberFails { .. }));
        if let Some(Trick::NumberFails { code }) = trick {
            return Err(code);
        }
        let content = format!("【{sign}】{filled}");
        self.pass_limits(Vendor::Tencent, Channel::Sms, phone, &content).map_err(sms_limit)?;
        let serial = format!("{}:{}", self.clock.now_s(), crypto::random_text(24));
        self.accept_telecom(Order {
            vendor: Vendor::Tencent,
            account: &account.secret_id,
            channel: Channel::Sms,
            endpoint: Endpoint::TencentSms,
            phone,
            template: template_id,
            from: sign,
            fields: fields(&params),
            text: content,
            session: text(body, "/SessionContext"),
            receipt_id: serial.clone(),
            report_to: account.sms_callback.clone(),
        });
        Ok(serial)
    }

    fn tencent_call(&mut self, account: &TencentAccount, body: &Value) -> Result<Value, Failure> {
        if text(body, "/VoiceSdkAppid") != account.voice_sdk_app_id {
            return Err("UnauthorizedOperation.VoiceSdkAppidVerifyFail".into());
        }
        let phone = mobile(text(body, "/CalledNumber")).ok_or("InvalidParameterValue.CalledNumberVerifyFail")?;
        let plays = body.pointer("/PlayTimes").and_then(Value::as_i64).unwrap_or(2);
        if !(1..=PLAYS_MAX).contains(&plays) {
            return Err("InvalidParameterValue.PlayTimesVerifyFail".into());
        }
        let template_id = text(body, "/TemplateId");
        let template = self.telecom_template(Vendor::Tencent, template_id);
        let template = template.ok_or("FailedOperation.TemplateIncorrectOrUnapproved")?;
        let params = texts(body, "/TemplateParamSet");
        let said = fill(template, &params);
        let said = said.ok_or("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")?;
        if said.chars().count() > CALL_CHARS_MAX {
            return Err("InvalidParameterValue.ContentLengthLimit".into());
        }
        if self.telecom.arrears.contains(&account.secret_id) {
            return Err("FailedOperation.InsufficientBalanceInVoicePackage".into());
        }
        let keys = [phone, template_id, account.secret_id.as_str()];
        let trick =
            self.mischief.take(Endpoint::TencentVoice, &keys, |trick| matches!(trick, Trick::NumberFails { .. }));
        if let Some(Trick::NumberFails { code }) = trick {
            return Err(Failure(code));
        }
        self.pass_limits(Vendor::Tencent, Channel::Voice, phone, &said).map_err(voice_limit)?;
        let call_id = uuid::Uuid::new_v4().to_string();
        let session = text(body, "/SessionContext");
        self.accept_telecom(Order {
            vendor: Vendor::Tencent,
            account: &account.secret_id,
            channel: Channel::Voice,
            endpoint: Endpoint::TencentVoice,
            phone,
            template: template_id,
            from: "",
            fields: fields(&params),
            text: said,
            session,
            receipt_id: call_id.clone(),
            report_to: account.voice_callback.clone(),
        });
        Ok(json!({ "SendStatus": { "CallId": call_id, "SessionContext": session } }))
    }

    /// Reports of one number, oldest first, that have come in by now.
    fn tencent_pull(&self, account: &TencentAccount, body: &Value) -> Result<Value, Failure> {
        if text(body, "/SmsSdkAppId") != account.sms_sdk_app_id {
            return Err("UnauthorizedOperation.SmsSdkAppIdVerifyFail".into());
        }
        let phone = mobile(text(body, "/PhoneNumber")).ok_or("InvalidParameterValue.IncorrectPhoneNumber")?;
        let number = |name: &str| body.get(name).and_then(Value::as_i64);
        let limit = number("Limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PULL_MAX);
        let offset = number("Offset").and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
        let (begin_s, end_s) = (number("BeginTime").unwrap_or(0), number("EndTime").unwrap_or(i64::MAX));
        let now_ms = self.clock.now_ms();
        let rows: Vec<Value> = self
            .telecom
            .texts_to(Vendor::Tencent, phone)
            .filter(|sent| sent.report_ms <= now_ms && (begin_s..=end_s).contains(&(sent.sent_ms / 1000)))
            .skip(offset)
            .take(limit.min(PULL_MAX))
            .map(receipt::tencent_pulled)
            .collect();
        Ok(json!({ "PullSmsSendStatusSet": rows }))
    }

    /// Counts a text or call against the configured limits.
    pub(crate) fn pass_limits(
        &mut self,
        vendor: Vendor,
        channel: Channel,
        phone: &str,
        content: &str,
    ) -> Result<(), Hit> {
        let voice = channel == Channel::Voice;
        let limits = match (voice, vendor) {
            (false, _) => self.config.sms_limits,
            (true, Vendor::Tencent) => self.config.tencent_voice_limits,
            (true, Vendor::Aliyun) => self.config.voice_limits,
        };
        let now_ms = self.clock.now_ms();
        self.telecom.traffic.entry((vendor, voice)).or_default().pass(phone, content, now_ms, &limits)
    }
}

fn sms_limit(hit: Hit) -> String {
    let code = match hit {
        Hit::SameText | Hit::Gap => "LimitExceeded.PhoneNumberThirtySecondLimit",
        Hit::TenMinutes | Hit::Hour => "LimitExceeded.PhoneNumberOneHourLimit",
        Hit::Day => "LimitExceeded.PhoneNumberDailyLimit",
    };
    code.to_owned()
}

/// Calls have one code for every window.
fn voice_limit(_hit: Hit) -> Failure {
    "LimitExceeded.DeliveryFrequencyLimit".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_take_exactly_their_variables() {
        let text = "{1}的账单{2}元，详见{1}。";
        let params = |list: &[&str]| list.iter().map(|value| (*value).to_owned()).collect::<Vec<String>>();
        assert_eq!(fill(text, &params(&["9月", "12.00"])).unwrap(), "9月的账单12.00元，详见9月。");
        assert_eq!(fill(text, &params(&["9月"])), None);
        assert_eq!(fill(text, &params(&["9月", "12.00", "x"])), None);
    }
}
