//! Money at the desk: how it came, which bills it pays, and what is asked before it is taken ([`guard`]).

pub mod guard;

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::ids::{BillId, HouseId, ShiftId};
use crate::ledger::Account;
use crate::money::{Amount, Fen, MoneyError};

#[cfg(test)]
mod stories;

/// Bills of one checkout.
pub const BILLS_MAX: usize = 200;

/// How money came over the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskMethod {
    /// 现金: it lies in the drawer.
    Cash,
    /// 刷卡: through the company's card reader.
    Card,
    /// 转账: the payer sent it to the company's account.
    Transfer,
    /// 其他.
    Other,
}

impl DeskMethod {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::Cash, Self::Card, Self::Transfer, Self::Other];

    /// The stored word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Transfer => "transfer",
            Self::Other => "other",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cash => "现金",
            Self::Card => "刷卡",
            Self::Transfer => "转账",
            Self::Other => "其他",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }

    /// Where the money is: cash in the drawer of its shift, anything else on its way to the bank.
    #[must_use]
    pub const fn account(self, shift: ShiftId) -> Account {
        match self {
            Self::Cash => Account::Drawer(shift),
            Self::Card => Account::ClearingCard,
            Self::Transfer => Account::ClearingTransfer,
            Self::Other => Account::ClearingOther,
        }
    }
}

/// Which bills of a house may be paid before which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocationRule {
    /// No bill is paid while one with an earlier due day is open.
    #[default]
    OldestFirst,
    /// No bill that is not yet due is paid while one past its due day is open.
    PastFirst,
    /// As ticked.
    FreeChoice,
}

impl AllocationRule {
    /// The stored word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OldestFirst => "oldest_first",
            Self::PastFirst => "past_first",
            Self::FreeChoice => "free_choice",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::OldestFirst, Self::PastFirst, Self::FreeChoice].into_iter().find(|rule| rule.word() == word)
    }
}

/// What a project lets its desk do with bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeskRule {
    /// The order of bills.
    pub allocation: AllocationRule,
    /// A bill may be paid in parts.
    pub partial_allowed: bool,
}

/// A bill that still asks for money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenBill {
    /// The bill.
    pub bill: BillId,
    /// Its house.
    pub house: HouseId,
    /// To be paid by.
    pub due: NaiveDate,
    /// What it still asks for.
    pub outstanding: Amount,
}

/// What the cashier wants to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// So much for each bill.
    Each(Vec<(BillId, Amount)>),
    /// One sum over these bills.
    Sum {
        /// The ticked bills.
        bills: Vec<BillId>,
        /// The money.
        sum: Amount,
    },
}

impl Wish {
    /// The ticked bills, in the order they were ticked.
    #[must_use]
    pub fn bills(&self) -> Vec<BillId> {
        match self {
            Self::Each(each) => each.iter().map(|(bill, _)| *bill).collect(),
            Self::Sum { bills, .. } => bills.clone(),
        }
    }
}

/// What one bill takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The bill.
    pub bill: BillId,
    /// Its house.
    pub house: HouseId,
    /// What it takes.
    pub amount: Amount,
    /// Nothing is owed on it afterwards.
    pub settles: bool,
}

/// How money is spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// What each bill takes.
    pub parts: Vec<Part>,
    /// What no bill takes.
    pub surplus: Fen,
}

/// Why money cannot be spread so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AllocationError {
    /// A bill that is ticked asks for nothing any more.
    #[error("部分账单已缴清或已作废，请刷新后重新勾选")]
    NotOpen,
    /// More for a bill than it still asks for.
    #[error("到期日 {due} 的账单还欠 {outstanding}，本次填写 {given}，请改为不超过所欠金额")]
    AboveOwed {
        /// Its due day.
        due: NaiveDate,
        /// What it asks for.
        outstanding: Fen,
        /// What was to be taken.
        given: Fen,
    },
    /// A part of a bill, where the project takes bills whole.
    #[error("本项目不收部分金额：到期日 {due} 的账单须一次收 {outstanding}")]
    PartialNotAllowed {
        /// Its due day.
        due: NaiveDate,
        /// What it asks for.
        outstanding: Fen,
    },
    /// An older bill of the same house must be paid first.
    #[error("同一房屋还有 {due} 到期的账单未缴清，请先勾选并收清")]
    OlderFirst {
        /// Its due day.
        due: NaiveDate,
    },
    /// A sum out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl AllocationError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOpen => "bill_not_open",
            Self::AboveOwed { .. } => "amount_above_owed",
            Self::PartialNotAllowed { .. } => "partial_not_allowed",
            Self::OlderFirst { .. } => "older_bill_first",
            Self::Money(_) => "amount_out_of_range",
        }
    }
}

/// Spreads money over the ticked bills. `open` are all open bills of the houses concerned, the ticked ones among them: what
/// may be paid depends on what else is owed. A sum goes to the ticked bills with the oldest due day first, or in the order
/// they were ticked where the choice is free; what is left is [`Allocation::surplus`].
///
/// # Errors
/// [`AllocationError`]: nothing is spread then.
pub fn allocate(
    rule: DeskRule,
    wish: &Wish,
    open: &[OpenBill],
    today: NaiveDate,
) -> Result<Allocation, AllocationError> {
    let known: HashMap<BillId, &OpenBill> = open.iter().map(|bill| (bill.bill, bill)).collect();
    let find = |bill: &BillId| known.get(bill).copied().ok_or(AllocationError::NotOpen);
    let allocation = match wish {
        Wish::Each(each) => {
            let parts = each.iter().map(|(bill, amount)| part(find(bill)?, *amount)).collect::<Result<_, _>>()?;
            Allocation { parts, surplus: Fen::ZERO }
        }
        Wish::Sum { bills, sum } => {
            let mut ticked = bills.iter().map(find).collect::<Result<Vec<_>, _>>()?;
            if rule.allocation != AllocationRule::FreeChoice {
                ticked.sort_by_key(|bill| (bill.due, bill.bill));
            }
            spread(&ticked, *sum)?
        }
    };
    let unsettled = |part: &&Part| !part.settles;
    if let Some(part) = allocation.parts.iter().find(unsettled)
        && !rule.partial_allowed
    {
        let bill = find(&part.bill)?;
        return Err(AllocationError::PartialNotAllowed { due: bill.due, outstanding: bill.outstanding.fen() });
    }
    keeps_order(rule.allocation, &allocation.parts, open, &known, today)?;
    Ok(allocation)
}

fn part(bill: &OpenBill, amount: Amount) -> Result<Part, AllocationError> {
    if amount > bill.outstanding {
        let (outstanding, given) = (bill.outstanding.fen(), amount.fen());
        return Err(AllocationError::AboveOwed { due: bill.due, outstanding, given });
    }
    Ok(Part { bill: bill.bill, house: bill.house, amount, settles: amount == bill.outstanding })
}

fn spread(ticked: &[&OpenBill], sum: Amount) -> Result<Allocation, AllocationError> {
    let mut left = sum.fen();
    let mut parts = Vec::with_capacity(ticked.len());
    for bill in ticked {
        let Ok(amount) = Amount::parse(bill.outstanding.fen().min(left)) else { break };
        left = left.minus(amount.fen())?;
        parts.push(part(bill, amount)?);
    }
    Ok(Allocation { parts, surplus: left })
}

/// Refuses to leave a bill open that the rule wants paid before one that takes money.
fn keeps_order(
    rule: AllocationRule,
    parts: &[Part],
    open: &[OpenBill],
    known: &HashMap<BillId, &OpenBill>,
    today: NaiveDate,
) -> Result<(), AllocationError> {
    let mut newest: HashMap<HouseId, NaiveDate> = HashMap::new();
    let mut settled = std::collections::HashSet::new();
    for part in parts {
        let Some(bill) = known.get(&part.bill) else { continue };
        let due = newest.entry(part.house).or_insert(bill.due);
        *due = bill.due.max(*due);
        if part.settles {
            settled.insert(part.bill);
        }
    }
    for bill in open.iter().filter(|bill| !settled.contains(&bill.bill)) {
        let Some(paid) = newest.get(&bill.house) else { continue };
        let skipped = match rule {
            AllocationRule::FreeChoice => false,
            AllocationRule::OldestFirst => bill.due < *paid,
            AllocationRule::PastFirst => bill.due < today && *paid >= today,
        };
        if skipped {
            return Err(AllocationError::OlderFirst { due: bill.due });
        }
    }
    Ok(())
}
