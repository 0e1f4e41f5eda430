//! Alibaba Cloud: `SendSms`, `QuerySendDetails`, `SingleCallByTts`, `QueryCallDetailByCallId`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::acs3;
use super::limits::Hit;
use super::receipt;
use super::vendor::{AliyunAccount, Order, Vendor, mobile};
use crate::book::{Channel, Line};
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
const PLAYS: std::ops::RangeInclusive<u8> = 1..=3;
const PAGE_MAX: usize = 50;
const SMS_VERSION: &str = "2017-05-25";

/// A refusal: the code, and the words beside it.
#[derive(Debug)]
struct Refusal {
    code: String,
    words: String,
}

impl From<&str> for Refusal {
    fn from(code: &str) -> Self {
        Self { code: code.to_owned(), words: code.to_owned() }
    }
}

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

fn wrap(code: &str, words: &str, mut fields: Value) -> Answer {
    if let Some(object) = fields.as_object_mut() {
        object.insert("Code".to_owned(), json!(code));
        object.insert("Message".to_owned(), json!(words));
        object.insert("RequestId".to_owned(), json!(uuid::Uuid::new_v4().to_string().to_uppercase()));
    }
    Answer::json(200, &fields)
}

/// Business errors come with HTTP 200; the gateway's own with 400 and up.
fn fail(code: &str) -> Answer {
    refused(&code.into())
}

fn refused(refusal: &Refusal) -> Answer {
    let code = refusal.code.as_str();
    let status = match code {
        "InvalidAccessKeyId.NotFound" => 404,
        "Throttling.User" | "InvalidVersion" | "InvalidAction.NotFound" => 400,
        code if code.starts_with("isv.") || code.starts_with("isp.") => 200,
        _ => 400,
    };
    Answer { status, ..wrap(code, &refusal.words, json!({})) }
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
    let template = params.get(if endpoint == Endpoint::AliyunSms { "TemplateCode" } else { "TtsCode" });
    let (text_to, call_to) = (mobile(first).unwrap_or_default(), mobile(&called).unwrap_or_default());
    let keys = [text_to, call_to, template.as_str(), account.access_key_id.as_str()];
    let run = || run(shared, &account, incoming, endpoint, &params).unwrap_or_else(|refusal| refused(&refusal));
    play(shared, endpoint, &keys, refuse, run).await
}

fn run(
    shared: &Shared,
    account: &AliyunAccount,
    incoming: &Incoming<'_>,
    endpoint: Endpoint,
    params: &Params,
) -> Result<Answer, Refusal> {
    if incoming.header("x-acs-version") != SMS_VERSION {
        return Err("InvalidVersion".into());
    }
    let mut world = shared.world();
    match (endpoint, incoming.header("x-acs-action")) {
        (Endpoint::AliyunSms, "SendSms") => world.aliyun_send(account, params),
        (Endpoint::AliyunSms, "QuerySendDetails") => world.aliyun_details(params),
        (Endpoint::AliyunVoice, "SingleCallByTts") => world.aliyun_call(account, params),
        (Endpoint::AliyunVoice, "QueryCallDetailByCallId") => world.aliyun_call_detail(params),
        _ => Err("InvalidAction.NotFound".into()),
    }
}

/// The values given, by name.
fn values(params: &str) -> Result<Vec<Line>, Refusal> {
    let given: Map<String, Value> = if params.is_empty() {
        Map::new()
    } else {
        serde_json::from_str(params).map_err(|_| Refusal::from("isv.INVALID_JSON_PARAM"))?
    };
    let line = |(key, value): (String, Value)| {
        let value = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return Err("isv.INVALID_JSON_PARAM".into()),
        };
        Ok(Line { key, label: String::new(), value })
    };
    given.into_iter().map(line).collect()
}

/// Puts `${name}` values into a template; every variable must be given.
fn fill(template: &str, values: &[Line]) -> Result<String, Refusal> {
    let mut out = template.to_owned();
    for Line { key, value, .. } in values {
        out = out.replace(&format!("${{{key}}}"), value);
    }
    if out.contains("${") { Err("isv.TEMPLATE_MISSING_PARAMETERS".into()) } else { Ok(out) }
}

impl World {
    fn aliyun_send(&mut self, account: &AliyunAccount, params: &Params) -> Result<Answer, Refusal> {
        let sign = params.get("SignName");
        if !account.signs.contains(&sign) {
            return Err("isv.SMS_SIGNATURE_ILLEGAL".into());
        }
        let template_id = params.get("TemplateCode");
        let template = self.telecom_template(Vendor::Aliyun, &template_id).ok_or("isv.SMS_TEMPLATE_ILLEGAL")?;
        let fields = values(&params.get("TemplateParam"))?;
        let content = format!("【{sign}】{}", fill(template, &fields)?);
        if content.chars().count() > TEXT_CHARS_MAX {
            return Err("isv.PARAM_LENGTH_LIMIT".into());
        }
        let numbers = params.get("PhoneNumbers");
        let phones: Option<Vec<&str>> = numbers.split(',').map(mobile).collect();
        let phones = phones.filter(|list| list.len() <= NUMBERS_MAX).ok_or("isv.MOBILE_NUMBER_ILLEGAL")?;
        self.aliyun_admit(account, Endpoint::AliyunSms, &phones, &template_id, &content)?;
        let (out_id, biz_id) = (params.get("OutId"), self.biz_id());
        for phone in phones {
            self.accept_telecom(Order {
                vendor: Vendor::Aliyun,
                account: &account.access_key_id,
                channel: Channel::Sms,
                endpoint: Endpoint::AliyunSms,
                phone,
                template: &template_id,
                from: &sign,
                fields: fields.clone(),
                text: content.clone(),
                session: &out_id,
                receipt_id: biz_id.clone(),
                report_to: account.sms_report.clone(),
            });
        }
        Ok(wrap("OK", "OK", json!({ "BizId": biz_id })))
    }

    fn aliyun_call(&mut self, account: &AliyunAccount, params: &Params) -> Result<Answer, Refusal> {
        let called = params.get("CalledNumber");
        let phone =
            Some(called.as_str()).filter(|number| Self::is_mobile(number)).ok_or("isv.MOBILE_NUMBER_ILLEGAL")?;
        let (template_id, param) = (params.get("TtsCode"), params.get("TtsParam"));
        let template = self.telecom_template(Vendor::Aliyun, &template_id).ok_or("isv.TTS_TEMPLATE_ILLEGAL")?;
        let fields = values(&param)?;
        let out_id = params.get("OutId");
        let param_chars: usize = fields.iter().map(|field| field.value.chars().count()).sum();
        if param_chars >= CALL_PARAM_CHARS_MAX || out_id.len() > CALL_OUT_ID_BYTES_MAX {
            return Err("isv.PARAM_LENGTH_LIMIT".into());
        }
        if param.contains("://") {
            return Err("isv.PARAM_NOT_SUPPORT_URL".into());
        }
        let plays = params.get("PlayTimes");
        if !(plays.is_empty() || plays.parse().is_ok_and(|plays: u8| PLAYS.contains(&plays))) {
            return Err("isv.INVALID_PARAMETERS".into());
        }
        let said = fill(template, &fields)?;
        self.aliyun_admit(account, Endpoint::AliyunVoice, &[phone], &template_id, &said)?;
        let call_id = format!("{}^{}", crypto::random_text(12), self.biz_id());
        self.accept_telecom(Order {
            vendor: Vendor::Aliyun,
            account: &account.access_key_id,
            channel: Channel::Voice,
            endpoint: Endpoint::AliyunVoice,
            phone,
            template: &template_id,
            from: &params.get("CalledShowNumber"),
            fields,
            text: said,
            session: &out_id,
            receipt_id: call_id.clone(),
            report_to: account.voice_report.clone(),
        });
        Ok(wrap("OK", "OK", json!({ "CallId": call_id })))
    }

    /// Money, mischief and frequency limits, before anything is accepted.
    fn aliyun_admit(
        &mut self,
        account: &AliyunAccount,
        endpoint: Endpoint,
        phones: &[&str],
        template_id: &str,
        content: &str,
    ) -> Result<(), Refusal> {
        if self.telecom.arrears.contains(&account.access_key_id) {
            return Err("isv.AMOUNT_NOT_ENOUGH".into());
        }
        let channel = if endpoint == Endpoint::AliyunVoice { Channel::Voice } else { Channel::Sms };
        for phone in phones {
            let keys = [*phone, template_id, account.access_key_id.as_str()];
            let trick = self.mischief.take(endpoint, &keys, |trick| matches!(trick, Trick::NumberFails { .. }));
            if let Some(Trick::NumberFails { code }) = trick {
                return Err(code.as_str().into());
            }
            self.pass_limits(Vendor::Aliyun, channel, phone, content).map_err(business_limit)?;
        }
        Ok(())
    }

    fn aliyun_details(&self, params: &Params) -> Result<Answer, Refusal> {
        let number = params.get("PhoneNumber");
        let phone = mobile(&number).ok_or("isv.MOBILE_NUMBER_ILLEGAL")?;
        let (day, biz_id) = (params.get("SendDate"), params.get("BizId"));
        let size: usize = params.get("PageSize").parse().map_err(|_| "isv.INVALID_PARAMETERS")?;
        let page: usize = params.get("CurrentPage").parse().map_err(|_| "isv.INVALID_PARAMETERS")?;
        if day.len() != 8 || !(1..=PAGE_MAX).contains(&size) || page == 0 {
            return Err("isv.INVALID_PARAMETERS".into());
        }
        let now_ms = self.clock.now_ms();
        let found: Vec<Value> = self
            .telecom
            .texts_to(Vendor::Aliyun, phone)
            .filter(|sent| clock::day(sent.sent_ms) == day && (biz_id.is_empty() || sent.receipt_id == biz_id))
            .map(|sent| receipt::aliyun_detail(sent, now_ms))
            .collect();
        let total = found.len();
        let rows: Vec<Value> = found.into_iter().skip(page.saturating_sub(1).saturating_mul(size)).take(size).collect();
        Ok(wrap(
            "OK",
            "OK",
            json!({ "TotalCount": total.to_string(), "SmsSendDetailDTOs": { "SmsSendDetailDTO": rows } }),
        ))
    }

    fn aliyun_call_detail(&self, params: &Params) -> Result<Answer, Refusal> {
        let call_id = params.get("CallId");
        let sent = self.telecom.call(&call_id).ok_or("isv.INVALID_PARAMETERS")?;
        let told = receipt::aliyun_call_detail(sent);
        let data = if self.clock.now_ms() < sent.report_ms { String::new() } else { told.to_string() };
        Ok(wrap("OK", "OK", json!({ "Data": data })))
    }

    fn biz_id(&mut self) -> String {
        let sequence = self.next_number();
        format!("{:09}{}^0", sequence, self.clock.now_ms())
    }
}

/// One code for every window; the words say which.
fn business_limit(hit: Hit) -> Refusal {
    let words = match hit {
        Hit::SameText | Hit::Gap => "触发分钟级流控Permits:1",
        Hit::TenMinutes | Hit::Hour => "触发小时级流控Permits:5",
        Hit::Day => "触发天级流控Permits:20",
    };
    Refusal { code: "isv.BUSINESS_LIMIT_CONTROL".to_owned(), words: words.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_of_a_template_must_be_given() {
        let text = "尊敬的${name}，账单${amount}元。";
        let filled = |params: &str| values(params).and_then(|values| fill(text, &values));
        assert_eq!(filled(r#"{"name":"业主","amount":12}"#).unwrap(), "尊敬的业主，账单12元。");
        assert_eq!(filled(r#"{"name":"业主"}"#).unwrap_err().code, "isv.TEMPLATE_MISSING_PARAMETERS");
        assert_eq!(filled("name=1").unwrap_err().code, "isv.INVALID_JSON_PARAM");
    }
}
