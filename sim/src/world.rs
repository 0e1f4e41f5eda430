//! The whole state of the outside world, behind one lock.

use std::collections::{HashMap, HashSet};

use crate::book::{Book, Channel, InboxItem, Line};
use crate::clock::Clock;
use crate::mischief::Mischief;
use crate::outbox::Outbox;
use crate::pay::barcode::PaymentCodes;
use crate::pay::merchant::Merchant;
use crate::pay::prepay::Prepay;
use crate::people::{People, PersonId};
use crate::server::SimConfig;
use crate::sms::vendor::Telecom;
use crate::wechat::app::App;
use crate::wechat::link::Links;
use crate::wechat::login::Codes;
use crate::wechat::qr::QrCodes;
use crate::wechat::subscribe::Credits;
use crate::wechat::template::Sent;
use crate::wechat::token::Tokens;

/// First message number; above what a double can hold exactly, as the real ones are.
const FIRST_MSGID: u64 = 3_100_000_000_000_000_000;

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) config: SimConfig,
    pub(crate) people: People,
    pub(crate) apps: HashMap<String, App>,
    pub(crate) tokens: Tokens,
    pub(crate) codes: Codes,
    pub(crate) credits: Credits,
    /// openids a subscribe message is being sent to.
    pub(crate) busy_openids: HashSet<String>,
    pub(crate) sent: Sent,
    pub(crate) links: Links,
    pub(crate) qr_codes: QrCodes,
    pub(crate) merchants: HashMap<String, Merchant>,
    /// By prepay_id.
    pub(crate) prepays: HashMap<String, Prepay>,
    /// Codes that phones show to cashiers.
    pub(crate) codes_to_pay: PaymentCodes,
    pub(crate) telecom: Telecom,
    pub(crate) notifies: Outbox,
    pub(crate) pushes: Outbox,
    pub(crate) receipts: Outbox,
    pub(crate) mischief: Mischief,
    pub(crate) book: Book,
    /// Messages, texts and calls accepted so far.
    pub(crate) accepted: u64,
    sequence: u64,
}

impl World {
    pub(crate) fn new(clock: Clock, config: SimConfig) -> Self {
        Self {
            clock,
            config,
            people: People::default(),
            apps: HashMap::new(),
            tokens: Tokens::default(),
            codes: Codes::default(),
            credits: Credits::default(),
            busy_openids: HashSet::new(),
            sent: Sent::default(),
            links: Links::default(),
            qr_codes: QrCodes::default(),
            merchants: HashMap::new(),
            prepays: HashMap::new(),
            codes_to_pay: PaymentCodes::default(),
            telecom: Telecom::default(),
            notifies: Outbox::default(),
            pushes: Outbox::default(),
            receipts: Outbox::default(),
            mischief: Mischief::default(),
            book: Book::default(),
            accepted: 0,
            sequence: 0,
        }
    }

    /// A number never given before.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.sequence = self.sequence.saturating_add(1);
        self.sequence
    }

    /// The next message number, as text: it does not fit a double.
    pub(crate) fn next_msgid(&mut self) -> u64 {
        FIRST_MSGID.saturating_add(self.next_number())
    }

    /// Puts a card without links into a phone.
    pub(crate) fn show_card(
        &mut self,
        to: PersonId,
        channel: Channel,
        from: &str,
        title: &str,
        lines: &[(&str, String)],
    ) {
        let line = |(label, value): &(&str, String)| Line {
            key: String::new(),
            label: (*label).to_owned(),
            value: value.clone(),
        };
        let item = InboxItem {
            id: self.next_number(),
            at_ms: self.clock.now_ms(),
            channel,
            from: from.to_owned(),
            title: title.to_owned(),
            lines: lines.iter().map(line).collect(),
            text: String::new(),
            url: None,
            mini_appid: None,
            pagepath: None,
        };
        self.people.show(to, item);
    }
}

/// `¥12.30` of 1230 fen.
pub(crate) fn yuan(amount_fen: i64) -> String {
    format!("¥{}.{:02}", amount_fen / 100, (amount_fen % 100).abs())
}
