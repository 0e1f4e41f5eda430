//! Money given back: out of the bills, the ledger and the receipts, once, and never more than came.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Findings;
use super::books::sums;
use super::rows::{Books, RefundRow};

/// What succeeded of what took something, by what it took it of.
fn of_succeeded<'a>(
    books: &'a Books,
    taken: &'a [super::rows::TakenRow],
) -> impl Iterator<Item = (Option<Uuid>, i64)> + 'a {
    let done: BTreeSet<Uuid> = succeeded(books).map(|refund| refund.id).collect();
    taken.iter().filter(move |part| done.contains(&part.refund)).map(|part| (part.of, part.amount_fen))
}

fn succeeded(books: &Books) -> impl Iterator<Item = &RefundRow> {
    books.refunds.iter().filter(|refund| refund.state == "succeeded")
}

/// By bill, what went back.
pub(super) fn given_back_of_bills(books: &Books) -> BTreeMap<Uuid, i64> {
    sums(of_succeeded(books, &books.refund_parts).filter_map(|(bill, fen)| Some((bill?, fen))))
}

/// By WeChat's number, what went back.
pub(super) fn given_back(books: &Books) -> impl Iterator<Item = (String, i64)> + '_ {
    succeeded(books).map(|refund| (refund.wechat_refund_id.clone().unwrap_or_default(), refund.amount_fen))
}

pub(super) fn examine(books: &Books, findings: &mut Findings) {
    let parts = sums(books.refund_parts.iter().map(|part| (part.refund, part.amount_fen)));
    let reversed = sums(books.reversals.iter().map(|part| (part.refund, part.amount_fen)));
    let of_bills = books.refund_parts.iter().filter(|part| part.of.is_some());
    let of_bills = sums(of_bills.map(|part| (part.refund, part.amount_fen)));
    let seqs: BTreeMap<&String, i64> = books.postings.iter().map(|(seq, key)| (key, *seq)).collect();
    for refund in &books.refunds {
        let id = refund.id;
        findings.same(&format!("parts of refund {id}"), &parts.get(&id).copied(), &Some(refund.amount_fen));
        let is_done = refund.state == "succeeded";
        let of_bills = if is_done { of_bills.get(&id).copied().unwrap_or(0) } else { 0 };
        findings.same(&format!("reversals of {id}"), &reversed.get(&id).copied().unwrap_or(0), &of_bills);
        let key = format!("refund:{}", refund.wechat_refund_id.clone().unwrap_or_default());
        let seq = seqs.get(&key);
        let out_of_clearing = books.entries.iter().filter(|entry| seq == Some(&entry.posting));
        let out_of_clearing: i64 =
            out_of_clearing.filter(|entry| entry.account == "clearing:wechat").map(|entry| entry.amount_fen).sum();
        let wanted = if is_done { -refund.amount_fen } else { 0 };
        findings.same(&format!("clearing of {key}"), &out_of_clearing, &wanted);
    }
    let back = sums(succeeded(books).map(|refund| (refund.payment, refund.amount_fen)));
    for payment in &books.payments {
        let back = back.get(&payment.id).copied().unwrap_or(0);
        findings.check(back <= payment.amount_fen, || format!("{} gave back {back}", payment.natural_key));
    }
    let reversed = sums(books.reversals.iter().filter_map(|part| Some((part.of?, part.amount_fen))));
    for receipt in &books.receipts {
        let back = reversed.get(&receipt.id).copied().unwrap_or(0);
        findings.check(back <= receipt.amount_fen, || format!("receipt {} is reversed by {back}", receipt.id));
    }
}
