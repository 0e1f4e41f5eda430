//! Stories of money going back, with WeChat Pay scripted.

use chrono::TimeDelta;
use domain::applied::Applied;
use domain::ids::{BillId, OrderId, PaymentId, RefundId, StaffId};
use domain::money::Amount;
use domain::order::OrderState;
use domain::refund::RefundState;
use gateway::wechat_pay::{
    QueryOutcome, Refund, RefundNotice, RefundOutcome, RefundQueryOutcome, RefundStatus, TradeState,
};
use uuid::Uuid;

use super::*;
use crate::audit::{Actor, By};
use crate::payments::tests::{MCHID, World, keys, transaction};
use crate::payments::{self, AnomalyAct, SettleError, settle};

fn somebody() -> By {
    By { actor: Actor::Staff(StaffId::new()), request_id: None }
}

/// A household that has paid 200 yuan for one bill.
async fn paid() -> (World, BillId, PaymentId, OrderId) {
    let world = World::new().await;
    let (_, bill, order) = world.one_order().await;
    let told = world.confirmation(order).await;
    let payment = settle(&world.db, &told, world.now()).await.unwrap().into_inner().payment;
    (world, bill, payment, order)
}

fn wish(payment: PaymentId, bill: Option<BillId>, fen: i64) -> NewRefund {
    let parts = vec![NewPart { bill, amount: Amount::try_from(fen).unwrap() }];
    NewRefund { id: RefundId::new(), payment, parts, reason: "重复缴费".to_owned(), made_at_wechat: None }
}

impl World {
    async fn request(&self, new: &NewRefund) -> Result<Applied<RefundState>, RefundError> {
        request(&self.db, new, &somebody(), self.now()).await
    }

    async fn refund_row(&self, id: RefundId) -> super::repo::RefundRow {
        self.db.read("story.refund", async |tx| super::repo::by_id(tx, id).await).await.unwrap().unwrap()
    }

    async fn told(&self, id: RefundId, status: RefundStatus) -> Refund {
        let row = self.refund_row(id).await;
        Refund {
            refund_id: format!("5030{}", row.out_refund_no),
            out_refund_no: row.out_refund_no,
            transaction_id: row.transaction_id,
            out_trade_no: format!("ch{:021}", 7),
            status,
            success_time: None,
            refund_fen: row.amount_fen,
            total_fen: row.total_fen,
            payer_refund_fen: None,
        }
    }

    /// WeChat Pay will answer the next sending so.
    fn answer(&self, outcome: RefundOutcome) {
        self.gateway.refunds.lock().unwrap().push_back(outcome);
    }

    async fn bring_on(&self, id: RefundId) -> RefundState {
        let context =
            RefundContext { gateway: self.gateway.clone(), keys: keys(MCHID), notify_url: "https://a.cn/r".to_owned() };
        advance(&self.db, &context, id, self.now()).await.unwrap()
    }

    async fn hear(&self, id: RefundId, status: RefundStatus) -> RefundTold {
        let notice = RefundNotice { mchid: MCHID.to_owned(), sub_mchid: None, refund: self.told(id, status).await };
        take_notice(&self.db, &keys(MCHID), &notice, self.now()).await.unwrap()
    }

    async fn open_tasks(&self) -> Vec<String> {
        let tasks = crate::tasks::list(&self.db, true, None, 50).await.unwrap();
        tasks.into_iter().map(|task| task.kind).collect()
    }
}

#[tokio::test]
async fn a_part_goes_back_and_is_owed_again() {
    let (world, bill, payment, order) = paid().await;
    let new = wish(payment, Some(bill), 5_000);
    assert!(matches!(world.request(&new).await, Ok(Applied::Done(RefundState::Queued))));
    assert!(matches!(world.request(&new).await, Ok(Applied::Already(RefundState::Queued))), "a second tap");
    world.answer(RefundOutcome::Accepted(Box::new(world.told(new.id, RefundStatus::Processing).await)));
    assert_eq!(world.bring_on(new.id).await, RefundState::Processing);
    assert_eq!(world.number("SELECT paid_fen FROM bill").await, 20_000, "not gone before WeChat says so");
    world.books_are_sound().await;

    assert_eq!(world.hear(new.id, RefundStatus::Success).await, RefundTold::Booked);
    assert_eq!(world.hear(new.id, RefundStatus::Success).await, RefundTold::Repeated);
    assert_eq!(world.hear(new.id, RefundStatus::Processing).await, RefundTold::Repeated, "an old notice");
    assert_eq!(world.number("SELECT paid_fen FROM bill WHERE settled_at_ms IS NULL").await, 15_000);
    assert_eq!(
        world.number("SELECT amount_fen FROM receipt_reversal WHERE number LIKE 'CH-2026-000001-R1'").await,
        5_000
    );
    let receipts = payments::receipts_of_order(&world.db, order).await.unwrap();
    assert_eq!((receipts[0].amount_fen, receipts[0].refunded_fen), (20_000, 5_000));
    let steps = payments::timeline(&world.db, order).await.unwrap().unwrap().events;
    let kinds: Vec<&str> = steps.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!(kinds, ["created", "paid", "refund_requested", "refund_processing", "refund_succeeded"]);
    world.books_are_sound().await;
}

#[tokio::test]
async fn no_more_goes_back_than_came_and_what_was_given_up_is_free_again() {
    let (world, bill, payment, _) = paid().await;
    let first = wish(payment, Some(bill), 15_000);
    let _ = world.request(&first).await.unwrap();
    let second = wish(payment, Some(bill), 6_000);
    let refused = world.request(&second).await;
    assert!(matches!(refused, Err(RefundError::TooMuch { part: 0, free_fen: 5_000 })), "{refused:?}");
    assert!(matches!(world.request(&wish(payment, None, 1)).await, Err(RefundError::TooMuch { free_fen: 0, .. })));
    world.answer(RefundOutcome::Accepted(Box::new(world.told(first.id, RefundStatus::Processing).await)));
    world.bring_on(first.id).await;
    world.hear(first.id, RefundStatus::Closed).await;
    assert_eq!(world.open_tasks().await, ["refund_closed"]);
    assert!(matches!(world.request(&second).await, Ok(Applied::Done(_))));
    world.books_are_sound().await;
}

#[tokio::test]
async fn above_the_limit_somebody_else_agrees_and_small_ones_add_up() {
    let (world, bill, payment, _) = paid().await;
    let rule = RefundPolicy { approve_above_fen: 6_000 };
    set_policy(&world.db, rule, &somebody(), world.now()).await.unwrap();
    let _ = world.request(&wish(payment, Some(bill), 4_000)).await.unwrap();
    let second = wish(payment, Some(bill), 4_000);
    let cashier = somebody();
    let asked = request(&world.db, &second, &cashier, world.now()).await.unwrap();
    assert_eq!(asked, Applied::Done(RefundState::AwaitingApproval));
    assert_eq!(world.bring_on(second.id).await, RefundState::AwaitingApproval, "nothing is sent");
    let own = approve(&world.db, second.id, &cashier, world.now()).await;
    assert!(matches!(own, Err(RefundError::OwnRequest)), "{own:?}");
    assert_eq!(world.open_tasks().await, ["refund_awaiting_approval"]);
    approve(&world.db, second.id, &somebody(), world.now()).await.unwrap();
    let late = reject(&world.db, second.id, "账单无误", &somebody(), world.now()).await;
    assert!(matches!(late, Err(RefundError::AlreadyDecided)), "{late:?}");
    assert!(world.open_tasks().await.is_empty());
    assert_eq!(world.refund_row(second.id).await.state, "queued");

    let third = wish(payment, Some(bill), 1);
    let _ = world.request(&third).await.unwrap();
    reject(&world.db, third.id, "账单无误", &somebody(), world.now()).await.unwrap();
    assert_eq!(world.bring_on(third.id).await, RefundState::Rejected);
    world.books_are_sound().await;
}

#[tokio::test]
async fn whatever_wechat_pay_answers_the_number_stays_the_same() {
    let (world, bill, payment, _) = paid().await;
    let new = wish(payment, Some(bill), 20_000);
    let _ = world.request(&new).await.unwrap();
    world.answer(RefundOutcome::NotAccepted { code: "FREQUENCY_LIMITED".to_owned() });
    assert_eq!(world.bring_on(new.id).await, RefundState::Queued);
    world.answer(RefundOutcome::Unknown { reason: "timeout".to_owned() });
    assert_eq!(world.bring_on(new.id).await, RefundState::Unknown);
    world.answer(RefundOutcome::NotEnough { message: "余额不足".to_owned() });
    assert_eq!(world.bring_on(new.id).await, RefundState::NotEnough);
    assert_eq!(world.open_tasks().await, ["refund_not_enough"]);
    // The first sending had arrived after all: a refusal of the repeat is not the end.
    world.answer(RefundOutcome::Refused { code: "INVALID_REQUEST".to_owned(), message: "已退款".to_owned() });
    let known = RefundQueryOutcome::Found(Box::new(world.told(new.id, RefundStatus::Success).await));
    world.gateway.refund_queries.lock().unwrap().push_back(known);
    assert_eq!(world.bring_on(new.id).await, RefundState::Succeeded);
    let mut sent = world.gateway.sent_refunds.lock().unwrap().clone();
    assert_eq!(sent.len(), 4);
    sent.dedup();
    assert_eq!(sent.len(), 1);
    assert!(world.open_tasks().await.is_empty(), "what it waited for has come");
    world.books_are_sound().await;
}

#[tokio::test]
async fn a_refusal_of_what_wechat_pay_never_knew_frees_the_money() {
    let (world, bill, payment, _) = paid().await;
    let new = wish(payment, Some(bill), 20_000);
    let _ = world.request(&new).await.unwrap();
    world.answer(RefundOutcome::Refused {
        code: "INVALID_REQUEST".to_owned(), message: "超过可退期限".to_owned()
    });
    world.gateway.refund_queries.lock().unwrap().push_back(RefundQueryOutcome::NotFound);
    assert_eq!(world.bring_on(new.id).await, RefundState::Refused);
    assert_eq!(world.open_tasks().await, ["refund_refused"]);
    assert!(matches!(world.request(&wish(payment, Some(bill), 20_000)).await, Ok(Applied::Done(_))));
    world.books_are_sound().await;
}

#[tokio::test]
async fn what_contradicts_our_refund_is_not_applied() {
    let (world, bill, payment, _) = paid().await;
    let new = wish(payment, Some(bill), 5_000);
    let _ = world.request(&new).await.unwrap();
    let mut told = world.told(new.id, RefundStatus::Success).await;
    told.refund_fen = 5_001;
    let notice = RefundNotice { mchid: MCHID.to_owned(), sub_mchid: None, refund: told };
    for _ in 0..2 {
        let taken = take_notice(&world.db, &keys(MCHID), &notice, world.now()).await.unwrap();
        assert_eq!(taken, RefundTold::Repeated);
    }
    assert_eq!(world.open_tasks().await, ["refund_amount_differs"]);
    assert_eq!(world.refund_row(new.id).await.state, "queued");
    world.books_are_sound().await;
}

#[tokio::test]
async fn a_refund_of_another_project_or_made_beside_us_is_not_booked_here() {
    let (world, bill, payment, _) = paid().await;
    let new = wish(payment, Some(bill), 5_000);
    let _ = world.request(&new).await.unwrap();
    let mut told = world.told(new.id, RefundStatus::Success).await;
    told.out_refund_no = "made-in-the-console".to_owned();
    let mut notice = RefundNotice { mchid: MCHID.to_owned(), sub_mchid: None, refund: told };
    assert_eq!(take_notice(&world.db, &keys(MCHID), &notice, world.now()).await.unwrap(), RefundTold::Unknown);
    assert_eq!(world.open_tasks().await, ["refund_beside"]);
    notice.refund.out_trade_no = format!("zz{:021}", 7);
    assert_eq!(take_notice(&world.db, &keys(MCHID), &notice, world.now()).await.unwrap(), RefundTold::Elsewhere);

    // Entered by staff, it is asked about and booked, and nothing is sent.
    let entered =
        NewRefund { made_at_wechat: Some("made-in-the-console".to_owned()), ..wish(payment, Some(bill), 700) };
    assert_eq!(world.request(&entered).await.unwrap(), Applied::Done(RefundState::Processing));
    let known = RefundQueryOutcome::Found(Box::new(world.told(entered.id, RefundStatus::Success).await));
    world.gateway.refund_queries.lock().unwrap().push_back(known);
    assert_eq!(world.bring_on(entered.id).await, RefundState::Succeeded);
    assert!(world.gateway.sent_refunds.lock().unwrap().is_empty());
    assert_eq!(world.number("SELECT paid_fen FROM bill").await, 19_300);
    world.books_are_sound().await;
}

#[tokio::test]
async fn money_kept_aside_is_booked_by_staff_and_goes_back_to_its_payer() {
    let (world, _, _, order) = paid().await;
    let stray = payments::Confirmation {
        out_trade_no: "ch0unknown".to_owned(),
        transaction_id: "4200stray".to_owned(),
        ..world.confirmation(order).await
    };
    let refused = settle(&world.db, &stray, world.now()).await;
    assert!(matches!(refused, Err(SettleError::Quarantined("unknown_order"))), "{refused:?}");
    let anomaly = payments::list_anomalies(&world.db, true, None, 10).await.unwrap().remove(0);
    let act = async |act, note| payments::resolve(&world.db, anomaly.id, act, note, &somebody(), world.now()).await;
    assert_eq!(act(AnomalyAct::Book, " ").await.unwrap_err().code(), "anomaly_note");
    act(AnomalyAct::Book, "付款截图已核对").await.unwrap();
    assert_eq!(act(AnomalyAct::Dismiss, "再来一次").await.unwrap_err().code(), "anomaly_resolved");
    assert!(world.open_tasks().await.is_empty());
    world.books_are_sound().await;

    let id: Option<Uuid> = world
        .db
        .read("story.payment", async |tx| tx.value("SELECT id FROM payment WHERE order_id IS NULL", vec![]).await)
        .await
        .map_err(|error: crate::store::StoreError| error)
        .unwrap();
    let new = wish(PaymentId(id.unwrap()), None, 20_000);
    let _ = world.request(&new).await.unwrap();
    world.answer(RefundOutcome::Accepted(Box::new(world.told(new.id, RefundStatus::Success).await)));
    assert_eq!(world.bring_on(new.id).await, RefundState::Succeeded);
    let owed = "SELECT CAST(SUM(e.amount_fen) AS BIGINT) FROM entry e JOIN account a ON a.id = e.account_id \
                WHERE a.code = 'refundable:unknown'";
    assert_eq!(world.number(owed).await, 0);
    world.books_are_sound().await;
}

#[tokio::test]
async fn an_order_given_back_before_we_heard_of_it_is_not_called_paid() {
    let world = World::new().await;
    let (household, bill, order) = world.one_order().await;
    let row = world.row(order).await;
    let gone = transaction(&row.out_trade_no, TradeState::Refund, row.total_fen);
    for _ in 0..2 {
        world.gateway.queries.lock().unwrap().push_back(QueryOutcome::Found(Box::new(gone.clone())));
        assert_eq!(world.ask(order).await, OrderState::Closed);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM payment").await, 0);
    assert_eq!(world.open_tasks().await, ["refunded_before_booked"]);
    let again = world.wish("o1", &[household], &[bill], 20_000);
    assert!(payments::place(&world.db, &again, world.now()).await.unwrap().new, "the bill is free");
    world.books_are_sound().await;
}

#[tokio::test]
async fn the_clock_sends_asks_and_leaves_off() {
    let (world, bill, payment, _) = paid().await;
    let merchants = world.register_merchant().await;
    let gateway: std::sync::Arc<dyn gateway::wechat_pay::PayGateway> = world.gateway.clone();
    let sweep = async || sweep_refunds(&world.db, &gateway, &merchants, "https://a.cn/r", world.now()).await.unwrap();
    let new = wish(payment, Some(bill), 20_000);
    let _ = world.request(&new).await.unwrap();
    world.answer(RefundOutcome::Accepted(Box::new(world.told(new.id, RefundStatus::Processing).await)));
    assert_eq!((sweep().await.open, sweep().await.looked_at), (1, 0));
    world.advance(TimeDelta::seconds(61));
    let known = RefundQueryOutcome::Found(Box::new(world.told(new.id, RefundStatus::Success).await));
    world.gateway.refund_queries.lock().unwrap().push_back(known);
    assert_eq!(sweep().await.succeeded, 1);
    world.advance(TimeDelta::days(1));
    assert_eq!(sweep().await.looked_at, 0);
    world.books_are_sound().await;
}
