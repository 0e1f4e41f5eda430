//! Two frozen histories of the schema: [`control`] for the one control database, [`project`] for each project's own.
//!
//! A history only goes forward. A migration that has left this repository is never edited: what it got wrong is put
//! right by the next one. So `down` is refused, and every name is unique over both histories, which makes a control
//! database refuse the project's history and the other way round.
//!
//! The schema is written once, in plain SQL under `sql/`, and spelt for SQLite or PostgreSQL by [`dialect`]. Each
//! migration that adds a table brings rows for it under `samples/` (`control_0001.sql` is loaded after migration 1
//! of the control history), so that every later migration is tried over tables that are not empty.

pub mod control;
pub mod dialect;
pub mod project;

pub use sea_orm_migration::MigratorTrait;

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

/// Name of the last migration of the control database: what a served control database must have reached.
pub const CONTROL_HEAD: &str = control::m20261124_000002_control_reminder_engine::NAME;

/// Name of the last migration of a project's database: a project that has not reached it is refused.
pub const PROJECT_HEAD: &str = project::m20261124_000007_project_counter::NAME;

/// Key of the PostgreSQL advisory lock that keeps two starting nodes from migrating one database together: `linli` in
/// ASCII.
const MIGRATION_LOCK: i64 = 0x6c_696e_6c69;

/// Brings the control database to [`CONTROL_HEAD`]. Does nothing when it is there already.
///
/// # Errors
/// Whatever the database says. All pending migrations are one transaction: after an error none of them has happened.
pub async fn migrate_control(db: &DatabaseConnection) -> Result<(), DbErr> {
    migrate::<control::Migrator>(db).await
}

/// Brings a project's database to [`PROJECT_HEAD`]. Does nothing when it is there already.
///
/// # Errors
/// As [`migrate_control`].
pub async fn migrate_project(db: &DatabaseConnection) -> Result<(), DbErr> {
    migrate::<project::Migrator>(db).await
}

async fn migrate<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), DbErr> {
    let tx = begin_alone(db).await?;
    M::up(&tx, None).await?;
    tx.commit().await
}

/// Two nodes may start at the same moment: the second waits here and then finds nothing left to do.
async fn begin_alone(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let immediate = SqliteTransactionMode::Immediate;
    let options = TransactionOptions { sqlite_transaction_mode: Some(immediate), ..TransactionOptions::default() };
    let tx = db.begin_with_options(options).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
    }
    Ok(tx)
}

/// The answer to every `down`.
pub(crate) fn only_forward(name: &str) -> DbErr {
    DbErr::Migration(format!(
        "{name} cannot be taken back: histories only go forward; write a new migration, or restore a backup"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<M: MigratorTrait>() -> Vec<String> {
        M::migrations().iter().map(|migration| migration.name().to_owned()).collect()
    }

    #[test]
    fn each_head_is_the_last_of_its_history() {
        assert_eq!(names::<control::Migrator>().last().map(String::as_str), Some(CONTROL_HEAD));
        assert_eq!(names::<project::Migrator>().last().map(String::as_str), Some(PROJECT_HEAD));
    }

    #[test]
    fn names_rise_and_no_name_is_in_both_histories() {
        let (control, project) = (names::<control::Migrator>(), names::<project::Migrator>());
        assert!(control.is_sorted_by(|a, b| a < b));
        assert!(project.is_sorted_by(|a, b| a < b));
        assert!(control.iter().all(|name| !project.contains(name)));
    }
}
