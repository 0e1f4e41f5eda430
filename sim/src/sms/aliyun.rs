//! Alibaba Cloud: `SendSms`, `QuerySendDetails`, `SingleCallByTts`, `QueryCallDetailByCallId`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::acs3;
use super::limits::Hit;
use super::receipt;
use super::vendor::{AliyunAccount, Order, Vendor, mobile};
use crate::book::Channel;
use crate::clock;
use crate::crypto;
use crate::http::{Answer, Incoming, param, play};
use crate::mischief::{Endpoint, Trick};
use crate::server::Shared;
use crate::world::World;

const NUMBERS_MAX: usize = 1000;
const TEXT_CHARS_MAX: usize = 500;
const CALL_PARAM_CHARS_MAX: usize = 250;
const CALL_OUT_ID_BYTES_MAX: usize = 15;
const PAGE_MAX: usize = 50;
const SMS_VERSION: &str = "2017-05-25";

/// The business parameters: the query, then a form body.
struct Params {
    query: String,
    form: String,
}

impl Params {
    fn get(&self, name: &str) -> String {
        param(&self.query, name).or_else(|| param(&self.form, name)).unwrap_or_default()
    }
}

fn wrap(code: &str, mut fields: Value) -> Answer {
    if let Some(object) = fields.as_object_mut() {
        object.insert("Code".to_owned(), json!(code));
        object.insert("Message".to_owned(), json!(code));
        object.insert("RequestId".to_owned(), json!(uuid::Uuid::new_v4().to_string().to_uppercase()));
    }
    Answer::json(200, &fields)
}

/// Business errors come with HTTP 200; the gateway's own with 400 and up.
fn fail(code: &str) -> Answer {
    let status = match code {
        "InvalidAccessKeyId.NotFound" => 404,
        "Throttling.User" | "InvalidVersion" | "InvalidAction.NotFound" => 400,
        code if code.starts_with("isv.") || code.starts_with("isp.") => 200,
        _ => 400,
    };
    Answer { status, ..wrap(code, json!({})) }
}

fn refuse(status: u16, code: &str) -> Answer {
    fail(if status == 429 { "Throttling.User" } else { code })
}

pub(crate) async fn answer(shared: &Arc<Shared>, incoming: &Incoming<'_>, endpoint: Endpoint) -> Answer {
    let header = incoming.header("Authorization");
    let account = acs3::claimed_id(header).and_then(|id| shared.world().telecom.aliyun.get(id).cloned());
    let Some(account) = account else { return fail("InvalidAccessKeyId.NotFound") };
    if let Err(code) = acs3::check(incoming, &account.access_key_secret, shared.clock.now_ms()) {
        return fail(code);
    }
    let nonce = incoming.header("x-acs-signature-nonce");
    if !shared.world().telecom.nonces.take(nonce, shared.clock.now_ms()) {
        return fail("SignatureNonceUsed");
    }
    let params =
        Params { query: incoming.query().to_owned(), form: String::from_utf8_lossy(incoming.body).into_owned() };
    let numbers = params.get("PhoneNumbers");
    let called = params.get("CalledNumber");
    let first = numbers.split(',').next().unwrap_or_default();
    let keys = [mobile(first).unwrap_or_default(), mobile(&called).unwrap_or_default()];
    let run = || run(shared, &account, incoming, endpoint, &params).unwrap_or_else(|code| fail(&code));
    play(shared, endpoint, &keys, refuse, run).await
}

fn run(
    shared: &Shared,
    account: &AliyunAccount,
    incoming: &Incoming<'_>,
    endpoint: Endpoint,
    params: &Params,
) -> Result<Answer, String> {
    if incoming.header("x-acs-version") != SMS_VERSION {
        return Err("InvalidVersion".to_owned());
    }
    let mut world = shared.world();
    match (endpoint, incoming.header("x-acs-action")) {
        (Endpoint::AliyunSms, "SendSms") => world.aliyun_send(account, params),
        (Endpoint::AliyunSms, "QuerySendDetails") => world.aliyun_details(params),
        (Endpoint::AliyunVoice, "SingleCallByTts") => world.aliyun_call(account, params),
        (Endpoint::AliyunVoice, "QueryCallDetailByCallId") => world.aliyun_call_detail(params),
        _ => Err("InvalidAction.NotFound".to_owned()),
    }
}

/// Puts `${name}` values into a template; every variable must be given.
fn fill(template: &str, params: &str) -> Result<String, String> {
    let invalid = || "isv.INVALID_JSON_PARAM".to_owned();
    let values: Map<String, Value> =
        if params.is_empty() { Map::new() } else { serde_json::from_str(params).map_err(|_| invalid())? };
    let mut out = template.to_owned();
    for (name, value) in &values {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(invalid()),
        };
        out = out.replace(&format!("${{{name}}}"), &value);
    }
    if out.contains("${") { Err("isv.TEMPLATE_MISSING_PARAMETERS".to_owned()) } else { Ok(out) }
}

impl World {
    fn aliyun_send(&mut self, account: &AliyunAccount, params: &Params) -> Result<Answer, String> {
        let sign = params.get("SignName");
        if !account.signs.contains(&sign) {
            return Err("isv.SMS_SIGNATURE_ILLEGAL".to_owned());
        }
        let template_id = params.get("TemplateCode");
        let template = self.telecom_template(Vendor::Aliyun, &template_id).ok_or("isv.SMS_TEMPLATE_ILLEGAL")?;
        let content = format!("【{sign}】{}", fill(template, &params.get("TemplateParam"))?);
        if content.chars().count() > TEXT_CHARS_MAX {
            return Err("isv.PARAM_LENGTH_LIMIT".to_owned());
        }
        let numbers = params.get("PhoneNumbers");
        let phones: Option<Vec<&str>> = numbers.split(',').map(mobile).collect();
        let phones = phones.filter(|list| list.len() <= NUMBERS_MAX).ok_or("isv.MOBILE_NUMBER_ILLEGAL")?;
        self.aliyun_admit(Endpoint::AliyunSms, Channel::Sms, &phones, &template_id, &content)?;
        let (out_id, biz_id) = (params.get("OutId"), self.biz_id());
        for phone in phones {
            self.accept_telecom(Order {
                vendor: Vendor::Aliyun,
                channel: Channel::Sms,
                endpoint: Endpoint::AliyunSms,
                phone,
                template: &template_id,
                from: &sign,
                text: content.clone(),
                session: &out_id,
                receipt_id: biz_id.clone(),
                report_to: account.sms_report.clone(),
            });
        }
        Ok(wrap("OK", json!({ "BizId": biz_id })))
    }

    fn aliyun_call(&mut self, account: &AliyunAccount, params: &Params) -> Result<Answer, String> {
        let called = params.get("CalledNumber");
        let phone =
            Some(called.as_str()).filter(|number| Self::is_mobile(number)).ok_or("isv.MOBILE_NUMBER_ILLEGAL")?;
        let (template_id, values) = (params.get("TtsCode"), params.get("TtsParam"));
        let template = self.telecom_template(Vendor::Aliyun, &template_id).ok_or("isv.TTS_TEMPLATE_ILLEGAL")?;
        let out_id = params.get("OutId");
        if values.chars().count() > CALL_PARAM_CHARS_MAX || out_id.len() > CALL_OUT_ID_BYTES_MAX {
            return Err("isv.PARAM_LENGTH_LIMIT".to_owned());
        }
        if values.contains("://") {
            return Err("isv.INVALID_PARAMETERS".to_owned());
        }
        let said = fill(template, &values)?;
        self.aliyun_admit(Endpoint::AliyunVoice, Channel::Voice, &[phone], &template_id, &said)?;
        let call_id = format!("{}^{}", crypto::random_text(12), self.biz_id());
        self.accept_telecom(Order {
            vendor: Vendor::Aliyun,
            channel: Channel::Voice,
            endpoint: Endpoint::AliyunVoice,
            phone,
            template: &template_id,
            from: &params.get("CalledShowNumber"),
            text: said,
            session: &out_id,
            receipt_id: call_id.clone(),
            report_to: account.voice_report.clone(),
        });
        Ok(wrap("OK", json!({ "CallId": call_id })))
    }

    /// Mischief and frequency limits, before anything is accepted.
    fn aliyun_admit(
        &mut self,
        endpoint: Endpoint,
        channel: Channel,
        phones: &[&str],
        template_id: &str,
        content: &str,
    ) -> Result<(), String> {
        for phone in phones {
            let keys = [*phone, template_id];
            let trick = self.mischief.take(endpoint, &keys, |trick| matches!(trick, Trick::NumberFails { .. }));
            if let Some(Trick::NumberFails { code }) = trick {
                return Err(code);
            }
            self.pass_limits(Vendor::Aliyun, channel, phone, content).map_err(business_limit)?;
        }
        Ok(())
    }

    fn aliyun_details(&self, params: &Params) -> Result<Answer, String> {
        let number = params.get("PhoneNumber");
        let phone = mobile(&number).ok_or("isv.MOBILE_NUMBER_ILLEGAL")?;
        let (day, biz_id) = (params.get("SendDate"), params.get("BizId"));
        let size: usize = params.get("PageSize").parse().map_err(|_| "isv.INVALID_PARAMETERS")?;
        let page: usize = params.get("CurrentPage").parse().map_err(|_| "isv.INVALID_PARAMETERS")?;
        if day.len() != 8 || !(1..=PAGE_MAX).contains(&size) || page == 0 {
            return Err("isv.INVALID_PARAMETERS".to_owned());
        }
        let now_ms = self.clock.now_ms();
        let found: Vec<Value> = self
            .telecom
            .sent
            .iter()
            .filter(|sent| sent.vendor == Vendor::Aliyun && sent.channel == Channel::Sms && sent.phone == phone)
            .filter(|sent| clock::day(sent.sent_ms) == day && (biz_id.is_empty() || sent.receipt_id == biz_id))
            .map(|sent| receipt::aliyun_detail(sent, now_ms))
            .collect();
        let total = found.len();
        let rows: Vec<Value> = found.into_iter().skip(page.saturating_sub(1).saturating_mul(size)).take(size).collect();
        Ok(wrap("OK", json!({ "TotalCount": total.to_string(), "SmsSendDetailDTOs": { "SmsSendDetailDTO": rows } })))
    }

    fn aliyun_call_detail(&self, params: &Params) -> Result<Answer, String> {
        let call_id = params.get("CallId");
        let sent = self.telecom.sent.iter().find(|sent| sent.channel == Channel::Voice && sent.receipt_id == call_id);
        let sent = sent.ok_or("isv.INVALID_PARAMETERS")?;
        let told = receipt::aliyun_call(sent);
        let data = if self.clock.now_ms() < sent.report_ms { String::new() } else { told.to_string() };
        Ok(wrap("OK", json!({ "Data": data })))
    }

    fn biz_id(&mut self) -> String {
        let sequence = self.next_number();
        format!("{:09}{}^0", sequence, self.clock.now_ms())
    }
}

fn business_limit(hit: Hit) -> String {
    let code = match hit {
        Hit::Day => "isv.DAY_LIMIT_CONTROL",
        Hit::SameText | Hit::Gap | Hit::Hour => "isv.BUSINESS_LIMIT_CONTROL",
    };
    code.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_of_a_template_must_be_given() {
        let text = "尊敬的${name}，账单${amount}元。";
        assert_eq!(fill(text, r#"{"name":"业主","amount":12}"#).unwrap(), "尊敬的业主，账单12元。");
        assert_eq!(fill(text, r#"{"name":"业主"}"#).unwrap_err(), "isv.TEMPLATE_MISSING_PARAMETERS");
        assert_eq!(fill(text, "name=1").unwrap_err(), "isv.INVALID_JSON_PARAM");
    }
}
