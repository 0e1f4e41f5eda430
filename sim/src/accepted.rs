//! Every message, text and call the outside accepted, in one form whatever the vendor: what an oracle counts.

use std::collections::BTreeMap;
use std::iter::Peekable;

use serde::{Deserialize, Serialize};

use crate::book::{Book, Channel, Line, MessageEntry, TelecomEntry};
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::World;

/// How far a message got, as of the simulator's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Accepted; nobody knows more yet.
    Pending,
    /// On the phone, or picked up.
    Delivered,
    /// Did not arrive, or nobody picked up.
    Failed,
}

/// One message the outside accepted. What a vendor refused, or answered again under a known key, is not here.
#[derive(Clone, Debug, Serialize)]
pub struct AcceptedMessage {
    /// Running number over all vendors; the first is 1.
    pub number: u64,
    /// When, in milliseconds.
    pub accepted_at_ms: i64,
    /// `wechat`, `tencent` or `aliyun`.
    pub vendor: &'static str,
    /// Through what.
    pub channel: Channel,
    /// The sender: appid, SecretId or AccessKeyId.
    pub account: String,
    /// The receiver: openid, or a phone of 11 digits.
    pub recipient: String,
    /// Whose that is, if anybody's.
    pub person: Option<PersonId>,
    /// The sender's own key: client_msg_id, SessionContext or OutId; nothing where none was given.
    pub client_msg_id: Option<String>,
    /// Template.
    pub template: String,
    /// What was filled into it, in the template's order.
    pub fields: Vec<Line>,
    /// The text of an SMS or call; empty for cards.
    pub text: String,
    /// Page a tap opens, with its query.
    pub page: Option<String>,
    /// The vendor's number: msgid, SerialNo, BizId or CallId.
    pub receipt_id: String,
    /// How far it got by now.
    pub state: DeliveryState,
    /// Why it failed.
    pub reason: Option<String>,
}

/// Which messages are meant. Empty means all; parts that are given must all fit.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AcceptedFilter {
    /// Only numbers above this one.
    pub after: u64,
    /// At most so many. Counts know no limit.
    pub limit: Option<usize>,
    /// `wechat`, `tencent` or `aliyun`.
    pub vendor: Option<String>,
    /// `template`, `subscribe`, `biz_subscribe`, `sms` or `voice`.
    pub channel: Option<Channel>,
    /// appid, SecretId or AccessKeyId.
    pub account: Option<String>,
    /// openid or 11 digits.
    pub recipient: Option<String>,
    /// Number of a person.
    pub person: Option<PersonId>,
    /// client_msg_id, SessionContext or OutId.
    pub client_msg_id: Option<String>,
}

/// By what messages are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountBy {
    /// openid or phone.
    #[default]
    Recipient,
    /// Number of the person; messages to nobody under `nobody`.
    Person,
    /// Sender.
    Account,
    /// Channel.
    Channel,
    /// The sender's key; messages without one under an empty key. More than 1 is a duplicate.
    ClientMsgId,
}

enum Entry<'a> {
    Card(&'a MessageEntry),
    Telecom(&'a TelecomEntry),
}

impl Entry<'_> {
    fn number(&self) -> u64 {
        match self {
            Self::Card(entry) => entry.number,
            Self::Telecom(entry) => entry.number,
        }
    }

    fn vendor(&self) -> &'static str {
        match self {
            Self::Card(_) => "wechat",
            Self::Telecom(entry) => entry.vendor,
        }
    }

    fn channel(&self) -> Channel {
        match self {
            Self::Card(entry) => entry.channel,
            Self::Telecom(entry) => entry.channel,
        }
    }

    fn account(&self) -> &str {
        match self {
            Self::Card(entry) => &entry.appid,
            Self::Telecom(entry) => &entry.account,
        }
    }

    fn recipient(&self) -> &str {
        match self {
            Self::Card(entry) => &entry.openid,
            Self::Telecom(entry) => &entry.phone,
        }
    }

    fn person(&self) -> Option<PersonId> {
        match self {
            Self::Card(entry) => Some(entry.person),
            Self::Telecom(entry) => entry.person,
        }
    }

    fn client_msg_id(&self) -> Option<&str> {
        match self {
            Self::Card(entry) => entry.client_msg_id.as_deref(),
            Self::Telecom(entry) => Some(entry.session.as_str()).filter(|session| !session.is_empty()),
        }
    }

    fn state(&self, now_ms: i64) -> DeliveryState {
        let (settled_at_ms, arrives) = match self {
            Self::Card(entry) => (entry.settled_at_ms, entry.fate == "success"),
            Self::Telecom(entry) => (entry.settled_at_ms, entry.arrives),
        };
        match arrives {
            _ if now_ms < settled_at_ms => DeliveryState::Pending,
            true => DeliveryState::Delivered,
            false => DeliveryState::Failed,
        }
    }

    fn full(&self, now_ms: i64) -> AcceptedMessage {
        let state = self.state(now_ms);
        let failed = state == DeliveryState::Failed;
        let (accepted_at_ms, template, fields, text, page, receipt_id, reason) = match self {
            Self::Card(card) => {
                let reason = failed.then(|| card.fate.clone());
                (card.at_ms, &card.template_id, &card.lines, String::new(), card.pagepath.clone(), &card.msgid, reason)
            }
            Self::Telecom(sent) => {
                let reason = sent.failure.clone().filter(|_| failed);
                (sent.at_ms, &sent.template, &sent.fields, sent.text.clone(), None, &sent.receipt_id, reason)
            }
        };
        AcceptedMessage {
            number: self.number(),
            accepted_at_ms,
            vendor: self.vendor(),
            channel: self.channel(),
            account: self.account().to_owned(),
            recipient: self.recipient().to_owned(),
            person: self.person(),
            client_msg_id: self.client_msg_id().map(str::to_owned),
            template: template.clone(),
            fields: fields.clone(),
            text,
            page,
            receipt_id: receipt_id.clone(),
            state,
            reason,
        }
    }

    fn fits(&self, filter: &AcceptedFilter) -> bool {
        let same = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        same(&filter.vendor, Some(self.vendor()))
            && filter.channel.is_none_or(|channel| channel == self.channel())
            && same(&filter.account, Some(self.account()))
            && same(&filter.recipient, Some(self.recipient()))
            && filter.person.is_none_or(|person| self.person() == Some(person))
            && same(&filter.client_msg_id, self.client_msg_id())
    }

    fn key(&self, by: CountBy) -> String {
        match by {
            CountBy::Recipient => self.recipient().to_owned(),
            CountBy::Person => self.person().map_or_else(|| "nobody".to_owned(), |person| person.0.to_string()),
            CountBy::Account => self.account().to_owned(),
            CountBy::Channel => self.channel().name().to_owned(),
            CountBy::ClientMsgId => self.client_msg_id().unwrap_or_default().to_owned(),
        }
    }
}

/// Both halves of the book, in the order in which they were accepted.
struct Merged<'a> {
    cards: Peekable<std::slice::Iter<'a, MessageEntry>>,
    telecom: Peekable<std::slice::Iter<'a, TelecomEntry>>,
}

impl<'a> Iterator for Merged<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let card_first = match (self.cards.peek(), self.telecom.peek()) {
            (Some(card), Some(sent)) => card.number < sent.number,
            (card, _) => card.is_some(),
        };
        if card_first { self.cards.next().map(Entry::Card) } else { self.telecom.next().map(Entry::Telecom) }
    }
}

impl Book {
    fn entries(&self, after: u64) -> Merged<'_> {
        let cards = self.messages.partition_point(|entry| entry.number <= after);
        let telecom = self.telecom.partition_point(|entry| entry.number <= after);
        Merged {
            cards: self.messages.get(cards..).unwrap_or_default().iter().peekable(),
            telecom: self.telecom.get(telecom..).unwrap_or_default().iter().peekable(),
        }
    }
}

impl World {
    /// Accepted messages that fit, oldest first.
    pub(crate) fn accepted(&self, filter: &AcceptedFilter) -> Vec<AcceptedMessage> {
        let now_ms = self.clock.now_ms();
        let fitting = self.book.entries(filter.after).filter(|entry| entry.fits(filter));
        fitting.take(filter.limit.unwrap_or(usize::MAX)).map(|entry| entry.full(now_ms)).collect()
    }

    /// How many fit, under each key, in one pass.
    pub(crate) fn accepted_counts(&self, filter: &AcceptedFilter, by: CountBy) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in self.book.entries(filter.after).filter(|entry| entry.fits(filter)) {
            let count: &mut usize = counts.entry(entry.key(by)).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    /// The number of the next accepted message.
    pub(crate) fn accepted_number(&mut self) -> u64 {
        self.accepted = self.accepted.saturating_add(1);
        self.accepted
    }
}

impl Sim {
    /// The messages accepted so far that fit, oldest first, with how far each got by now.
    pub fn accepted(&self, filter: &AcceptedFilter) -> Vec<AcceptedMessage> {
        self.world().accepted(filter)
    }

    /// How many messages were accepted, under each recipient, person, account, channel or sender's key.
    pub fn accepted_counts(&self, filter: &AcceptedFilter, by: CountBy) -> BTreeMap<String, usize> {
        self.world().accepted_counts(filter, by)
    }
}
