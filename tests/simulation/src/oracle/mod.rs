//! What must hold after every run. It shares no rule with the product: the vendors' own book, the raw rows, the journal
//! that triggers wrote in commit order, and what the simulation itself remembers of rules and bills.
//!
//! | module | about |
//! |---|---|
//! | [`messages`] | what the vendors took: once, in time, to the right person, within quotas and caps |
//! | [`stages`] | every due stage has one row, and each row ends for a reason that is true |
//! | [`history`] | the events lead to the state that the rows show |
//! | [`books`] | grants, counters and consents add up |

pub mod biography;
pub mod books;
pub mod history;
pub mod messages;
pub mod rows;
pub mod stages;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use self::rows::Rows;
use crate::run::{Memory, Run};
use crate::town::{Bill, Town};
use crate::vendors::{Accepted, Call};

/// Everything the oracle looks at.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The town.
    pub town: &'a Town,
    /// What the run remembers.
    pub memory: &'a Memory,
    /// What the vendors took.
    pub accepted: Vec<Accepted>,
    /// What the vendors answered.
    pub calls: Vec<Call>,
    /// What the vendors still have of consents.
    pub credits: BTreeMap<(String, String, String), i64>,
    /// For which they said that there are none.
    pub denied: BTreeSet<(String, String, String)>,
    /// The rows of each project.
    pub rows: BTreeMap<usize, Rows>,
    /// The clock of the nodes at the end.
    pub node_ms: i64,
    /// Notices that the vendors took.
    taken: BTreeSet<Uuid>,
    /// Where each bill is in its project.
    places: BTreeMap<Uuid, (usize, usize)>,
}

impl Facts<'_> {
    /// A bill as the simulation made it.
    #[must_use]
    pub fn bill(&self, place: usize, id: Uuid) -> Option<&Bill> {
        let (of, at) = *self.places.get(&id)?;
        (of == place).then(|| &self.town.at(place).bills[at])
    }

    /// Whether a vendor took a notice.
    #[must_use]
    pub fn is_taken(&self, notice: Uuid) -> bool {
        self.taken.contains(&notice)
    }

    /// Messages of a project that the vendors took.
    pub fn accepted_of(&self, place: usize) -> impl Iterator<Item = &Accepted> {
        self.accepted.iter().filter(move |one| one.place == place)
    }
}

impl<'a> Facts<'a> {
    /// Reads the facts of a run.
    #[must_use]
    pub fn of(run: &'a Run) -> Self {
        let book = run.vendors.book();
        let bills = run
            .town
            .projects
            .iter()
            .flat_map(|project| project.bills.iter().enumerate().map(|(at, bill)| (bill.id, (project.place, at))));
        Self {
            taken: book.accepted.iter().map(|one| one.notice).collect(),
            places: bills.collect(),
            town: &run.town,
            memory: &run.memory,
            accepted: book.accepted.clone(),
            calls: book.calls.clone(),
            credits: book.credits.clone(),
            denied: book.denied.clone(),
            rows: run.places().map(|place| (place, Rows::read(&run.desk, place))).collect(),
            node_ms: book.now_ms,
        }
    }
}

/// Looks at everything; answers what does not hold.
#[must_use]
pub fn examine(run: &Run) -> Vec<String> {
    let facts = Facts::of(run);
    let mut wrong: Vec<String> = run.memory.failures.clone();
    messages::examine(&facts, &mut wrong);
    stages::examine(&facts, &mut wrong);
    history::examine(&facts, &mut wrong);
    books::examine(&facts, &run.desk, &mut wrong);
    wrong
}
