//! Stories of the desk on a real database, with WeChat Pay scripted and the clock moved by hand.

mod money;
mod shifts;
mod voids;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::applied::Applied;
use domain::counter::{AllocationRule, DeskMethod, Wish};
use domain::ids::{BillId, PaymentId, ShiftId, StaffId};
use domain::money::Amount;
use gateway::wechat_pay::PayGateway;
use uuid::Uuid;

use super::*;
use crate::audit::{Actor, By};
use crate::payments::Merchants;
use crate::payments::tests::World;

/// A desk in a world of payments.
struct DeskWorld {
    world: World,
    gateway: Arc<dyn PayGateway>,
    merchants: Merchants,
}

impl DeskWorld {
    async fn new() -> Self {
        let world = World::new().await;
        let merchants = world.register_merchant().await;
        let gateway: Arc<dyn PayGateway> = world.gateway.clone();
        Self { world, gateway, merchants }
    }

    fn desk(&self) -> Desk<'_> {
        Desk { db: &self.world.db, gateway: &self.gateway, merchants: &self.merchants }
    }

    /// A cashier with an open shift and 200 yuan of change.
    async fn cashier(&self) -> (StaffId, ShiftId) {
        let cashier = StaffId::new();
        let opened = open_shift(&self.world.db, cashier, 20_000, &by(cashier), self.world.now()).await.unwrap();
        (cashier, opened.into_inner())
    }

    async fn take(&self, cashier: StaffId, new: &DeskCheckout) -> Result<Applied<PaymentId>, CounterError> {
        checkout(&self.desk(), cashier, new, &by(cashier), self.world.now()).await
    }

    async fn view(&self, payment: PaymentId) -> DeskPaymentView {
        let found = self.world.db.read("story.payment", async |tx| payment_view(tx, payment).await).await;
        found.unwrap()
    }

    async fn shift(&self, shift: ShiftId) -> ShiftView {
        self.world.db.read("story.shift", async |tx| shift_view(tx, shift).await).await.unwrap()
    }

    async fn close(&self, cashier: StaffId, shift: ShiftId, close: &ShiftClose) -> Result<Applied<()>, CounterError> {
        close_shift(&self.world.db, cashier, shift, close, &by(cashier), self.world.now()).await
    }

    async fn set(&self, allocation: AllocationRule, partial_allowed: bool) {
        let policy = DeskPolicy { allocation, partial_allowed, void_alone_max_fen: 15_000 };
        put_policy(&self.world.db, &policy, &By::operator(), self.world.now()).await.unwrap();
    }

    /// The sum of a class of accounts.
    async fn balance(&self, code: &str) -> i64 {
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(e.amount_fen), 0) AS BIGINT) FROM entry e JOIN account a ON a.id = e.account_id \
             WHERE a.code LIKE '{code}'"
        );
        self.world.number(&sql).await
    }
}

fn by(staff: StaffId) -> By {
    By { actor: Actor::Staff(staff), request_id: None }
}

fn fen(fen: i64) -> Amount {
    Amount::try_from(fen).unwrap()
}

/// Cash, exactly so much for each bill.
fn cash(bills: &[(BillId, i64)]) -> DeskCheckout {
    DeskCheckout {
        key: Uuid::now_v7(),
        wish: Wish::Each(bills.iter().map(|(bill, taken)| (*bill, fen(*taken))).collect()),
        method: DeskMethod::Cash,
        tendered: None,
        payer_name: None,
        reference: None,
        overruled: vec![],
    }
}

fn overruled(warning: &str) -> Overruled {
    Overruled { warning: warning.to_owned(), reason: "业主确认".to_owned() }
}

fn counted(of: &[(DeskMethod, i64)], reason: Option<&str>) -> ShiftClose {
    let counted: BTreeMap<_, _> = of.iter().copied().collect();
    ShiftClose { counted, difference_reason: reason.map(ToOwned::to_owned) }
}
