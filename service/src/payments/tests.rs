//! Stories of money on a real database, with WeChat Pay scripted and the clock moved by hand.

mod money;
mod order_life;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{BillId, FeeItemId, HouseId, OrderId, PartyId, PersonId};
use domain::ledger::Posting;
use domain::money::Amount;
use domain::order::OrderState;
use gateway::wechat_pay::{
    ApiV3Key, CertificatesError, CloseOutcome, JsapiOrder, MerchantKeys, PayGateway, PlatformCertificate,
    PrepayOutcome, QueryOutcome, RefundOutcome, RefundQueryOutcome, RefundRequest, Signer, TradeState, Transaction,
    VerifierMap,
};
use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::repo;
use super::repo::StoredOrder as _;
use super::*;
use crate::fixture::{self, Fixture};
use crate::ledger;
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

pub(crate) const APP: &str = "wx_mini";
pub(crate) const MCHID: &str = "1900000001";
const API_V3_KEY: &str = "0123456789abcdefghijklmnopqrstuv";
const SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";

/// WeChat Pay as the story tells it: what is not scripted is accepted, unpaid and closable.
#[derive(Default)]
pub(crate) struct Scripted {
    pub prepays: Mutex<VecDeque<PrepayOutcome>>,
    pub queries: Mutex<VecDeque<QueryOutcome>>,
    pub closes: Mutex<VecDeque<CloseOutcome>>,
    pub refunds: Mutex<VecDeque<RefundOutcome>>,
    pub refund_queries: Mutex<VecDeque<RefundQueryOutcome>>,
    pub sent_refunds: Mutex<Vec<String>>,
    calls: Mutex<Vec<&'static str>>,
}

impl Scripted {
    pub fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

#[async_trait]
impl PayGateway for Scripted {
    async fn prepay_jsapi(&self, _: &MerchantKeys, _: &JsapiOrder) -> PrepayOutcome {
        self.calls.lock().unwrap().push("prepay");
        let ready = PrepayOutcome::Ready { prepay_id: "wx23".to_owned() };
        self.prepays.lock().unwrap().pop_front().unwrap_or(ready)
    }

    async fn query(&self, _: &MerchantKeys, out_trade_no: &str) -> QueryOutcome {
        self.calls.lock().unwrap().push("query");
        let unpaid = QueryOutcome::Found(Box::new(transaction(out_trade_no, TradeState::NotPay, 0)));
        self.queries.lock().unwrap().pop_front().unwrap_or(unpaid)
    }

    async fn close(&self, _: &MerchantKeys, _: &str) -> CloseOutcome {
        self.calls.lock().unwrap().push("close");
        self.closes.lock().unwrap().pop_front().unwrap_or(CloseOutcome::Closed)
    }

    async fn refund(&self, _: &MerchantKeys, asked: &RefundRequest) -> RefundOutcome {
        self.sent_refunds.lock().unwrap().push(asked.out_refund_no.clone());
        self.refunds.lock().unwrap().pop_front().expect("a scripted answer to a refund")
    }

    async fn query_refund(&self, _: &MerchantKeys, _: &str) -> RefundQueryOutcome {
        self.refund_queries.lock().unwrap().pop_front().expect("a scripted answer about a refund")
    }

    async fn certificates(&self, _: &MerchantKeys) -> Result<Vec<PlatformCertificate>, CertificatesError> {
        panic!("nothing is downloaded here")
    }
}

pub(crate) fn transaction(out_trade_no: &str, trade_state: TradeState, total_fen: i64) -> Transaction {
    Transaction {
        appid: APP.to_owned(),
        mchid: MCHID.to_owned(),
        sub_appid: None,
        sub_mchid: None,
        out_trade_no: out_trade_no.to_owned(),
        transaction_id: trade_state.is_paid().then(|| format!("4200{out_trade_no}")),
        trade_state,
        trade_type: Some("JSAPI".to_owned()),
        success_time: trade_state.is_paid().then(|| fixture::start_of_story().fixed_offset()),
        payer_openid: None,
        total_fen,
        payer_total_fen: None,
        currency: "CNY".to_owned(),
        attach: None,
    }
}

fn private_key_pem() -> &'static str {
    static PEM: OnceLock<String> = OnceLock::new();
    PEM.get_or_init(|| {
        let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()))
    })
}

pub(crate) fn keys(mchid: &str) -> Arc<MerchantKeys> {
    let signer = Arc::new(Signer::from_pkcs8_pem(&private_key_pem().into()).unwrap());
    let api_v3_key = ApiV3Key::parse(API_V3_KEY.into()).unwrap();
    Arc::new(MerchantKeys::new(mchid, SERIAL, signer, api_v3_key, VerifierMap::new()).unwrap())
}

/// Somebody who owes, with their house.
#[derive(Clone, Copy)]
pub(crate) struct Household {
    pub house: HouseId,
    pub party: PartyId,
}

pub(crate) struct World {
    pub fixture: Fixture,
    pub db: ProjectDb,
    pub gateway: Arc<Scripted>,
    item: FeeItemId,
    run: Uuid,
}

impl World {
    pub async fn new() -> Self {
        let fixture = fixture::project().await;
        let db = fixture.db.clone();
        let world = Self { fixture, db, gateway: Arc::default(), item: FeeItemId::new(), run: Uuid::now_v7() };
        world
            .sql(
                "INSERT INTO fee_item (id, code, name, period_months, rounding, prorate, due_after_days, created_at_ms) \
                 VALUES ($1, 'wuye', '物业费', 1, 'fen_half_up', 'calendar_days', 10, 0)",
                vec![world.item.uuid().into()],
            )
            .await;
        world
            .sql(
                "INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, bills, \
                 total_fen, exceptions, created_at_ms) VALUES ($1, $2, 0, 30, 0, 'staff', 'published', 0, 0, '[]', 0)",
                vec![world.run.into(), world.item.uuid().into()],
            )
            .await;
        world
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.fixture.clock.now()
    }

    pub fn advance(&self, by: TimeDelta) {
        self.fixture.clock.advance_ms(by.num_milliseconds());
    }

    pub async fn sql(&self, sql: &str, values: Vec<Value>) {
        let done: Result<u64, StoreError> =
            self.db.transact("story.sql", async |tx| tx.execute(sql, values).await).await;
        done.unwrap();
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let found: Result<Option<i64>, StoreError> =
            self.db.read("story.number", async |tx| tx.value(sql, vec![]).await).await;
        found.unwrap().unwrap()
    }

    pub async fn household(&self, key: &str) -> Household {
        let (house, party) = (HouseId::new(), PartyId::new());
        self.sql(
            "INSERT INTO house (id, house_key, building, room, kind, area_centi, occupancy, created_at_ms, updated_at_ms) \
             VALUES ($1, $2, '1', $2, 'residence', 10000, 'occupied', 0, 0)",
            vec![house.uuid().into(), key.into()],
        )
        .await;
        self.sql(
            "INSERT INTO party (id, kind, name_sealed, name_hash, created_at_ms) VALUES ($1, 'person', $2, $2, 0)",
            vec![party.uuid().into(), vec![0_u8].into()],
        )
        .await;
        Household { house, party }
    }

    /// A bill with its posting; `month` keeps the bills of one house apart.
    pub async fn bill(&self, of: Household, month: i64, total_fen: i64) -> BillId {
        let bill = BillId::new();
        self.sql(
            "INSERT INTO bill (id, run_id, house_id, payer_party_id, fee_item_id, period_start_day, period_end_day, \
             bill_day, due_day, total_fen, paid_fen, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $6, 0, $6, $7, 0, 0)",
            vec![
                bill.uuid().into(),
                self.run.into(),
                of.house.uuid().into(),
                of.party.uuid().into(),
                self.item.uuid().into(),
                month.into(),
                total_fen.into(),
            ],
        )
        .await;
        let total = Amount::try_from(total_fen).unwrap();
        let posting = Posting::bill_issued(bill, of.party, self.item, total, self.now()).unwrap();
        self.db.transact("story.issue", async |tx| ledger::append(tx, &[posting]).await).await.unwrap();
        bill
    }

    pub fn wish(&self, openid: &str, households: &[Household], bills: &[BillId], total_fen: i64) -> NewOrder {
        NewOrder {
            person: PersonId::new(),
            app_id: APP.to_owned(),
            openid: openid.to_owned(),
            mchid: MCHID.to_owned(),
            bills: bills.to_vec(),
            houses: households.iter().map(|household| household.house).collect(),
            expected: Amount::try_from(total_fen).unwrap(),
        }
    }

    /// A household with one bill of 200 yuan and an order over it.
    pub async fn one_order(&self) -> (Household, BillId, OrderId) {
        let household = self.household("1-1-101").await;
        let bill = self.bill(household, 1, 20_000).await;
        let wish = self.wish("o1", &[household], &[bill], 20_000);
        let placed = place(&self.db, &wish, self.now()).await.unwrap();
        (household, bill, placed.id)
    }

    pub fn context(&self, mchid: &str) -> PayContext {
        PayContext { gateway: self.gateway.clone(), keys: keys(mchid), notify_url: "https://a.cn/n".to_owned() }
    }

    pub async fn prepare(&self, order: OrderId) -> Prepared {
        prepare(&self.db, &self.context(MCHID), order, self.now()).await.unwrap()
    }

    pub async fn ask(&self, order: OrderId) -> OrderState {
        ask(&self.db, &self.context(MCHID), order, self.now()).await.unwrap()
    }

    pub async fn state(&self, order: OrderId) -> OrderState {
        self.row(order).await.state().unwrap()
    }

    pub async fn row(&self, order: OrderId) -> repo::OrderRow {
        self.db.read("story.order", async |tx| repo::by_id(tx, order).await).await.unwrap().unwrap()
    }

    /// What WeChat Pay says of an order that was paid in full.
    pub async fn paid(&self, order: OrderId) -> Transaction {
        let row = self.row(order).await;
        transaction(&row.out_trade_no, TradeState::Success, row.total_fen)
    }

    pub async fn confirmation(&self, order: OrderId) -> Confirmation {
        Confirmation::read(&self.paid(order).await, ConfirmationSource::Callback).unwrap()
    }

    /// The merchant of the stories in the control database.
    pub async fn register_merchant(&self) -> Merchants {
        let control = &self.fixture.control;
        let sealed = |column: &str, plain: &str| control.sealer().seal(column, plain).unwrap();
        let values: Vec<Value> = vec![
            Uuid::now_v7().into(),
            self.fixture.company_id.uuid().into(),
            MCHID.into(),
            SERIAL.into(),
            sealed("merchant.private_key", private_key_pem()).into(),
            sealed("merchant.api_v3_key", API_V3_KEY).into(),
        ];
        let done: Result<u64, StoreError> = control
            .transact("story.merchant", async |tx| {
                tx.execute(
                    "INSERT INTO merchant (id, company_id, mchid, serial_no, private_key_sealed, api_v3_key_sealed, \
                     created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, 0)",
                    values,
                )
                .await
            })
            .await;
        done.unwrap();
        Merchants::new(control.clone())
    }

    pub async fn sweep(&self, merchants: &Merchants) -> JanitorReport {
        let gateway: Arc<dyn PayGateway> = self.gateway.clone();
        sweep_orders(&self.db, &gateway, merchants, self.now()).await.unwrap()
    }

    pub async fn books_are_sound(&self) {
        assert_eq!(ledger::verify(&self.db).await.unwrap().findings, vec![]);
    }
}
