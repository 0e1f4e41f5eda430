//! The wording of every message that owners get: one constructor each, in one place, so that it can be reviewed.
//!
//! Messages speak of a bill (账单通知) and never of dunning: SMS vendors refuse 催缴 and 催款, and an owner should not
//! be shouted at. Names of people never appear in a message: the house says enough.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::money::Fen;

/// The longest text a `thing` field of a WeChat template may have.
pub const THING_CHARS_MAX: usize = 20;

/// What a bill notice says, before a channel gives it its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillNotice {
    /// The community.
    pub project: String,
    /// The houses, in reading order, without repeats.
    pub houses: Vec<String>,
    /// How many bills it covers.
    pub bills: usize,
    /// What is still owed on them.
    pub amount: Fen,
    /// The earliest due date among them.
    pub due: NaiveDate,
    /// Days after `due` that the message speaks on: negative before.
    pub days_after_due: i64,
}

/// The named values of a message. The account's template maps its own keys to these names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// House or houses, at most [`THING_CHARS_MAX`] characters.
    pub house: String,
    /// `185.29元`: never cut.
    pub amount: String,
    /// `2026年11月26日`: never cut.
    pub due: String,
    /// One short sentence on where the bill stands, at most [`THING_CHARS_MAX`] characters.
    pub note: String,
    /// The whole message as one text: what an SMS or a history line shows.
    pub text: String,
}

impl BillNotice {
    /// The message in words.
    #[must_use]
    pub fn wording(&self) -> Wording {
        let due = self.due.format("%Y年%-m月%-d日").to_string();
        let amount = format!("{}元", self.amount.to_yuan());
        let house = shortened(&self.house_words(), THING_CHARS_MAX);
        let note = shortened(&self.note(), THING_CHARS_MAX);
        let text = format!(
            "【{}】账单通知：{}共{}笔账单，合计{}，应缴日期{}，{}。",
            self.project,
            self.house_words(),
            self.bills,
            amount,
            due,
            self.note()
        );
        Wording { house, amount, due, note, text }
    }

    fn house_words(&self) -> String {
        match self.houses.as_slice() {
            [] => "您的房屋".to_owned(),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first}等{}处", rest.len() + 1),
        }
    }

    fn note(&self) -> String {
        match self.days_after_due {
            ..=-1 => format!("{}天后到期，可在线查看缴纳", -self.days_after_due),
            0 => "今天到期，可在线查看缴纳".to_owned(),
            days => format!("已过应缴日{days}天，请查看账单"),
        }
    }
}

/// Cuts a text for a field that has a limit, showing that it was cut.
fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(days_after_due: i64) -> BillNotice {
        BillNotice {
            project: "翠湖花园".to_owned(),
            houses: vec!["1-1-102".to_owned()],
            bills: 2,
            amount: Fen::new(18_529).unwrap(),
            due: NaiveDate::from_ymd_opt(2026, 11, 26).unwrap(),
            days_after_due,
        }
    }

    #[test]
    fn a_notice_before_the_due_date() {
        let words = notice(-3).wording();
        assert_eq!(
            words.text,
            "【翠湖花园】账单通知：1-1-102共2笔账单，合计185.29元，应缴日期2026年11月26日，3天后到期，可在线查看缴纳。"
        );
        assert_eq!(words.amount, "185.29元");
        assert_eq!(words.note, "3天后到期，可在线查看缴纳");
    }

    #[test]
    fn a_notice_after_the_due_date_does_not_blame() {
        let words = notice(7).wording();
        assert_eq!(words.note, "已过应缴日7天，请查看账单");
        assert!(!words.text.contains('催') && !words.text.contains('欠'));
    }

    #[test]
    fn many_houses_and_long_names_fit_the_field_and_the_amount_is_never_cut() {
        let mut many = notice(0);
        many.houses = vec!["一个非常非常长的楼栋名称-12单元-3001室附属储藏室".to_owned(), "2".to_owned()];
        many.amount = Fen::new(123_456_789_012).unwrap();
        let words = many.wording();
        assert_eq!(words.house.chars().count(), THING_CHARS_MAX);
        assert!(words.house.ends_with('…'));
        assert_eq!(words.amount, "1234567890.12元");
    }
}
