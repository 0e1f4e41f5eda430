//! Notifies of WeChat Pay: encrypted, signed, retried by schedule.

use serde_json::{Value, json};

use super::refund::RefundState;
use crate::clock;
use crate::crypto;
use crate::http::JSON;
use crate::mischief::Trick;
use crate::outbox::{Job, Outgoing, Payload};
use crate::server::{Shared, Sim};

/// Waits between attempts, in seconds: 15 retries over about a day.
pub(crate) const RETRIES_S: [i64; 15] =
    [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];

/// What a notify with another appid or mchid names.
const OTHER_APPID: &str = "wx0000000000000000";
const OTHER_MCHID: &str = "1000000000";

/// A notify on its way; the same id on every attempt.
#[derive(Clone)]
pub(crate) struct Notice {
    id: String,
    mchid: String,
    url: String,
    event_type: String,
    summary: &'static str,
    original_type: &'static str,
    created_ms: i64,
    plain: Value,
}

/// The notify of a payment.
pub(crate) fn transaction(mchid: &str, number: &str, url: &str, told: Value, now_ms: i64) -> Job {
    job(mchid, number, url, ("TRANSACTION.SUCCESS", "支付成功", "transaction"), told, now_ms)
}

/// The notify of a refund's end: `status` is SUCCESS, ABNORMAL or CLOSED.
pub(crate) fn refund(mchid: &str, number: &str, url: &str, status: &str, told: Value, now_ms: i64) -> Job {
    let kind = match status {
        "SUCCESS" => ("REFUND.SUCCESS", "退款成功", "refund"),
        "CLOSED" => ("REFUND.CLOSED", "退款关闭", "refund"),
        _ => ("REFUND.ABNORMAL", "退款异常", "refund"),
    };
    job(mchid, number, url, kind, told, now_ms)
}

fn job(
    mchid: &str,
    key: &str,
    url: &str,
    (event_type, summary, original_type): (&'static str, &'static str, &'static str),
    plain: Value,
    now_ms: i64,
) -> Job {
    let notice = Notice {
        id: uuid::Uuid::new_v4().to_string(),
        mchid: mchid.to_owned(),
        url: url.to_owned(),
        event_type: event_type.to_owned(),
        summary,
        original_type,
        created_ms: now_ms,
        plain,
    };
    Job {
        what: event_type.to_owned(),
        key: key.to_owned(),
        due_ms: now_ms,
        attempts: 0,
        payload: Payload::Notify(notice),
    }
}

impl Notice {
    fn spoilt_plain(&self, spoil: Option<&Trick>) -> Value {
        let mut plain = self.plain.clone();
        // A service provider's notify names the same under other names.
        let named = |direct: &'static str, partner: &'static str| {
            if self.plain.pointer(direct).is_some() { direct } else { partner }
        };
        let (pointer, value) = match spoil {
            Some(Trick::WrongAmount { total_fen }) if self.original_type == "refund" => {
                ("/amount/refund", json!(total_fen))
            }
            Some(Trick::WrongAmount { total_fen }) => ("/amount/total", json!(total_fen)),
            Some(Trick::OtherAppid) => (named("/appid", "/sp_appid"), json!(OTHER_APPID)),
            Some(Trick::OtherMchid) => (named("/mchid", "/sub_mchid"), json!(OTHER_MCHID)),
            Some(Trick::OtherCurrency) => ("/amount/currency", json!("USD")),
            _ => return plain,
        };
        if let Some(found) = plain.pointer_mut(pointer) {
            *found = value;
        }
        plain
    }

    pub(crate) fn outgoing(&self, shared: &Shared, spoil: Option<&Trick>) -> Option<Outgoing> {
        let (key, signer) = {
            let world = shared.world();
            let merchant = world.merchants.get(&self.mchid)?;
            (merchant.config.api_v3_key.clone(), merchant.notify_signer())
        };
        let nonce = crypto::random_text(12);
        let plain = self.spoilt_plain(spoil).to_string();
        let ciphertext = crypto::gcm_seal(key.as_bytes(), &nonce, self.original_type, plain.as_bytes())?;
        let body = json!({
            "id": self.id,
            "create_time": clock::rfc3339(self.created_ms),
            "resource_type": "encrypt-resource",
            "event_type": self.event_type,
            "summary": self.summary,
            "resource": {
                "original_type": self.original_type,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": ciphertext,
                "associated_data": self.original_type,
                "nonce": nonce,
            },
        });
        let body = body.to_string().into_bytes();
        let mut headers = shared.keys.sign(signer, shared.clock.now_s(), &body, spoil);
        headers.push(("Request-ID", super::refusal::request_id(0)));
        Some(Outgoing { url: self.url.clone(), content_type: JSON, headers, body })
    }
}

/// A notify written out, to be sent by a test's own client or stored as a sample.
#[derive(Clone, Debug)]
pub struct SignedNotify {
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// Body bytes.
    pub body: Vec<u8>,
}

impl Sim {
    /// Makes the notify of a paid order without sending or queueing it, spoilt if asked.
    pub fn make_notify(&self, mchid: &str, out_trade_no: &str, spoil: Option<&Trick>) -> Option<SignedNotify> {
        let now_ms = self.shared.clock.now_ms();
        let told = {
            let world = self.world();
            world.merchants.get(mchid)?.orders.get(out_trade_no)?.told(mchid, now_ms)
        };
        self.write_out(transaction(mchid, out_trade_no, "", told, now_ms), spoil)
    }

    /// Makes the notify of a refund that came to an end, without sending or queueing it, spoilt if asked.
    pub fn make_refund_notify(&self, mchid: &str, out_refund_no: &str, spoil: Option<&Trick>) -> Option<SignedNotify> {
        let now_ms = self.shared.clock.now_ms();
        let (told, state) = {
            let mut world = self.world();
            world.settle_refunds();
            let found = world.merchants.get(mchid)?.refunds.get(out_refund_no)?;
            (found.notified(mchid), found.state())
        };
        if state == RefundState::Processing {
            return None;
        }
        self.write_out(refund(mchid, out_refund_no, "", state.text(), told, now_ms), spoil)
    }

    fn write_out(&self, job: Job, spoil: Option<&Trick>) -> Option<SignedNotify> {
        let Payload::Notify(notice) = job.payload else { return None };
        let outgoing = notice.outgoing(&self.shared, spoil)?;
        Some(SignedNotify { headers: outgoing.headers, body: outgoing.body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_the_published_one() {
        assert_eq!(RETRIES_S.len(), 15);
        assert_eq!(RETRIES_S.iter().sum::<i64>(), 24 * 3600 + 4 * 60);
    }
}
