//! Errors as WeChat Pay words them.

use serde_json::{Value, json};

use crate::crypto;
use crate::http::Answer;

/// Ends of the Request-ID that tell more than the code does.
pub(crate) const TAIL_NOT_FOUND: u64 = 268_512_771;
pub(crate) const TAIL_PAID: u64 = 268_449_538;
pub(crate) const TAIL_EXPIRED: u64 = 268_447_914;
pub(crate) const TAIL_PARAMETERS_DIFFER: u64 = 268_498_688;
pub(crate) const TAIL_SIGNATURE: u64 = 268_443_699;
pub(crate) const TAIL_APPID_MCHID: u64 = 268_445_527;

/// A refusal: status, code, words, and the field at fault.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) field: Option<String>,
    pub(crate) tail: u64,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), field: None, tail: 0 }
    }

    /// 400 PARAM_ERROR about one field.
    pub(crate) fn param(field: &str, message: &str) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(400, "PARAM_ERROR", message) }
    }

    pub(crate) fn tail(self, tail: u64) -> Self {
        Self { tail, ..self }
    }

    pub(crate) fn answer(&self) -> Answer {
        let mut body = json!({ "code": self.code, "message": self.message });
        if let (Some(field), Some(object)) = (&self.field, body.as_object_mut()) {
            object.insert("detail".to_owned(), json!({ "field": field, "issue": self.message, "location": "body" }));
        }
        let mut answer = Answer::json(self.status, &body);
        answer.headers.push(("Request-ID", request_id(self.tail)));
        // The gateway turns unsigned requests away before the layer that signs.
        answer.signed = self.status != 401;
        answer
    }
}

/// `08…-268…`: an opaque id whose tail number names the cause.
pub(crate) fn request_id(tail: u64) -> String {
    format!("{}-{tail}", hex::encode_upper(crypto::random_bytes::<16>()))
}

/// Words for a code ordered by a mischief rule.
pub(crate) fn ordered(status: u16, code: &str) -> Answer {
    if status == 429 {
        return Refusal::new(429, "FREQUENCY_LIMITED", "频率超限").answer();
    }
    let message = match code {
        "SYSTEM_ERROR" => "系统异常，请稍后重试",
        "NOT_ENOUGH" => "基本账户余额不足，请充值后重新发起",
        "SIGN_ERROR" => "签名错误",
        _ => "业务处理失败",
    };
    Refusal::new(status, code, message).answer()
}

/// A text field of a request: present, not empty, not longer than so many characters.
pub(crate) fn required<'a>(body: &'a Value, field: &str, chars_max: usize) -> Result<&'a str, Refusal> {
    let value = body.pointer(field).and_then(Value::as_str).unwrap_or_default();
    if value.is_empty() {
        return Err(Refusal::param(field, "输入源参数缺失"));
    }
    if value.chars().count() > chars_max {
        return Err(Refusal::param(field, "参数长度超过限制"));
    }
    Ok(value)
}

/// The same for a field that may be missing.
pub(crate) fn optional<'a>(body: &'a Value, field: &str, chars_max: usize) -> Result<Option<&'a str>, Refusal> {
    match body.pointer(field) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => required(body, field, chars_max).map(Some),
    }
}

/// A whole number of fen, at least 1.
pub(crate) fn fen(body: &Value, field: &str) -> Result<i64, Refusal> {
    match body.pointer(field).and_then(Value::as_i64) {
        Some(value) if value >= 1 => Ok(value),
        Some(_) => Err(Refusal::param(field, "金额必须大于等于1分")),
        None => Err(Refusal::param(field, "金额必须是整数")),
    }
}

/// `https://…` without a query. Within the simulator also plain http to this machine.
pub(crate) fn notify_url(body: &Value, chars_max: usize) -> Result<&str, Refusal> {
    let url = required(body, "/notify_url", chars_max)?;
    let local = url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost");
    if !(local || url.starts_with("https://")) || url.contains('?') {
        return Err(Refusal::param("/notify_url", "回调地址必须为https且不能携带参数"));
    }
    Ok(url)
}
