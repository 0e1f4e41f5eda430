//! Whoever has paid hears no more, whenever they paid.

use chrono::{Days, TimeDelta};
use futures_util::future::join_all;
use sim::{Endpoint, Trick};
use tests::{Bill, Owner, World};

const PHONE: &str = "13800000001";

/// The moments of a ladder at which a payment can come.
#[derive(Clone, Copy, Debug)]
enum Moment {
    BeforePlan,
    AfterPlan,
    WhileSending,
    AfterSent,
    AfterDelivered,
    AfterOpened,
    BeforeEscalation,
    AfterSms,
}

/// How many messages there are at that moment, the payment just committed.
async fn pay_at(moment: Moment, world: &World, bill: &Bill, owner: &Owner) -> usize {
    match moment {
        Moment::BeforePlan => {}
        Moment::AfterPlan => {
            world.advance_to(bill.due - Days::new(3));
            world.run("plan_reminders").await;
        }
        Moment::WhileSending => return pay_while_sending(world, bill, owner).await,
        Moment::AfterSent | Moment::AfterDelivered | Moment::AfterOpened => {
            world.advance_to(bill.due - Days::new(3));
            world.remind().await;
            if !matches!(moment, Moment::AfterSent) {
                world.hear().await;
            }
            if matches!(moment, Moment::AfterOpened) {
                owner.open_reminder(&owner.message_token(world)).await;
            }
        }
        Moment::BeforeEscalation | Moment::AfterSms => {
            world.advance_to(bill.due + Days::new(1));
            world.remind().await;
            world.hear().await;
            world.advance(TimeDelta::hours(25));
            if matches!(moment, Moment::AfterSms) {
                world.remind().await;
            } else {
                world.run("escalate_reminders").await;
            }
        }
    }
    owner.pay_and_tell(world, &[bill]).await;
    owner.messages(world).len()
}

/// The message is on its way to WeChat when the money is booked: the two cross, and nothing follows.
async fn pay_while_sending(world: &World, bill: &Bill, owner: &Owner) -> usize {
    world.advance_to(bill.due - Days::new(3));
    world.run("plan_reminders").await;
    world.sim.mischief().once(Endpoint::Template, Trick::HoldBefore);
    let sending = world.run("dispatch_reminders");
    let paying = async {
        world.sim.until_held(1).await;
        owner.pay_and_tell(world, &[bill]).await;
        world.sim.release_holds();
    };
    tokio::join!(sending, paying);
    let raw = world.raw().await;
    assert_eq!(raw.count("reminder_event WHERE kind = 'crossed'").await, 1);
    owner.messages(world).len()
}

async fn ladder_after_payment_at(moment: Moment) {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    let heard = pay_at(moment, &world, &bill, &owner).await;
    let wanted = match moment {
        Moment::BeforePlan | Moment::AfterPlan => 0,
        Moment::AfterSms => 2,
        _ => 1,
    };
    assert_eq!(heard, wanted, "{moment:?}");
    for offset in [-3_i64, 0, 1, 2, 7, 8, 15, 16, 30, 31] {
        let day = bill.due + TimeDelta::days(offset);
        if day > world.today() {
            world.advance_to(day);
            world.remind().await;
        }
    }
    assert_eq!(owner.messages(&world).len(), heard, "{moment:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_owner_gets_no_further_message() {
    use Moment::{
        AfterDelivered, AfterOpened, AfterPlan, AfterSent, AfterSms, BeforeEscalation, BeforePlan, WhileSending,
    };
    let moments =
        [BeforePlan, AfterPlan, WhileSending, AfterSent, AfterDelivered, AfterOpened, BeforeEscalation, AfterSms];
    join_all(moments.map(ladder_after_payment_at)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_bill_paid_first_moves_no_stage_of_the_newer() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let older = world.bill(&house, 20_000).await;
    world.advance(TimeDelta::days(2));
    let newer = world.bill(&house, 30_000).await;
    let owner = world.owner(PHONE).await;
    world.advance_to(older.due);
    world.remind().await;
    world.advance(TimeDelta::minutes(1));
    owner.pay_and_tell(&world, &[&older]).await;
    world.advance_to(newer.due);
    world.remind().await;
    let texts: Vec<String> = owner
        .messages(&world)
        .iter()
        .map(|message| message.lines.iter().find(|line| line.key == "amount2").unwrap().value.clone())
        .collect();
    assert_eq!(texts, ["500.00元", "300.00元"], "both when the first was due, then the other alone");
    world.finish().await;
}
