//! Double entry: postings that balance by construction, each with a natural key, chained by hash.
//!
//! A posting is one business event (a bill issued, a payment). Its entries sum to zero: debits are positive,
//! credits negative. Its natural key says which event it is, so the same event cannot be booked twice. Its hash
//! covers everything in it and the hash before it, so history cannot be edited without showing.

use std::fmt;

use chrono::{DateTime, Utc};
use ring::digest;

use crate::ids::{BillId, FeeItemId, OpeningId, PartyId, PaymentId, ShiftId};
use crate::money::{Amount, Fen, MoneyError};

/// The most entries one posting may have: an order is limited to far fewer bills.
pub const ENTRIES_MAX: usize = 1_000;

/// The kind of a posting that made a bill of an old debt.
pub const OPENING_ARREARS: &str = "opening_arrears";

/// The hash before the first posting.
pub const GENESIS: [u8; 32] = [0; 32];

/// Where money is, owed, earned or held. [`fmt::Display`] gives the stable code stored in the chart of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What a payer owes on issued bills.
    Receivable(PartyId),
    /// What a fee item has earned.
    Income(FeeItemId),
    /// Money taken by WeChat Pay, on its way to the bank.
    ClearingWechat,
    /// Money of a payer that pays no bill: to be given back or applied by staff.
    Refundable(PartyId),
    /// Money that arrived without anyone we know: to be cleared up by staff.
    RefundableUnknown,
    /// Cash taken in a shift.
    Drawer(ShiftId),
    /// Money taken by the card reader, on its way to the bank.
    ClearingCard,
    /// Money that payers sent to the company's account.
    ClearingTransfer,
    /// Money taken over the desk in any other way.
    ClearingOther,
    /// The other side of what was brought along from the old books.
    Opening,
    /// Money paid ahead, owed as service: one account for each balance brought along.
    Prepayment(OpeningId),
    /// A deposit held for somebody: never income, one account each.
    Deposit(OpeningId),
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable(party) => write!(f, "receivable:{party}"),
            Self::Income(item) => write!(f, "income:{item}"),
            Self::ClearingWechat => f.write_str("clearing:wechat"),
            Self::Refundable(party) => write!(f, "refundable:{party}"),
            Self::RefundableUnknown => f.write_str("refundable:unknown"),
            Self::Drawer(shift) => write!(f, "drawer:{shift}"),
            Self::ClearingCard => f.write_str("clearing:card"),
            Self::ClearingTransfer => f.write_str("clearing:transfer"),
            Self::ClearingOther => f.write_str("clearing:other"),
            Self::Opening => f.write_str("opening"),
            Self::Prepayment(id) => write!(f, "prepayment:{id}"),
            Self::Deposit(id) => write!(f, "deposit:{id}"),
        }
    }
}

/// Where the money of a refund was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundedFrom {
    /// It had paid a bill of this payer.
    Bill(PartyId),
    /// It had paid nothing and was owed back to this party, or to nobody known.
    Surplus(Option<PartyId>),
}

impl RefundedFrom {
    const fn account(self) -> Account {
        match self {
            Self::Bill(payer) => Account::Receivable(payer),
            Self::Surplus(Some(party)) => Account::Refundable(party),
            Self::Surplus(None) => Account::RefundableUnknown,
        }
    }
}

/// Why a posting cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A posting needs at least one debit and one credit.
    #[error("记账分录为空")]
    Empty,
    /// More than [`ENTRIES_MAX`] entries.
    #[error("记账分录过多")]
    TooMany,
    /// The parts do not add up to the whole.
    #[error("借贷不平")]
    Unbalanced,
    /// A sum outside the range of money.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// One side of a posting: positive is a debit, negative a credit, zero does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The account moved.
    pub account: Account,
    /// The signed amount in fen, never zero.
    pub amount: Fen,
}

/// One business event in the books. Made only by the constructors below, each of which balances by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    natural_key: String,
    kind: &'static str,
    at: DateTime<Utc>,
    entries: Vec<Entry>,
}

impl Posting {
    /// A bill was issued: the payer owes it, the fee item has earned it.
    ///
    /// # Errors
    /// Never for an [`Amount`]; the signature keeps the one door [`Self::balanced`].
    pub fn bill_issued(
        bill: BillId,
        payer: PartyId,
        item: FeeItemId,
        total: Amount,
        at: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        Self::balanced(
            format!("bill:{bill}"),
            "bill_issued",
            at,
            vec![(Account::Receivable(payer), total.fen()), (Account::Income(item), total.fen().negated())],
        )
    }

    /// A bill was voided: the exact reverse of its issue.
    ///
    /// # Errors
    /// As [`Self::bill_issued`].
    pub fn bill_voided(
        bill: BillId,
        payer: PartyId,
        item: FeeItemId,
        total: Amount,
        at: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        Self::balanced(
            format!("bill:{bill}:void"),
            "bill_voided",
            at,
            vec![(Account::Income(item), total.fen()), (Account::Receivable(payer), total.fen().negated())],
        )
    }

    /// A debt of the old books became a bill: owed, and earned before these books began.
    ///
    /// # Errors
    /// As [`Self::bill_issued`].
    pub fn opening_arrears(
        bill: BillId,
        payer: PartyId,
        total: Amount,
        at: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        Self::balanced(
            format!("bill:{bill}"),
            OPENING_ARREARS,
            at,
            vec![(Account::Receivable(payer), total.fen()), (Account::Opening, total.fen().negated())],
        )
    }

    /// A bill made of an old debt was voided: the exact reverse of [`Self::opening_arrears`].
    ///
    /// # Errors
    /// As [`Self::bill_issued`].
    pub fn opening_voided(bill: BillId, payer: PartyId, total: Amount, at: DateTime<Utc>) -> Result<Self, LedgerError> {
        Self::balanced(
            format!("bill:{bill}:void"),
            "opening_voided",
            at,
            vec![(Account::Opening, total.fen()), (Account::Receivable(payer), total.fen().negated())],
        )
    }

    /// Money of the old books that belongs to somebody else: `account` is [`Account::Prepayment`] or
    /// [`Account::Deposit`].
    ///
    /// # Errors
    /// As [`Self::bill_issued`].
    pub fn opening_held(
        id: OpeningId,
        account: Account,
        total: Amount,
        at: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        Self::balanced(
            format!("opening:{id}"),
            "opening_held",
            at,
            vec![(Account::Opening, total.fen()), (account, total.fen().negated())],
        )
    }

    /// WeChat took `received` from a payer. `applied` are the parts that pay bills; the rest is owed back to
    /// `surplus_to`, or to nobody known.
    ///
    /// # Errors
    /// [`LedgerError::Unbalanced`] when more is applied than was received.
    pub fn wechat_payment(
        transaction_id: &str,
        received: Amount,
        applied: &[(PartyId, Amount)],
        surplus_to: Option<PartyId>,
        at: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        let used = Fen::total(applied.iter().map(|(_, amount)| amount.fen()))?;
        let surplus = received.fen().minus(used)?;
        if surplus < Fen::ZERO {
            return Err(LedgerError::Unbalanced);
        }
        let mut sides = vec![(Account::ClearingWechat, received.fen())];
        sides.extend(applied.iter().map(|(payer, amount)| (Account::Receivable(*payer), amount.fen().negated())));
        if surplus.is_positive() {
            let account = surplus_to.map_or(Account::RefundableUnknown, Account::Refundable);
            sides.push((account, surplus.negated()));
        }
        Self::balanced(format!("wechat:{transaction_id}"), "wechat_payment", at, sides)
    }

    /// WeChat gave money back. Each part is taken from where the payment had put it: the payer owes the bill again, or is
    /// no longer owed the surplus.
    ///
    /// # Errors
    /// [`LedgerError::Empty`] without parts.
    pub fn wechat_refund(
        refund_id: &str,
        parts: &[(RefundedFrom, Amount)],
        at: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        let total = Fen::total(parts.iter().map(|(_, amount)| amount.fen()))?;
        let mut sides: Vec<_> = parts.iter().map(|(from, amount)| (from.account(), amount.fen())).collect();
        sides.push((Account::ClearingWechat, total.negated()));
        Self::balanced(format!("refund:{refund_id}"), "wechat_refund", at, sides)
    }

    /// Money was taken over the desk and pays bills, all of it.
    ///
    /// # Errors
    /// [`LedgerError::Unbalanced`] when the parts are not the whole.
    pub fn desk_payment(
        payment: PaymentId,
        into: Account,
        received: Amount,
        applied: &[(PartyId, Amount)],
        at: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        let mut sides = vec![(into, received.fen())];
        sides.extend(applied.iter().map(|(payer, amount)| (Account::Receivable(*payer), amount.fen().negated())));
        Self::balanced(format!("desk:{payment}"), "desk_payment", at, sides)
    }

    /// A payment over the desk was voided in its shift: the exact reverse of [`Self::desk_payment`].
    ///
    /// # Errors
    /// As [`Self::desk_payment`].
    pub fn desk_payment_voided(
        payment: PaymentId,
        out_of: Account,
        received: Amount,
        applied: &[(PartyId, Amount)],
        at: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        let mut sides: Vec<_> =
            applied.iter().map(|(payer, amount)| (Account::Receivable(*payer), amount.fen())).collect();
        sides.push((out_of, received.fen().negated()));
        Self::balanced(format!("desk:{payment}:void"), "desk_payment_voided", at, sides)
    }

    /// The one place that makes a posting: refuses what does not sum to zero. Entries of one account are merged.
    fn balanced(
        natural_key: String,
        kind: &'static str,
        at: DateTime<Utc>,
        sides: Vec<(Account, Fen)>,
    ) -> Result<Self, LedgerError> {
        let mut entries: Vec<Entry> = Vec::with_capacity(sides.len());
        for (account, amount) in sides {
            match entries.iter_mut().find(|e| e.account == account) {
                Some(entry) => entry.amount = entry.amount.plus(amount)?,
                None => entries.push(Entry { account, amount }),
            }
        }
        entries.retain(|e| e.amount != Fen::ZERO);
        if entries.is_empty() {
            return Err(LedgerError::Empty);
        }
        if entries.len() > ENTRIES_MAX {
            return Err(LedgerError::TooMany);
        }
        if Fen::total(entries.iter().map(|e| e.amount))? != Fen::ZERO {
            return Err(LedgerError::Unbalanced);
        }
        Ok(Self { natural_key, kind, at, entries })
    }

    /// Which event this is: unique in the ledger.
    #[must_use]
    pub fn natural_key(&self) -> &str {
        &self.natural_key
    }

    /// The kind of event, a stable word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Its sides; they sum to zero.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The hash of this posting as number `seq` of the chain after `previous`.
    #[must_use]
    pub fn chained(&self, seq: i64, previous: &[u8; 32]) -> [u8; 32] {
        let entries = self.entries.iter().map(|e| (e.account.to_string(), e.amount.get()));
        chain_hash(previous, seq, &self.natural_key, self.kind, self.at.timestamp_millis(), entries)
    }
}

/// SHA-256 over the previous hash and every field, each text with its length before it so that no two postings
/// spell the same bytes. Entries in their line order.
pub fn chain_hash(
    previous: &[u8; 32],
    seq: i64,
    natural_key: &str,
    kind: &str,
    at_ms: i64,
    entries: impl IntoIterator<Item = (String, i64)>,
) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    let text = |t: &str, context: &mut digest::Context| {
        context.update(&u64::try_from(t.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(t.as_bytes());
    };
    context.update(previous);
    context.update(&seq.to_be_bytes());
    text(natural_key, &mut context);
    text(kind, &mut context);
    context.update(&at_ms.to_be_bytes());
    for (account, amount_fen) in entries {
        text(&account, &mut context);
        context.update(&amount_fen.to_be_bytes());
    }
    let mut hash = [0_u8; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

#[cfg(test)]
mod stories;
