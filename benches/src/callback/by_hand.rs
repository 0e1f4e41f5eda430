//! The settlement's statements in a loop over our own driver, with nothing around them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sea_query::Value;
use sea_orm::{DatabaseConnection, DbBackend, DbErr, QueryResult};
use uuid::Uuid;

use super::orders::{out_trade_no, transaction_id};
use super::statements::{Answer, Kind, SETTLEMENT, numbered};
use crate::world::now;
use crate::{Failure, raw};

struct Prepared {
    sql: String,
    names: Vec<String>,
    answer: Answer,
}

/// Settles orders one after the other on each of `at_once` tasks; answers how long it took.
///
/// # Errors
/// The driver's, or when a statement does something else than it should.
pub async fn settle_all(db: &DatabaseConnection, first: u64, count: u64, at_once: usize) -> Result<Duration, Failure> {
    let is_postgres = db.get_database_backend() == DbBackend::Postgres;
    let steps: Arc<Vec<Prepared>> = Arc::new(
        SETTLEMENT
            .iter()
            .filter(|step| is_postgres || !step.postgres_only)
            .map(|step| {
                let (sql, names) = numbered(&step.sql.replace("{lock}", if is_postgres { " FOR UPDATE" } else { "" }));
                Prepared { sql, names, answer: step.answer }
            })
            .collect(),
    );
    let next = Arc::new(AtomicU64::new(first));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..at_once)
        .map(|_| {
            let (db, steps, next) = (db.clone(), Arc::clone(&steps), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + count {
                        return Ok::<_, Failure>(());
                    }
                    settle(&db, &steps, number).await?;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(begun.elapsed())
}

async fn settle(db: &DatabaseConnection, steps: &[Prepared], number: u64) -> Result<(), Failure> {
    let mut known: HashMap<String, Value> = HashMap::from([
        ("n".to_owned(), transaction_id(number).into()),
        ("out_trade_no".to_owned(), out_trade_no(number).into()),
        ("now_ms".to_owned(), now().timestamp_millis().into()),
        ("payment_id".to_owned(), Uuid::now_v7().into()),
        ("receipt_id".to_owned(), Uuid::now_v7().into()),
    ]);
    let tx = raw::begin(db).await?;
    for step in steps {
        let values: Option<Vec<Value>> = step.names.iter().map(|name| known.get(name).cloned()).collect();
        let values = values.ok_or_else(|| format!("a variable is missing in {}", step.sql))?;
        match step.answer {
            Answer::Changes(rows) => {
                let changed = raw::execute(&tx, &step.sql, values).await?;
                crate::must_be(&step.sql, changed, rows)?;
            }
            Answer::Nothing => {
                let found = raw::rows(&tx, &step.sql, values).await?;
                crate::must_be(&step.sql, found.len() as u64, 0)?;
            }
            Answer::Row(columns) => {
                let row = raw::row(&tx, &step.sql, values).await?;
                for (place, (name, kind)) in columns.iter().enumerate() {
                    learn(&mut known, &row, place, name, *kind)?;
                }
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

fn learn(
    known: &mut HashMap<String, Value>,
    row: &QueryResult,
    place: usize,
    name: &str,
    kind: Kind,
) -> Result<(), DbErr> {
    let value = match kind {
        Kind::Int => row.try_get_by_index::<i64>(place)?.into(),
        Kind::Bytes => row.try_get_by_index::<Vec<u8>>(place)?.into(),
        Kind::Uuid => {
            let id: Uuid = row.try_get_by_index(place)?;
            if name == "payer_party_id" {
                known.insert("account_code".to_owned(), format!("receivable:{id}").into());
            }
            id.into()
        }
    };
    known.insert(name.to_owned(), value);
    Ok(())
}
