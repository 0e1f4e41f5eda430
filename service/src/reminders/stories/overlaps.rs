//! Two nodes in one project at once, one of them frozen or dead in the middle of a round.

use std::collections::HashSet;

use tokio::sync::Semaphore;

use super::*;

/// Calls on their way at once, as a dispatch makes them.
const CALLS_AT_ONCE: u32 = 16;

/// The way of one node to WeChat: calls stand still until they are let through.
struct Gate {
    open: Semaphore,
    asked: Semaphore,
    taken: Mutex<Vec<String>>,
}

impl Gate {
    fn letting_through(calls: usize) -> Arc<Self> {
        Arc::new(Self { open: Semaphore::new(calls), asked: Semaphore::new(0), taken: Mutex::default() })
    }

    /// Until so many calls have come.
    async fn has_been_asked(&self, calls: u32) {
        self.asked.acquire_many(calls).await.unwrap().forget();
    }

    /// The ids of the messages that went through, in order.
    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

#[async_trait]
impl Deliver for Gate {
    fn channel(&self) -> Channel {
        Channel::WechatTemplate
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        self.asked.add_permits(1);
        self.open.acquire().await.unwrap().forget();
        self.taken.lock().unwrap().push(message.client_msg_id.clone());
        Outcome::Accepted { receipt_id: format!("r-{}", message.client_msg_id), account: None }
    }
}

impl World {
    /// So many new payers who follow the service account and have a bill due today, in two transactions.
    async fn crowd(&self, name: &str, count: usize) {
        let project_id = self.db.id().uuid();
        let mut in_project: Vec<(&str, Vec<Value>)> = Vec::new();
        let mut in_control: Vec<(&str, Vec<Value>)> = Vec::new();
        let (issued, due) = (day_number(day("2026-11-01")), day_number(day("2026-11-23")));
        for no in 0..count {
            let [house, party, person] = [(); 3].map(|()| Uuid::now_v7());
            let key = format!("{name}-{no}");
            in_project.extend([
                (
                    "INSERT INTO house (id, house_key, building, room, kind, area_centi, occupancy, created_at_ms, \
                     updated_at_ms) VALUES ($1, $2, '1', $2, 'flat', 8900, 'occupied', 0, 0)",
                    vec![house.into(), key.as_str().into()],
                ),
                (
                    "INSERT INTO party (id, kind, name_sealed, name_hash, created_at_ms) VALUES ($1, 'person', $2, $2, 0)",
                    vec![party.into(), party.as_bytes().to_vec().into()],
                ),
                (
                    "INSERT INTO bill (id, run_id, house_id, payer_party_id, fee_item_id, period_start_day, \
                     period_end_day, bill_day, due_day, total_fen, paid_fen, created_at_ms) \
                     VALUES ($1, $2, $3, $4, $5, 19000, 19029, $6, $7, 10000, 0, $8)",
                    vec![
                        Uuid::now_v7().into(),
                        self.run.into(),
                        house.into(),
                        party.into(),
                        self.fee_item.into(),
                        issued.into(),
                        due.into(),
                        (issued * 86_400_000).into(),
                    ],
                ),
            ]);
            in_control.extend([
                ("INSERT INTO person (id, created_at_ms) VALUES ($1, 0)", vec![person.into()]),
                (
                    "INSERT INTO person_wechat (app_id, openid, person_id, followed, followed_at_ms, created_at_ms) \
                     VALUES ($1, $2, $3, TRUE, 0, 0)",
                    vec![SERVICE_ACCOUNT.into(), format!("oPenid{key}").into(), person.into()],
                ),
                (
                    "INSERT INTO house_binding (id, person_id, project_id, house_id, party_id, role, state, \
                     requested_at_ms) VALUES ($1, $2, $3, $4, $5, 'owner', 'active', 0)",
                    vec![Uuid::now_v7().into(), person.into(), project_id.into(), house.into(), party.into()],
                ),
            ]);
        }
        let written = self.db.transact("story.crowd", async |tx| {
            for (sql, values) in in_project {
                tx.execute(sql, values).await?;
            }
            Ok::<_, StoreError>(())
        });
        written.await.unwrap();
        control(&self.fixture, in_control).await;
        self.plan().await;
    }

    async fn dispatch_by(&self, gate: &Arc<Gate>) -> DispatchReport {
        let senders = Senders::none().with(gate.clone());
        dispatch(&self.db, &self.fixture.control, &senders, &self.fixture.clock, 1_000).await.unwrap()
    }
}

fn distinct(ids: &[String]) -> HashSet<&str> {
    ids.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn two_nodes_whose_rounds_overlap_send_each_message_once_though_one_freezes_between() {
    let world = World::new().await;
    world.crowd("a", 20).await;
    let (frozen, other) = (Gate::letting_through(0), Gate::letting_through(1_000));
    let meanwhile = async {
        frozen.has_been_asked(CALLS_AT_ONCE).await;
        world.crowd("b", 5).await;
        let early = world.dispatch_by(&other).await;
        world.pass(TimeDelta::minutes(3));
        let late = world.dispatch_by(&other).await;
        frozen.open.add_permits(1_000);
        (early.recorded.sent, late.recorded.sent)
    };
    let (report, others) = tokio::join!(world.dispatch_by(&frozen), meanwhile);
    assert_eq!(others, (5, 20), "what the frozen node had in hand was left to its lease, and then sent");
    assert_eq!((report.recorded.sent, report.recorded.stale), (0, u64::from(CALLS_AT_ONCE)));
    let (late, taken) = (frozen.taken(), other.taken());
    assert_eq!((late.len(), taken.len(), distinct(&taken).len()), (16, 25, 25), "four were not even tried");
    assert!(distinct(&late).is_subset(&distinct(&taken)), "under ids that WeChat knows and sends once");
    assert_eq!(world.count("SELECT COUNT(*) FROM notice WHERE state = 'sent'").await, 25);
    world.books_balance().await;
}

#[tokio::test]
async fn a_node_that_dies_in_the_middle_of_full_batches_loses_none_and_repeats_none() {
    let world = World::new().await;
    world.crowd("a", 600).await;
    let (dead, other) = (Gate::letting_through(100), Gate::letting_through(10_000));
    tokio::select! {
        _ = world.dispatch_by(&dead) => panic!("it was to die"),
        () = dead.has_been_asked(100 + CALLS_AT_ONCE) => {}
    }
    assert_eq!(dead.taken().len(), 100);
    world.dispatch_by(&other).await;
    let before = other.taken();
    world.pass(TimeDelta::minutes(3));
    world.dispatch_by(&other).await;
    let (first, second) = (dead.taken(), other.taken());
    assert_eq!(distinct(&second).len(), second.len(), "nobody is tried twice by the node that lives");
    assert!(distinct(&before).is_disjoint(&distinct(&first)), "what was in hand is left alone until its lease is over");
    let all: HashSet<&str> = distinct(&first).union(&distinct(&second)).copied().collect();
    assert_eq!(all.len(), 600, "under as many ids as there are payers: WeChat sends each once");
    assert_eq!(world.count("SELECT COUNT(*) FROM notice").await, 600);
    assert_eq!(world.count("SELECT COUNT(*) FROM notice WHERE state = 'sent'").await, 600);
    assert_eq!(world.count("SELECT COUNT(DISTINCT payer_party_id) FROM notice").await, 600);
    world.books_balance().await;
}
