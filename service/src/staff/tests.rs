//! Stories of staff: signing in, being locked, being allowed.

use chrono::TimeDelta;
use domain::applied::Applied;
use domain::ids::{CompanyId, ProjectId, StaffId};
use secrecy::{ExposeSecret, SecretString};

use super::*;
use crate::audit::By;
use crate::fixture::{self, Fixture};
use crate::store::StoreError;

const PASSWORD: &str = "一个足够长的密码啊啊";

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

async fn story() -> Fixture {
    Box::pin(fixture::project()).await
}

async fn hire(f: &Fixture, login: &str) -> StaffId {
    hire_at(f, f.company_id, login).await
}

async fn hire_at(f: &Fixture, company_id: CompanyId, login: &str) -> StaffId {
    let new =
        NewStaff { company_id, login: login.to_owned(), name: "测试员工".to_owned(), password: secret(PASSWORD) };
    create_staff(&f.control, new, &By::operator(), f.clock.now()).await.unwrap()
}

async fn enter(f: &Fixture, login: &str, password: &str) -> Result<String, StaffError> {
    let signed = sign_in(&f.control, login, &secret(password), f.clock.now()).await?;
    Ok(signed.token.expose_secret().to_owned())
}

async fn here(f: &Fixture, token: &str) -> Option<StaffSession> {
    session(&f.control, token, f.clock.now()).await.unwrap()
}

async fn at_work(f: &Fixture, login: &str) -> StaffSession {
    let token = enter(f, login, PASSWORD).await.unwrap();
    here(f, &token).await.unwrap()
}

async fn grant(f: &Fixture, id: StaffId, project: Option<ProjectId>, role: Role) -> bool {
    let (by, now) = (By::operator(), f.clock.now());
    grant_role(&f.control, f.company_id, id, project, role, &by, now).await.unwrap().is_done()
}

async fn revoke(f: &Fixture, id: StaffId, project: Option<ProjectId>, role: Role) -> Result<Applied<()>, StaffError> {
    revoke_role(&f.control, f.company_id, id, project, role, &By::operator(), f.clock.now()).await
}

async fn disable(f: &Fixture, id: StaffId) -> Result<Applied<()>, StaffError> {
    disable_staff(&f.control, f.company_id, id, &By::operator(), f.clock.now()).await
}

async fn audited(f: &Fixture, action: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM audit_log WHERE action = '{action}'");
    let count: Result<Option<i64>, StoreError> =
        f.control.read("test.count", async |tx| tx.value(&sql, vec![]).await).await;
    count.unwrap().unwrap()
}

async fn other_company(f: &Fixture) -> CompanyId {
    let id = CompanyId::new();
    f.control
        .transact("test.company", async |tx| {
            tx.execute(
                "INSERT INTO company (id, name, created_at_ms) VALUES ($1, '另一家物业', 0)",
                vec![id.uuid().into()],
            )
            .await
        })
        .await
        .unwrap();
    id
}

fn is_refused<T>(answer: &Result<T, StaffError>) -> bool {
    matches!(answer, Err(StaffError::BadCredentials))
}

#[tokio::test]
async fn a_session_lasts_twelve_hours_or_until_sign_out() {
    let f = story().await;
    let id = hire(&f, "Wang.Jing").await;
    let token = enter(&f, " wang.jing ", PASSWORD).await.unwrap();
    let session = here(&f, &token).await.unwrap();
    assert_eq!((session.staff_id(), session.company_id(), session.name()), (id, f.company_id, "测试员工"));
    f.clock.advance_ms(TimeDelta::hours(12).num_milliseconds() - 1);
    assert!(here(&f, &token).await.is_some());
    f.clock.advance_ms(1);
    assert!(here(&f, &token).await.is_none());
    let token = enter(&f, "wang.jing", PASSWORD).await.unwrap();
    assert!(sign_out(&f.control, &token, f.clock.now()).await.unwrap().is_done());
    assert!(here(&f, &token).await.is_none());
    assert_eq!(sign_out(&f.control, &token, f.clock.now()).await.unwrap(), Applied::Already(()));
}

#[tokio::test]
async fn unknown_logins_and_wrong_passwords_are_answered_and_written_down_alike() {
    let f = story().await;
    hire(&f, "wang.jing").await;
    let unknown = enter(&f, "nobody", PASSWORD).await.unwrap_err();
    let wrong = enter(&f, "wang.jing", "wrong password").await.unwrap_err();
    assert_eq!((unknown.to_string(), unknown.code()), (wrong.to_string(), wrong.code()));
    assert_eq!(audited(&f, "staff.sign_in_refused").await, 2);
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_account_for_fifteen_minutes() {
    let f = story().await;
    hire(&f, "wang.jing").await;
    for _ in 0..5 {
        assert!(is_refused(&enter(&f, "wang.jing", "wrong password").await));
    }
    assert!(is_refused(&enter(&f, "wang.jing", PASSWORD).await), "locked");
    f.clock.advance_ms(TimeDelta::minutes(15).num_milliseconds() - 1);
    assert!(is_refused(&enter(&f, "wang.jing", PASSWORD).await), "still locked");
    f.clock.advance_ms(1);
    assert!(enter(&f, "wang.jing", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_right_password_clears_the_count_of_wrong_ones() {
    let f = story().await;
    hire(&f, "wang.jing").await;
    for _ in 0..2 {
        for _ in 0..4 {
            assert!(is_refused(&enter(&f, "wang.jing", "wrong password").await));
        }
        assert!(enter(&f, "wang.jing", PASSWORD).await.is_ok());
    }
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_and_keeps_this_one() {
    let f = story().await;
    hire(&f, "wang.jing").await;
    let here_token = enter(&f, "wang.jing", PASSWORD).await.unwrap();
    let elsewhere = enter(&f, "wang.jing", PASSWORD).await.unwrap();
    let session = here(&f, &here_token).await.unwrap();
    let change = async |old: &str, new: &str| {
        change_password(&f.control, &session, &secret(old), &secret(new), f.clock.now()).await
    };
    assert!(is_refused(&change("wrong password", "another long one").await));
    assert!(matches!(change(PASSWORD, "short").await, Err(StaffError::WeakPassword)));
    change(PASSWORD, "another long one").await.unwrap();
    assert!(here(&f, &here_token).await.is_some());
    assert!(here(&f, &elsewhere).await.is_none());
    assert!(is_refused(&enter(&f, "wang.jing", PASSWORD).await));
    assert!(enter(&f, "wang.jing", "another long one").await.is_ok());
    assert_eq!(audited(&f, "staff.change_password").await, 1);
}

#[tokio::test]
async fn bad_accounts_are_not_made_and_a_login_is_given_once() {
    let f = story().await;
    hire(&f, "wang.jing").await;
    let make = async |login: &str, name: &str, password: &str| {
        let new = NewStaff {
            company_id: f.company_id,
            login: login.to_owned(),
            name: name.to_owned(),
            password: secret(password),
        };
        create_staff(&f.control, new, &By::operator(), f.clock.now()).await
    };
    assert!(matches!(make("WANG.JING", "甲", PASSWORD).await, Err(StaffError::LoginTaken)));
    assert!(matches!(make("王静", "甲", PASSWORD).await, Err(StaffError::BadLogin)));
    assert!(matches!(make("li.na", " ", PASSWORD).await, Err(StaffError::BadName)));
    assert!(matches!(make("li.na", "甲", "123456789").await, Err(StaffError::WeakPassword)));
    assert!(matches!(make("li.na.2000", "甲", "li.na.2000").await, Err(StaffError::WeakPassword)));
    let listed = staff_of(&f.control, f.company_id, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|s| (s.login.as_str(), s.disabled)).collect::<Vec<_>>(), [("wang.jing", false)]);
    assert!(staff_of(&f.control, f.company_id, Some("wang.jing"), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_disabled_employee_is_out_at_once_and_cannot_come_back() {
    let f = story().await;
    let id = hire(&f, "wang.jing").await;
    grant(&f, id, Some(f.project_id), Role::Cashier).await;
    let token = enter(&f, "wang.jing", PASSWORD).await.unwrap();
    let session = here(&f, &token).await.unwrap();
    assert!(disable(&f, id).await.unwrap().is_done());
    assert_eq!(disable(&f, id).await.unwrap(), Applied::Already(()));
    assert!(here(&f, &token).await.is_none());
    assert!(is_refused(&enter(&f, "wang.jing", PASSWORD).await));
    let held = authorize::<ViewHouses>(&f.control, &session, f.project_id).await;
    assert!(matches!(held, Err(StaffError::NotFound)), "not even with a session read a moment before");
    assert!(projects_of(&f.control, id).await.unwrap().is_empty());
    assert_eq!(audited(&f, "staff.disable").await, 1);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let f = story().await;
    let (first, second) = (hire(&f, "first").await, hire(&f, "second").await);
    grant(&f, first, None, Role::Administrator).await;
    // An administrator of one project lets nobody in to the company.
    grant(&f, second, Some(f.project_id), Role::Administrator).await;
    assert!(matches!(disable(&f, first).await, Err(StaffError::LastAdministrator)));
    let last = revoke(&f, first, None, Role::Administrator).await;
    assert!(matches!(last, Err(StaffError::LastAdministrator)));
    grant(&f, second, None, Role::Administrator).await;
    assert!(revoke(&f, first, None, Role::Administrator).await.unwrap().is_done());
    assert!(matches!(disable(&f, second).await, Err(StaffError::LastAdministrator)));
    assert!(disable(&f, first).await.unwrap().is_done());
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_and_so_does_its_loss() {
    let f = story().await;
    let id = hire(&f, "wang.jing").await;
    let session = at_work(&f, "wang.jing").await;
    let ask = async || authorize::<ManagePayments>(&f.control, &session, f.project_id).await;
    assert!(matches!(ask().await, Err(StaffError::NotFound)), "no role there");
    assert!(grant(&f, id, Some(f.project_id), Role::Steward).await);
    assert!(matches!(ask().await, Err(StaffError::Forbidden)), "a role, but not this permission");
    assert!(grant(&f, id, Some(f.project_id), Role::Cashier).await);
    assert!(!grant(&f, id, Some(f.project_id), Role::Cashier).await, "given already");
    let proof = ask().await.unwrap();
    assert_eq!((proof.staff_id(), proof.project_id(), proof.company_id()), (id, f.project_id, f.company_id));
    assert!(revoke(&f, id, Some(f.project_id), Role::Cashier).await.unwrap().is_done());
    assert!(matches!(ask().await, Err(StaffError::Forbidden)));
    assert_eq!((audited(&f, "staff.grant_role").await, audited(&f, "staff.revoke_role").await), (2, 1));
}

#[tokio::test]
async fn a_company_wide_role_reaches_every_project_of_the_company_and_no_other() {
    let f = story().await;
    let folder = tempfile::tempdir().unwrap();
    let now_ms = f.clock.now_ms();
    let sister = Box::pin(fixture::add_project(&f.projects, &folder, f.company_id, "dh", now_ms)).await;
    let rival = other_company(&f).await;
    let foreign = Box::pin(fixture::add_project(&f.projects, &folder, rival, "zz", now_ms)).await;
    let id = hire(&f, "wang.jing").await;
    let session = at_work(&f, "wang.jing").await;
    grant(&f, id, None, Role::Finance).await;
    grant(&f, id, Some(sister), Role::Cashier).await;

    assert!(authorize::<ManageBills>(&f.control, &session, f.project_id).await.is_ok());
    assert!(authorize::<ManageBills>(&f.control, &session, sister).await.is_ok());
    for elsewhere in [foreign, ProjectId::new()] {
        let answer = authorize::<ManageBills>(&f.control, &session, elsewhere).await;
        assert!(matches!(answer, Err(StaffError::NotFound)));
    }
    let mine = projects_of(&f.control, id).await.unwrap();
    let mine: Vec<_> = mine.iter().map(|p| (p.code.as_str(), p.roles.as_slice())).collect();
    assert_eq!(mine, [("ch", &[Role::Finance][..]), ("dh", &[Role::Cashier, Role::Finance][..])]);
}

#[tokio::test]
async fn managing_staff_takes_a_company_wide_administrator() {
    let f = story().await;
    let id = hire(&f, "wang.jing").await;
    let session = at_work(&f, "wang.jing").await;
    let ask = async || authorize_company::<ManageStaff>(&f.control, &session).await;
    grant(&f, id, Some(f.project_id), Role::Administrator).await;
    assert!(matches!(ask().await, Err(StaffError::Forbidden)));
    grant(&f, id, None, Role::CompanyManager).await;
    assert!(matches!(ask().await, Err(StaffError::Forbidden)));
    grant(&f, id, None, Role::Administrator).await;
    assert_eq!(ask().await.unwrap().company_id(), f.company_id);
}

#[tokio::test]
async fn another_companys_people_and_projects_are_not_there() {
    let f = story().await;
    let rival = other_company(&f).await;
    let stranger = hire_at(&f, rival, "stranger").await;
    let (by, now) = (By::operator(), f.clock.now());
    assert!(matches!(disable(&f, stranger).await, Err(StaffError::NotFound)));
    let across = grant_role(&f.control, f.company_id, stranger, None, Role::Cashier, &by, now).await;
    assert!(matches!(across, Err(StaffError::NotFound)));
    let into = grant_role(&f.control, rival, stranger, Some(f.project_id), Role::Cashier, &by, now).await;
    assert!(matches!(into, Err(StaffError::NotFound)));
    let nowhere = create_staff(
        &f.control,
        NewStaff {
            company_id: CompanyId::new(),
            login: "ghost".to_owned(),
            name: "无".to_owned(),
            password: secret(PASSWORD),
        },
        &by,
        now,
    )
    .await;
    assert!(matches!(nowhere, Err(StaffError::NotFound)));
}
