//! What the settlement really says to PostgreSQL, so that the limit cannot come to say something else unnoticed.
//!
//! PostgreSQL tells a session every statement it executes; the driver passes that on as events; this keeps them.

use std::fmt;
use std::sync::{Arc, Mutex};

use domain::money::Amount;
use sea_orm::ConnectionTrait;
use service::payments::{Confirmation, ConfirmationSource, settle};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::orders::{out_trade_no, transaction_id};
use super::statements::SETTLEMENT;
use crate::server::Served;
use crate::wechat_pay::{APP_ID, MCHID};
use crate::world::{World, now};
use crate::{Failure, raw};

/// Where the driver reports what the server said on its own.
const NOTICES: &str = "sqlx::postgres::notice";

/// Settles an order and compares what was said, statement by statement, with the limit.
///
/// # Errors
/// The first statement that differs.
pub async fn says_the_same(world: &World, served: &Served, number: u64, total_fen: i64) -> Result<(), Failure> {
    let database = served.site.url.rsplit('/').next().unwrap_or_default();
    for setting in ["SET log_statement = 'all'", "SET client_min_messages = 'log'"] {
        raw::execute(&served.site.raw, &format!("ALTER DATABASE {database} {setting}"), vec![]).await?;
    }
    world.projects.forget(served.site.id).await;
    let said = record(world, served, number, total_fen).await;
    served.site.raw.execute_unprepared(&format!("ALTER DATABASE {database} RESET ALL")).await?;
    world.projects.forget(served.site.id).await;

    let ours: Vec<String> = said?.iter().filter_map(|message| executed(message)).map(outline).collect();
    let limit: Vec<String> = SETTLEMENT.iter().map(|step| outline(step.sql)).collect();
    let length = ours.len().max(limit.len());
    let differs = (0..length).find(|place| ours.get(*place) != limit.get(*place));
    match differs {
        None => Ok(()),
        Some(place) => {
            let word = |list: &[String]| list.get(place).cloned().unwrap_or_else(|| "nothing".to_owned());
            Err(format!(
                "WRONG: the settlement's statement {} is now {:?}, the limit says {:?}: bring statements.rs up to date",
                place + 1,
                word(&ours),
                word(&limit)
            )
            .into())
        }
    }
}

/// Settles on a thread of its own, so that only its events are kept.
async fn record(world: &World, served: &Served, number: u64, total_fen: i64) -> Result<Vec<String>, Failure> {
    let confirmation = Confirmation {
        transaction_id: transaction_id(number),
        out_trade_no: out_trade_no(number),
        mchid: MCHID.to_owned(),
        app_id: APP_ID.to_owned(),
        amount: Amount::try_from(total_fen)?,
        currency: "CNY".to_owned(),
        paid_at: now(),
        refunded: false,
        source: ConfirmationSource::Callback,
    };
    let (projects, id) = (world.projects.clone(), served.site.id);
    let heard = Heard::default();
    let kept = heard.clone();
    tokio::task::spawn_blocking(move || -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let project = runtime.block_on(projects.open(id))?;
        tracing::subscriber::with_default(tracing_subscriber::registry().with(kept), || {
            let settled = runtime.block_on(settle(&project, &confirmation, now()))?;
            if settled.is_done() { Ok(()) } else { Err("WRONG: the order was paid before".into()) }
        })
    })
    .await??;
    let messages = heard.0.lock().map(|messages| messages.clone());
    messages.map_err(|_| "the recorder panicked".into())
}

/// The SQL of `execute sqlx_s_7: SELECT …`; nothing of BEGIN and COMMIT, which come another way.
fn executed(message: &str) -> Option<&str> {
    message.strip_prefix("execute ")?.split_once(": ").map(|(_, sql)| sql)
}

/// What it does to which tables: `UPDATE bill`, `SELECT payment_order_bill bill`.
fn outline(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let mut outline: Vec<&str> = words.first().copied().into_iter().collect();
    for pair in words.windows(2) {
        if let [keyword, table] = pair
            && matches!(*keyword, "FROM" | "INTO" | "UPDATE" | "JOIN")
        {
            let table = table.trim_matches(|c: char| !(c.is_ascii_lowercase() || c == '_'));
            outline.extend((!table.is_empty()).then_some(table));
        }
    }
    outline.join(" ")
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == NOTICES
            && let Ok(mut messages) = self.0.lock()
        {
            event.record(&mut Message(&mut messages));
        }
    }
}

struct Message<'a>(&'a mut Vec<String>);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.push(format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.0.push(value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_is_the_verb_and_the_tables() {
        assert_eq!(outline("SELECT 1 FROM a x JOIN b ON TRUE WHERE c IN (SELECT d FROM e)"), "SELECT a b e");
        assert_eq!(outline("INSERT INTO a (b) VALUES ($1) ON CONFLICT (b) DO UPDATE SET c = 1"), "INSERT a");
        assert_eq!(executed("execute sqlx_s_7: UPDATE bill SET a = 1"), Some("UPDATE bill SET a = 1"));
        assert_eq!(executed("statement: COMMIT"), None);
    }
}
