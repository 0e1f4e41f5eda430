//! The catalogue: one constructor for each message an owner can get.
//!
//! To change what owners read, change it here, run the tests with `LINLI_BLESS=1`, and review `wordings.txt`.

use chrono::{Days, NaiveDate};

use super::{
    BillNotice, CONTACT_AFTER_DAYS, PaymentNotice, Sender, ServicePhone, StaffNote, THING_CHARS_MAX, UNPAID_AFTER_DAYS,
    Wording, spoken,
};
use crate::money::Fen;
use crate::template_field::{plain, shortened};

/// What a written message invites to before the due date.
const PAY_ONLINE: &str = "可在线查看缴纳";
/// And after it.
const SEE_BILLS: &str = "请查看账单";
/// Characters of a name within the whole text.
const TEXT_NAME_CHARS_MAX: usize = 60;
/// Characters of a name that is read aloud. Three of them and the longest sentence stay within
/// [`super::VOICE_CHARS_MAX`].
const VOICE_NAME_CHARS_MAX: usize = 28;
/// More days than any bill is old: what lies beyond is said as this.
const DAYS_MAX: i64 = 99_999;
/// More bills or houses than one message covers, when read aloud.
const COUNT_MAX: u64 = 9_999;

/// A bill has been issued. Held back until its due date or later, it speaks of the date instead.
#[must_use]
pub fn issued(bill: &BillNotice, sender: &Sender) -> Wording {
    if bill.days_after_due >= 0 {
        return bill.wording_from(sender);
    }
    let saying = Saying::new("账单通知", String::new(), PAY_ONLINE);
    Saying { note: format!("账单已生成，{PAY_ONLINE}"), has: "新出", ..saying }.of_bill(bill, sender)
}

/// The due date is coming.
#[must_use]
pub fn before_due(bill: &BillNotice, sender: &Sender) -> Wording {
    let days = days(bill.days_after_due);
    Saying::new("账单即将到期", format!("{days}天后到期"), PAY_ONLINE).of_bill(bill, sender)
}

/// The due date is today.
#[must_use]
pub fn due_today(bill: &BillNotice, sender: &Sender) -> Wording {
    Saying::new("账单今日到期", "今天到期".to_owned(), PAY_ONLINE).of_bill(bill, sender)
}

/// The due date is past. Gentle at first; from [`CONTACT_AFTER_DAYS`] on it says whom to call, and from
/// [`UNPAID_AFTER_DAYS`] on that no payment has arrived.
#[must_use]
pub fn overdue(bill: &BillNotice, sender: &Sender) -> Wording {
    let fact = format!("已过应缴日{}天", days(bill.days_after_due));
    let saying = match bill.days_after_due {
        UNPAID_AFTER_DAYS.. => Saying {
            contact: Contact::PaidOrAsking,
            ..Saying::new("账单通知", format!("{fact}，尚未收到缴费"), "")
        },
        CONTACT_AFTER_DAYS.. => Saying {
            note: format!("{fact}，有疑问请联系物业"),
            contact: Contact::Asking,
            ..Saying::new("账单通知", fact, "")
        },
        _ => Saying::new("账单通知", fact, SEE_BILLS),
    };
    saying.of_bill(bill, sender)
}

/// Staff speak: their short note, with the facts of the bills.
#[must_use]
pub fn campaign(bill: &BillNotice, sender: &Sender, note: &StaffNote) -> Wording {
    Saying::new("账单通知", note.as_str().to_owned(), "").of_bill(bill, sender)
}

/// Several bills with different due dates, of one house or many; `overdue_bills` of them are past theirs.
/// `bill.due` is the earliest date and is called so.
#[must_use]
pub fn digest(bill: &BillNotice, overdue_bills: usize, sender: &Sender) -> Wording {
    let (fact, invitation) = match (bill.days_after_due, overdue_bills) {
        (..=-1, _) => (format!("最早{}天后到期", days(bill.days_after_due)), PAY_ONLINE),
        (_, 0) => ("有账单今天到期".to_owned(), PAY_ONLINE),
        (_, overdue) if overdue >= bill.bills => ("均已过应缴日".to_owned(), SEE_BILLS),
        (_, overdue) => (format!("其中{overdue}笔已过应缴日"), SEE_BILLS),
    };
    let contact = match bill.days_after_due {
        UNPAID_AFTER_DAYS.. => Contact::PaidOrAsking,
        CONTACT_AFTER_DAYS.. => Contact::Asking,
        _ => Contact::None,
    };
    let saying = Saying { dated: "最早应缴日期", contact, ..Saying::new("账单汇总", fact, invitation) };
    saying.of_bill(bill, sender)
}

/// A payment arrived. Nobody is called about it, so it has no voice.
#[must_use]
pub fn payment_received(payment: &PaymentNotice, sender: &Sender) -> Wording {
    let saying = Saying::new("缴费成功通知", "缴费已收到，感谢您的支持".to_owned(), "");
    let wording =
        saying.values(&payment.project, &payment.houses, payment.bills, payment.amount, payment.paid_on, sender);
    let text = format!(
        "【{}】缴费通知：已收到{}共{}笔账单的缴费{}，缴费日期{}，感谢您的支持。",
        project_words(&payment.project),
        house_words(&payment.houses, TEXT_NAME_CHARS_MAX),
        payment.bills,
        wording.amount,
        wording.due
    );
    Wording { text, ..wording }
}

/// Whom a message names at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contact {
    None,
    /// For those who have a question.
    Asking,
    /// For those who have a question or have paid already.
    PaidOrAsking,
}

/// What differs from one message to the next.
struct Saying {
    title: &'static str,
    /// What a field of a template shows.
    note: String,
    /// Between the house and the number of bills.
    has: &'static str,
    /// What the date is called.
    dated: &'static str,
    /// Where the bills stand, at the end of the sentence; may be empty.
    fact: String,
    /// What to do about it, in writing; a voice has words of its own for that. May be empty.
    invitation: &'static str,
    contact: Contact,
}

impl Saying {
    /// A message whose note says the fact and the invitation, and that names nobody to call.
    fn new(title: &'static str, fact: String, invitation: &'static str) -> Self {
        let note = joined([&fact, invitation]);
        Self { title, note, has: "共", dated: "应缴日期", fact, invitation, contact: Contact::None }
    }

    fn of_bill(&self, bill: &BillNotice, sender: &Sender) -> Wording {
        let wording = self.values(&bill.project, &bill.houses, bill.bills, bill.amount, bill.due, sender);
        let dated = format!("{}{}", self.dated, wording.due);
        let text = format!(
            "【{}】账单通知：{}{}{}笔账单，合计{}，{}。{}",
            project_words(&bill.project),
            house_words(&bill.houses, TEXT_NAME_CHARS_MAX),
            self.has,
            bill.bills,
            wording.amount,
            joined([&dated, &self.fact, self.invitation]),
            self.contact.words(sender),
        );
        Wording { text, voice: self.voice(bill, sender), ..wording }
    }

    /// The short values of every message; no text and no voice yet.
    fn values(
        &self,
        project: &str,
        houses: &[String],
        bills: usize,
        amount: Fen,
        day: NaiveDate,
        sender: &Sender,
    ) -> Wording {
        Wording {
            house: house_words(houses, THING_CHARS_MAX),
            amount: format!("{}元", amount.to_yuan()),
            due: day.format("%Y年%-m月%-d日").to_string(),
            note: shortened(&self.note, THING_CHARS_MAX),
            title: self.title.to_owned(),
            project: shortened(&project_words(project), THING_CHARS_MAX),
            company: shortened(&name(&sender.company), THING_CHARS_MAX),
            service_phone: sender.service_phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
            bills: bills.to_string(),
            logo_url: sender.logo_url.clone(),
            ..Wording::default()
        }
    }

    fn voice(&self, bill: &BillNotice, sender: &Sender) -> String {
        let project = said(&project_words(&bill.project)).unwrap_or_else(|| "小区".to_owned());
        let who = said(&name(&sender.company)).unwrap_or_else(|| format!("{project}物业服务中心"));
        let dated = format!("{}{}", self.dated, spoken::date(bill.due, today(bill)));
        format!(
            "您好，这里是{who}。{project}{}{}{}笔账单，合计{}，{}。您可以打开微信小程序查看和缴纳。{}谢谢，再见。",
            said_houses(&bill.houses),
            self.has,
            said_count(bill.bills),
            spoken::amount(bill.amount),
            joined([&dated, &spoken::text(&self.fact)]),
            self.contact.said(sender.service_phone.as_ref()),
        )
    }
}

/// The parts that say something, with commas between.
fn joined<const N: usize>(parts: [&str; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("，")
}

impl Contact {
    const fn lead(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Asking => "如有疑问，",
            Self::PaidOrAsking => "如已缴纳或有疑问，",
        }
    }

    fn words(self, sender: &Sender) -> String {
        let company = shortened(&name(&sender.company), TEXT_NAME_CHARS_MAX);
        match (self, &sender.service_phone) {
            (Self::None, _) => String::new(),
            (_, Some(phone)) => format!("{}请致电{company}{}。", self.lead(), phone.as_str()),
            (_, None) if company.is_empty() => format!("{}请联系物业服务中心。", self.lead()),
            (_, None) => format!("{}请联系{company}。", self.lead()),
        }
    }

    fn said(self, phone: Option<&ServicePhone>) -> String {
        match (self, phone) {
            (Self::None, _) => String::new(),
            (_, Some(phone)) => format!("{}请致电{}。", self.lead(), spoken::phone(phone.as_str())),
            (_, None) => format!("{}请联系物业服务中心。", self.lead()),
        }
    }
}

/// The day the message speaks on.
fn today(bill: &BillNotice) -> NaiveDate {
    let days = Days::new(bill.days_after_due.unsigned_abs());
    let day = if bill.days_after_due < 0 { bill.due.checked_sub_days(days) } else { bill.due.checked_add_days(days) };
    day.unwrap_or(bill.due)
}

fn days(days_after_due: i64) -> i64 {
    days_after_due.saturating_abs().min(DAYS_MAX)
}

/// A name as a message can show it. The brackets 【】 belong to the signature of an SMS.
fn name(given: &str) -> String {
    plain(&given.replace(['【', '】'], " "))
}

/// A name read aloud. `None` when nothing of it can be, or when it is too long: half a house number is another house.
fn said(name: &str) -> Option<String> {
    let said = spoken::text(name);
    (!said.is_empty() && said.chars().count() <= VOICE_NAME_CHARS_MAX).then_some(said)
}

/// The first house, and how many there are.
fn said_houses(houses: &[String]) -> String {
    let first = houses.first().and_then(|house| said(&name(house))).unwrap_or_else(|| "您的房屋".to_owned());
    if houses.len() > 1 { format!("{first}等{}处", said_count(houses.len())) } else { first }
}

fn said_count(number_of: usize) -> String {
    spoken::count(u64::try_from(number_of).unwrap_or(u64::MAX).min(COUNT_MAX))
}

fn project_words(project: &str) -> String {
    let project = shortened(&name(project), TEXT_NAME_CHARS_MAX);
    if project.is_empty() { "小区".to_owned() } else { project }
}

/// `1-1-102`, `1-1-102等2处`. A long name is cut, how many there are is not.
fn house_words(houses: &[String], chars_max: usize) -> String {
    let others = if houses.len() > 1 { format!("等{}处", houses.len()) } else { String::new() };
    let first = houses.first().map(|house| name(house)).unwrap_or_default();
    let first = if first.is_empty() { "您的房屋" } else { &first };
    let room = chars_max.saturating_sub(others.chars().count());
    format!("{}{others}", shortened(first, room))
}
