//! The vendors: they keep their own book by their own rules, and fail as vendors do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::reminder::Channel;
use service::clock::Clock;
use service::reminders::{Deliver, Message, Outcome, Recipient, Refusal, Senders};
use uuid::Uuid;

use crate::desk::Desk;
use crate::dice::Dice;
use crate::rules::Road;
use crate::strings;
use crate::town::{NOTIFY_TEMPLATE, TEMPLATE, day_of};

/// WeChat remembers a `client_msg_id` for so long.
const MEMORY_MS: i64 = 600_000;
const HOUR_MS: i64 = 3_600_000;

/// A message a vendor took.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The project it speaks for.
    pub place: usize,
    /// The notice.
    pub notice: Uuid,
    /// The road.
    pub road: Road,
    /// The project's account on that road.
    pub account: String,
    /// An openid or a phone.
    pub recipient: String,
    /// By the vendor's clock.
    pub true_ms: i64,
    /// By the clock of the node that sent it.
    pub node_ms: i64,
    /// How far the project's journal had come.
    pub position: i64,
    /// The sum it asks for, as written.
    pub amount: String,
    /// Its link.
    pub token: String,
    /// The vendor's number.
    pub receipt: String,
}

/// A call that reached a vendor, or did not.
#[derive(Debug, Clone)]
pub struct Call {
    /// The project.
    pub place: usize,
    /// The notice.
    pub notice: Uuid,
    /// How far the project's journal had come.
    pub position: i64,
    /// What was answered: `accepted`, `unknown`, `not_sent`, or the refusal.
    pub answer: String,
    /// The vendor took it, whatever it answered.
    pub taken: bool,
}

/// What a vendor tells later.
#[derive(Debug, Clone)]
pub struct Report {
    /// By the vendor's clock.
    pub due_ms: i64,
    /// The account that sent.
    pub account: String,
    /// The message.
    pub receipt: String,
    /// `delivered`, `user_blocked`, `failed`.
    pub kind: &'static str,
    /// The vendor's key of the event.
    pub key: String,
}

/// How vendors misbehave, in thousandths of calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mischief {
    /// No connection.
    pub not_sent: i64,
    /// No answer, and not taken.
    pub lost: i64,
    /// No answer, and taken.
    pub lost_answer: i64,
    /// Too fast.
    pub rate: i64,
    /// Our settings are wrong.
    pub config: i64,
    /// No such person, or one who refuses.
    pub person: i64,
    /// The account's day ended early.
    pub quota: i64,
    /// The second account stood in.
    pub backup: i64,
}

/// The book of all vendors.
#[derive(Debug)]
pub struct Book {
    dice: Dice,
    /// The true time.
    pub now_ms: i64,
    /// How they misbehave now.
    pub mischief: Mischief,
    /// Accounts that do not work before this.
    pub outages: BTreeMap<String, i64>,
    /// What they took, in order.
    pub accepted: Vec<Accepted>,
    /// Every call, in order.
    pub calls: Vec<Call>,
    /// What they will tell.
    pub reports: Vec<Report>,
    /// Who follows the service account.
    pub followers: BTreeSet<String>,
    /// Consents: account, openid, template.
    pub credits: BTreeMap<(String, String, String), i64>,
    /// Consents for which the vendor said that there are none.
    pub denied: BTreeSet<(String, String, String)>,
    /// Accepts twice what it has taken: for trying the oracle.
    pub forgetful: bool,
    memory: BTreeMap<(String, String), (i64, String)>,
    ended_days: BTreeSet<(String, i64)>,
    backup: String,
    receipts: u64,
}

impl Book {
    /// An empty book.
    #[must_use]
    pub fn new(dice: Dice, now_ms: i64, mischief: Mischief, backup: String) -> Self {
        Self {
            dice,
            now_ms,
            mischief,
            outages: BTreeMap::new(),
            accepted: Vec::new(),
            calls: Vec::new(),
            reports: Vec::new(),
            followers: BTreeSet::new(),
            credits: BTreeMap::new(),
            denied: BTreeSet::new(),
            forgetful: false,
            memory: BTreeMap::new(),
            ended_days: BTreeSet::new(),
            backup,
            receipts: 0,
        }
    }

    /// Vendors behave from now on.
    pub fn heal(&mut self) {
        self.mischief = Mischief::default();
        self.outages.clear();
    }

    fn handle(&mut self, call: &Outgoing<'_>) -> Outcome {
        if let Some(outcome) = self.fault(call) {
            return outcome;
        }
        let lost_answer = self.dice.chance(self.mischief.lost_answer);
        let message_id = (call.recipient.to_owned(), call.message.client_msg_id.clone());
        if call.road == Road::Template {
            let known = self.memory.get(&message_id).filter(|(at, _)| self.now_ms - at < MEMORY_MS && !self.forgetful);
            if let Some((_, receipt)) = known {
                let receipt_id = receipt.clone();
                return if lost_answer { unknown() } else { Outcome::Accepted { receipt_id, account: None } };
            }
            if !self.followers.contains(call.recipient) {
                return refused(Refusal::NotFollower, "43004");
            }
        }
        if call.road.spends_credit() {
            let template = if call.road == Road::Notify { NOTIFY_TEMPLATE } else { TEMPLATE };
            let key = (call.account.to_owned(), call.recipient.to_owned(), template.to_owned());
            let left = self.credits.entry(key.clone()).or_default();
            if *left < 1 {
                self.denied.insert(key);
                return refused(Refusal::NoSubscription, "43101");
            }
            *left -= 1;
        }
        let outcome = self.accept(call, message_id);
        if lost_answer { unknown() } else { outcome }
    }

    /// What goes wrong before the vendor looks at the message.
    fn fault(&mut self, call: &Outgoing<'_>) -> Option<Outcome> {
        let today = day_of(self.now_ms);
        let key = format!("{}:{}", call.account, call.road.word());
        if self.outages.get(call.account).is_some_and(|until| self.now_ms < *until) {
            return Some(if self.dice.chance(500) { not_sent() } else { unknown() });
        }
        if self.ended_days.contains(&(key.clone(), today)) {
            return Some(refused(Refusal::DailyQuota, "45009"));
        }
        let mischief = self.mischief;
        if self.dice.chance(mischief.not_sent) {
            return Some(not_sent());
        }
        if self.dice.chance(mischief.lost) {
            return Some(unknown());
        }
        if self.dice.chance(mischief.rate) {
            return Some(refused(Refusal::RateLimited, "45011"));
        }
        if self.dice.chance(mischief.config) {
            return Some(refused(if self.dice.chance(500) { Refusal::OurConfig } else { Refusal::Other }, "47003"));
        }
        if self.dice.chance(mischief.person) {
            let reason = if self.dice.chance(500) { Refusal::BadRecipient } else { Refusal::Blocked };
            return Some(refused(reason, "40003"));
        }
        if self.dice.chance(mischief.quota) {
            self.ended_days.insert((key, today));
            return Some(refused(Refusal::DailyQuota, "45009"));
        }
        None
    }

    fn accept(&mut self, call: &Outgoing<'_>, message_id: (String, String)) -> Outcome {
        self.receipts += 1;
        let receipt = format!("r{}", self.receipts);
        let stands_in = call.road == Road::Sms && self.dice.chance(self.mischief.backup);
        let sender = if stands_in { self.backup.clone() } else { call.account.to_owned() };
        self.memory.insert(message_id, (self.now_ms, receipt.clone()));
        self.accepted.push(Accepted {
            place: call.place,
            notice: call.message.notice_id,
            road: call.road,
            account: sender.clone(),
            recipient: call.recipient.to_owned(),
            true_ms: self.now_ms,
            node_ms: call.node_ms,
            position: call.position,
            amount: call.message.wording.amount.clone(),
            token: call.message.page.split_once("token=").map(|(_, token)| token.to_owned()).unwrap_or_default(),
            receipt: receipt.clone(),
        });
        self.promise(&sender, &receipt);
        Outcome::Accepted { receipt_id: receipt, account: stands_in.then_some(sender) }
    }

    /// What will be told of a message: soon, late, twice, or never.
    fn promise(&mut self, account: &str, receipt: &str) {
        let kind = self.dice.pick(&[
            "delivered",
            "delivered",
            "delivered",
            "delivered",
            "delivered",
            "failed",
            "user_blocked",
        ]);
        let after = [0, 0, 60_000, HOUR_MS, 5 * HOUR_MS, 30 * HOUR_MS, 70 * HOUR_MS];
        let due_ms = self.now_ms + self.dice.pick(&after);
        let times = self.dice.pick(&[0, 1, 1, 1, 1, 1, 2]);
        for time in 0..times {
            // The same event again, or another one about the same message.
            let key =
                if self.dice.chance(700) { format!("{receipt}:{kind}") } else { format!("{receipt}:{kind}:{time}") };
            let due_ms = due_ms + time * HOUR_MS;
            self.reports.push(Report { due_ms, account: account.to_owned(), receipt: receipt.to_owned(), kind, key });
        }
        if self.dice.chance(30) {
            let receipt = format!("stranger-{receipt}");
            self.reports.push(Report {
                due_ms,
                account: account.to_owned(),
                key: receipt.clone(),
                receipt,
                kind: "delivered",
            });
        }
    }

    /// Reports whose time has come.
    pub fn told(&mut self) -> Vec<Report> {
        let now_ms = self.now_ms;
        let (due, later) = std::mem::take(&mut self.reports).into_iter().partition(|report| report.due_ms <= now_ms);
        self.reports = later;
        due
    }
}

fn unknown() -> Outcome {
    Outcome::Unknown { reason: "read_timeout".to_owned() }
}

fn not_sent() -> Outcome {
    Outcome::NotSent { reason: "connect".to_owned() }
}

fn refused(reason: Refusal, code: &str) -> Outcome {
    Outcome::Refused { reason, code: code.to_owned() }
}

/// A message at the vendor's door.
struct Outgoing<'a> {
    place: usize,
    road: Road,
    account: &'a str,
    recipient: &'a str,
    node_ms: i64,
    position: i64,
    message: &'a Message,
}

/// The vendors' book, shared by all lines to it.
#[derive(Debug, Clone)]
pub struct Vendors {
    book: Arc<Mutex<Book>>,
    desk: Arc<Desk>,
    /// Project ids to their places.
    places: Arc<BTreeMap<Uuid, usize>>,
    accounts: Arc<BTreeMap<Road, String>>,
}

impl Vendors {
    /// Opens the book.
    #[must_use]
    pub fn new(book: Book, desk: Arc<Desk>, places: BTreeMap<Uuid, usize>, accounts: BTreeMap<Road, String>) -> Self {
        Self { book: Arc::new(Mutex::new(book)), desk, places: Arc::new(places), accounts: Arc::new(accounts) }
    }

    /// The book.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lines of a node with this clock.
    #[must_use]
    pub fn senders(&self, clock: &Clock) -> Senders {
        Road::ALL.into_iter().fold(Senders::none(), |senders, road| {
            senders.with(Arc::new(Line { road, clock: clock.clone(), vendors: self.clone() }))
        })
    }
}

struct Line {
    road: Road,
    clock: Clock,
    vendors: Vendors,
}

#[async_trait]
impl Deliver for Line {
    fn channel(&self) -> Channel {
        Channel::parse(self.road.word()).unwrap()
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        strings::point(true);
        let place = self.vendors.places[&message.project.id.uuid()];
        let position = self.vendors.desk.position(place);
        let recipient = match &message.recipient {
            Recipient::Openid { openid, .. } => openid.clone(),
            Recipient::Phone(phone) => phone.expose().to_owned(),
        };
        let outcome = {
            let mut book = self.vendors.book();
            let before = book.accepted.len();
            let outcome = book.handle(&Outgoing {
                place,
                road: self.road,
                account: &self.vendors.accounts[&self.road],
                recipient: &recipient,
                node_ms: self.clock.now_ms(),
                position,
                message,
            });
            let answer = match &outcome {
                Outcome::Accepted { .. } => "accepted",
                Outcome::Unknown { .. } => "unknown",
                Outcome::NotSent { .. } => "not_sent",
                Outcome::Refused { reason, .. } => reason.as_str(),
            };
            let taken = book.accepted.len() > before;
            book.calls.push(Call { place, notice: message.notice_id, position, answer: answer.to_owned(), taken });
            outcome
        };
        strings::point(true);
        outcome
    }
}
