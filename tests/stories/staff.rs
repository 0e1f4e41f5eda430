//! Employees: locked out after wrong passwords, revoked at once.

use chrono::TimeDelta;
use serde_json::json;
use service::audit::By;
use service::staff::{Role, disable_staff, revoke_role};
use tests::World;
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
