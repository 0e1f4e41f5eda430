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
    pub method: String,
}

/// A payment over the desk and its shift.
pub(super) struct DeskRow {
    pub payment: Uuid,
    pub shift: Uuid,
}

pub(super) struct ShiftRow {
    pub id: Uuid,
    pub cashier: Uuid,
    pub opening_float_fen: i64,
    pub is_open: bool,
}

pub(super) struct CountRow {
    pub shift: Uuid,
    pub method: String,
    pub expected_fen: i64,
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
    pub desk: Vec<DeskRow>,
    pub voids: Vec<Uuid>,
    pub shifts: Vec<ShiftRow>,
    pub counts: Vec<CountRow>,
}

fn get<T: sea_orm::TryGetable>(row: &QueryResult, column: &str) -> T {
    row.try_get("", column).unwrap_or_else(|error| panic!("{column}: {error:?}"))
}

impl Books {
    pub(super) async fn read(raw: &Raw) -> Self {
        let bills = raw.rows("SELECT id, payer_party_id, total_fen, paid_fen, settled_at_ms, voided_at_ms FROM bill");
        let payments = raw.rows("SELECT id, natural_key, amount_fen, refundable_fen, order_id, method FROM payment");
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
        let desk = raw.rows("SELECT payment_id, shift_id FROM desk_payment");
        let shifts = raw.rows("SELECT id, cashier_id, opening_float_fen, closed_at_ms FROM shift");
        let counts = raw.rows("SELECT shift_id, method, expected_fen FROM shift_count");
        Self {
            voids: raw.column("SELECT payment_id FROM desk_void").await,
            desk: desk.await.iter().map(desk_payment).collect(),
            shifts: shifts.await.iter().map(shift).collect(),
            counts: counts.await.iter().map(count).collect(),
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

impl Books {
    /// Taken over the desk and taken back.
    pub(super) fn is_void(&self, payment: Uuid) -> bool {
        self.voids.contains(&payment)
    }

    /// The account that holds what a payment brought.
    pub(super) fn place_of(&self, payment: &PaymentRow) -> String {
        if payment.method != "cash" {
            return format!("clearing:{}", payment.method);
        }
        let desk = self.desk.iter().find(|desk| desk.payment == payment.id);
        desk.map_or_else(|| "no drawer".to_owned(), |desk| format!("drawer:{}", desk.shift))
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
        method: get(row, "method"),
    }
}

fn desk_payment(row: &QueryResult) -> DeskRow {
    DeskRow { payment: get(row, "payment_id"), shift: get(row, "shift_id") }
}

fn shift(row: &QueryResult) -> ShiftRow {
    ShiftRow {
        id: get(row, "id"),
        cashier: get(row, "cashier_id"),
        opening_float_fen: get(row, "opening_float_fen"),
        is_open: get::<Option<i64>>(row, "closed_at_ms").is_none(),
    }
}

fn count(row: &QueryResult) -> CountRow {
    CountRow { shift: get(row, "shift_id"), method: get(row, "method"), expected_fen: get(row, "expected_fen") }
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
