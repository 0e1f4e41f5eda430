//! Messages: what the outside accepted, held against what we wrote down and against the money.

use std::collections::BTreeMap;

use sim::{Book, Channel};
use uuid::Uuid;

use super::Findings;
use crate::Raw;

/// How long a message may be on its way after it was claimed: a claim's lease, and a second attempt within WeChat's
/// memory of ten minutes. Later than that after the payment it was not in flight.
const IN_FLIGHT_MS: i64 = 12 * 60 * 1000;

/// One message as the outside accepted it.
struct Accepted {
    at_ms: i64,
    channel: &'static str,
    found: bool,
}

/// Everything the outside accepted, by the notice it carries.
pub(super) struct Sent(Vec<(Option<Uuid>, Accepted)>);

impl Sent {
    pub(super) fn of(book: &Book) -> Self {
        let channel = |channel: Channel| match channel {
            Channel::Template => "wechat_template",
            Channel::Subscribe => "wechat_subscribe",
            Channel::BizSubscribe => "wechat_notify",
            Channel::Sms => "sms",
            Channel::Voice => "voice",
            Channel::Payment => "payment",
        };
        let accepted = |at_ms, sent| Accepted { at_ms, channel: channel(sent), found: false };
        let wechat = book.messages.iter().map(|message| {
            let id = message.client_msg_id.as_deref().and_then(|id| Uuid::parse_str(id).ok());
            (id, accepted(message.at_ms, message.channel))
        });
        let telecom = book
            .telecom
            .iter()
            .map(|message| (Uuid::parse_str(&message.session).ok(), accepted(message.at_ms, message.channel)));
        Self(wechat.chain(telecom).collect())
    }

    /// What no project wrote down.
    pub(super) fn unknown(&self, findings: &mut Findings) {
        for (id, accepted) in &self.0 {
            findings.check(accepted.found, || format!("a {} message of no notice: {id:?}", accepted.channel));
        }
    }
}

struct Notice {
    channel: String,
    claimed_at_ms: i64,
    bills: Vec<(Uuid, String, Option<i64>)>,
}

pub(super) async fn examine(raw: &Raw, sent: &mut Sent, findings: &mut Findings) {
    let notices = read(raw).await;
    let mut once: BTreeMap<(Uuid, String, String), usize> = BTreeMap::new();
    for (id, accepted) in &mut sent.0 {
        let Some(notice) = id.and_then(|id| notices.get(&id)) else { continue };
        accepted.found = true;
        findings.same("channel of a message", &notice.channel.as_str(), &accepted.channel);
        for (bill, stage, _) in &notice.bills {
            *once.entry((*bill, stage.clone(), notice.channel.clone())).or_default() += 1;
        }
        // A message over several bills speaks as long as one of them is open.
        let settled = notice.bills.iter().map(|(_, _, settled_at_ms)| *settled_at_ms).collect::<Option<Vec<_>>>();
        let Some(paid_at_ms) = settled.and_then(|all| all.into_iter().max()) else { continue };
        findings.check(notice.claimed_at_ms <= paid_at_ms, || format!("{id:?} was claimed after its bills were paid"));
        let late_ms = accepted.at_ms - paid_at_ms;
        findings.check(late_ms <= IN_FLIGHT_MS, || format!("{id:?} was accepted {late_ms} ms after the payment"));
    }
    for ((bill, stage, channel), messages) in once {
        findings.check(messages == 1, || format!("{messages} {channel} messages about bill {bill} at {stage}"));
    }
    at_rest(raw, findings).await;
}

/// When each notice was last claimed, and the bills it speaks of with the instant each was settled.
async fn read(raw: &Raw) -> BTreeMap<Uuid, Notice> {
    let sql = "SELECT n.id, n.channel, n.created_at_ms, (SELECT MAX(e.at_ms) FROM reminder_event e \
               WHERE e.notice_id = n.id AND e.kind IN ('claimed', 'resent')) AS claimed_at_ms FROM notice n";
    let mut notices = BTreeMap::new();
    for row in raw.rows(sql).await {
        let claimed: Option<i64> = row.try_get("", "claimed_at_ms").unwrap();
        let claimed_at_ms = claimed.unwrap_or_else(|| row.try_get("", "created_at_ms").unwrap());
        let notice = Notice { channel: row.try_get("", "channel").unwrap(), claimed_at_ms, bills: Vec::new() };
        notices.insert(row.try_get::<Uuid>("", "id").unwrap(), notice);
    }
    let sql = "SELECT nb.notice_id, nb.bill_id, nb.stage, b.settled_at_ms FROM notice_bill nb \
               JOIN bill b ON b.id = nb.bill_id";
    for row in raw.rows(sql).await {
        let notice = notices.get_mut(&row.try_get::<Uuid>("", "notice_id").unwrap()).unwrap();
        let bill = row.try_get("", "bill_id").unwrap();
        notice.bills.push((bill, row.try_get("", "stage").unwrap(), row.try_get("", "settled_at_ms").unwrap()));
    }
    notices
}

/// Nothing is in hand, and what is settled waits for nothing.
async fn at_rest(raw: &Raw, findings: &mut Findings) {
    let in_hand = raw.count("notice WHERE state = 'claimed' AND reason IS NULL").await;
    findings.same("notices in hand", &in_hand, &0);
    let to_send = "reminder r JOIN bill b ON b.id = r.bill_id WHERE r.state IN ('planned', 'held') \
                   AND b.settled_at_ms IS NOT NULL";
    findings.same("reminders of settled bills", &raw.count(to_send).await, &0);
    let silent = raw.count("reminder WHERE state IN ('suppressed', 'superseded', 'failed') AND reason IS NULL").await;
    findings.same("silences without a reason", &silent, &0);
}
