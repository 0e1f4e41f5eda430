//! The entities against the schema that the migrations make.

#![cfg(test)]

#[path = "../../migration/tests/database/mod.rs"]
mod database;

use database::samples::over_rows;
use database::{Postgres, sqlite, tables};
use migration::{migrate_control, migrate_project};
use sea_orm::{
    self, ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, IdenStatic, IntoActiveModel,
    Iterable, PrimaryKeyToColumn, PrimaryKeyTrait, Statement,
};

/// Calls a function with every entity of a database and collects the answers.
macro_rules! with_each {
    (control, $call:ident($($argument:expr),*)) => {
        with_each!(@ control, $call($($argument),*),
            account_quota, audit_log, company, consent_credit, consent_event, contact_count, data_key, delivery_event,
            follow_token, follower_sync, house_binding, job_lease, job_run, merchant, merchant_verifier,
            message_receipt, message_template, owner_session, person, person_wechat, project, send_grant,
            sending_account, sms_account, staff, staff_role, staff_session, voice_account, wechat_app)
    };
    (project, $call:ident($($argument:expr),*)) => {
        with_each!(@ project, $call($($argument),*),
            account, allocation, audit_log, bill, bill_line, bill_run, campaign, desk_overrule, desk_payment, desk_policy, desk_void, entry, fee_item, holiday_year, house, house_field, house_field_value, house_party, import_batch, ledger_head, meter, meter_correction, meter_reading, meter_reading_bill, notice, notice_bill, opening_line, outbox, party, party_phone, payer_hour, payment, payment_anomaly, payment_order, payment_order_bill, payment_order_event, posting, project_mark, receipt, receipt_counter, receipt_print, receipt_reversal, refund, refund_event, refund_part, refund_policy, reminder, reminder_event, reminder_pause, reminder_plan_mark, reminder_policy, share_part, share_part_bill, share_run, shift, shift_count, shipping_report, staff_task, tariff)
    };
    (@ $side:ident, $call:ident $arguments:tt, $($table:ident),+) => {
        vec![$(with_each!(@@ $side::$table, $call $arguments)),+]
    };
    (@@ $side:ident::$table:ident, $call:ident($($argument:expr),*)) => {
        $call::<entity::$side::$table::Entity>($($argument),*).await
    };
}

/// A column as far as both sides know it.
#[derive(Debug, PartialEq, Eq)]
struct Column {
    name: String,
    may_be_empty: bool,
    is_key: bool,
}

/// Compares an entity with its table, column by column and in order, and answers the table's name.
async fn compare<E: EntityTrait>(db: &DatabaseConnection) -> String {
    let table = E::default().table_name().to_owned();
    let keys: Vec<String> = E::PrimaryKey::iter().map(|key| key.into_column().as_str().to_owned()).collect();
    let entity: Vec<Column> = E::Column::iter()
        .map(|column| Column {
            name: column.as_str().to_owned(),
            may_be_empty: column.def().is_null(),
            is_key: keys.iter().any(|key| key == column.as_str()),
        })
        .collect();
    assert_eq!(entity, columns_of(db, &table).await, "{table}");
    assert!(!E::PrimaryKey::auto_increment(), "{table}: keys come from us");
    table
}

async fn columns_of(db: &DatabaseConnection, table: &str) -> Vec<Column> {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA table_info({table})"));
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| Column {
            name: row.try_get("", "name").unwrap(),
            may_be_empty: row.try_get::<i32>("", "notnull").unwrap() == 0,
            is_key: row.try_get::<i32>("", "pk").unwrap() > 0,
        })
        .collect()
}

/// Reads every row of a table through its entity and writes it through its entity into an empty table.
async fn carry<E: EntityTrait>(from: &DatabaseConnection, to: &DatabaseConnection)
where
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq + Clone + Sync,
{
    let table = E::default().table_name().to_owned();
    let rows = E::find().all(from).await.unwrap_or_else(|error| panic!("{table}: {error}"));
    assert!(!rows.is_empty(), "{table} has no sample row");
    E::delete_many().exec(to).await.unwrap();
    let written = rows.iter().cloned().map(IntoActiveModel::into_active_model);
    E::insert_many(written).exec_without_returning(to).await.unwrap_or_else(|error| panic!("{table}: {error}"));
    let carried = E::find().all(to).await.unwrap();
    assert_eq!(carried.len(), rows.len(), "{table}");
    assert!(rows.iter().all(|row| carried.contains(row)), "{table}: {rows:?} became {carried:?}");
}

/// Carries the samples of both kinds of database from one pair of empty databases to another.
async fn carry_all(control: [&DatabaseConnection; 2], project: [&DatabaseConnection; 2]) {
    let ([control_from, control_to], [project_from, project_to]) = (control, project);
    over_rows::<migration::control::Migrator>(control_from, "control").await;
    over_rows::<migration::project::Migrator>(project_from, "project").await;
    migrate_control(control_to).await.unwrap();
    migrate_project(project_to).await.unwrap();
    forget_references(control_to).await;
    forget_references(project_to).await;
    with_each!(control, carry(control_from, control_to));
    with_each!(project, carry(project_from, project_to));
}

/// Tables are carried by name, not in the order of their references.
async fn forget_references(db: &DatabaseConnection) {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => "SET session_replication_role = replica",
        _ => "PRAGMA foreign_keys = OFF",
    };
    db.execute_unprepared(sql).await.unwrap();
}

#[tokio::test]
async fn every_entity_is_its_table() {
    let (control, project) = (sqlite().await, sqlite().await);
    migrate_control(&control).await.unwrap();
    migrate_project(&project).await.unwrap();
    let mut of_control = with_each!(control, compare(&control));
    let mut of_project = with_each!(project, compare(&project));
    of_control.sort();
    of_project.sort();
    assert_eq!(of_control, tables(&control).await);
    assert_eq!(of_project, tables(&project).await);
}

#[tokio::test]
async fn every_sample_row_is_read_and_written_whole_on_sqlite() {
    let (one, two, three, four) = (sqlite().await, sqlite().await, sqlite().await, sqlite().await);
    carry_all([&one, &two], [&three, &four]).await;
}

#[tokio::test]
async fn every_sample_row_is_read_and_written_whole_on_postgres() {
    let mut databases = Vec::new();
    for story in ["carry_1", "carry_2", "carry_3", "carry_4"] {
        let Some(database) = Postgres::fresh(story).await else { return };
        databases.push(database);
    }
    let [one, two, three, four] = &databases[..] else { unreachable!() };
    let (one, two, three, four) =
        (one.connect().await, two.connect().await, three.connect().await, four.connect().await);
    carry_all([&one, &two], [&three, &four]).await;
    for database in databases {
        database.drop_database().await;
    }
}
