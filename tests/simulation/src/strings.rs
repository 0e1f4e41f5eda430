//! Who may act now, and who dies where.
//!
//! Every node of a simulation is a thread with a runtime of its own. One of them runs at a time; at each point where
//! the product opens a transaction, or a message is handed to a vendor, the seed decides who runs on. A node can be cut
//! at any statement: its work unwinds there, as if the process had died, and its open transaction is rolled back.
//!
//! The points are seen through the spans that the database library opens for each of its calls, so the product needs
//! no hook. Points are counted on the calling side, before anything is handed to another thread: the same seed meets
//! the same points.

use std::cell::{Cell, RefCell};
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::dice::Dice;

/// What unwinds where a node is cut.
#[derive(Debug, Clone, Copy)]
pub struct Cut;

/// One runs, the others wait.
#[derive(Debug, Default)]
pub struct Baton {
    state: Mutex<Holders>,
    changed: Condvar,
}

#[derive(Debug)]
struct Holders {
    dice: Dice,
    live: Vec<usize>,
    at: Option<usize>,
    switch_permille: i64,
}

impl Default for Holders {
    fn default() -> Self {
        Self { dice: Dice::new(0), live: Vec::new(), at: None, switch_permille: 0 }
    }
}

impl Holders {
    fn choose(&mut self) {
        self.at = if self.live.is_empty() { None } else { Some(self.dice.pick(&self.live)) };
    }
}

impl Baton {
    fn lock(&self) -> MutexGuard<'_, Holders> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a round among these nodes.
    pub fn begin(&self, nodes: &[usize], dice: Dice, switch_permille: i64) {
        let mut state = self.lock();
        *state = Holders { dice, live: nodes.to_vec(), at: None, switch_permille };
        state.choose();
        self.changed.notify_all();
    }

    /// Waits for the first turn.
    pub fn enter(&self, me: usize) {
        self.wait(self.lock(), me);
    }

    /// A point at which another may go on.
    fn pass(&self, me: usize) {
        let mut state = self.lock();
        if state.live.len() > 1 {
            let permille = state.switch_permille;
            if state.dice.chance(permille) {
                state.choose();
                self.changed.notify_all();
            }
        }
        self.wait(state, me);
    }

    /// Ends a node's part in the round.
    pub fn leave(&self, me: usize) {
        let mut state = self.lock();
        state.live.retain(|other| *other != me);
        state.choose();
        self.changed.notify_all();
    }

    fn wait(&self, mut state: MutexGuard<'_, Holders>, me: usize) {
        while state.at != Some(me) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct Puppet {
    me: usize,
    baton: Arc<Baton>,
}

thread_local! {
    static PUPPET: RefCell<Option<Puppet>> = const { RefCell::new(None) };
    /// Points left until this node dies; nothing when it lives.
    static LIFE: Cell<Option<u32>> = const { Cell::new(None) };
    /// Points met since the act began.
    static MET: Cell<u32> = const { Cell::new(0) };
}

/// Makes this thread a node.
pub fn attach(me: usize, baton: Arc<Baton>) {
    PUPPET.set(Some(Puppet { me, baton }));
}

/// Begins an act that dies at the given point, if at all.
pub fn live(points: Option<u32>) {
    LIFE.set(points);
    MET.set(0);
}

/// Ends an act; answers how many points it met.
pub fn rest() -> u32 {
    LIFE.set(None);
    MET.get()
}

/// A point on the way; `may_pass` where nothing is locked.
pub fn point(may_pass: bool) {
    MET.set(MET.get() + 1);
    if let Some(left) = LIFE.get() {
        if left == 0 {
            LIFE.set(None);
            resume_unwind(Box::new(Cut));
        }
        LIFE.set(Some(left - 1));
    }
    if may_pass {
        PUPPET.with_borrow(|puppet| {
            if let Some(puppet) = puppet {
                puppet.baton.pass(puppet.me);
            }
        });
    }
}

/// Turns the database library's spans into points.
#[derive(Debug, Clone, Copy)]
pub struct Strings;

const OPENING: &str = "begin_with_options";
const STATEMENTS: [&str; 5] = ["execute_raw", "execute_unprepared", "query_one_raw", "query_all_raw", "commit"];

impl Subscriber for Strings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span()
            && metadata.target().starts_with("sea_orm::database")
            && (metadata.name() == OPENING || STATEMENTS.contains(&metadata.name()))
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        point(span.metadata().name() == OPENING);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
