//! What the outside world has to tell us: notifies, pushes and reports, each with its retry schedule.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tokio::task::JoinSet;

use crate::mischief::{Endpoint, Trick};
use crate::pay::notify::Notice;
use crate::server::{Shared, Sim};
use crate::sms::receipt::Receipt;
use crate::wechat::push::Push;
use crate::world::World;

/// Most copies of one delivery.
const COPIES_MAX: u8 = 64;
/// Most deliveries on their way at once when the pump runs.
pub(crate) const PUMP_AT_ONCE: usize = 32;
/// Deliveries started by one call; the rest waits for the next.
const BATCH_MAX: usize = 10_000;

/// Who tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// WeChat Pay.
    Notify,
    /// WeChat.
    Push,
    /// SMS and voice vendors.
    Receipt,
}

impl Family {
    fn endpoint(self) -> Endpoint {
        match self {
            Self::Notify => Endpoint::Notify,
            Self::Push => Endpoint::Push,
            Self::Receipt => Endpoint::Receipt,
        }
    }
}

/// One attempt to tell us something.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// Who told.
    pub family: Family,
    /// `TRANSACTION.SUCCESS`, `REFUND.SUCCESS`, the event of a push, or the vendor of a report.
    pub what: String,
    /// out_trade_no, out_refund_no, openid or receipt id.
    pub key: String,
    /// Where it went.
    pub url: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// HTTP status; nothing when it was dropped or no answer came.
    pub status: Option<u16>,
    /// Whether that was the answer the platform wanted.
    pub acknowledged: bool,
    /// The trick played on it.
    pub trick: Option<Trick>,
    /// When it will be tried again, in milliseconds.
    pub next_due_ms: Option<i64>,
}

#[derive(Clone)]
pub(crate) enum Payload {
    Notify(Notice),
    Push(Push),
    Receipt(Receipt),
}

/// A request ready to go.
pub(crate) struct Outgoing {
    pub(crate) url: String,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) what: String,
    pub(crate) key: String,
    pub(crate) due_ms: i64,
    pub(crate) attempts: u32,
    pub(crate) payload: Payload,
}

impl Payload {
    pub(crate) fn family(&self) -> Family {
        match self {
            Self::Notify(_) => Family::Notify,
            Self::Push(_) => Family::Push,
            Self::Receipt(_) => Family::Receipt,
        }
    }

    fn outgoing(&self, shared: &Shared, spoil: Option<&Trick>) -> Option<Outgoing> {
        match self {
            Self::Notify(notice) => notice.outgoing(shared, spoil),
            Self::Push(push) => push.outgoing(shared, spoil),
            Self::Receipt(receipt) => Some(receipt.outgoing()),
        }
    }

    fn acknowledged(&self, status: u16, body: &[u8]) -> bool {
        match self {
            Self::Notify(_) => status == 200 || status == 204,
            Self::Push(push) => push.acknowledged(status, body),
            Self::Receipt(receipt) => receipt.acknowledged(status, body),
        }
    }

    /// Wait before the next attempt after so many.
    fn retry_after_ms(&self, attempts: u32) -> Option<i64> {
        let schedule: &[i64] = match self {
            Self::Notify(_) => &crate::pay::notify::RETRIES_S,
            Self::Push(_) => &crate::wechat::push::RETRIES_S,
            Self::Receipt(receipt) => receipt.retries_s(),
        };
        let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
        schedule.get(index).map(|wait_s| wait_s.saturating_mul(1000))
    }
}

/// Jobs of one family, by due time.
#[derive(Default)]
pub(crate) struct Outbox {
    jobs: BTreeMap<(i64, u64), Job>,
    sequence: u64,
}

impl Outbox {
    pub(crate) fn put(&mut self, job: Job) {
        self.sequence = self.sequence.saturating_add(1);
        self.jobs.insert((job.due_ms, self.sequence), job);
    }

    fn take_due(&mut self, now_ms: i64) -> Vec<Job> {
        let mut due = Vec::new();
        while let Some(entry) = self.jobs.first_entry() {
            if entry.key().0 > now_ms || due.len() >= BATCH_MAX {
                break;
            }
            due.push(entry.remove());
        }
        due
    }

    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.jobs.first_key_value().map(|((due_ms, _), _)| *due_ms)
    }

    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }
}

struct Planned {
    job: Job,
    trick: Option<Trick>,
}

impl World {
    pub(crate) fn tell(&mut self, job: Job) {
        self.outbox(job.payload.family()).put(job);
    }

    pub(crate) fn outbox(&mut self, family: Family) -> &mut Outbox {
        match family {
            Family::Notify => &mut self.notifies,
            Family::Push => &mut self.pushes,
            Family::Receipt => &mut self.receipts,
        }
    }

    /// Takes what is due, decides the trick for each, puts the delayed ones back.
    fn plan_deliveries(&mut self, family: Family, until_ms: i64) -> Vec<Planned> {
        let now_ms = self.clock.now_ms();
        if family == Family::Notify {
            self.settle_refunds();
        }
        let due = self.outbox(family).take_due(until_ms.max(now_ms));
        let mut plan = Vec::with_capacity(due.len());
        let mut newest_first = false;
        for mut job in due {
            let trick = self.mischief.take(family.endpoint(), &[&job.key], |_| true);
            match trick {
                Some(Trick::Delay { by_ms }) => {
                    job.due_ms = now_ms.saturating_add(by_ms.max(1));
                    self.outbox(family).put(job);
                }
                Some(Trick::Reorder) => {
                    newest_first = true;
                    plan.push(Planned { job, trick });
                }
                trick => plan.push(Planned { job, trick }),
            }
        }
        if newest_first {
            plan.reverse();
        }
        plan
    }

    /// Puts an unacknowledged job back by its schedule; says when it is due.
    fn after_attempt(&mut self, mut job: Job, acknowledged: bool) -> Option<i64> {
        if acknowledged {
            return None;
        }
        let wait_ms = job.payload.retry_after_ms(job.attempts)?;
        job.due_ms = self.clock.now_ms().saturating_add(wait_ms);
        let due_ms = job.due_ms;
        self.tell(job);
        Some(due_ms)
    }
}

/// Delivers what is due in one family. `at_once` 1 keeps the order.
pub(crate) async fn deliver(shared: &Arc<Shared>, family: Family, at_once: usize, until_ms: i64) -> Vec<Delivery> {
    let plan = shared.world().plan_deliveries(family, until_ms);
    let mut done = Vec::with_capacity(plan.len());
    let mut running: JoinSet<Vec<Delivery>> = JoinSet::new();
    for planned in plan {
        if at_once <= 1 {
            done.extend(attempt(Arc::clone(shared), planned).await);
            continue;
        }
        if running.len() >= at_once
            && let Some(Ok(finished)) = running.join_next().await
        {
            done.extend(finished);
        }
        running.spawn(attempt(Arc::clone(shared), planned));
    }
    while let Some(finished) = running.join_next().await {
        done.extend(finished.unwrap_or_default());
    }
    done
}

async fn attempt(shared: Arc<Shared>, planned: Planned) -> Vec<Delivery> {
    let Planned { mut job, trick } = planned;
    job.attempts = job.attempts.saturating_add(1);
    let copies = match &trick {
        Some(Trick::Drop) => 0,
        Some(Trick::Duplicate { copies }) => (*copies).clamp(1, COPIES_MAX),
        _ => 1,
    };
    let mut url = String::new();
    let mut running: JoinSet<(Option<u16>, bool)> = JoinSet::new();
    for _ in 0..copies {
        let Some(outgoing) = job.payload.outgoing(&shared, trick.as_ref()) else { continue };
        url.clone_from(&outgoing.url);
        running.spawn(post(Arc::clone(&shared), outgoing, job.payload.clone()));
    }
    let mut answers: Vec<(Option<u16>, bool)> = Vec::new();
    while let Some(answer) = running.join_next().await {
        answers.push(answer.unwrap_or((None, false)));
    }
    if answers.is_empty() {
        answers.push((None, false));
    }
    let any = answers.iter().any(|(_, acknowledged)| *acknowledged);
    let (what, key, attempt) = (job.what.clone(), job.key.clone(), job.attempts);
    let family = job.payload.family();
    let next_due_ms = shared.world().after_attempt(job, any);
    let row = |(status, acknowledged)| Delivery {
        family,
        what: what.clone(),
        key: key.clone(),
        url: url.clone(),
        attempt,
        status,
        acknowledged,
        trick: trick.clone(),
        next_due_ms,
    };
    answers.into_iter().map(row).collect()
}

async fn post(shared: Arc<Shared>, outgoing: Outgoing, payload: Payload) -> (Option<u16>, bool) {
    let mut request = shared.http.post(&outgoing.url).header("Content-Type", outgoing.content_type).body(outgoing.body);
    for (name, value) in outgoing.headers {
        request = request.header(name, value);
    }
    let Ok(response) = request.send().await else { return (None, false) };
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap_or_default();
    (Some(status), payload.acknowledged(status, &body))
}

impl Sim {
    /// Sends every notify of WeChat Pay due now, in order, and reports each attempt.
    pub async fn deliver_notifies(&self) -> Vec<Delivery> {
        deliver(&self.shared, Family::Notify, 1, i64::MIN).await
    }

    /// The same with up to `at_once` on their way together, in no particular order.
    pub async fn deliver_notifies_at_once(&self, at_once: usize) -> Vec<Delivery> {
        self.deliver_at_once(Family::Notify, at_once).await
    }

    /// Sends every WeChat message push due now, in order.
    pub async fn deliver_pushes(&self) -> Vec<Delivery> {
        deliver(&self.shared, Family::Push, 1, i64::MIN).await
    }

    /// Sends every SMS and voice report due now, in order.
    pub async fn deliver_receipts(&self) -> Vec<Delivery> {
        deliver(&self.shared, Family::Receipt, 1, i64::MIN).await
    }

    /// Sends what is due in one family with up to `at_once` on their way together, in no particular order.
    pub async fn deliver_at_once(&self, family: Family, at_once: usize) -> Vec<Delivery> {
        deliver(&self.shared, family, at_once, i64::MIN).await
    }

    /// When the next delivery of a family is due, in milliseconds; nothing when none waits.
    pub fn next_due_ms(&self, family: Family) -> Option<i64> {
        self.world().outbox(family).next_due_ms()
    }

    /// How many deliveries of a family wait, due or not.
    pub fn waiting(&self, family: Family) -> usize {
        self.world().outbox(family).len()
    }
}
