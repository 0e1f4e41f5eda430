//! Asking for leave to send: from what is due and who can be reached, to one answer per payer.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::reminder::{Caps, Channel, HoldReason, QuietHours, Stage};
use uuid::Uuid;

use super::ReminderError;
use super::contacts::Contacts;
use super::deliver::account_of;
use super::grants::{self, Answer, Ask, Books, Way};
use crate::tenancy::{ControlDb, ProjectDb, ProjectInfo};

/// What is due of one payer: which houses, and the highest stage, whose channels carry the message.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// None: there is nothing to say now.
    pub houses: BTreeSet<Uuid>,
    pub stage: Stage,
    pub caps: Caps,
    pub quiet: QuietHours,
}

impl Wish {
    /// A wish of nothing yet, under this policy.
    pub fn new((policy, stage): (&domain::reminder::Policy, &Stage)) -> Self {
        Self { houses: BTreeSet::new(), stage: stage.clone(), caps: policy.caps, quiet: policy.quiet }
    }

    /// Adds a due stage of a bill of that house.
    pub fn add(&mut self, house: Uuid, (policy, stage): (&domain::reminder::Policy, &Stage)) {
        self.houses.insert(house);
        if stage.rung() > self.stage.rung() {
            self.stage = stage.clone();
            (self.caps, self.quiet) = (policy.caps, policy.quiet);
        }
    }
}

/// A payer's answer, and the notice it is for.
#[derive(Debug, Clone)]
pub(super) struct OneAsked {
    pub notice_id: Uuid,
    pub houses: BTreeSet<Uuid>,
    /// The stage whose roads were asked for.
    pub stage: Stage,
    pub answer: Answer,
    /// Why the stage's first channel does not carry it, where another does.
    pub passed_over: Option<&'static str>,
}

impl OneAsked {
    /// Whether every road of a stage was asked for, so that an answer of none is its answer too.
    pub fn covers(&self, stage: &Stage) -> bool {
        self.stage.template == stage.template && stage.channels.iter().all(|road| self.stage.channels.contains(road))
    }

    /// Whether what was granted may carry a message of this stage: its own road, template and share of the quota.
    pub fn carries(&self, way: &Way, stage: &Stage) -> bool {
        stage.channels.contains(&way.channel)
            && (way.credit.is_none() || self.stage.template == stage.template)
            && (stage.is_overdue() || !self.stage.is_overdue())
    }
}

/// The answers, by payer.
pub(super) type Asked = BTreeMap<Uuid, OneAsked>;

/// Takes grants for these payers. A project that only tries takes none and is answered as if it did.
pub(super) async fn ask(
    db: &ProjectDb,
    control: &ControlDb,
    wishes: &BTreeMap<Uuid, Wish>,
    contacts: &Contacts,
    now: DateTime<Utc>,
) -> Result<Asked, ReminderError> {
    let (mut asked, asks) = prepare(db.info(), wishes, contacts, now);
    let zone = db.info().zone;
    let answers = if contacts.is_dry_run {
        Books::read(control, contacts.keys(db.info()), zone, now).await?.rehearse(&asks, now)
    } else if contacts.is_company_paused {
        HashMap::new()
    } else {
        grants::take(control, db.id(), zone, &asks, now).await?
    };
    fill(&mut asked, answers);
    for (payer, one) in &mut asked {
        one.passed_over =
            wishes.get(payer).and_then(|wish| passed_over(db.info(), *payer, wish, contacts, &one.answer));
    }
    Ok(asked)
}

/// Why a message does not go by the first channel the project has.
fn passed_over(
    info: &ProjectInfo,
    payer: Uuid,
    wish: &Wish,
    contacts: &Contacts,
    answer: &Answer,
) -> Option<&'static str> {
    let Answer::Granted(way) = answer else { return None };
    let first = wish.stage.channels.iter().copied().find(|channel| account_of(info, *channel).is_some())?;
    if first == way.channel || matches!(first, Channel::Sms | Channel::Voice) {
        return None;
    }
    if contacts.ways(info, payer, first, &wish.houses, &wish.stage).is_empty() {
        Some(contacts.why_not(info, payer, first))
    } else if first == Channel::WechatTemplate {
        Some(HoldReason::AccountStopped.as_str())
    } else {
        Some("no_credit")
    }
}

pub(super) fn fill(asked: &mut Asked, mut answers: HashMap<Uuid, Answer>) {
    for one in asked.values_mut() {
        if let Some(answer) = answers.remove(&one.notice_id) {
            one.answer = answer;
        }
    }
}

/// Every payer with an id for their notice; those that need not ask are answered here.
pub(super) fn prepare(
    info: &ProjectInfo,
    wishes: &BTreeMap<Uuid, Wish>,
    contacts: &Contacts,
    now: DateTime<Utc>,
) -> (Asked, Vec<Ask>) {
    let mut asks = Vec::with_capacity(wishes.len());
    let mut asked = Asked::new();
    for (payer, wish) in wishes {
        let notice_id = Uuid::now_v7();
        // Stands when the answer does not come: nothing is sent without leave.
        let unanswered = Answer::Held { reason: HoldReason::Paused, until: now };
        let ways: Vec<Way> = wish
            .stage
            .channels
            .iter()
            .flat_map(|channel| contacts.ways(info, *payer, *channel, &wish.houses, &wish.stage))
            .collect();
        let answer = match speakable(ways, wish.quiet, info, now) {
            _ if wish.houses.is_empty() => unanswered,
            Ok(ways) if ways.is_empty() => Answer::NoWay,
            Ok(ways) => {
                let is_overdue = wish.stage.is_overdue();
                asks.push(Ask { notice_id, ways, is_overdue, rung: wish.stage.rung(), caps: wish.caps });
                unanswered
            }
            Err(until) => Answer::Held { reason: HoldReason::QuietHours, until },
        };
        asked.insert(
            *payer,
            OneAsked { notice_id, houses: wish.houses.clone(), stage: wish.stage.clone(), answer, passed_over: None },
        );
    }
    (asked, asks)
}

/// The ways that may speak at this hour; when there are ways and none may, the first instant at which one does.
pub(super) fn speakable(
    ways: Vec<Way>,
    quiet: QuietHours,
    info: &ProjectInfo,
    now: DateTime<Utc>,
) -> Result<Vec<Way>, DateTime<Utc>> {
    let time = now.with_timezone(&info.zone).time();
    let first = |channel: Channel| quiet.next_allowed(channel, now, info.zone);
    let soonest = ways.iter().map(|way| first(way.channel)).min();
    let open: Vec<Way> = ways.into_iter().filter(|way| quiet.allows(way.channel, time)).collect();
    match soonest {
        Some(soonest) if open.is_empty() => Err(soonest),
        _ => Ok(open),
    }
}
