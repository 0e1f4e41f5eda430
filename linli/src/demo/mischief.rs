//! What can go wrong on demand, by the names the page shows.

use serde::Serialize;
use sim::{Endpoint, Rule, Trick};

/// A fault that happens once, to the next call it fits.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Fault {
    /// Its name in requests.
    pub kind: &'static str,
    /// What goes wrong, for people.
    pub words: &'static str,
    /// What the system is expected to do about it.
    pub expect: &'static str,
}

/// All of them, in the order of the page.
pub const FAULTS: [Fault; 7] = [
    Fault {
        kind: "lost_callback", words: "支付结果通知丢失", expect: "手机会主动向微信查询，照样入账，收据不少"
    },
    Fault {
        kind: "duplicate_callback", words: "支付结果通知重复三次", expect: "只记一笔账，只开一张收据"
    },
    Fault {
        kind: "forged_callback", words: "支付结果通知签名有误", expect: "拒收，不凭它入账；向微信查实后才入账"
    },
    Fault {
        kind: "slow", words: "支付结果通知迟到半分钟", expect: "手机先查到结果，迟到的通知不再重复入账"
    },
    Fault {
        kind: "pay_unanswered",
        words: "微信支付下单没有回音",
        expect: "提示正在确认，再点一次沿用同一订单，不会重复付款",
    },
    Fault {
        kind: "message_failed", words: "微信消息发送失败", expect: "换短信送达，提醒记录写明原因"
    },
    Fault {
        kind: "wechat_down",
        words: "微信消息接口故障",
        expect: "两分钟后以同一编号重发，业主只收到一条；请先别拨时钟",
    },
];

/// The rule behind a name.
#[must_use]
pub fn rule(kind: &str) -> Option<Rule> {
    let (endpoint, trick) = match kind {
        "lost_callback" => (Endpoint::Notify, Trick::Drop),
        "duplicate_callback" => (Endpoint::Notify, Trick::Duplicate { copies: 3 }),
        "forged_callback" => (Endpoint::Notify, Trick::Forge),
        "slow" => (Endpoint::Notify, Trick::Delay { by_ms: 30_000 }),
        "pay_unanswered" => (Endpoint::PayPrepay, Trick::TimeoutAfter),
        "message_failed" => (Endpoint::Template, Trick::UserBlock),
        "wechat_down" => (Endpoint::Template, Trick::StatusBefore { status: 503 }),
        _ => return None,
    };
    Some(Rule { endpoint, trick, times: Some(1), key: None })
}

/// The names of the faults that wait for their moment.
#[must_use]
pub fn waiting(pending: &[Rule]) -> Vec<&'static str> {
    FAULTS
        .iter()
        .map(|fault| fault.kind)
        .filter(|kind| rule(kind).is_some_and(|rule| pending.contains(&rule)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_on_the_page_is_a_rule_and_no_two_are_one() {
        let rules: Vec<Rule> = FAULTS.iter().map(|fault| rule(fault.kind).unwrap()).collect();
        for (place, one) in rules.iter().enumerate() {
            assert!(!rules[..place].contains(one), "{one:?}");
        }
        assert_eq!(waiting(&rules).len(), FAULTS.len());
        assert!(rule("nothing_of_the_kind").is_none());
    }
}
