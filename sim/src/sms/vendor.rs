//! Accounts, templates and what both vendors have in common.

use std::collections::HashMap;

use super::limits::Traffic;
use super::receipt::Receipt;
use crate::book::{Channel, InboxItem, TelecomEntry};
use crate::mischief::{Endpoint, Trick};
use crate::nonces::Nonces;
use crate::outbox::{Job, Payload};
use crate::people::bare_phone;
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
    /// Nothing when it arrived.
    pub(crate) failure: Option<String>,
}

#[derive(Default)]
pub(crate) struct Telecom {
    pub(crate) tencent: HashMap<String, TencentAccount>,
    pub(crate) aliyun: HashMap<String, AliyunAccount>,
    templates: HashMap<(Vendor, String), String>,
    pub(crate) nonces: Nonces,
    pub(crate) traffic: HashMap<(Vendor, bool), Traffic>,
    pub(crate) sent: Vec<Sent>,
}

/// A message about to be accepted.
pub(crate) struct Order<'a> {
    pub(crate) vendor: Vendor,
    pub(crate) channel: Channel,
    pub(crate) endpoint: Endpoint,
    pub(crate) phone: &'a str,
    pub(crate) template: &'a str,
    pub(crate) from: &'a str,
    pub(crate) text: String,
    pub(crate) session: &'a str,
    pub(crate) receipt_id: String,
    pub(crate) report_to: Option<String>,
}

impl World {
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
        let failure = self.telecom_failure(&order);
        let wait_ms =
            if order.channel == Channel::Voice { self.config.call_takes_ms } else { self.config.sms_receipt_ms };
        let person = self.people.of_phone(order.phone);
        let id = self.next_number();
        if let Some(person) = person.filter(|_| failure.is_none()) {
            self.people.show(
                person,
                InboxItem {
                    id,
                    at_ms: now_ms,
                    channel: order.channel,
                    from: order.from.to_owned(),
                    title: String::new(),
                    lines: Vec::new(),
                    text: order.text.clone(),
                    url: None,
                    mini_appid: None,
                    pagepath: None,
                },
            );
        }
        self.book.telecom.push(TelecomEntry {
            at_ms: now_ms,
            vendor: order.vendor.name(),
            channel: order.channel,
            phone: order.phone.to_owned(),
            person,
            template: order.template.to_owned(),
            text: order.text.clone(),
            receipt_id: order.receipt_id.clone(),
            session: order.session.to_owned(),
            arrives: failure.is_none(),
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
            report_ms: now_ms.saturating_add(wait_ms),
            failure,
        };
        if let Some(url) = order.report_to {
            self.receipts.put(Job {
                what: order.vendor.name().to_owned(),
                key: sent.receipt_id.clone(),
                due_ms: sent.report_ms,
                attempts: 0,
                payload: Payload::Receipt(Receipt::new(&url, &sent)),
            });
        }
        self.telecom.sent.push(sent);
    }

    fn telecom_failure(&mut self, order: &Order<'_>) -> Option<String> {
        let keys = [order.phone, order.template];
        let trick = self
            .mischief
            .take(order.endpoint, &keys, |trick| matches!(trick, Trick::ReceiptFails { .. } | Trick::NoAnswer));
        if let Some(Trick::ReceiptFails { code }) = trick {
            return Some(code);
        }
        let silent = self.people.silent_phones.contains(order.phone);
        if order.channel == Channel::Voice && (silent || trick == Some(Trick::NoAnswer)) {
            return Some("NO_ANSWER".to_owned());
        }
        self.people.unreachable_phones.contains(order.phone).then(|| "MK:0001".to_owned())
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
