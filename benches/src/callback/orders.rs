//! Orders that wait for their payment, one for each bill.

use service::store::StoreError;
use service::store::bulk::{self, Cell, Column, Kind, Target, column};
use uuid::Uuid;

use crate::wechat_pay::{APP_ID, MCHID, OPENID};
use crate::world::{Site, now, numbered_id};
use crate::{Failure, raw};

const ORDER_IDS: u8 = 4;
const ORDERS_PER_TRANSACTION: usize = 20_000;
/// Order numbers are digits, so that pgbench can count them.
pub const FIRST_NUMBER: u64 = 2_026_000_000_000_000;
const EXPIRES_AFTER_MS: i64 = 600_000;

const ORDER: [Column; 4] = [
    column("id", Kind::Uuid),
    column("out_trade_no", Kind::Text),
    column("total_fen", Kind::Int),
    column("prepay_id", Kind::Text),
];
const ORDER_BILL: [Column; 3] =
    [column("order_id", Kind::Uuid), column("bill_id", Kind::Uuid), column("amount_fen", Kind::Int)];

/// WeChat's number of a payment.
#[must_use]
pub fn transaction_id(number: u64) -> String {
    (FIRST_NUMBER + number).to_string()
}

/// What stands before [`FIRST_NUMBER`]'s sixteen digits in our number of an order: the project's code, and zeros up to
/// the length of such a number.
pub const ORDER_PREFIX: &str = "ch00000";

/// Our number of an order.
#[must_use]
pub fn out_trade_no(number: u64) -> String {
    format!("{ORDER_PREFIX}{}", transaction_id(number))
}

/// All orders and how many of them were used.
pub struct Orders {
    totals_fen: Vec<i64>,
    used: u64,
}

struct Line {
    order: Uuid,
    bill: Uuid,
    out_trade_no: String,
    prepay_id: String,
    total_fen: i64,
}

impl Orders {
    /// Makes an order for every bill.
    ///
    /// # Errors
    /// The database's.
    pub async fn place(site: &Site) -> Result<Self, Failure> {
        let bills = raw::rows(&site.raw, "SELECT id, total_fen FROM bill ORDER BY id", vec![]).await?;
        let mut lines = Vec::with_capacity(bills.len());
        for (number, bill) in (0_u64..).zip(bills) {
            lines.push(Line {
                order: numbered_id(ORDER_IDS, number),
                bill: bill.try_get_by_index(0)?,
                out_trade_no: out_trade_no(number),
                prepay_id: format!("wx201410272009395522657a690389285100{number:08}"),
                total_fen: bill.try_get_by_index(1)?,
            });
        }
        for chunk in lines.chunks(ORDERS_PER_TRANSACTION) {
            write(site, chunk).await?;
        }
        Ok(Self { totals_fen: lines.iter().map(|line| line.total_fen).collect(), used: 0 })
    }

    /// The first of so many orders that nobody used.
    ///
    /// # Errors
    /// When there are not enough.
    pub fn take(&mut self, count: u64) -> Result<u64, Failure> {
        let first = self.used;
        self.used += count;
        if self.used > self.totals_fen.len() as u64 { Err("out of orders".into()) } else { Ok(first) }
    }

    /// What an order is for.
    ///
    /// # Errors
    /// When there is no such order.
    pub fn total_fen(&self, number: u64) -> Result<i64, Failure> {
        Ok(*self.totals_fen.get(usize::try_from(number)?).ok_or("no such order")?)
    }
}

async fn write(site: &Site, lines: &[Line]) -> Result<(), Failure> {
    let now_ms = now().timestamp_millis();
    let text = |name, value: &str| (column(name, Kind::Text), value.into());
    let int = |name, value: i64| (column(name, Kind::Int), value.into());
    let shared = vec![
        (column("person_id", Kind::Uuid), Uuid::nil().into()),
        text("app_id", APP_ID),
        text("openid", OPENID),
        text("mchid", MCHID),
        text("state", "awaiting"),
        int("prepay_at_ms", now_ms),
        int("expires_at_ms", now_ms + EXPIRES_AFTER_MS),
        int("next_query_at_ms", now_ms + EXPIRES_AFTER_MS),
        int("queries", 0),
        int("created_at_ms", now_ms),
    ];
    site.db
        .transact("bench.orders", async |tx| {
            let into = Target { table: "payment_order", columns: &ORDER, shared, tail: "" };
            let rows = lines.iter().map(|line| {
                [
                    Cell::Uuid(line.order),
                    Cell::Text(&line.out_trade_no),
                    Cell::Int(line.total_fen),
                    Cell::Text(&line.prepay_id),
                ]
            });
            bulk::insert(tx, &into, rows).await?;
            let shared = vec![(column("live", Kind::Bool), true.into())];
            let into = Target { table: "payment_order_bill", columns: &ORDER_BILL, shared, tail: "" };
            let rows = lines.iter().map(|l| [Cell::Uuid(l.order), Cell::Uuid(l.bill), Cell::Int(l.total_fen)]);
            bulk::insert(tx, &into, rows).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(())
}
