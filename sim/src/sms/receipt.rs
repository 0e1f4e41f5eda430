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
/// How long a call that is picked up lasts.
const TALK_S: i64 = 12;
/// From dialling to picking up.
const RING_S: i64 = 5;

#[derive(Clone)]
pub(crate) struct Receipt {
    url: String,
    vendor: Vendor,
    body: Value,
}

impl Receipt {
    pub(crate) fn new(url: &str, sent: &Sent) -> Self {
        let body = match (sent.vendor, sent.channel) {
            (Vendor::Tencent, Channel::Voice) => tencent_call(sent),
            (Vendor::Tencent, _) => json!([tencent_text(sent)]),
            (Vendor::Aliyun, Channel::Voice) => json!([aliyun_call(sent)]),
            (Vendor::Aliyun, _) => json!([aliyun_text(sent)]),
        };
        Self { url: url.to_owned(), vendor: sent.vendor, body }
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
    let (status, words) = match &sent.failure {
        None => ("SUCCESS", "DELIVRD"),
        Some(code) => ("FAIL", code.as_str()),
    };
    json!({
        "user_receive_time": clock::plain(sent.report_ms),
        "nationcode": "86",
        "mobile": sent.phone,
        "report_status": status,
        "errmsg": words,
        "description": if sent.failure.is_none() { "用户短信送达成功" } else { "短信送达失败" },
        "sid": sent.receipt_id,
        "ext": sent.session,
    })
}

fn tencent_call(sent: &Sent) -> Value {
    let begin_s = sent.sent_ms / 1000;
    let picked_up = sent.failure.is_none();
    let answered_s = begin_s.saturating_add(RING_S);
    json!({ "voiceprompt_callback": {
        "result": if picked_up { "0" } else { "1" },
        "accept_time": begin_s.to_string(),
        "call_from": "",
        "callid": sent.receipt_id,
        "mobile": sent.phone,
        "nationcode": "86",
        "fee": if picked_up { "1" } else { "0" },
        "start_calltime": if picked_up { answered_s.to_string() } else { String::new() },
        "end_calltime": if picked_up { answered_s.saturating_add(TALK_S).to_string() } else { String::new() },
    } })
}

fn aliyun_text(sent: &Sent) -> Value {
    json!({
        "phone_number": sent.phone,
        "send_time": clock::plain(sent.sent_ms),
        "report_time": clock::plain(sent.report_ms),
        "success": sent.failure.is_none(),
        "err_code": sent.failure.as_deref().unwrap_or("DELIVERED"),
        "err_msg": if sent.failure.is_none() { "用户接收成功" } else { "用户接收失败" },
        "sms_size": sms_pieces(&sent.text).to_string(),
        "biz_id": sent.receipt_id,
        "out_id": sent.session,
    })
}

pub(crate) fn aliyun_call(sent: &Sent) -> Value {
    let at = |after_s: i64| clock::plain(sent.sent_ms.saturating_add(after_s.saturating_mul(1000)));
    let picked_up = sent.failure.is_none();
    json!({
        "status_code": if picked_up { "200000" } else { "200010" },
        "status_msg": if picked_up { "用户接听" } else { "无人接听" },
        "callee": sent.phone,
        "caller": "",
        "call_id": sent.receipt_id,
        "out_id": sent.session,
        "originate_time": at(0),
        "ring_time": at(1),
        "b_start_time": if picked_up { at(RING_S) } else { String::new() },
        "end_time": at(RING_S + TALK_S),
        "duration": if picked_up { TALK_S.to_string() } else { "0".to_owned() },
        "voice_type": "voice",
        "dtmf": "",
        "toll_type": "LOCAL",
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
        "ReportStatus": if sent.failure.is_none() { "SUCCESS" } else { "FAIL" },
        "Description": sent.failure.as_deref().unwrap_or("DELIVRD"),
        "SessionContext": sent.session,
    })
}

/// One row of `QuerySendDetails`: 1 waiting, 2 failed, 3 delivered.
pub(crate) fn aliyun_detail(sent: &Sent, now_ms: i64) -> Value {
    let (status, code) = match &sent.failure {
        _ if now_ms < sent.report_ms => (1, ""),
        None => (3, "DELIVERED"),
        Some(code) => (2, code.as_str()),
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
