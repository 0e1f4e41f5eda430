//! Faults on demand: a list of rules that endpoints and deliveries consult, first match first.

use serde::{Deserialize, Serialize};

use crate::server::{Shared, Sim};

/// Most rules kept at once; further ones are ignored.
const RULES_MAX: usize = 1000;

/// Where a rule applies. The `Any…` members cover a whole family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each member is the name of one call on the wire")]
pub enum Endpoint {
    AnyWechat,
    Login,
    Token,
    PhoneNumber,
    Template,
    Subscribe,
    BizSubscribe,
    UrlLink,
    UserInfo,
    UserList,
    QrCode,
    BlockedMessages,
    ApiQuota,
    Shipping,
    WxaCode,
    AnyPay,
    PayPrepay,
    PayNative,
    PayQuery,
    PayClose,
    PayRefund,
    PayRefundQuery,
    PayAbnormalRefund,
    PayBarcode,
    PayReverse,
    PayCertificates,
    PayBill,
    TencentSms,
    TencentVoice,
    AliyunSms,
    AliyunVoice,
    /// Call-backs of WeChat Pay to us.
    Notify,
    /// Message pushes of WeChat to us.
    Push,
    /// Status reports of SMS and voice vendors to us.
    Receipt,
}

impl Endpoint {
    fn covers(self, other: Self) -> bool {
        match self {
            Self::AnyWechat => other.is_wechat(),
            Self::AnyPay => other.is_pay(),
            exact => exact == other,
        }
    }

    fn is_wechat(self) -> bool {
        !self.is_pay()
            && !matches!(self, Self::Notify | Self::Push | Self::Receipt)
            && !matches!(self, Self::TencentSms | Self::TencentVoice | Self::AliyunSms | Self::AliyunVoice)
    }

    fn is_pay(self) -> bool {
        use Endpoint::{PayAbnormalRefund, PayBarcode, PayBill, PayCertificates, PayClose, PayNative, PayPrepay};
        use Endpoint::{PayQuery, PayRefund, PayRefundQuery, PayReverse};
        matches!(self, PayPrepay | PayNative | PayQuery | PayClose | PayBarcode | PayReverse)
            || matches!(self, PayRefund | PayRefundQuery | PayAbnormalRefund | PayCertificates | PayBill)
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Trick {
    /// Nothing is done; no answer comes within `SimConfig::hold_ms`, then a bare 504.
    TimeoutBefore,
    /// The call is done; no answer comes within `SimConfig::hold_ms`, then a bare 504.
    TimeoutAfter,
    /// Nothing is done; a bare answer with this status, as from a proxy (unsigned).
    StatusBefore {
        /// HTTP status, usually 500, 502 or 503.
        status: u16,
    },
    /// The call is done; a bare answer with this status.
    StatusAfter {
        /// HTTP status.
        status: u16,
    },
    /// Nothing is done; 429, worded as the vendor words it.
    TooMany,
    /// The call is done; 202 with an empty object.
    Accepted,
    /// Nothing is done; the vendor's error of this code.
    Refuse {
        /// HTTP status; only WeChat Pay uses it.
        status: u16,
        /// errcode (WeChat) or code.
        code: String,
    },
    /// The call is done, yet the vendor's error of this code is answered.
    RefuseAfter {
        /// HTTP status; only WeChat Pay uses it.
        status: u16,
        /// errcode (WeChat) or code.
        code: String,
    },
    /// The call is done; the answer waits for `Sim::release_holds`.
    Hold,
    /// The call waits for `Sim::release_holds`, is then done and answered.
    HoldBefore,
    /// Status reports due at any time go out before the answer does.
    ReceiptFirst,

    /// Wrong signature, on an answer of WeChat Pay or on a notify.
    Forge,
    /// The platform's own probe: a signature that begins with `WECHATPAY/SIGNTEST/`.
    SignTest,
    /// Signed correctly, but with a timestamp so many seconds away (negative: in the past).
    StaleTimestamp {
        /// Seconds added to the timestamp.
        by_s: i64,
    },
    /// Signed with the other of certificate and public key.
    SwitchSerial,

    /// The delivery is lost on the way; it counts as an attempt and is retried by schedule.
    Drop,
    /// The delivery arrives this many times, all at once.
    Duplicate {
        /// Copies in total, at most 64.
        copies: u8,
    },
    /// The delivery is put off by so many milliseconds.
    Delay {
        /// Milliseconds.
        by_ms: i64,
    },
    /// The deliveries due now go out newest first.
    Reorder,
    /// The notify names another amount.
    WrongAmount {
        /// `amount.total` (payments) or `amount.refund` (refunds), in fen.
        total_fen: i64,
    },
    /// The notify names another appid.
    OtherAppid,
    /// The notify names another mchid.
    OtherMchid,
    /// The notify names another currency.
    OtherCurrency,

    /// The message is accepted and ends as `failed:user block`.
    UserBlock,
    /// The message is accepted and ends as `failed: system failed`.
    SystemFailed,
    /// One number of a batch (or the only one) is refused with this code; the others go through.
    NumberFails {
        /// For instance `LimitExceeded.PhoneNumberDailyLimit` or `isv.BLACK_KEY_CONTROL_LIMIT`.
        code: String,
    },
    /// The text or call is accepted, its report says it failed with this code. Of a subscribe message:
    /// `subscribe_msg_sent_event` with this ErrorCode.
    ReceiptFails {
        /// For instance `MK:0001`.
        code: String,
    },
    /// The call rings out.
    NoAnswer,
    /// The line is engaged.
    Busy,
    /// The call is picked up, whatever the phone is set to.
    Answered {
        /// Seconds until somebody hangs up; under 12 it was not heard to the end.
        talk_s: i64,
        /// The key that is pressed meanwhile.
        #[serde(default)]
        key: Option<String>,
    },
    /// The phone number answered is stamped with another appid.
    OtherWatermark,
    /// The payer pays in the instant the order is being closed: ORDERPAID.
    PaidBeforeClose,
    /// The merchant's balance does not cover the refund (NOT_ENOUGH), or the payer's not the scanned order (NOTENOUGH).
    NotEnough,
    /// The phone that was scanned asks for the password: USERPAYING until it is entered.
    AsksPassword,
    /// The refund is accepted and ends ABNORMAL (the payer's card is closed).
    RefundAbnormal,
    /// The refund is accepted and ends CLOSED.
    RefundClosed,
    /// Half of the bill's file is missing.
    BillShort,
    /// A digit of the bill's file is another.
    BillAltered,
}

impl Trick {
    /// Tricks played on the answer as a whole, whatever the call.
    pub(crate) fn acts_on_answer(&self) -> bool {
        use Trick::{Accepted, Forge, Hold, HoldBefore, ReceiptFirst, Refuse, RefuseAfter, SignTest, StaleTimestamp};
        use Trick::{StatusAfter, StatusBefore, SwitchSerial, TimeoutAfter, TimeoutBefore, TooMany};
        matches!(self, TimeoutBefore | TimeoutAfter | StatusBefore { .. } | StatusAfter { .. } | TooMany | Accepted)
            || matches!(self, Refuse { .. } | RefuseAfter { .. } | Hold | HoldBefore | ReceiptFirst)
            || matches!(self, Forge | SignTest | StaleTimestamp { .. } | SwitchSerial)
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Where.
    pub endpoint: Endpoint,
    /// What.
    pub trick: Trick,
    /// How often; nothing means until cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// Only for calls about this out_trade_no, out_refund_no, openid, template id or phone (11 digits), or by this
    /// account: appid, SecretId, AccessKeyId.
    #[serde(default)]
    pub key: Option<String>,
}

#[derive(Default)]
pub(crate) struct Mischief {
    rules: Vec<Rule>,
}

impl Mischief {
    pub(crate) fn add(&mut self, rule: Rule) {
        if self.rules.len() < RULES_MAX {
            self.rules.push(rule);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn lift(&mut self, endpoint: Endpoint) {
        self.rules.retain(|rule| rule.endpoint != endpoint);
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Uses up one turn of the first rule that fits.
    pub(crate) fn take(&mut self, at: Endpoint, keys: &[&str], wanted: impl Fn(&Trick) -> bool) -> Option<Trick> {
        let fits = |rule: &Rule| {
            rule.endpoint.covers(at)
                && wanted(&rule.trick)
                && rule.key.as_deref().is_none_or(|key| keys.contains(&key))
                && rule.times != Some(0)
        };
        let index = self.rules.iter().position(fits)?;
        let rule = self.rules.get_mut(index)?;
        let trick = rule.trick.clone();
        if let Some(left) = rule.times.as_mut() {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.rules.remove(index);
            }
        }
        Some(trick)
    }

    /// Uses up one turn of exactly this trick.
    pub(crate) fn takes(&mut self, at: Endpoint, keys: &[&str], trick: &Trick) -> bool {
        self.take(at, keys, |found| found == trick).is_some()
    }
}

/// Where a test orders its faults: `sim.mischief().once(Endpoint::Template, Trick::UserBlock)`.
pub struct MischiefDesk<'a> {
    shared: &'a Shared,
}

impl MischiefDesk<'_> {
    /// The next matching call or delivery only.
    pub fn once(&self, endpoint: Endpoint, trick: Trick) -> &Self {
        self.rule(Rule { endpoint, trick, times: Some(1), key: None })
    }

    /// The next so many.
    pub fn times(&self, times: u32, endpoint: Endpoint, trick: Trick) -> &Self {
        self.rule(Rule { endpoint, trick, times: Some(times), key: None })
    }

    /// All, until cleared.
    pub fn always(&self, endpoint: Endpoint, trick: Trick) -> &Self {
        self.rule(Rule { endpoint, trick, times: None, key: None })
    }

    /// The next one that concerns this out_trade_no, openid, phone and so on.
    pub fn once_for(&self, key: &str, endpoint: Endpoint, trick: Trick) -> &Self {
        self.rule(Rule { endpoint, trick, times: Some(1), key: Some(key.to_owned()) })
    }

    /// All that concern this openid, phone, account and so on, until cleared.
    pub fn always_for(&self, key: &str, endpoint: Endpoint, trick: Trick) -> &Self {
        self.rule(Rule { endpoint, trick, times: None, key: Some(key.to_owned()) })
    }

    /// A rule written out.
    pub fn rule(&self, rule: Rule) -> &Self {
        self.shared.world().mischief.add(rule);
        self
    }

    /// Forgets the rules of one endpoint: the outage is over.
    pub fn lift(&self, endpoint: Endpoint) {
        self.shared.world().mischief.lift(endpoint);
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.shared.world().mischief.clear();
    }

    /// The rules not yet used up.
    pub fn pending(&self) -> Vec<Rule> {
        self.shared.world().mischief.rules().to_vec()
    }
}

impl Sim {
    /// The mischief desk.
    pub fn mischief(&self) -> MischiefDesk<'_> {
        MischiefDesk { shared: &self.shared }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_used_up_and_keys_and_families_are_respected() {
        let mut mischief = Mischief::default();
        let rule = |endpoint, key: Option<&str>| Rule {
            endpoint,
            trick: Trick::Drop,
            times: Some(1),
            key: key.map(str::to_owned),
        };
        mischief.add(rule(Endpoint::Notify, Some("A1")));
        assert!(!mischief.takes(Endpoint::Notify, &["B2"], &Trick::Drop));
        assert!(mischief.takes(Endpoint::Notify, &["B2", "A1"], &Trick::Drop));
        assert!(!mischief.takes(Endpoint::Notify, &["A1"], &Trick::Drop));
        mischief.add(rule(Endpoint::AnyPay, None));
        assert!(!mischief.takes(Endpoint::Template, &[], &Trick::Drop));
        assert!(mischief.takes(Endpoint::PayClose, &[], &Trick::Drop));
        assert!(mischief.rules().is_empty());
    }

    #[test]
    fn rules_can_be_written_in_json() {
        let text =
            r#"{"endpoint":"pay_prepay","trick":{"name":"refuse","status":500,"code":"SYSTEM_ERROR"},"times":2}"#;
        let rule: Rule = serde_json::from_str(text).unwrap();
        assert_eq!(rule.trick, Trick::Refuse { status: 500, code: "SYSTEM_ERROR".to_owned() });
        assert_eq!((rule.times, rule.key), (Some(2), None));
    }
}
