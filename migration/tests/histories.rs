//! Both histories from an empty database to their heads, over rows, on both databases.

#![cfg(test)]

mod database;

use database::samples::{count, over_rows};
use database::{Postgres, sqlite, tables, texts};
use migration::{CONTROL_HEAD, MigratorTrait, PROJECT_HEAD, control, migrate_control, migrate_project, project};
use sea_orm_migration::sea_orm::{self, ConnectionTrait, Database, DatabaseConnection, Statement};

async fn history_of(db: &DatabaseConnection) -> Vec<String> {
    texts(db, "SELECT version FROM seaql_migrations ORDER BY version", "version").await
}

fn whole_history() -> Vec<String> {
    project::Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

#[tokio::test]
async fn every_migration_runs_over_rows_on_sqlite() {
    over_rows::<control::Migrator>(&sqlite().await, "control").await;
    over_rows::<project::Migrator>(&sqlite().await, "project").await;
}

#[tokio::test]
async fn every_migration_runs_over_rows_on_postgres() {
    if let Some(control) = Postgres::fresh("control_rows").await {
        over_rows::<control::Migrator>(&control.connect().await, "control").await;
        control.drop_database().await;
    }
    if let Some(project) = Postgres::fresh("project_rows").await {
        over_rows::<project::Migrator>(&project.connect().await, "project").await;
        project.drop_database().await;
    }
}

#[tokio::test]
async fn migrating_again_does_nothing() {
    let (control, project) = (sqlite().await, sqlite().await);
    for _ in 0..2 {
        migrate_control(&control).await.unwrap();
        migrate_project(&project).await.unwrap();
    }
    assert_eq!(history_of(&control).await.last().map(String::as_str), Some(CONTROL_HEAD));
    assert_eq!(history_of(&project).await.last().map(String::as_str), Some(PROJECT_HEAD));
    assert_eq!(count(&project, "ledger_head").await, 1);
}

#[tokio::test]
async fn the_chain_of_an_empty_project_starts_at_zero() {
    let db = sqlite().await;
    migrate_project(&db).await.unwrap();
    let head = Statement::from_string(db.get_database_backend(), "SELECT id, seq, hash FROM ledger_head");
    let head = db.query_one_raw(head).await.unwrap().unwrap();
    assert_eq!(head.try_get::<i64>("", "id").unwrap(), 1);
    assert_eq!(head.try_get::<i64>("", "seq").unwrap(), 0);
    assert_eq!(head.try_get::<Vec<u8>>("", "hash").unwrap(), vec![0; 32]);
}

#[tokio::test]
async fn nothing_is_taken_back() {
    let db = sqlite().await;
    migrate_project(&db).await.unwrap();
    let refused = project::Migrator::down(&db, None).await.unwrap_err();
    assert!(refused.to_string().contains("histories only go forward"), "{refused}");
    assert_eq!(count(&db, "ledger_head").await, 1);
}

#[tokio::test]
async fn a_database_of_the_other_kind_is_refused_and_left_as_it_was() {
    let db = sqlite().await;
    migrate_control(&db).await.unwrap();
    let before = tables(&db).await;
    let refused = migrate_project(&db).await.unwrap_err();
    assert!(refused.to_string().contains(CONTROL_HEAD), "{refused}");
    assert_eq!(tables(&db).await, before);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    let db = sqlite().await;
    db.execute_unprepared("CREATE TABLE audit_log (id INTEGER)").await.unwrap();
    let refused = migrate_project(&db).await.unwrap_err();
    assert!(refused.to_string().contains("CREATE TABLE audit_log"), "{refused}");
    assert_eq!(tables(&db).await, ["audit_log"]);
}

#[tokio::test]
async fn two_nodes_that_start_together_migrate_a_sqlite_file_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("project.db").display());
    let (one, two) = (Database::connect(&url).await.unwrap(), Database::connect(&url).await.unwrap());
    let (first, second) = tokio::join!(migrate_project(&one), migrate_project(&two));
    first.unwrap();
    second.unwrap();
    assert_eq!(history_of(&one).await, whole_history());
}

#[tokio::test]
async fn two_nodes_that_start_together_migrate_a_postgres_database_once() {
    let Some(postgres) = Postgres::fresh("two_nodes").await else { return };
    let (one, two) = (postgres.connect().await, postgres.connect().await);
    let (first, second) = tokio::join!(migrate_project(&one), migrate_project(&two));
    first.unwrap();
    second.unwrap();
    assert_eq!(history_of(&one).await, whole_history());
    postgres.drop_database().await;
}
