//! What is asked before money is taken: a second payment, a slipped decimal point, an amount this house never paid.
//!
//! A warning is a question and not a refusal: the cashier who knows better says why, and the reason is kept.

use crate::money::{Amount, Fen};

/// How long after a payment the same one again is asked about.
pub const DUPLICATE_MINUTES: i64 = 10;
/// Past payments of a house that are looked at.
pub const HISTORY_MAX: usize = 12;
/// Fewer past payments say nothing of what is usual.
const HISTORY_MIN: usize = 3;
/// So many times the largest past payment is unusual.
const UNUSUAL_TIMES: i64 = 3;
/// A slip of the decimal point by one or two places.
const SLIPS: [i64; 2] = [10, 100];
/// The largest note, in fen: ten times a small sum in one note is no slip.
const LARGEST_NOTE_FEN: i64 = 10_000;

/// A payment of the last [`DUPLICATE_MINUTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentPayment {
    /// Whole minutes since it was booked.
    pub minutes_ago: i64,
    /// Its sum.
    pub amount: Amount,
    /// It paid a bill that is paid now; otherwise it is the same payer's.
    pub same_bills: bool,
}

/// What one house pays now, owes, and has paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseFacts {
    /// What is taken for it now.
    pub amount: Amount,
    /// What its ticked bills ask for.
    pub owed: Fen,
    /// Its last payments, at most [`HISTORY_MAX`].
    pub history: Vec<Amount>,
}

/// All that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What is taken.
    pub total: Amount,
    /// What the payer hands over, if cash.
    pub tendered: Option<Amount>,
    /// A live WeChat order holds one of the bills.
    pub reserved: bool,
    /// Payments like this one a moment ago.
    pub recent: Vec<RecentPayment>,
    /// House by house.
    pub houses: Vec<HouseFacts>,
}

/// Something the cashier is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The same bills were paid a moment ago.
    #[error("{minutes_ago} 分钟前刚为同一账单收过 {amount}，请确认不是重复收款")]
    SameBills {
        /// Minutes since.
        minutes_ago: i64,
        /// What was taken.
        amount: Fen,
    },
    /// The same payer paid the same sum a moment ago.
    #[error("{minutes_ago} 分钟前刚收过同一付款人的同样金额 {amount}，请确认不是重复收款")]
    SamePayer {
        /// Minutes since.
        minutes_ago: i64,
        /// What was taken.
        amount: Fen,
    },
    /// Somebody is paying a bill in WeChat.
    #[error("账单正在微信支付中；继续收款会先关闭微信订单，如已付款则不会重复收取")]
    ReservedByWechat,
    /// Ten or a hundred times, or the tenth or hundredth part, of what was to be expected.
    #[error("金额 {given} 与通常的 {likely} 只差小数点位置，请核对是否输错")]
    SlippedDecimal {
        /// What was typed.
        given: Fen,
        /// What was to be expected.
        likely: Fen,
    },
    /// Far more than this house ever paid.
    #[error("金额 {amount} 远高于该房屋以往最高的 {largest}，请核对")]
    UnusualAmount {
        /// What is taken.
        amount: Fen,
        /// The largest past payment.
        largest: Fen,
    },
}

impl Warning {
    /// Every code, for whoever answers one.
    pub const CODES: [&str; 5] =
        ["duplicate_bills", "duplicate_payer", "reserved_by_wechat", "slipped_decimal", "unusual_amount"];

    /// The stable code, by which it is overruled.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SameBills { .. } => "duplicate_bills",
            Self::SamePayer { .. } => "duplicate_payer",
            Self::ReservedByWechat => "reserved_by_wechat",
            Self::SlippedDecimal { .. } => "slipped_decimal",
            Self::UnusualAmount { .. } => "unusual_amount",
        }
    }
}

/// What the cashier must be asked, at most once of each kind.
#[must_use]
pub fn warnings(facts: &Facts) -> Vec<Warning> {
    let duplicate = |same_bills: bool| facts.recent.iter().find(|recent| recent.same_bills == same_bills);
    let same_bills = duplicate(true)
        .map(|recent| Warning::SameBills { minutes_ago: recent.minutes_ago, amount: recent.amount.fen() });
    let same_payer = duplicate(false)
        .filter(|recent| same_bills.is_none() && recent.amount == facts.total)
        .map(|recent| Warning::SamePayer { minutes_ago: recent.minutes_ago, amount: recent.amount.fen() });
    let slipped = tendered_slip(facts).or_else(|| facts.houses.iter().find_map(house_slip));
    let unusual = if slipped.is_some() { None } else { facts.houses.iter().find_map(unusual) };
    let reserved = facts.reserved.then_some(Warning::ReservedByWechat);
    [same_bills, same_payer, reserved, slipped, unusual].into_iter().flatten().collect()
}

/// `given` is ten or a hundred times `likely`, or the other way round.
fn differs_by_places(given: i64, likely: i64) -> bool {
    SLIPS.iter().any(|times| likely.checked_mul(*times) == Some(given) || given.checked_mul(*times) == Some(likely))
}

fn tendered_slip(facts: &Facts) -> Option<Warning> {
    let tendered = facts.tendered.filter(|tendered| tendered.get() > LARGEST_NOTE_FEN)?;
    differs_by_places(tendered.get(), facts.total.get())
        .then(|| Warning::SlippedDecimal { given: tendered.fen(), likely: facts.total.fen() })
}

fn house_slip(house: &HouseFacts) -> Option<Warning> {
    let given = house.amount.fen();
    if differs_by_places(given.get(), house.owed.get()) {
        return Some(Warning::SlippedDecimal { given, likely: house.owed });
    }
    let usual = median(&house.history)?;
    differs_by_places(given.get(), usual.get()).then(|| Warning::SlippedDecimal { given, likely: usual.fen() })
}

fn unusual(house: &HouseFacts) -> Option<Warning> {
    if house.history.len() < HISTORY_MIN {
        return None;
    }
    let largest = house.history.iter().max()?;
    let limit = largest.get().checked_mul(UNUSUAL_TIMES)?;
    (house.amount.get() > limit).then(|| Warning::UnusualAmount { amount: house.amount.fen(), largest: largest.fen() })
}

fn median(history: &[Amount]) -> Option<Amount> {
    if history.len() < HISTORY_MIN {
        return None;
    }
    let mut sorted = history.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(fen: i64) -> Amount {
        Amount::try_from(fen).unwrap()
    }

    fn facts(total: i64, owed: i64, history: &[i64]) -> Facts {
        let house = HouseFacts {
            amount: amount(total),
            owed: Fen::new(owed).unwrap(),
            history: history.iter().map(|fen| amount(*fen)).collect(),
        };
        Facts { total: amount(total), tendered: None, reserved: false, recent: vec![], houses: vec![house] }
    }

    fn codes(facts: &Facts) -> Vec<&'static str> {
        warnings(facts).iter().map(Warning::code).collect()
    }

    #[test]
    fn an_ordinary_payment_is_not_asked_about() {
        assert!(codes(&facts(20_000, 20_000, &[20_000, 19_500, 20_500])).is_empty());
        assert!(codes(&facts(200_000, 200_000, &[])).is_empty(), "nothing is known of a new house");
    }

    #[test]
    fn the_same_again_within_minutes_is_asked_about_once() {
        let mut now = facts(20_000, 20_000, &[]);
        let recent = |same_bills, fen| RecentPayment { minutes_ago: 2, amount: amount(fen), same_bills };
        now.recent = vec![recent(false, 20_000)];
        assert_eq!(codes(&now), ["duplicate_payer"]);
        now.recent = vec![recent(false, 19_999)];
        assert!(codes(&now).is_empty(), "another sum for something else");
        now.recent = vec![recent(false, 20_000), recent(true, 100)];
        assert_eq!(codes(&now), ["duplicate_bills"]);
    }

    #[test]
    fn a_slipped_decimal_point_is_seen_against_what_is_owed_given_and_usual() {
        assert_eq!(codes(&facts(2_000, 20_000, &[])), ["slipped_decimal"]);
        assert_eq!(codes(&facts(200_000, 200_000, &[20_000, 20_000, 20_000])), ["slipped_decimal"]);
        let mut now = facts(20_000, 20_000, &[]);
        now.tendered = Some(amount(200_000));
        assert_eq!(codes(&now), ["slipped_decimal"]);
        let mut small = facts(1_000, 1_000, &[]);
        small.tendered = Some(amount(10_000));
        assert!(codes(&small).is_empty(), "one note of a hundred for ten yuan");
    }

    #[test]
    fn far_more_than_ever_before_is_unusual_and_a_slip_is_not_called_so_too() {
        assert_eq!(codes(&facts(61_000, 61_000, &[20_000, 20_000, 20_000])), ["unusual_amount"]);
        assert!(codes(&facts(60_000, 60_000, &[20_000, 20_000, 20_000])).is_empty());
        assert!(codes(&facts(61_000, 61_000, &[20_000, 20_000])).is_empty(), "two payments are no habit");
    }

    #[test]
    fn every_warning_has_its_code_and_names_its_figures() {
        let mut now = facts(20_000, 20_000, &[]);
        now.reserved = true;
        assert_eq!(codes(&now), ["reserved_by_wechat"]);
        let asked = warnings(&facts(2_000, 20_000, &[]));
        assert!(asked[0].to_string().contains("¥20.00") && asked[0].to_string().contains("¥200.00"), "{}", asked[0]);
        assert!(asked.iter().all(|warning| Warning::CODES.contains(&warning.code())));
    }
}
