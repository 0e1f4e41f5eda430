//! Asking and claiming as a dispatch does, round after round, in a transaction that is rolled back: what is granted
//! counts for whoever asks after, in a copy of the books.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::asking::{self, Asked, Wish};
use super::claim;
use super::contacts::Contacts;
use super::due;
use super::grants::{Answer, Books};
use super::taken::Taken;
use super::{ReminderError, grants::Way};
use crate::tenancy::{ControlDb, ProjectDb, ProjectInfo, ProjectTx};

/// Rounds over the same payers: each decides at least one of a payer's stages, and there are not so many.
const ROUNDS_MAX: usize = 100;

/// A dispatch that takes nothing and sends nothing.
pub(super) struct Rehearsal<'a> {
    contacts: &'a Contacts,
    books: Books,
}

impl<'a> Rehearsal<'a> {
    /// Reads the books about everybody among these contacts.
    pub async fn begin(
        db: &ProjectDb,
        control: &ControlDb,
        contacts: &'a Contacts,
        now: DateTime<Utc>,
    ) -> Result<Self, ReminderError> {
        let books = Books::read(control, contacts.keys(db.info()), db.info().zone, now).await?;
        Ok(Self { contacts, books })
    }

    /// As [`asking::ask`].
    pub fn ask(&mut self, info: &ProjectInfo, wishes: &BTreeMap<Uuid, Wish>, now: DateTime<Utc>) -> Asked {
        let (mut asked, asks) = asking::prepare(info, wishes, self.contacts, now);
        asking::fill(&mut asked, self.books.rehearse(&asks, now));
        if self.contacts.is_dry_run {
            // A project that only tries takes nothing.
            granted(&asked).for_each(|(_, way)| self.books.give_back(way));
        }
        asked
    }

    /// Claims what was asked for; what is left unused is given back.
    pub async fn claim(
        &mut self,
        tx: &ProjectTx<'_>,
        asked: &Asked,
        now: DateTime<Utc>,
    ) -> Result<Taken, ReminderError> {
        let taken = claim::claim_in(tx, asked, self.contacts, now).await?;
        if !self.contacts.is_dry_run {
            let used: HashSet<Uuid> = taken.claimed.iter().map(|claimed| claimed.message.notice_id).collect();
            let unused = granted(asked).filter(|(notice_id, _)| !used.contains(notice_id));
            unused.for_each(|(_, way)| self.books.give_back(way));
        }
        Ok(taken)
    }

    /// Claims what was asked for, and asks and claims again for what that left of the same payers.
    pub async fn claim_all(
        &mut self,
        tx: &ProjectTx<'_>,
        asked: &Asked,
        now: DateTime<Utc>,
    ) -> Result<Taken, ReminderError> {
        let payers: Vec<Uuid> = asked.keys().copied().collect();
        let mut all = self.claim(tx, asked, now).await?;
        for _ in 0..ROUNDS_MAX {
            let wishes = due::wishes_of(tx, &payers, now, None).await?;
            if wishes.is_empty() {
                break;
            }
            let asked = self.ask(tx.info(), &wishes, now);
            let more = self.claim(tx, &asked, now).await?;
            if more.handled == 0 {
                break;
            }
            all.add(more);
        }
        Ok(all)
    }
}

fn granted(asked: &Asked) -> impl Iterator<Item = (Uuid, &Way)> {
    asked.values().filter_map(|one| match &one.answer {
        Answer::Granted(way) => Some((one.notice_id, way)),
        Answer::Held { .. } | Answer::NoWay => None,
    })
}
