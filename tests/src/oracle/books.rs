//! Money: every posting, bill, payment and receipt agrees with every other.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use uuid::Uuid;

use super::rows::Books;
use super::{Findings, refunds};

pub(super) fn sums<K: Ord + Hash>(parts: impl Iterator<Item = (K, i64)>) -> BTreeMap<K, i64> {
    let mut sums = BTreeMap::new();
    for (key, fen) in parts {
        *sums.entry(key).or_default() += fen;
    }
    sums
}

pub(super) fn examine(books: &Books, findings: &mut Findings) {
    postings(books, findings);
    bills(books, findings);
    payments(books, findings);
    receipts(books, findings);
    receivables(books, findings);
    orders(books, findings);
    refunds::examine(books, findings);
    shifts(books, findings);
}

fn postings(books: &Books, findings: &mut Findings) {
    let sums = sums(books.entries.iter().map(|entry| (entry.posting, entry.amount_fen)));
    for (seq, key) in &books.postings {
        findings.same(&format!("sum of posting {key}"), &sums.get(seq).copied(), &Some(0));
    }
    findings.same("postings with entries", &sums.len(), &books.postings.len());
    let keys: BTreeSet<&String> = books.postings.iter().map(|(_, key)| key).collect();
    findings.same("postings by natural key", &keys.len(), &books.postings.len());
}

fn bills(books: &Books, findings: &mut Findings) {
    // What was taken back over the desk stays on record and pays nothing.
    let standing = books.allocations.iter().filter(|part| !books.is_void(part.payment));
    let mut paid = sums(standing.map(|part| (part.bill, part.amount_fen)));
    for (bill, back_fen) in refunds::given_back_of_bills(books) {
        *paid.entry(bill).or_default() -= back_fen;
    }
    for bill in &books.bills {
        let allocated = paid.get(&bill.id).copied().unwrap_or(0);
        findings.same(&format!("paid on bill {}", bill.id), &bill.paid_fen, &allocated);
        findings.check(allocated <= bill.total_fen, || format!("bill {} is paid above its total", bill.id));
        let settled = bill.paid_fen == bill.total_fen;
        findings.same(&format!("bill {} settled", bill.id), &bill.settled_at_ms.is_some(), &settled);
        findings.check(bill.voided_at_ms.is_none() || allocated == 0, || format!("void bill {} has money", bill.id));
    }
}

fn payments(books: &Books, findings: &mut Findings) {
    let allocated = sums(books.allocations.iter().map(|part| (part.payment, part.amount_fen)));
    let receipted = sums(books.receipts.iter().map(|receipt| (receipt.payment, receipt.amount_fen)));
    let seqs: BTreeMap<&String, i64> = books.postings.iter().map(|(seq, key)| (key, *seq)).collect();
    let keys: BTreeSet<&String> = books.payments.iter().map(|payment| &payment.natural_key).collect();
    findings.same("payments by natural key", &keys.len(), &books.payments.len());
    for payment in &books.payments {
        let key = &payment.natural_key;
        let applied = allocated.get(&payment.id).copied().unwrap_or(0);
        findings.same(&format!("parts of {key}"), &(applied + payment.refundable_fen), &payment.amount_fen);
        findings.same(&format!("receipts of {key}"), &receipted.get(&payment.id).copied().unwrap_or(0), &applied);
        let place = books.place_of(payment);
        let moved = |key: &String| -> i64 {
            let seq = seqs.get(key);
            let of_posting = books.entries.iter().filter(|entry| seq == Some(&entry.posting) && entry.account == place);
            of_posting.map(|entry| entry.amount_fen).sum()
        };
        findings.same(&format!("clearing of {key}"), &moved(key), &payment.amount_fen);
        let back = if books.is_void(payment.id) { -payment.amount_fen } else { 0 };
        findings.same(&format!("void of {key}"), &moved(&format!("{key}:void")), &back);
    }
}

/// Numbers are 1, 2, 3 … in each year, and the counter stands at the last.
fn receipts(books: &Books, findings: &mut Findings) {
    let mut by_year: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for receipt in &books.receipts {
        by_year.entry(receipt.year).or_default().push(receipt.serial_no);
    }
    for (year, numbers) in &mut by_year {
        numbers.sort_unstable();
        let wanted: Vec<i64> = (1..=i64::try_from(numbers.len()).unwrap()).collect();
        findings.same(&format!("receipt numbers of {year}"), numbers, &wanted);
    }
    let last: Vec<(i64, i64)> =
        by_year.into_iter().map(|(year, numbers)| (year, i64::try_from(numbers.len()).unwrap())).collect();
    let mut counters = books.counters.clone();
    counters.sort_unstable();
    findings.same("receipt counters", &counters, &last);
}

/// What a payer owes in the ledger is what their bills still ask for.
fn receivables(books: &Books, findings: &mut Findings) {
    let open = books.bills.iter().filter(|bill| bill.voided_at_ms.is_none());
    let open: BTreeMap<Uuid, i64> = sums(open.map(|bill| (bill.payer, bill.total_fen - bill.paid_fen)));
    let ledger = books.entries.iter().filter_map(|entry| {
        let payer = entry.account.strip_prefix("receivable:")?;
        Some((Uuid::parse_str(payer).unwrap(), entry.amount_fen))
    });
    let (mut ledger, mut open) = (sums(ledger), open);
    ledger.retain(|_, fen| *fen != 0);
    open.retain(|_, fen| *fen != 0);
    findings.same("receivable by payer", &ledger, &open);
}

/// An order that has ended holds nothing; a paid one has exactly one payment.
fn orders(books: &Books, findings: &mut Findings) {
    for order in &books.orders {
        let live = matches!(order.state.as_str(), "created" | "prepay_unknown" | "awaiting");
        findings.check(live || !order.holds_bills, || format!("{} order {} holds bills", order.state, order.number));
        let payments = books.payments.iter().filter(|payment| payment.order == Some(order.id)).count();
        findings.same(&format!("payments of order {}", order.number), &payments, &usize::from(order.state == "paid"));
    }
}

/// What a closed shift was to have is its float and what stands of what was taken in it; a cashier has one open.
fn shifts(books: &Books, findings: &mut Findings) {
    for count in &books.counts {
        let taken = books.desk.iter().filter(|desk| desk.shift == count.shift && !books.is_void(desk.payment));
        let taken = taken.filter_map(|desk| books.payments.iter().find(|payment| payment.id == desk.payment));
        let taken: i64 = taken.filter(|payment| payment.method == count.method).map(|payment| payment.amount_fen).sum();
        let shift = books.shifts.iter().find(|shift| shift.id == count.shift);
        let float = shift.filter(|_| count.method == "cash").map_or(0, |shift| shift.opening_float_fen);
        findings.same(&format!("{} of shift {}", count.method, count.shift), &count.expected_fen, &(taken + float));
    }
    let open: Vec<Uuid> = books.shifts.iter().filter(|shift| shift.is_open).map(|shift| shift.cashier).collect();
    let cashiers: BTreeSet<&Uuid> = open.iter().collect();
    findings.same("open shifts by cashier", &open.len(), &cashiers.len());
}
