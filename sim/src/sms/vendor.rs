//! Accounts, templates and what both vendors have in common.

use std::collections::{HashMap, HashSet};

use super::fate::{Fate, TALK_S};
use super::limits::Traffic;
use super::receipt::Receipt;
use crate::book::{Channel, InboxItem, Line, TelecomEntry};
use crate::mischief::{Endpoint, Trick};
use crate::nonces::Nonces;
use crate::outbox::{Job, Payload};
use crate::people::{PersonId, bare_phone};
use crate::server::Sim;
use crate::world::World;

/// Which vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// Tencent Cloud; template variables are `{1}`, `{2}` …
    Tencent,
    /// Alibaba Cloud; template variables are `${name}`.
    Aliyun,
}

impl Vendor {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tencent => "tencent",
            Self::Aliyun => "aliyun",
        }
    }
}

/// An account with Tencent Cloud.
#[derive(Clone, Debug)]
pub struct TencentAccount {
    /// SecretId.
    pub secret_id: String,
    /// SecretKey.
    pub secret_key: String,
    /// SmsSdkAppId.
    pub sms_sdk_app_id: String,
    /// VoiceSdkAppid.
    pub voice_sdk_app_id: String,
    /// Approved signs.
    pub signs: Vec<String>,
    /// Where SMS reports go; nothing switches them off.
    pub sms_callback: Option<String>,
    /// Where call reports go; nothing switches them off.
    pub voice_callback: Option<String>,
}

/// An account with Alibaba Cloud.
#[derive(Clone, Debug)]
pub struct AliyunAccount {
    /// AccessKeyId.
    pub access_key_id: String,
    /// AccessKeySecret.
    pub access_key_secret: String,
    /// Approved signs.
    pub signs: Vec<String>,
    /// Where SmsReport goes; nothing switches it off.
    pub sms_report: Option<String>,
    /// Where VoiceReport goes; nothing switches it off.
    pub voice_report: Option<String>,
}

/// A text or call with its outcome, kept for pulls.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) vendor: Vendor,
    pub(crate) channel: Channel,
    pub(crate) phone: String,
    pub(crate) template: String,
    pub(crate) text: String,
    pub(crate) receipt_id: String,
    pub(crate) session: String,
    pub(crate) sent_ms: i64,
    pub(crate) report_ms: i64,
    pub(crate) fate: Fate,
}

#[derive(Default)]
pub(crate) struct Telecom {
    pub(crate) tencent: HashMap<String, TencentAccount>,
    pub(crate) aliyun: HashMap<String, AliyunAccount>,
    templates: HashMap<(Vendor, String), String>,
    pub(crate) nonces: Nonces,
    pub(crate) traffic: HashMap<(Vendor, bool), Traffic>,
    /// SecretIds and AccessKeyIds without money.
    pub(crate) arrears: HashSet<String>,
    sent: Vec<Sent>,
    /// Places in `sent` of the texts to each number.
    texts: HashMap<(Vendor, String), Vec<usize>>,
    /// Place in `sent` of each call.
    calls: HashMap<String, usize>,
}

impl Telecom {
    fn keep(&mut self, sent: Sent) {
        let place = self.sent.len();
        if sent.channel == Channel::Voice {
            self.calls.insert(sent.receipt_id.clone(), place);
        } else {
            self.texts.entry((sent.vendor, sent.phone.clone())).or_default().push(place);
        }
        self.sent.push(sent);
    }

    /// Texts to a number, oldest first.
    pub(crate) fn texts_to(&self, vendor: Vendor, phone: &str) -> impl Iterator<Item = &Sent> {
        let places = self.texts.get(&(vendor, phone.to_owned()));
        places.into_iter().flatten().filter_map(|place| self.sent.get(*place))
    }

    /// The call of a number the vendor gave.
    pub(crate) fn call(&self, call_id: &str) -> Option<&Sent> {
        self.sent.get(*self.calls.get(call_id)?)
    }
}

/// A message about to be accepted.
pub(crate) struct Order<'a> {
    pub(crate) vendor: Vendor,
    pub(crate) account: &'a str,
    pub(crate) channel: Channel,
    pub(crate) endpoint: Endpoint,
    pub(crate) phone: &'a str,
    pub(crate) template: &'a str,
    pub(crate) from: &'a str,
    pub(crate) fields: Vec<Line>,
    pub(crate) text: String,
    pub(crate) session: &'a str,
    pub(crate) receipt_id: String,
    pub(crate) report_to: Option<String>,
}

impl World {
    pub(crate) fn set_arrears(&mut self, account: &str, arrears: bool) {
        if arrears {
            self.telecom.arrears.insert(account.to_owned());
        } else {
            self.telecom.arrears.remove(account);
        }
    }

    /// The text of a template, if approved.
    pub(crate) fn telecom_template(&self, vendor: Vendor, id: &str) -> Option<&str> {
        self.telecom.templates.get(&(vendor, id.to_owned())).map(String::as_str)
    }

    /// Whether a number exists on the mainland network: 11 digits beginning with 1.
    pub(crate) fn is_mobile(phone: &str) -> bool {
        phone.len() == 11 && phone.starts_with('1') && phone.chars().all(|digit| digit.is_ascii_digit())
    }

    /// Writes an accepted message down, shows it on the phone it reaches, and queues its report.
    pub(crate) fn accept_telecom(&mut self, order: Order<'_>) {
        let now_ms = self.clock.now_ms();
        let fate = self.telecom_fate(&order);
        let wait_ms =
            if order.channel == Channel::Voice { self.config.call_takes_ms } else { self.config.sms_receipt_ms };
        let person = self.people.of_phone(order.phone);
        if let Some(person) = person.filter(|_| fate.reached()) {
            self.show_telecom(person, &order);
        }
        let (number, report_ms) = (self.accepted_number(), now_ms.saturating_add(wait_ms));
        self.book.telecom.push(TelecomEntry {
            number,
            at_ms: now_ms,
            vendor: order.vendor.name(),
            account: order.account.to_owned(),
            channel: order.channel,
            phone: order.phone.to_owned(),
            person,
            template: order.template.to_owned(),
            fields: order.fields,
            text: order.text.clone(),
            receipt_id: order.receipt_id.clone(),
            session: order.session.to_owned(),
            arrives: fate.reached(),
            failure: fate.failure(),
            settled_at_ms: report_ms,
        });
        let sent = Sent {
            vendor: order.vendor,
            channel: order.channel,
            phone: order.phone.to_owned(),
            template: order.template.to_owned(),
            text: order.text,
            receipt_id: order.receipt_id,
            session: order.session.to_owned(),
            sent_ms: now_ms,
            report_ms,
            fate,
        };
        if let Some(url) = order.report_to {
            for receipt in Receipt::of(&url, &sent) {
                self.receipts.put(Job {
                    what: order.vendor.name().to_owned(),
                    key: sent.receipt_id.clone(),
                    due_ms: sent.report_ms,
                    attempts: 0,
                    payload: Payload::Receipt(receipt),
                });
            }
        }
        self.telecom.keep(sent);
    }

    fn show_telecom(&mut self, person: PersonId, order: &Order<'_>) {
        let item = InboxItem {
            id: self.next_number(),
            at_ms: self.clock.now_ms(),
            channel: order.channel,
            from: order.from.to_owned(),
            title: String::new(),
            lines: Vec::new(),
            text: order.text.clone(),
            url: None,
            mini_appid: None,
            pagepath: None,
        };
        self.people.show(person, item);
    }

    /// A trick decides, else what the phone is set to.
    fn telecom_fate(&mut self, order: &Order<'_>) -> Fate {
        let keys = [order.phone, order.template, order.account];
        let voice = order.channel == Channel::Voice;
        let fits = |trick: &Trick| match trick {
            Trick::ReceiptFails { .. } => true,
            Trick::NoAnswer | Trick::Busy | Trick::Answered { .. } => voice,
            _ => false,
        };
        match self.mischief.take(order.endpoint, &keys, fits) {
            Some(Trick::ReceiptFails { code }) => return Fate::Code(code),
            Some(Trick::Busy) => return Fate::Busy,
            Some(Trick::NoAnswer) => return Fate::NoAnswer,
            Some(Trick::Answered { talk_s, key }) => return Fate::Talked { talk_s: talk_s.max(1), key },
            _ => {}
        }
        match (voice, self.people.unreachable_phones.contains(order.phone)) {
            (true, _) if self.people.silent_phones.contains(order.phone) => Fate::NoAnswer,
            (true, true) => Fate::Unreachable,
            (true, false) => Fate::Talked { talk_s: TALK_S, key: None },
            (false, true) => Fate::Code("MK:0001".to_owned()),
            (false, false) => Fate::Arrived,
        }
    }
}

impl Sim {
    /// Opens an account with Tencent Cloud.
    pub fn add_tencent_account(&self, account: TencentAccount) {
        self.world().telecom.tencent.insert(account.secret_id.clone(), account);
    }

    /// Opens an account with Alibaba Cloud.
    pub fn add_aliyun_account(&self, account: AliyunAccount) {
        self.world().telecom.aliyun.insert(account.access_key_id.clone(), account);
    }

    /// An approved template of texts or calls. Variables: see [`Vendor`].
    pub fn add_telecom_template(&self, vendor: Vendor, id: &str, text: &str) {
        self.world().telecom.templates.insert((vendor, id.to_owned()), text.to_owned());
    }

    /// The account (SecretId or AccessKeyId) has no money left, or again has some: texts and calls are refused.
    pub fn set_arrears(&self, account: &str, arrears: bool) {
        self.world().set_arrears(account, arrears);
    }

    /// Forgets what went to which number, so that no frequency limit stands.
    pub fn reset_telecom_limits(&self) {
        let mut world = self.world();
        world.telecom.traffic.clear();
    }
}

/// The 11 digits of a number as a vendor wants it.
pub(crate) fn mobile(phone: &str) -> Option<&str> {
    let bare = bare_phone(phone);
    World::is_mobile(bare).then_some(bare)
}
