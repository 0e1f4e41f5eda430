//! The raw rows of one project's database, read with plain SQL.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{QueryResult, TryGetable};
use uuid::Uuid;

use crate::desk::Desk;

fn get<T: TryGetable>(row: &QueryResult, at: usize) -> T {
    row.try_get_by_index(at).unwrap()
}

/// One bill and stage.
#[derive(Debug, Clone)]
pub struct Reminder {
    /// The bill.
    pub bill: Uuid,
    /// The stage.
    pub stage: String,
    /// Its day.
    pub day: i64,
    /// The version of the rules.
    pub version: i64,
    /// Where it is.
    pub state: String,
    /// Why.
    pub reason: Option<String>,
    /// The message that carries it.
    pub notice: Option<Uuid>,
    /// When it was planned.
    pub planned_ms: i64,
}

/// One message.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The payer.
    pub payer: Uuid,
    /// The stage it speaks for.
    pub stage: String,
    /// Its road.
    pub channel: String,
    /// The message before it.
    pub from: Option<Uuid>,
    /// The version of the rules.
    pub version: i64,
    /// Where it is.
    pub state: String,
    /// Why.
    pub reason: Option<String>,
    /// What it asks for.
    pub amount_fen: i64,
    /// When it was made.
    pub created_ms: i64,
    /// When it was sent.
    pub sent_ms: Option<i64>,
    /// Delivered, opened, acknowledged, paid.
    pub marks: [bool; 4],
    /// Its bills with their stages and sums.
    pub bills: Vec<(Uuid, String, i64)>,
}

/// One line of the journal.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its place in the order of commits.
    pub seq: i64,
    /// `bill`, `settled`, `voided`, `notice`, `seen`, `reminder`, `pause`, `resume`.
    pub what: String,
    /// Of which row.
    pub id: Uuid,
    /// For a reminder: the stage.
    pub stage: Option<String>,
    /// The state it went to.
    pub state: Option<String>,
    /// The reason it went there.
    pub reason: Option<String>,
    /// For a notice: the lease.
    pub lease_no: Option<i64>,
}

/// One event of the product's own history.
#[derive(Debug, Clone)]
pub struct Event {
    /// What happened.
    pub kind: String,
    /// To which message.
    pub notice: Option<Uuid>,
    /// To which bill.
    pub bill: Option<Uuid>,
    /// At which stage.
    pub stage: Option<String>,
    /// Why.
    pub detail: String,
}

/// One pause.
#[derive(Debug, Clone)]
pub struct Pause {
    /// `project`, `building`, `house`, `payer`, `bill`.
    pub level: String,
    /// Of what.
    pub subject: String,
    /// Its last day.
    pub until: Option<i64>,
    /// When it began, in the journal.
    pub began: i64,
    /// When it ended, in the journal.
    pub ended: Option<i64>,
}

/// Everything of one project.
#[derive(Debug, Default)]
pub struct Rows {
    /// By bill and stage.
    pub reminders: BTreeMap<(Uuid, String), Reminder>,
    /// By id.
    pub notices: BTreeMap<Uuid, Notice>,
    /// In the order of commits.
    pub journal: Vec<Line>,
    /// In the order they were written.
    pub events: Vec<Event>,
    /// All pauses.
    pub pauses: Vec<Pause>,
    /// When each bill came, in the journal.
    pub came: BTreeMap<Uuid, i64>,
    /// When each bill was closed, in the journal, and whether by money.
    pub closed: BTreeMap<Uuid, (i64, bool)>,
    /// Buildings of houses.
    pub buildings: BTreeMap<Uuid, String>,
    /// Notices by what happened to them.
    pub happened: BTreeSet<(String, Uuid)>,
    /// When each notice was first seen, in the journal.
    pub seen: BTreeMap<Uuid, i64>,
    /// The journal of each notice, by place.
    lives: BTreeMap<Uuid, Vec<usize>>,
}

impl Rows {
    /// Reads them.
    #[must_use]
    pub fn read(desk: &Desk, place: usize) -> Self {
        let mut rows = Self::default();
        rows.read_reminders(desk, place);
        rows.read_notices(desk, place);
        rows.read_journal(desk, place);
        let sql = "SELECT kind, notice_id, bill_id, stage, detail FROM reminder_event ORDER BY id";
        rows.events = desk
            .rows(place, sql)
            .iter()
            .map(|row| Event {
                kind: get(row, 0),
                notice: get(row, 1),
                bill: get(row, 2),
                stage: get(row, 3),
                detail: get(row, 4),
            })
            .collect();
        let kinds = rows.events.iter().filter_map(|event| event.notice.map(|notice| (event.kind.clone(), notice)));
        rows.happened = kinds.collect();
        for row in desk.rows(place, "SELECT id, building FROM house") {
            rows.buildings.insert(get(&row, 0), get(&row, 1));
        }
        rows.read_pauses(desk, place);
        rows
    }

    fn read_reminders(&mut self, desk: &Desk, place: usize) {
        let sql =
            "SELECT bill_id, stage, stage_day, policy_version, state, reason, notice_id, planned_at_ms FROM reminder";
        for row in desk.rows(place, sql) {
            let reminder = Reminder {
                bill: get(&row, 0),
                stage: get(&row, 1),
                day: get(&row, 2),
                version: get(&row, 3),
                state: get(&row, 4),
                reason: get(&row, 5),
                notice: get(&row, 6),
                planned_ms: get(&row, 7),
            };
            self.reminders.insert((reminder.bill, reminder.stage.clone()), reminder);
        }
    }

    fn read_notices(&mut self, desk: &Desk, place: usize) {
        let sql = "SELECT id, payer_party_id, stage, channel, escalated_from, policy_version, state, reason, amount_fen, \
             created_at_ms, sent_at_ms, delivered_at_ms, opened_at_ms, acknowledged_at_ms, paid_at_ms FROM notice";
        for row in desk.rows(place, sql) {
            let mark = |at| get::<Option<i64>>(&row, at).is_some();
            let notice = Notice {
                payer: get(&row, 1),
                stage: get(&row, 2),
                channel: get(&row, 3),
                from: get(&row, 4),
                version: get(&row, 5),
                state: get(&row, 6),
                reason: get(&row, 7),
                amount_fen: get(&row, 8),
                created_ms: get(&row, 9),
                sent_ms: get(&row, 10),
                marks: [mark(11), mark(12), mark(13), mark(14)],
                bills: Vec::new(),
            };
            self.notices.insert(get(&row, 0), notice);
        }
        for row in desk
            .rows(place, "SELECT notice_id, bill_id, stage, amount_fen FROM notice_bill ORDER BY notice_id, bill_id")
        {
            let bill = (get(&row, 1), get(&row, 2), get(&row, 3));
            self.notices.get_mut(&get::<Uuid>(&row, 0)).unwrap().bills.push(bill);
        }
    }

    fn read_journal(&mut self, desk: &Desk, place: usize) {
        for row in desk.rows(place, "SELECT seq, what, id, stage, state, reason, lease_no FROM sim_log ORDER BY seq") {
            let line = Line {
                seq: get(&row, 0),
                what: get(&row, 1),
                id: get(&row, 2),
                stage: get(&row, 3),
                state: get(&row, 4),
                reason: get(&row, 5),
                lease_no: get(&row, 6),
            };
            match line.what.as_str() {
                "bill" => drop(self.came.insert(line.id, line.seq)),
                "settled" => drop(self.closed.insert(line.id, (line.seq, true))),
                "voided" => drop(self.closed.insert(line.id, (line.seq, false))),
                "notice" => self.lives.entry(line.id).or_default().push(self.journal.len()),
                "seen" => _ = self.seen.entry(line.id).or_insert(line.seq),
                _ => {}
            }
            self.journal.push(line);
        }
    }

    fn read_pauses(&mut self, desk: &Desk, place: usize) {
        for row in desk.rows(place, "SELECT id, level, subject, until_day FROM reminder_pause") {
            let id: Uuid = get(&row, 0);
            let at =
                |what: &str| self.journal.iter().find(|line| line.id == id && line.what == what).map(|line| line.seq);
            let (began, ended) = (at("pause").unwrap(), at("resume"));
            self.pauses.push(Pause { level: get(&row, 1), subject: get(&row, 2), until: get(&row, 3), began, ended });
        }
    }

    /// The stages of one bill.
    pub fn stages(&self, bill: Uuid) -> impl Iterator<Item = &Reminder> {
        let from = (bill, String::new());
        self.reminders.range(from..).take_while(move |((of, _), _)| *of == bill).map(|(_, reminder)| reminder)
    }

    /// The journal of one notice.
    pub fn life(&self, notice: Uuid) -> impl Iterator<Item = &Line> {
        self.lives.get(&notice).into_iter().flatten().map(|at| &self.journal[*at])
    }
}
