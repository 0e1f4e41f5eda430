//! The same figures, found by looking at one row after the other.

use std::collections::BTreeSet;

use super::DAY_MS;
use super::rows::{Notice, Rows};
use crate::reminders::{Funnel, Group};

impl Rows {
    /// What one stage and channel achieved, by looking at one message after the other.
    pub fn funnel(&self, from_ms: i64, until_ms: i64, stage: &str, channel: &str) -> Funnel {
        let mut funnel = Funnel::default();
        let is_meant =
            |n: &Notice| n.made_ms >= from_ms && n.made_ms < until_ms && n.stage == stage && n.channel == channel;
        for notice in self.notices.iter().filter(|notice| is_meant(notice)) {
            funnel.planned += 1;
            funnel.sent += i64::from(notice.state == "sent");
            funnel.in_doubt += i64::from(notice.state == "in_doubt");
            funnel.failed += i64::from(notice.state == "failed");
            funnel.delivered += i64::from(notice.delivered_ms.is_some());
            funnel.opened += i64::from(notice.opened_ms.is_some() || !notice.heard.is_empty());
            funnel.acknowledged += i64::from(notice.acknowledged_ms.is_some());
            funnel.cost_fen += notice.cost_fen;
            if let Some(after_ms) = self.paid_after(notice) {
                funnel.paid_1d += i64::from(after_ms <= DAY_MS);
                funnel.paid_3d += i64::from(after_ms <= 3 * DAY_MS);
                funnel.paid_7d += i64::from(after_ms <= 7 * DAY_MS);
            }
        }
        for payment in &self.payments {
            let before = self.notices.iter().filter(|n| n.state == "sent" && n.bills.contains(&payment.bill));
            let before = before.filter(|n| n.sent_ms.unwrap() <= payment.at_ms);
            let Some(last) = before.max_by_key(|n| (n.sent_ms.unwrap(), n.id)) else { continue };
            if is_meant(last) && payment.at_ms - last.sent_ms.unwrap() <= 7 * DAY_MS {
                funnel.collected_fen += payment.amount_fen;
            }
        }
        if funnel.collected_fen > 0 {
            // Half up: twice the fraction, one more, and half of it.
            funnel.cost_per_yuan_e4 = Some((funnel.cost_fen * 20_000 / funnel.collected_fen + 1) / 2);
        }
        funnel
    }

    /// How long after a message the last of its bills was paid, if all of them were and not before it.
    fn paid_after(&self, notice: &Notice) -> Option<i64> {
        let bills: Vec<usize> = notice.bills.iter().copied().filter(|bill| !self.bills[*bill].is_voided).collect();
        if notice.state != "sent" || bills.iter().any(|bill| !self.is_settled(*bill)) {
            return None;
        }
        let last = self.payments.iter().filter(|p| bills.contains(&p.bill)).map(|p| p.at_ms).max()?;
        Some(last - notice.sent_ms?).filter(|after_ms| *after_ms >= 0)
    }

    /// Bills on both sides of the comparison, and those on neither.
    pub fn groups(&self, from_day: i64, to_day: i64) -> (Group, Group, i64) {
        let (mut reminded, mut held_out, mut mixed) = (Group::default(), Group::default(), 0);
        for (number, bill) in self.bills.iter().enumerate() {
            if bill.is_voided || bill.due_day < from_day || bill.due_day > to_day {
                continue;
            }
            let ladder = self.reminders.iter().filter(|r| r.bill == number && r.version > 0);
            let sides: BTreeSet<bool> = ladder.map(|r| self.policies[&r.version].holds_out(bill.payer)).collect();
            let group = match sides.into_iter().collect::<Vec<_>>().as_slice() {
                [] => continue,
                [true] => &mut held_out,
                [false] => &mut reminded,
                _ => {
                    mixed += 1;
                    continue;
                }
            };
            group.bills += 1;
            group.paid_bills += i64::from(self.is_settled(number));
            group.total_fen += bill.total_fen;
            group.paid_fen += bill.paid_fen;
        }
        (reminded, held_out, mixed)
    }
}
