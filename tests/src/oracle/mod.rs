//! What must hold after every story, whatever happened in it. Own SQL over an own connection, own arithmetic: a wrong
//! rule of the product cannot hide here too. The one exception is the last question: whether the product's own
//! verification agrees.

mod books;
mod chain;
mod messages;
mod refunds;
mod rows;

use std::collections::BTreeMap;

use service::ledger;
use sim::MoneyKind;

use crate::{Raw, World};

/// What a story may leave behind on purpose.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// Transactions that were rightly kept aside and not booked.
    pub aside: Vec<String>,
    /// The story broke this project's database on purpose: it is not examined.
    pub broken: Vec<String>,
}

/// Everything that is wrong, in words.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<String>);

impl Findings {
    pub(crate) fn check(&mut self, holds: bool, words: impl FnOnce() -> String) {
        if !holds {
            self.0.push(words());
        }
    }

    pub(crate) fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, wanted: &T) {
        self.check(found == wanted, || format!("{what}: {found:?}, but {wanted:?}"));
    }
}

/// Asks about every project and the outside's own book.
///
/// # Panics
/// With everything that is wrong.
pub async fn examine(world: &World) {
    let mut findings = Findings::default();
    let mut booked: BTreeMap<String, i64> = BTreeMap::new();
    let mut given_back: BTreeMap<String, i64> = BTreeMap::new();
    let mut notices = messages::Sent::of(&world.sim.book());
    for community in &world.communities {
        if world.expectations.broken.contains(&community.code) {
            continue;
        }
        let raw = Raw::open(&community.database_url).await;
        let books = rows::Books::read(&raw).await;
        books::examine(&books, &mut findings);
        chain::examine(&raw, &mut findings).await;
        let wechat = books.payments.iter().filter(|payment| payment.natural_key.starts_with("wechat:"));
        booked.extend(wechat.map(|payment| (payment.natural_key.clone(), payment.amount_fen)));
        given_back.extend(refunds::given_back(&books));
        messages::examine(&raw, &mut notices, &mut findings).await;
        raw.close().await;
        own_verification(world, community.id, &mut findings).await;
    }
    money_outside(world, &booked, &mut findings);
    money_back_outside(world, &given_back, &mut findings);
    notices.unknown(&mut findings);
    leases(world, &mut findings).await;
    assert!(findings.0.is_empty(), "the oracle found:\n  {}", findings.0.join("\n  "));
}

/// What WeChat Pay took is what we booked, transaction by transaction.
fn money_outside(world: &World, booked: &BTreeMap<String, i64>, findings: &mut Findings) {
    let taken = world.sim.book().money.into_iter().filter(|entry| entry.kind == MoneyKind::Taken);
    let taken: BTreeMap<String, i64> = taken
        .filter(|entry| !world.expectations.aside.contains(&entry.transaction_id))
        .map(|entry| (format!("wechat:{}", entry.transaction_id), entry.amount_fen))
        .collect();
    findings.same("money booked and money taken by WeChat Pay", booked, &taken);
}

/// What WeChat Pay gave back is what we booked as given back, refund by refund.
fn money_back_outside(world: &World, booked: &BTreeMap<String, i64>, findings: &mut Findings) {
    let back = world.sim.book().money.into_iter().filter(|entry| entry.kind == MoneyKind::GivenBack);
    let back: BTreeMap<String, i64> = back
        .filter(|entry| !world.expectations.aside.contains(&entry.transaction_id))
        .map(|entry| (entry.refund_id.unwrap_or_default(), entry.amount_fen))
        .collect();
    findings.same("money given back in the books and by WeChat Pay", booked, &back);
}

/// Nobody holds a lease or runs a job any more.
async fn leases(world: &World, findings: &mut Findings) {
    let raw = world.control_raw().await;
    let now_ms = world.now().timestamp_millis();
    let held: Vec<String> = raw.column(&format!("SELECT job FROM job_lease WHERE lease_until_ms > {now_ms}")).await;
    findings.same("leases in hand", &held, &Vec::new());
    let running: Vec<String> = raw.column("SELECT job FROM job_run WHERE finished_at_ms IS NULL").await;
    findings.same("runs without an end", &running, &Vec::new());
    raw.close().await;
}

async fn own_verification(world: &World, project: domain::ids::ProjectId, findings: &mut Findings) {
    let db = world.node.installation.projects.open(project).await.unwrap();
    let report = ledger::verify(&db).await.unwrap();
    findings.same("the product's own verification", &report.findings, &Vec::new());
}
