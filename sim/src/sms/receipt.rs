//! Status reports of texts and calls, pushed to our address.

use serde_json::{Value, json};

use super::vendor::{Sent, Vendor};
use crate::book::Channel;
use crate::clock;
use crate::http::JSON;
use crate::outbox::Outgoing;

/// Alibaba tries again after 1, 5 and 10 minutes, then never.
const ALIYUN_RETRIES_S: [i64; 3] = [60, 300, 600];
/// Tencent publishes no schedule: one attempt.
const TENCENT_RETRIES_S: [i64; 0] = [];
/// From dialling to picking up.
const RING_S: i64 = 5;
/// From dialling to giving up.
const GIVE_UP_S: i64 = 15;

#[derive(Clone)]
pub(crate) struct Receipt {
    url: String,
    vendor: Vendor,
    body: Value,
}

impl Receipt {
    /// What is told of a message, in this order. Tencent tells of a call in up to three posts: a key, the result, the
    /// reason of a failure.
    pub(crate) fn of(url: &str, sent: &Sent) -> Vec<Self> {
        let bodies = match (sent.vendor, sent.channel) {
            (Vendor::Tencent, Channel::Voice) => {
                let parts = [tencent_key(sent), Some(tencent_call(sent)), tencent_failure(sent)];
                parts.into_iter().flatten().collect()
            }
            (Vendor::Tencent, _) => vec![json!([tencent_text(sent)])],
            (Vendor::Aliyun, Channel::Voice) => vec![json!([aliyun_call(sent)])],
            (Vendor::Aliyun, _) => vec![json!([aliyun_text(sent)])],
        };
        bodies.into_iter().map(|body| Self { url: url.to_owned(), vendor: sent.vendor, body }).collect()
    }

    pub(crate) fn outgoing(&self) -> Outgoing {
        let body = self.body.to_string().into_bytes();
        Outgoing { url: self.url.clone(), content_type: JSON, headers: Vec::new(), body }
    }

    pub(crate) fn acknowledged(&self, status: u16, body: &[u8]) -> bool {
        let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        status == 200
            && match self.vendor {
                Vendor::Tencent => answer.get("result").and_then(Value::as_i64) == Some(0),
                Vendor::Aliyun => answer.get("code").is_some_and(Value::is_number),
            }
    }

    pub(crate) fn retries_s(&self) -> &'static [i64] {
        match self.vendor {
            Vendor::Tencent => &TENCENT_RETRIES_S,
            Vendor::Aliyun => &ALIYUN_RETRIES_S,
        }
    }
}

fn tencent_text(sent: &Sent) -> Value {
    let reached = sent.fate.reached();
    json!({
        "user_receive_time": clock::plain(sent.report_ms),
        "nationcode": "86",
        "mobile": sent.phone,
        "report_status": if reached { "SUCCESS" } else { "FAIL" },
        "errmsg": sent.fate.of_text(sent.vendor),
        "description": if reached { "用户短信送达成功" } else { "短信送达失败" },
        "sid": sent.receipt_id,
        "ext": sent.session,
    })
}

/// Unix seconds: dialled, picked up (empty when nobody did), over.
fn tencent_call(sent: &Sent) -> Value {
    let begin_s = sent.sent_ms / 1000;
    let accepted_s = begin_s.saturating_add(RING_S);
    let (accepted, end_s) = if sent.fate.reached() {
        (accepted_s.to_string(), accepted_s.saturating_add(sent.fate.talk_s()))
    } else {
        (String::new(), begin_s.saturating_add(GIVE_UP_S))
    };
    // Minutes, begun ones counted.
    let fee = sent.fate.talk_s().saturating_add(59) / 60;
    json!({ "voiceprompt_callback": {
        "result": sent.fate.tencent_result(),
        "accept_time": accepted,
        "call_from": "",
        "callid": sent.receipt_id,
        "mobile": sent.phone,
        "nationcode": "86",
        "fee": fee.to_string(),
        "start_calltime": begin_s.to_string(),
        "end_calltime": end_s.to_string(),
    } })
}

fn tencent_key(sent: &Sent) -> Option<Value> {
    Some(json!({ "voicekey_callback": {
        "call_from": "",
        "callid": sent.receipt_id,
        "keypress": sent.fate.key()?,
        "mobile": sent.phone,
        "nationcode": "86",
    } }))
}

fn tencent_failure(sent: &Sent) -> Option<Value> {
    let (code, reason) = sent.fate.tencent_failure()?;
    Some(json!({ "voice_failure_callback": {
        "call_from": "",
        "callid": sent.receipt_id,
        "failure_code": code,
        "failure_reason": reason,
        "mobile": sent.phone,
        "nationcode": "86",
    } }))
}

fn aliyun_text(sent: &Sent) -> Value {
    json!({
        "phone_number": sent.phone,
        "send_time": clock::plain(sent.sent_ms),
        "report_time": clock::plain(sent.report_ms),
        "success": sent.fate.reached(),
        "err_code": sent.fate.of_text(sent.vendor),
        "err_msg": if sent.fate.reached() { "用户接收成功" } else { "用户接收失败" },
        "sms_size": sms_pieces(&sent.text).to_string(),
        "biz_id": sent.receipt_id,
        "out_id": sent.session,
    })
}

fn aliyun_call(sent: &Sent) -> Value {
    let at = |after_s: i64| clock::plain(sent.sent_ms.saturating_add(after_s.saturating_mul(1000)));
    let (code, words) = sent.fate.aliyun_status();
    let reached = sent.fate.reached();
    let end_s = if reached { RING_S.saturating_add(sent.fate.talk_s()) } else { GIVE_UP_S };
    json!({
        "status_code": code,
        "status_msg": words,
        "callee": sent.phone,
        "caller": "",
        "call_id": sent.receipt_id,
        "out_id": sent.session,
        "originate_time": at(0),
        "ring_time": at(1),
        "b_start_time": if reached { at(RING_S) } else { String::new() },
        "end_time": at(end_s),
        "duration": sent.fate.talk_s().to_string(),
        "voice_type": "voice",
        "dtmf": sent.fate.key().unwrap_or_default(),
        "toll_type": "LOCAL",
    })
}

/// `Data` of `QueryCallDetailByCallId`: other names than in the report, and the duration a number.
pub(crate) fn aliyun_call_detail(sent: &Sent) -> Value {
    let at = |after_s: i64| clock::plain(sent.sent_ms.saturating_add(after_s.saturating_mul(1000)));
    let (code, words) = sent.fate.aliyun_status();
    json!({
        "caller": "",
        "callee": sent.phone,
        "gmtCreate": at(0),
        "startDate": at(RING_S),
        "endDate": at(RING_S.saturating_add(sent.fate.talk_s())),
        "duration": sent.fate.talk_s(),
        "state": code,
        "stateDesc": words,
    })
}

/// A text of up to 70 characters is one piece; longer ones go in pieces of 67.
fn sms_pieces(text: &str) -> usize {
    let chars = text.chars().count();
    if chars <= 70 { 1 } else { chars.div_ceil(67) }
}

/// One row of `PullSmsSendStatusByPhoneNumber`.
pub(crate) fn tencent_pulled(sent: &Sent) -> Value {
    json!({
        "UserReceiveTime": sent.report_ms / 1000,
        "CountryCode": "86",
        "SubscriberNumber": sent.phone,
        "PhoneNumber": format!("+86{}", sent.phone),
        "SerialNo": sent.receipt_id,
        "ReportStatus": if sent.fate.reached() { "SUCCESS" } else { "FAIL" },
        "Description": sent.fate.of_text(sent.vendor),
        "SessionContext": sent.session,
    })
}

/// One row of `QuerySendDetails`: 1 waiting, 2 failed, 3 delivered.
pub(crate) fn aliyun_detail(sent: &Sent, now_ms: i64) -> Value {
    let (status, code) = match sent.fate.reached() {
        _ if now_ms < sent.report_ms => (1, ""),
        reached => (if reached { 3 } else { 2 }, sent.fate.of_text(sent.vendor)),
    };
    json!({
        "PhoneNum": sent.phone,
        "SendStatus": status,
        "ErrCode": code,
        "TemplateCode": sent.template,
        "Content": sent.text,
        "SendDate": clock::plain(sent.sent_ms),
        "ReceiveDate": if status == 1 { String::new() } else { clock::plain(sent.report_ms) },
        "OutId": sent.session,
    })
}
