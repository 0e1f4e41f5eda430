//! One run of a seed: a town, a month with faults, and the days after, in which everything must come to rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use domain::reminder::Policy;
use service::clock::Clock;

use crate::databases::Databases;
use crate::desk::{CONTROL, Desk};
use crate::dice::Dice;
use crate::nodes::{Act, End, Ended, Node, Paid};
use crate::rules::{Road, Rules};
use crate::sql;
use crate::strings::Baton;
use crate::town::{self, Size, Town, instant, minute_of};
use crate::vendors::{Book, Mischief, Vendors};

/// 2026-11-23, in days since 1970-01-01.
pub const FIRST_DAY: i64 = 20_780;
/// The node that owners and staff talk to.
pub const API: usize = 0;
/// The nodes of clock jobs.
pub const JOBS: [usize; 2] = [1, 2];
/// The node on which time passes and vendors are heard.
pub const TIME: usize = 3;
/// Days in which everything must have come to rest.
const REST_DAYS_MAX: i64 = 60;

/// What a run is like.
#[derive(Debug, Clone)]
pub struct Setting {
    /// How large the town is.
    pub size: Size,
    /// Days of the month.
    pub days: i64,
    /// Days on which nothing runs, in thousandths.
    pub skipped_permille: i64,
    /// Whether vendors misbehave, nodes die and clocks jump.
    pub faults: bool,
    /// Messages of one dispatch.
    pub dispatch_limit: usize,
    /// How vendors misbehave, where the seed does not say.
    pub mischief: Option<Mischief>,
}

impl Setting {
    /// What seeds run.
    #[must_use]
    pub const fn usual() -> Self {
        Self {
            size: Size { payers: (2, 5), projects: 2, narrow: true },
            days: 20,
            skipped_permille: 450,
            faults: true,
            dispatch_limit: 1_000,
            mischief: None,
        }
    }

    /// A month of so many households in one project, with nothing going wrong.
    #[must_use]
    pub const fn large(payers: i64) -> Self {
        Self {
            size: Size { payers: (payers, payers), projects: 1, narrow: false },
            days: 31,
            skipped_permille: 0,
            faults: false,
            dispatch_limit: 100_000,
            mischief: None,
        }
    }
}

/// A planning run, for the oracle to hold the rows against.
#[derive(Debug, Clone)]
pub struct PlanRun {
    /// The project.
    pub place: usize,
    /// The clock of its node.
    pub node_ms: i64,
    /// The rules in force.
    pub version: i64,
    /// The journal before it.
    pub before: i64,
    /// The journal after it.
    pub after: i64,
    /// It ended well.
    pub complete: bool,
}

/// What the run remembers for the oracle.
#[derive(Debug, Default)]
pub struct Memory {
    /// The rules, by project and version.
    pub rules: BTreeMap<(usize, i64), Rules>,
    /// Planning runs.
    pub plans: Vec<PlanRun>,
    /// Consents given: account, openid, template.
    pub accepts: BTreeMap<(String, String, String), i64>,
    /// Consents withdrawn without a word.
    pub revoked: BTreeSet<(String, String, String)>,
    /// Projects in which something was paused at some time.
    pub paused: BTreeSet<usize>,
    /// Projects that only tried at some time.
    pub dry: BTreeSet<usize>,
    /// What failed that should not.
    pub failures: Vec<String>,
    /// What was done, one line each.
    pub log: Vec<String>,
    /// How often each kind of act was done, and how long it took, rounds of several apart.
    pub spent: BTreeMap<String, (u32, Duration)>,
}

/// A run under way.
pub struct Run {
    pub(crate) setting: Setting,
    pub(crate) dice: Dice,
    /// The town.
    pub town: Town,
    /// The own look into its databases.
    pub desk: Arc<Desk>,
    /// The vendors.
    pub vendors: Vendors,
    /// What the oracle needs to know.
    pub memory: Memory,
    pub(crate) orders: Vec<(usize, Paid)>,
    pub(crate) clock_error_ms: i64,
    nodes: Vec<Node>,
    baton: Arc<Baton>,
    databases: Option<Databases>,
}

impl Run {
    /// Begins.
    pub async fn begin(seed: u64, setting: Setting) -> Self {
        let mut dice = Dice::new(seed);
        let start_ms = instant(FIRST_DAY, 9 * 60);
        let mut databases = Databases::default();
        let mut town_dice = dice.fork();
        let (town, desk, urls) =
            town::found(&mut town_dice, setting.size, &mut databases, start_ms - 40 * town::DAY_MS).await;
        let desk = Arc::new(desk);
        let rolled = if setting.faults { roll_mischief(&mut dice) } else { Mischief::default() };
        let mischief = setting.mischief.unwrap_or(rolled);
        let book = Book::new(dice.fork(), start_ms, mischief, town.sms_backup.to_string());
        let places = town.projects.iter().map(|project| (project.id.uuid(), project.place)).collect();
        let accounts = Road::ALL.into_iter().map(|road| (road, town.account(road))).collect();
        let vendors = Vendors::new(book, Arc::clone(&desk), places, accounts);
        let skew_ms = if setting.faults { dice.pick(&[0, 0, 7_000, -45_000]) } else { 0 };
        let clock = |offset_ms| Clock::frozen(DateTime::from_timestamp_millis(start_ms + offset_ms).unwrap());
        let clocks = Arc::new(vec![clock(0), clock(0), clock(skew_ms), clock(0)]);
        let baton = Arc::new(Baton::default());
        let nodes = (0..clocks.len())
            .map(|me| Node::start(me, &urls[CONTROL], vendors.clone(), Arc::clone(&clocks), Arc::clone(&baton)))
            .collect();
        let memory = Memory::default();
        let mut run = Self {
            setting,
            dice,
            town,
            desk,
            vendors,
            memory,
            orders: Vec::new(),
            clock_error_ms: 0,
            nodes,
            baton,
            databases: Some(databases),
        };
        run.furnish();
        run
    }

    /// The first rules, bills, followers and consents.
    fn furnish(&mut self) {
        for place in 1..=self.town.projects.len() {
            let items = self.town.at(place).fee_items.clone();
            let rules = Rules::roll(&mut self.dice, &items);
            let policy: Policy = serde_json::from_value(rules.json()).unwrap();
            policy.check().unwrap();
            let body = serde_json::to_string(&policy).unwrap();
            self.desk.execute(
                place,
                &format!(
                    "INSERT INTO reminder_policy (version, body, created_at_ms) VALUES (1, {}, 0)",
                    sql::text(&body)
                ),
            );
            self.keep_rules(place, 1, rules);
            for (ago, due) in [(20, (-8, 4)), (3, (1, 9)), (0, (2, 14))] {
                let published_ms = instant(FIRST_DAY - ago, 8 * 60 + 30);
                let due = (FIRST_DAY + due.0, FIRST_DAY + due.1);
                self.town.at_mut(place).publish(&mut self.dice, &self.desk, published_ms, due, 450);
            }
        }
        for person in self.town.persons.clone() {
            if let Some(official) = &person.official
                && !self.dice.chance(100)
            {
                self.vendors.book().followers.insert(official.clone());
            }
            for _ in 0..self.dice.range(0, 3) {
                self.consent(&person);
            }
        }
    }

    /// Remembers rules that are in force from now on.
    pub(crate) fn keep_rules(&mut self, place: usize, version: i64, rules: Rules) {
        self.memory.log.push(format!("project {place} has rules {version}: {rules:?}"));
        self.memory.rules.insert((place, version), rules);
    }

    /// The true time.
    pub fn now_ms(&self) -> i64 {
        self.vendors.book().now_ms
    }

    /// Lets time pass, on every clock.
    pub fn pass_to(&mut self, at_ms: i64) {
        let by_ms = at_ms - self.now_ms();
        if by_ms > 0 {
            self.vendors.book().now_ms += by_ms;
            self.nodes.iter().for_each(|node| node.clock.advance_ms(by_ms));
        }
    }

    /// Every clock of ours jumps; the vendors' does not.
    pub(crate) fn jump(&mut self, by_ms: i64) {
        self.clock_error_ms += by_ms;
        self.nodes.iter().for_each(|node| node.clock.advance_ms(by_ms));
        self.memory.log.push(format!("clocks jump by {} minutes", by_ms / 60_000));
    }

    /// Runs acts at once, each on its node; the seed decides who goes on at each point.
    pub fn round(&mut self, acts: Vec<(usize, Act, Option<u32>)>) -> Vec<Ended> {
        let ids: Vec<usize> = acts.iter().map(|(node, ..)| *node).collect();
        let switch_permille = self.dice.pick(&[80, 300, 700]);
        let plans = acts.iter().any(|(_, act, _)| matches!(act, Act::Plan(_)));
        let before: Vec<i64> =
            if plans { self.places().map(|place| self.desk.position(place)).collect() } else { Vec::new() };
        self.baton.begin(&ids, self.dice.fork(), switch_permille);
        let waiting: Vec<_> = acts.iter().map(|(node, act, cut)| self.nodes[*node].begin(act.clone(), *cut)).collect();
        let ended: Vec<Ended> = waiting.into_iter().map(|answer| answer.recv().unwrap()).collect();
        let at = self.now_ms();
        for ((node, act, _), ended) in acts.iter().zip(&ended) {
            self.note(*node, act, ended, at, &before);
        }
        ended
    }

    fn note(&mut self, node: usize, act: &Act, ended: &Ended, at: i64, before: &[i64]) {
        let mut words = format!("{act:?} -> {:?}", ended.end).replace(" { ", "{").replace(" }", "}");
        for project in &self.town.projects {
            words = words.replace(&format!("ProjectId({})", project.id), &project.place.to_string());
        }
        // What did not happen is not worth a word.
        let nothing = |part: &&str| !part.trim_end_matches('}').ends_with(": 0");
        let words = words.split(", ").filter(nothing).collect::<Vec<_>>().join(", ");
        let line = format!("{} node {node} {words} ({} points)", local(at), ended.points);
        if let End::Failed(_) = ended.end {
            self.memory.failures.push(line.clone());
        }
        self.memory.log.push(line);
        if let Act::Plan(id) = act {
            let place = self.town.projects.iter().find(|project| project.id == *id).unwrap().place;
            let node_ms = self.nodes[node].clock.now_ms();
            let (before, after) = (before[place - 1], self.desk.position(place));
            let complete = matches!(ended.end, End::Done(_));
            let version = self.version(place);
            self.memory.plans.push(PlanRun { place, node_ms, version, before, after, complete });
        }
    }

    /// The version of the rules in force.
    pub fn version(&self, place: usize) -> i64 {
        self.memory.rules.keys().filter(|(at, _)| *at == place).map(|(_, version)| *version).max().unwrap()
    }

    /// The places of the projects.
    pub fn places(&self) -> std::ops::RangeInclusive<usize> {
        1..=self.town.projects.len()
    }

    /// One act, alone.
    pub fn alone(&mut self, node: usize, act: Act, cut: Option<u32>) -> End {
        let kind: String = format!("{act:?}").chars().take_while(char::is_ascii_alphabetic).collect();
        let started = Instant::now();
        let end = self.round(vec![(node, act, cut)]).remove(0).end;
        let spent = self.memory.spent.entry(kind).or_default();
        (spent.0, spent.1) = (spent.0 + 1, spent.1 + started.elapsed());
        end
    }

    /// Whether the time of a step has come to be looked at: the clock jobs of one project, in order.
    pub(crate) fn jobs(&mut self, place: usize) {
        let id = self.town.at(place).id;
        let limit = self.setting.dispatch_limit;
        for act in [Act::Plan(id), Act::Dispatch(id, limit), Act::Escalate(id), Act::Dispatch(id, limit)] {
            self.alone(JOBS[0], act, None);
        }
    }

    /// The days after: vendors behave, clocks are right, and in the end nothing is left to do.
    pub fn come_to_rest(&mut self) {
        self.vendors.book().heal();
        self.jump(-self.clock_error_ms);
        self.end_pauses();
        self.memory.log.push("the faults stop".to_owned());
        for (place, paid) in std::mem::take(&mut self.orders) {
            let id = self.town.at(place).id;
            self.alone(API, Act::Settle(id, paid), None);
        }
        let first = town::day_of(self.now_ms());
        for day in first..first + REST_DAYS_MAX {
            for minute in [15 * 60 + 5, 18 * 60 + 29] {
                self.pass_to(instant(day, minute));
                self.hear();
                self.alone(JOBS[1], Act::Apply, None);
                for place in 1..=self.town.projects.len() {
                    self.jobs(place);
                }
            }
            // What was paused is looked at again on the next day, by a clock that may have been a day ahead.
            let days = if self.is_any_paused() { 3 } else { 1 };
            if day >= first + days && self.backlog().is_empty() && self.vendors.book().reports.is_empty() {
                return;
            }
        }
        for left in self.backlog() {
            self.memory.failures.push(format!("never came to rest: {left}"));
        }
    }

    fn is_any_paused(&self) -> bool {
        let held = "SELECT COUNT(*) FROM reminder WHERE state = 'held' AND reason = 'paused'";
        let waiting = "SELECT COUNT(*) FROM notice WHERE state = 'claimed' AND reason = 'paused'";
        let any = |place: usize, sql: &str| self.desk.one::<i64>(place, sql) > 0;
        self.places().any(|place| any(place, held) || any(place, waiting))
    }

    /// Vendors tell what is due.
    pub(crate) fn hear(&mut self) {
        let told = self.vendors.book().told();
        if !told.is_empty() {
            self.alone(TIME, Act::Hear(told), None);
        }
    }

    /// What is left to do.
    pub fn backlog(&self) -> Vec<String> {
        let node_ms = self.now_ms() + self.clock_error_ms;
        let mut left = Vec::new();
        let mut look = |place: usize, table: &str| {
            let count: i64 = self.desk.one(place, &format!("SELECT COUNT(*) FROM {table}"));
            if count > 0 {
                left.push(format!("{count} in {table} of database {place}"));
            }
        };
        for place in 1..=self.town.projects.len() {
            look(place, &format!("reminder WHERE state = 'planned' AND send_at_ms <= {node_ms}"));
            look(place, "reminder WHERE state = 'held' AND (reason IS NULL OR reason <> 'paused')");
            look(place, "reminder WHERE state = 'claimed'");
            look(place, "notice WHERE state = 'claimed' AND (reason IS NULL OR reason <> 'paused')");
            look(
                place,
                &format!(
                    "notice WHERE escalate_at_ms <= {node_ms} AND state IN ('sent', 'in_doubt') AND paid_at_ms IS NULL"
                ),
            );
        }
        look(CONTROL, "send_grant WHERE state = 'held'");
        look(
            CONTROL,
            "delivery_event e JOIN message_receipt r ON r.account = e.account AND r.receipt_id = e.receipt_id \
             WHERE e.applied_at_ms IS NULL",
        );
        left
    }

    /// Ends the run: threads, databases.
    pub async fn end(mut self) {
        self.nodes.clear();
        let databases = self.databases.take().unwrap();
        drop(self);
        databases.drop_all().await;
    }
}

fn roll_mischief(dice: &mut Dice) -> Mischief {
    let scale = dice.pick(&[0, 1, 1, 3]);
    Mischief {
        not_sent: 40 * scale,
        lost: 40 * scale,
        lost_answer: 50 * scale,
        rate: 20 * scale,
        config: 5 * scale,
        person: 10 * scale,
        quota: 10 * scale,
        backup: 100,
    }
}

/// `23 10:05` for a reader.
#[must_use]
pub fn local(at_ms: i64) -> String {
    format!("day {} {:02}:{:02}", town::day_of(at_ms) - FIRST_DAY, minute_of(at_ms) / 60, minute_of(at_ms) % 60)
}
