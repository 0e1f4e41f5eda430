//! Employees: locked out after wrong passwords, revoked at once.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use service::audit::By;
use service::staff::{Role, disable_staff, revoke_role};
use tests::World;
use tests::description::Operation;
use tests::world::{STAFF_PASSWORD, STAFF_SESSIONS, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn staff_are_locked_out_and_revoked() {
    let world = World::start().await;
    let steward = world.staff("steward", &[Role::Steward], Some(world.community().id)).await;
    let reminders = world.community().staff_path("/reminders");
    steward.get(200, &reminders).await;
    world.client().get(401, &reminders).await;

    for _ in 0..5 {
        world.client().post(401, STAFF_SESSIONS, &sign_in("steward", "wrong password")).await;
    }
    let right = sign_in("steward", STAFF_PASSWORD);
    world.client().post(401, STAFF_SESSIONS, &right).await;
    steward.get(200, &reminders).await;
    world.advance(TimeDelta::minutes(16));
    world.client().post(201, STAFF_SESSIONS, &right).await;

    let (control, company) = (&world.node.installation.control, world.community().company);
    let id: uuid::Uuid = world.control_raw().await.one("SELECT id FROM staff WHERE login = 'steward'").await;
    let id = domain::ids::StaffId(id);
    let by = By::operator();
    let project = Some(world.community().id);
    let _ = revoke_role(control, company, id, project, Role::Steward, &by, world.now()).await.unwrap();
    let (status, answer) = steward.send(reqwest::Method::GET, &reminders, None).await;
    assert!(status == 403 || status == 404, "the next request knows it: {status} {answer}");
    let _ = disable_staff(control, company, id, &by, world.now()).await.unwrap();
    steward.get(401, &reminders).await;
    world.client().post(401, STAFF_SESSIONS, &right).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_the_working_day_and_on_request() {
    let world = World::start().await;
    let manager = world.staff("manager", &[Role::ProjectManager], None).await;
    let reminders = world.community().staff_path("/reminders");
    manager.get(200, &reminders).await;
    world.advance(TimeDelta::hours(12));
    manager.get(401, &reminders).await;
    let session = world.client().post(201, STAFF_SESSIONS, &sign_in("manager", STAFF_PASSWORD)).await;
    let manager = world.client().with_token(session["token"].as_str().unwrap());
    manager.delete(204, &format!("{STAFF_SESSIONS}/current")).await;
    manager.get(401, &reminders).await;
    assert_eq!(session["token"].as_str().map(str::len), Some(64), "{}", json!("opaque"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_signs_in_with_a_cookie_and_another_sites_page_changes_nothing() {
    let world = World::start().await;
    let _ = world.staff("manager", &[Role::ProjectManager], None).await;
    let (client, right) = (world.client(), sign_in("manager", STAFF_PASSWORD));
    let sessions = "/api/staff/v1/console/sessions";
    let (status, _) = client.with_headers(Method::POST, sessions, &[], Some(&right)).await;
    assert_eq!(status, 403, "a sign-in that the console's page did not ask for");
    let console = ("x-linli-console", "1");
    let (status, headers) = client.with_headers(Method::POST, sessions, &[console], Some(&right)).await;
    assert_eq!(status, 201);
    let set = headers["set-cookie"].to_str().unwrap();
    assert!(set.contains("; HttpOnly; SameSite=Strict"), "{set}");
    let cookie = ("cookie", set.split(';').next().unwrap());

    let reminders = world.community().staff_path("/reminders");
    let dry_run = world.community().staff_path("/reminders/dry-run");
    let on = json!({ "is_dry_run": true });
    assert_eq!(client.with_headers(Method::GET, &reminders, &[cookie], None).await.0, 200);
    assert_eq!(client.with_headers(Method::PUT, &dry_run, &[cookie], Some(&on)).await.0, 403);
    assert_eq!(client.with_headers(Method::PUT, &dry_run, &[cookie, console], Some(&on)).await.0, 204);
    let current = "/api/staff/v1/sessions/current";
    let (status, headers) = client.with_headers(Method::DELETE, current, &[cookie, console], None).await;
    assert!(status == 204 && headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(client.with_headers(Method::GET, &reminders, &[cookie], None).await.0, 401);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_tried_without_a_trace_and_never_put_over_a_colleagues() {
    let world = World::start().await;
    let house = world.household("1-1-101", "13800000001").await;
    let _ = world.bill(&house, 20_000).await;
    let manager = world.staff("manager", &[Role::ProjectManager], None).await;
    let path = |tail: &str| world.community().staff_path(tail);
    let before = manager.get(200, &path("/reminder-policy")).await;
    let at = (world.now() + TimeDelta::days(20)).to_rfc3339();
    let trial = |policy: &Value| json!({ "policy": policy, "at": at });
    let said = |preview: &Value| {
        let totals = &preview["totals"];
        let counts = ["held", "silent"].map(|kind| totals[kind].as_array().unwrap().len());
        (totals["messages"].as_u64().unwrap(), counts)
    };
    let now = manager.post(200, &path("/reminder-policy-preview"), &trial(&before["policy"])).await;
    assert_ne!(said(&now), (0, [0, 0]), "the bill is due by then: {now}");
    // Nobody is spoken to about less than 300 yuan.
    let mut dearer = before["policy"].clone();
    for stage in dearer["stages"].as_array_mut().unwrap() {
        stage["minimum_fen"] = json!(30_000);
    }
    let tried = manager.post(200, &path("/reminder-policy-preview"), &trial(&dearer)).await;
    assert_eq!(tried["totals"]["messages"], 0, "{tried}");
    assert_eq!(manager.get(200, &path("/reminder-policy")).await, before, "trying it changed nothing");
    let far = json!({ "policy": dearer, "at": (world.now() + TimeDelta::days(40)).to_rfc3339() });
    manager.post(400, &path("/reminder-policy-preview"), &far).await;

    let seen = path(&format!("/reminder-policy?seen_version={}", before["version"]));
    manager.put(200, &seen, &dearer).await;
    let refused = manager.put(409, &seen, &before["policy"]).await;
    assert_eq!(refused["error"]["code"], "reminder_policy_moved");
    assert_eq!(manager.get(200, &path("/reminder-policy")).await["policy"], dearer);
    world.finish().await;
}

/// What speaks to many at once, or changes the rules for all.
const NOT_FOR_STEWARDS: [&str; 14] = [
    "DELETE /api/staff/v1/reminder-pause",
    "GET /api/staff/v1/projects/{project}/reminder-campaigns/{no}/preview",
    "POST /api/staff/v1/projects/{project}/payers/{payer}/evidence-pack",
    "POST /api/staff/v1/projects/{project}/reminder-campaign-preview",
    "POST /api/staff/v1/projects/{project}/reminder-campaigns",
    "POST /api/staff/v1/projects/{project}/reminder-campaigns/{no}/cancel",
    "POST /api/staff/v1/projects/{project}/reminder-campaigns/{no}/send",
    // Of the whole project, as the sample body says; a building is theirs to pause.
    "POST /api/staff/v1/projects/{project}/reminder-pauses",
    "POST /api/staff/v1/projects/{project}/reminder-policy-preview",
    "POST /api/staff/v1/projects/{project}/reminder-sends",
    "PUT /api/staff/v1/projects/{project}/reminder-policy",
    "PUT /api/staff/v1/projects/{project}/reminders/dry-run",
    "PUT /api/staff/v1/reminder-pause",
    "PUT /api/staff/v1/sending-accounts/{account}/{channel}/limits",
];

#[tokio::test(flavor = "multi_thread")]
async fn stewards_pause_and_look_and_speak_to_nobody_and_change_no_rule() {
    let world = World::start().await;
    let house = world.household("1-1-101", "13800000001").await;
    let bill = world.bill(&house, 20_000).await;
    let steward = world.staff("steward", &[Role::Steward], None).await;
    let manager = world.staff("manager", &[Role::CompanyManager], None).await;
    let about = |operation: &&Operation| {
        let path = operation.path.as_str();
        path.starts_with("/api/staff/")
            && ["reminder", "sending-accounts", "evidence"].iter().any(|one| path.contains(one))
    };
    let mut refused = Vec::new();
    for operation in Operation::all(&world.client()).await.iter().filter(about) {
        let mut path = operation.path.clone();
        for name in operation.names() {
            let id = match name {
                "project" => world.community().id.to_string(),
                "no" => "1".to_owned(),
                "channel" => "sms".to_owned(),
                "bill" => bill.id.to_string(),
                _ => uuid::Uuid::nil().to_string(),
            };
            path = path.replace(&format!("{{{name}}}"), &id);
        }
        let path = path + &operation.query(house.id.uuid());
        let body = operation.body(bill.id);
        let (status, answer) = steward.send(operation.method.clone(), &path, body.as_ref()).await;
        if status == 403 {
            refused.push(format!("{} {}", operation.method, operation.path));
            let (status, answer) = manager.send(operation.method.clone(), &path, body.as_ref()).await;
            assert_ne!(status, 403, "{path}: {answer}");
        } else {
            assert!(status != 401 && status < 500, "{} {path}: {status} {answer}", operation.method);
        }
    }
    refused.sort();
    assert_eq!(refused, NOT_FOR_STEWARDS);
    world.finish().await;
}

#[tokio::test]
async fn a_steward_pauses_a_building_and_not_the_whole_project() {
    let world = World::start().await;
    world.household("1-1-101", "13800000001").await;
    let steward = world.staff("steward", &[Role::Steward], None).await;
    let manager = world.staff("manager", &[Role::ProjectManager], Some(world.community().id)).await;
    let pauses = world.community().staff_path("/reminder-pauses");
    let whole = json!({ "target": { "level": "project" }, "reason": "staff" });
    steward.post(403, &pauses, &whole).await;
    let made = manager.post(201, &pauses, &whole).await;
    let whole_pause = format!("{pauses}/{}", made["id"].as_str().unwrap());
    steward.delete(403, &whole_pause).await;
    let building = json!({ "target": { "level": "building", "subject": "1" }, "reason": "staff" });
    let made = steward.post(201, &pauses, &building).await;
    steward.delete(204, &format!("{pauses}/{}", made["id"].as_str().unwrap())).await;
    manager.delete(204, &whole_pause).await;
    world.finish().await;
}

#[tokio::test]
async fn whoever_may_not_act_is_told_so_and_not_what_their_body_lacks() {
    let world = World::start().await;
    let steward = world.staff("steward", &[Role::Steward], None).await;
    let items = world.community().staff_path("/fee-items");
    let nothing = json!({});
    steward.post(403, &items, &nothing).await;
    world.client().post(401, &items, &nothing).await;
    let manager = world.staff("manager", &[Role::ProjectManager], None).await;
    manager.post(400, &items, &nothing).await;
    world.finish().await;
}
