//! What the mini program opens with: everything in one answer, and what was sent to whoever reads it.

use serde_json::json;
use service::setup;
use tests::World;

const PHONE: &str = "13800000001";

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_is_one_answer_with_what_is_owed_and_whom_to_call() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    // The neighbour is billed in the same run, and is on nobody else's page.
    world.household("1-1-102", "13800000002").await;
    let bill = world.bill(&house, 20_000).await;

    let owner = world.stranger(PHONE).await;
    let home = owner.client.get(200, "/api/owner/v1/home").await;
    assert_eq!(home["owed_fen"], 20_000);
    assert_eq!(home["houses"].as_array().unwrap().len(), 1);
    let place = &home["communities"][0];
    assert_eq!(place["project_id"], world.community().id.uuid().to_string());
    assert_eq!(place["open"]["bills"][0]["id"], bill.id.to_string());
    assert!(!place["service_phone"].as_str().unwrap().is_empty());

    owner.pay_and_tell(&world, &[&bill]).await;
    let home = owner.client.get(200, "/api/owner/v1/home").await;
    assert_eq!((&home["owed_fen"], home["communities"][0]["open"]["bills"].as_array().unwrap().len()), (&json!(0), 0));

    let nobody = world.stranger("13900000009").await;
    let home = nobody.client.get(200, "/api/owner/v1/home").await;
    assert_eq!((home["owed_fen"].as_i64(), home["communities"].as_array().unwrap().len()), (Some(0), 0));
    world.client().get(401, "/api/owner/v1/home").await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_communities_of_a_mini_program_are_listed_to_whoever_signed_in_and_no_others() {
    let mut world = World::start().await;
    let sister = world.add_sister_project("sister").await;
    let stranger = world.add_project("other").await;
    let id = |at: usize| world.communities[at].id.uuid().to_string();
    let owner = world.stranger(PHONE).await;
    let found = owner.client.get(200, "/api/owner/v1/communities").await;
    let ids: Vec<&str> = found.as_array().unwrap().iter().map(|one| one["project_id"].as_str().unwrap()).collect();
    assert!(ids.contains(&id(0).as_str()) && ids.contains(&id(sister).as_str()), "{found}");
    assert!(!ids.contains(&id(stranger).as_str()), "{found}");
    world.client().get(401, "/api/owner/v1/communities").await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_asked_for_comes_with_what_is_left_of_it() {
    let world = World::start().await;
    let owner = world.stranger(PHONE).await;
    let (control, by) = (&world.node.installation.control, service::audit::By::operator());
    let fields = [("thing1", "house"), ("amount2", "amount"), ("time3", "due"), ("thing4", "note")];
    let mini = world.community().outside.mini.clone();
    setup::set_template(control, &mini, "bill_notice", "ask-me", &fields, &by, world.now().timestamp_millis())
        .await
        .unwrap();
    let asked = async || owner.client.get(200, "/api/owner/v1/home").await["templates"].clone();
    assert_eq!(asked().await, json!([{ "template_id": "ask-me", "purpose": "bill_notice", "credits": 0 }]));
    let answer = |tap: &str, word: &str| json!({ "tap_id": tap, "answered_at_s": world.now().timestamp(), "answers": [{ "template_id": "ask-me", "answer": word }] });
    for (tap, word) in [("1", "accept"), ("1", "accept"), ("2", "reject")] {
        owner.client.post(204, "/api/owner/v1/consents", &answer(tap, word)).await;
    }
    assert_eq!(asked().await[0]["credits"], 1, "told twice, counted once, and a refusal adds nothing");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_reads_what_was_sent_to_them_and_nobody_elses() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    let path = world.community().owner_path("/messages");
    assert_eq!(owner.client.get(200, &path).await, json!([]));
    world.advance_to(bill.due);
    world.remind().await;

    let messages = owner.client.get(200, &path).await;
    let [message] = messages.as_array().unwrap().as_slice() else { panic!("{messages}") };
    assert_eq!((&message["amount_fen"], &message["owed_fen"]), (&json!(20_000), &json!(20_000)));
    assert!(message["text"].as_str().unwrap().contains("200.00"), "{message}");
    let opened = owner.open_reminder(message["token"].as_str().unwrap()).await;
    assert_eq!(opened["project_id"], world.community().id.uuid().to_string());

    let other = world.household("1-1-102", "13800000002").await;
    world.bill(&other, 30_000).await;
    let neighbour = world.stranger("13800000002").await;
    assert_eq!(neighbour.client.get(200, &path).await, json!([]));
    let stranger = world.stranger("13900000009").await;
    stranger.client.get(404, &path).await;
    world.finish().await;
}
