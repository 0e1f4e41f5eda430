//! Nodes: threads with a runtime, a clock and connections of their own, that do one act at a time.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use chrono::NaiveDate;
use domain::applied::Applied;
use domain::ids::{BillId, HouseId, PersonId, ProjectId};
use domain::money::Amount;
use domain::reminder::Policy;
use futures_util::FutureExt as _;
use service::audit::By;
use service::clock::Clock;
use service::payments::{self, Confirmation, ConfirmationSource, NewOrder, SettleError};
use service::reminders::{self, DeliveryKind, PauseLevel, PauseReason, ReminderError, Senders};
use service::store::{Database, Placement, PoolLimits};
use service::tenancy::{CONTROL_SCOPE, ControlDb, ProjectDb, Projects, load_sealer};
use service::vault::MasterKey;
use uuid::Uuid;

use crate::strings::{self, Baton, Cut, Strings};
use crate::town::{MASTER_KEY, MERCHANT, MINI};
use crate::vendors::{Report, Vendors};

/// Deliveries applied at once.
const DELIVERIES: usize = 500;

/// What a node does.
#[derive(Debug, Clone)]
pub enum Act {
    /// The clock job that plans.
    Plan(ProjectId),
    /// The clock job that sends, up to so many.
    Dispatch(ProjectId, usize),
    /// The clock job that follows up.
    Escalate(ProjectId),
    /// The clock job that applies what vendors told.
    Apply,
    /// Vendors tell.
    Hear(Vec<Report>),
    /// Somebody ticks bills.
    Place(ProjectId, Order),
    /// WeChat Pay tells that an order was paid.
    Settle(ProjectId, Paid),
    /// Staff void a bill.
    Void(ProjectId, Uuid),
    /// Staff pause.
    Pause(ProjectId, PauseLevel, Option<NaiveDate>),
    /// Staff end a pause.
    Resume(ProjectId, Uuid),
    /// Staff change the rules.
    SetRules(ProjectId, Box<Policy>),
    /// Somebody taps on a message.
    Open(ProjectId, String),
    /// Somebody presses 已知晓.
    Acknowledge(ProjectId, String),
    /// Staff look at what would go out.
    Preview(ProjectId),
    /// Time passes on every node.
    Pass(i64),
}

/// An order over bills.
#[derive(Debug, Clone)]
pub struct Order {
    /// The bills.
    pub bills: Vec<Uuid>,
    /// Their houses.
    pub houses: Vec<Uuid>,
    /// Who pays.
    pub person: Uuid,
    /// The sum.
    pub fen: i64,
}

/// A paid order.
#[derive(Debug, Clone)]
pub struct Paid {
    /// Its number.
    pub out_trade_no: String,
    /// WeChat's number.
    pub transaction: String,
    /// The sum.
    pub fen: i64,
}

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It was done; what it says of itself.
    Done(String),
    /// It was refused for a reason that is no fault.
    Refused(String),
    /// The node died in it.
    Cut,
    /// It failed.
    Failed(String),
}

/// How an act ended, and after how many points.
#[derive(Debug, Clone)]
pub struct Ended {
    /// How.
    pub end: End,
    /// Points it met.
    pub points: u32,
}

type Job = (Act, Option<u32>, mpsc::Sender<Ended>);

/// A node.
#[derive(Debug)]
pub struct Node {
    /// Its clock.
    pub clock: Clock,
    jobs: Option<tokio::sync::mpsc::UnboundedSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

struct Hands {
    control: ControlDb,
    projects: Projects,
    senders: Senders,
    clock: Clock,
    all_clocks: Arc<Vec<Clock>>,
    vendors: Vendors,
}

impl Node {
    /// Starts a node.
    #[must_use]
    pub fn start(me: usize, control_url: &str, vendors: Vendors, clocks: Arc<Vec<Clock>>, baton: Arc<Baton>) -> Self {
        let (jobs, mut received) = tokio::sync::mpsc::unbounded_channel::<Job>();
        let (clock, url) = (clocks[me].clone(), control_url.to_owned());
        let own = clock.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let hands = Hands::open(&url, own, vendors, clocks).await;
                strings::attach(me, Arc::clone(&baton));
                let _guard = tracing::subscriber::set_default(Strings);
                while let Some((act, cut, answer)) = received.recv().await {
                    baton.enter(me);
                    strings::live(cut);
                    let end = hands.act(act).await;
                    let points = strings::rest();
                    // What was cut is rolled back before anybody goes on.
                    tokio::task::yield_now().await;
                    baton.leave(me);
                    let _ = answer.send(Ended { end, points });
                }
            });
        });
        Self { clock, jobs: Some(jobs), thread: Some(thread) }
    }

    /// Begins an act that dies at a point, if at all; the baton says when it runs.
    pub fn begin(&self, act: Act, cut: Option<u32>) -> mpsc::Receiver<Ended> {
        let (answer, answered) = mpsc::channel();
        assert!(self.jobs.as_ref().unwrap().send((act, cut, answer)).is_ok(), "the node is gone");
        answered
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Hands {
    async fn open(url: &str, clock: Clock, vendors: Vendors, all_clocks: Arc<Vec<Clock>>) -> Self {
        let master = MasterKey::parse(MASTER_KEY).unwrap();
        let limits = PoolLimits::default();
        let database = Database::open(&Placement::parse(url).unwrap(), limits).await.unwrap();
        let sealer =
            database.read("simulation.keys", async |tx| load_sealer(tx, &master, CONTROL_SCOPE).await).await.unwrap();
        let control = ControlDb::new(database, sealer);
        let projects = Projects::new(control.clone(), master, limits, 4);
        let senders = vendors.senders(&clock);
        Self { control, projects, senders, clock, all_clocks, vendors }
    }

    async fn act(&self, act: Act) -> End {
        match AssertUnwindSafe(self.perform(act)).catch_unwind().await {
            Ok(end) => end,
            Err(payload) if payload.is::<Cut>() => End::Cut,
            Err(payload) => {
                let words = payload.downcast_ref::<String>().cloned();
                let words = words.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                End::Failed(format!("panicked: {}", words.unwrap_or_default()))
            }
        }
    }

    async fn project(&self, id: ProjectId) -> ProjectDb {
        self.projects.open(id).await.unwrap()
    }

    async fn perform(&self, act: Act) -> End {
        let (now, by) = (self.clock.now(), By::operator());
        match act {
            Act::Plan(id) => done(reminders::plan(&self.project(id).await, now).await),
            Act::Dispatch(id, limit) => {
                let db = self.project(id).await;
                done(reminders::dispatch(&db, &self.control, &self.senders, &self.clock, limit).await)
            }
            Act::Escalate(id) => done(reminders::escalate(&self.project(id).await, now, 1_000).await),
            Act::Apply => done(reminders::apply_deliveries(&self.control, &self.projects, now, DELIVERIES).await),
            Act::Hear(reports) => self.hear(reports).await,
            Act::Place(id, order) => self.place(id, order).await,
            Act::Settle(id, paid) => self.settle(id, paid).await,
            Act::Void(id, bill) => {
                let voided = service::bills::void(&self.project(id).await, BillId(bill), "试验", &by, now).await;
                match voided {
                    Ok(voided) => End::Done(format!("{voided:?}")),
                    Err(error @ (service::bills::BillsError::Paid | service::bills::BillsError::Reserved)) => {
                        End::Refused(error.to_string())
                    }
                    Err(error) => End::Failed(format!("{error:?}")),
                }
            }
            Act::Pause(id, level, until) => {
                let reason = if until.is_some() { PauseReason::PromiseToPay } else { PauseReason::Dispute };
                lenient(reminders::pause(&self.project(id).await, &by, &level, reason, until, now).await)
            }
            Act::Resume(id, pause) => lenient(reminders::resume(&self.project(id).await, &by, pause, now).await),
            Act::SetRules(id, policy) => done(
                reminders::set_policy(&self.project(id).await, &by, &policy, now).await.map(|applied| match applied {
                    Applied::Done(version) | Applied::Already(version) => version,
                }),
            ),
            Act::Open(id, token) => {
                lenient(reminders::open_by_token(&self.project(id).await, &token, now).await.map(|opened| opened.state))
            }
            Act::Acknowledge(id, token) => lenient(reminders::acknowledge(&self.project(id).await, &token, now).await),
            Act::Preview(id) => {
                let preview = reminders::preview(&self.project(id).await, &self.control, now).await;
                done(preview.map(|preview| preview.messages.len()))
            }
            Act::Pass(ms) => {
                strings::point(true);
                self.vendors.book().now_ms += ms;
                self.all_clocks.iter().for_each(|clock| clock.advance_ms(ms));
                End::Done(String::new())
            }
        }
    }

    async fn hear(&self, reports: Vec<Report>) -> End {
        for report in reports {
            let kind = match report.kind {
                "delivered" => DeliveryKind::Delivered,
                "user_blocked" => DeliveryKind::UserBlocked,
                _ => DeliveryKind::Failed,
            };
            let (account, key, receipt) = (&report.account, &report.key, &report.receipt);
            let now = self.clock.now();
            let kept = reminders::record_delivery(&self.control, account, key, receipt, kind, now).await;
            if let Err(error) = kept {
                return End::Failed(format!("{error:?}"));
            }
        }
        End::Done(String::new())
    }

    async fn place(&self, id: ProjectId, order: Order) -> End {
        let new = NewOrder {
            person: PersonId(order.person),
            app_id: MINI.to_owned(),
            openid: "oPayer".to_owned(),
            mchid: MERCHANT.to_owned(),
            bills: order.bills.iter().copied().map(BillId).collect(),
            houses: order.houses.iter().copied().map(HouseId).collect(),
            expected: Amount::try_from(order.fen).unwrap(),
        };
        let db = self.project(id).await;
        match payments::place(&db, &new, self.clock.now()).await {
            Ok(placed) => End::Done(placed.id.to_string()),
            Err(error) if error.code() == "internal" => End::Failed(format!("{error:?}")),
            Err(error) => End::Refused(error.to_string()),
        }
    }

    async fn settle(&self, id: ProjectId, paid: Paid) -> End {
        let confirmation = Confirmation {
            transaction_id: paid.transaction,
            out_trade_no: paid.out_trade_no,
            mchid: MERCHANT.to_owned(),
            app_id: MINI.to_owned(),
            amount: Amount::try_from(paid.fen).unwrap(),
            currency: "CNY".to_owned(),
            paid_at: self.clock.now(),
            refunded: false,
            source: ConfirmationSource::Callback,
        };
        let db = self.project(id).await;
        match payments::settle(&db, &confirmation, self.clock.now()).await {
            Ok(settled) => End::Done(format!("{settled:?}")),
            Err(SettleError::Quarantined(kind)) => End::Refused(kind.to_owned()),
            Err(error) => End::Failed(format!("{error:?}")),
        }
    }
}

fn done<T: std::fmt::Debug>(result: Result<T, ReminderError>) -> End {
    match result {
        Ok(report) => End::Done(format!("{report:?}")),
        Err(error) => End::Failed(format!("{error:?}")),
    }
}

/// What people do may come too late: that is no fault.
fn lenient<T: std::fmt::Debug>(result: Result<T, ReminderError>) -> End {
    match result {
        Err(error) if error.code() != "internal" => End::Refused(error.to_string()),
        other => done(other),
    }
}
