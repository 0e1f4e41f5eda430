//! The rows of money, as they stand.

use sea_orm::QueryResult;
use uuid::Uuid;

use crate::Raw;

pub(super) struct BillRow {
    pub id: Uuid,
    pub payer: Uuid,
    pub total_fen: i64,
    pub paid_fen: i64,
    pub settled_at_ms: Option<i64>,
    pub voided_at_ms: Option<i64>,
}

pub(super) struct PaymentRow {
    pub id: Uuid,
    pub natural_key: String,
    pub amount_fen: i64,
    pub refundable_fen: i64,
    pub order: Option<Uuid>,
}

pub(super) struct AllocationRow {
    pub payment: Uuid,
    pub bill: Uuid,
    pub amount_fen: i64,
}

pub(super) struct ReceiptRow {
    pub id: Uuid,
    pub year: i64,
    pub serial_no: i64,
    pub payment: Uuid,
    pub amount_fen: i64,
}

pub(super) struct EntryRow {
    pub posting: i64,
    pub account: String,
    pub amount_fen: i64,
}

pub(super) struct OrderRow {
    pub id: Uuid,
    pub number: String,
    pub state: String,
    pub holds_bills: bool,
}

pub(super) struct RefundRow {
    pub id: Uuid,
    pub payment: Uuid,
    pub amount_fen: i64,
    pub wechat_refund_id: Option<String>,
    pub state: String,
}

/// A part of a refund, or a reversal of a receipt: what it is of, if it is of anything.
pub(super) struct TakenRow {
    pub refund: Uuid,
    pub of: Option<Uuid>,
    pub amount_fen: i64,
}

pub(super) struct Books {
    pub bills: Vec<BillRow>,
    pub payments: Vec<PaymentRow>,
    pub allocations: Vec<AllocationRow>,
    pub receipts: Vec<ReceiptRow>,
    pub counters: Vec<(i64, i64)>,
    pub postings: Vec<(i64, String)>,
    pub entries: Vec<EntryRow>,
    pub orders: Vec<OrderRow>,
    pub refunds: Vec<RefundRow>,
    pub refund_parts: Vec<TakenRow>,
    pub reversals: Vec<TakenRow>,
}

fn get<T: sea_orm::TryGetable>(row: &QueryResult, column: &str) -> T {
    row.try_get("", column).unwrap_or_else(|error| panic!("{column}: {error:?}"))
}

impl Books {
    pub(super) async fn read(raw: &Raw) -> Self {
        let bills = raw.rows("SELECT id, payer_party_id, total_fen, paid_fen, settled_at_ms, voided_at_ms FROM bill");
        let payments = raw.rows("SELECT id, natural_key, amount_fen, refundable_fen, order_id FROM payment");
        let allocations = raw.rows("SELECT payment_id, bill_id, amount_fen FROM allocation");
        let receipts = raw.rows("SELECT id, year, serial_no, payment_id, amount_fen FROM receipt");
        let counters = raw.rows("SELECT year, last_no FROM receipt_counter");
        let postings = raw.rows("SELECT seq, natural_key FROM posting ORDER BY seq");
        let entries =
            raw.rows("SELECT posting_seq, code, amount_fen FROM entry, account WHERE account.id = entry.account_id");
        let orders = raw.rows(
            "SELECT id, out_trade_no, state, (SELECT COUNT(*) FROM payment_order_bill b WHERE b.order_id = o.id \
             AND b.live) AS held FROM payment_order o",
        );
        let refunds = raw.rows("SELECT id, payment_id, amount_fen, wechat_refund_id, state FROM refund");
        let parts = raw.rows("SELECT refund_id, bill_id AS taken_of, amount_fen FROM refund_part");
        let reversals = raw.rows("SELECT refund_id, receipt_id AS taken_of, amount_fen FROM receipt_reversal");
        Self {
            bills: bills.await.iter().map(bill).collect(),
            payments: payments.await.iter().map(payment).collect(),
            allocations: allocations.await.iter().map(allocation).collect(),
            receipts: receipts.await.iter().map(receipt).collect(),
            counters: counters.await.iter().map(|row| (get(row, "year"), get(row, "last_no"))).collect(),
            postings: postings.await.iter().map(|row| (get(row, "seq"), get(row, "natural_key"))).collect(),
            entries: entries.await.iter().map(entry).collect(),
            orders: orders.await.iter().map(order).collect(),
            refunds: refunds.await.iter().map(refund).collect(),
            refund_parts: parts.await.iter().map(taken).collect(),
            reversals: reversals.await.iter().map(taken).collect(),
        }
    }
}

fn bill(row: &QueryResult) -> BillRow {
    BillRow {
        id: get(row, "id"),
        payer: get(row, "payer_party_id"),
        total_fen: get(row, "total_fen"),
        paid_fen: get(row, "paid_fen"),
        settled_at_ms: get(row, "settled_at_ms"),
        voided_at_ms: get(row, "voided_at_ms"),
    }
}

fn payment(row: &QueryResult) -> PaymentRow {
    PaymentRow {
        id: get(row, "id"),
        natural_key: get(row, "natural_key"),
        amount_fen: get(row, "amount_fen"),
        refundable_fen: get(row, "refundable_fen"),
        order: get(row, "order_id"),
    }
}

fn allocation(row: &QueryResult) -> AllocationRow {
    AllocationRow { payment: get(row, "payment_id"), bill: get(row, "bill_id"), amount_fen: get(row, "amount_fen") }
}

fn receipt(row: &QueryResult) -> ReceiptRow {
    ReceiptRow {
        id: get(row, "id"),
        year: get(row, "year"),
        serial_no: get(row, "serial_no"),
        payment: get(row, "payment_id"),
        amount_fen: get(row, "amount_fen"),
    }
}

fn entry(row: &QueryResult) -> EntryRow {
    EntryRow { posting: get(row, "posting_seq"), account: get(row, "code"), amount_fen: get(row, "amount_fen") }
}

fn order(row: &QueryResult) -> OrderRow {
    OrderRow {
        id: get(row, "id"),
        number: get(row, "out_trade_no"),
        state: get(row, "state"),
        holds_bills: get::<i64>(row, "held") > 0,
    }
}

fn refund(row: &QueryResult) -> RefundRow {
    RefundRow {
        id: get(row, "id"),
        payment: get(row, "payment_id"),
        amount_fen: get(row, "amount_fen"),
        wechat_refund_id: get(row, "wechat_refund_id"),
        state: get(row, "state"),
    }
}

fn taken(row: &QueryResult) -> TakenRow {
    TakenRow { refund: get(row, "refund_id"), of: get(row, "taken_of"), amount_fen: get(row, "amount_fen") }
}
