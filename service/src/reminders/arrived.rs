//! Messages that their vendors report as arrived, written for all of a batch together.

use std::collections::{BTreeSet, HashMap};

use domain::reminder::Channel;
use uuid::Uuid;

use super::events::{self, Event};
use super::rows::numbered;
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Over, column};
use crate::tenancy::{ControlDb, ProjectTx};

/// A message that arrived, and what its report says of how it was sent.
#[derive(Debug)]
pub(super) struct Arrived {
    pub notice_id: Uuid,
    pub at_ms: i64,
    pub account: String,
    pub receipt_id: String,
    pub cost_fen: i64,
}

/// What a message costs, by account and channel.
pub(super) type Costs = HashMap<(String, String), i64>;

/// The prices of these accounts. One that nobody has priced costs nothing.
pub(super) async fn costs(control: &ControlDb, accounts: BTreeSet<&str>) -> Result<Costs, StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct CostRow {
        account: String,
        channel: String,
        cost_fen: i64,
    }
    if accounts.is_empty() {
        return Ok(Costs::new());
    }
    let sql = format!(
        "SELECT account, channel, cost_fen FROM sending_account WHERE account IN ({})",
        numbered(1, accounts.len())
    );
    let values = accounts.into_iter().map(Into::into).collect();
    let rows: Vec<CostRow> = control
        .read("reminders.arrived_costs", async |tx| tx.rows(&sql, values).await)
        .await
        .map_err(|e: StoreError| e)?;
    Ok(rows.into_iter().map(|row| ((row.account, row.channel), row.cost_fen)).collect())
}

/// The price of a message of this account.
pub(super) fn cost(costs: &Costs, account: &str, channel: Channel) -> i64 {
    costs.get(&(account.to_owned(), channel.as_str().to_owned())).copied().unwrap_or(0)
}

/// Writes what arrived, once each. What was in doubt was sent; what nobody had an answer for learns its account, the
/// vendor's number and its price. A message still in hand keeps its lease: its worker records the acceptance, or
/// settling finds this.
pub(super) async fn write(tx: &ProjectTx<'_>, arrived: &[Arrived], now_ms: i64) -> Result<(), StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct Changed {
        id: Uuid,
    }
    const COLUMNS: [Column; 5] = [
        column("v_id", Kind::Uuid),
        column("v_at_ms", Kind::Int),
        column("v_account", Kind::Text),
        column("v_receipt_id", Kind::Text),
        column("v_cost_fen", Kind::Int),
    ];
    const UNANSWERED: &str = "account IS NULL AND (state = 'in_doubt' OR state = 'claimed' AND reason IS NULL)";
    let sql = format!(
        "UPDATE notice SET delivered_at_ms = v_at_ms, \
         account = CASE WHEN {UNANSWERED} THEN v_account ELSE account END, \
         receipt_id = CASE WHEN {UNANSWERED} THEN v_receipt_id ELSE receipt_id END, \
         cost_fen = CASE WHEN {UNANSWERED} THEN v_cost_fen ELSE cost_fen END, \
         reason = CASE WHEN state = 'in_doubt' THEN NULL ELSE reason END, \
         state = CASE WHEN state = 'in_doubt' THEN 'sent' ELSE state END \
         FROM v WHERE id = v_id AND delivered_at_ms IS NULL RETURNING id"
    );
    let over = Over { table: "notice", columns: &COLUMNS, values: vec![], sql: &sql };
    let rows = arrived.iter().map(|one| {
        [
            Cell::Uuid(one.notice_id),
            Cell::Int(one.at_ms),
            Cell::Text(&one.account),
            Cell::Text(&one.receipt_id),
            Cell::Int(one.cost_fen),
        ]
    });
    let changed: Vec<Changed> = bulk::rows(tx, &over, rows).await?;
    let changed: Vec<Uuid> = changed.into_iter().map(|row| row.id).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let sql = format!("UPDATE reminder SET reason = NULL WHERE notice_id {} AND state = 'sent'", tx.among(1));
    tx.execute(&sql, vec![tx.listed(&changed)]).await?;
    let events: Vec<Event> = changed.iter().map(|id| Event::of_notice("delivered", *id, "")).collect();
    events::append(tx, &events, now_ms).await
}
