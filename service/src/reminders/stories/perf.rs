use super::*;
use std::time::Instant;

#[tokio::test]
#[ignore]
async fn perf_plan() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) \
         INSERT INTO bill (id, run_id, house_id, payer_party_id, fee_item_id, period_start_day, period_end_day, bill_day, due_day, total_fen, paid_fen, created_at_ms) \
         SELECT randomblob(16), $1, $2, $3, $4, i, i, 20000, 20780 , 1000, 0, 20000*86400000 FROM n",
        vec![world.run.into(), payer.house.into(), payer.party.into(), world.fee_item.into()],
    ).await;
    println!("today {}", day_number(world.db.info().today(world.now())));
    world.sql("UPDATE bill SET due_day = $1", vec![day_number(world.db.info().today(world.now())).into()]).await;
    for round in 0..3 {
        world.sql("DELETE FROM reminder", vec![]).await;
        let t = Instant::now();
        let n = world.sql("INSERT INTO reminder (bill_id, stage, stage_day, payer_party_id, policy_version, send_at_ms, state, reason, planned_at_ms, state_at_ms) \
          SELECT id, 'due_day', due_day, payer_party_id, 1, due_day*86400000, 'planned', NULL, 1, 1 FROM bill WHERE settled_at_ms IS NULL AND voided_at_ms IS NULL ON CONFLICT (bill_id, stage) DO NOTHING", vec![]).await;
        let raw = t.elapsed();
        let t = Instant::now();
        world.sql("INSERT INTO reminder (bill_id, stage, stage_day, payer_party_id, policy_version, send_at_ms, state, reason, planned_at_ms, state_at_ms) \
          SELECT id, 'due_day', due_day, payer_party_id, 1, due_day*86400000, 'planned', NULL, 1, 1 FROM bill WHERE settled_at_ms IS NULL AND voided_at_ms IS NULL ON CONFLICT (bill_id, stage) DO NOTHING", vec![]).await;
        let raw_again = t.elapsed();
        world.sql("DELETE FROM reminder", vec![]).await;
        let t = Instant::now();
        let report = world.plan().await;
        let ours = t.elapsed();
        let t = Instant::now();
        let again = world.plan().await;
        println!("{round}: rows {n} raw {raw:?} raw again {raw_again:?} ours {ours:?} {report:?} again {:?} {again:?}", t.elapsed());
    }
}

#[tokio::test]
#[ignore]
async fn perf_dispatch() {
    let world = World::new().await;
    for n in 0..2000 {
        let house = world.house(&format!("1-{n}")).await;
        let party = world.party(house, true).await;
        world.phone(party, &format!("138{n:08}")).await;
        world.bill(Payer { party, house }, "2026-11-23", 1000).await;
    }
    world.plan().await;
    let t = Instant::now();
    let report = dispatch(&world.db, &world.fixture.control, &world.senders, &world.fixture.clock, 100_000).await.unwrap();
    println!("{report:?} {:?}", t.elapsed());
}
