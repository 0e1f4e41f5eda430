//! The duty to report what was delivered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod outside;

use gateway::http::BaseUrl;
use gateway::wechat::{AppCredential, ShippedOrder, ShippingFailure, ShippingInfo, WechatApi, WechatHttp};
use gateway::wechat_pay::PayGateway;
use outside::{MCHID, MINI, Outside, SUB_MCHID, SUB_MINI, china, http, refund};
use secrecy::SecretString;
use sim::{Endpoint, Trick};

struct Desk {
    outside: Outside,
    api: WechatHttp,
    token: SecretString,
}

impl Desk {
    async fn new(appid: &str) -> Self {
        let outside = Outside::new().await;
        let api = WechatHttp::new(http(), BaseUrl::parse(&outside.sim.urls().wechat).unwrap());
        let app = AppCredential { app_id: appid.into(), app_secret: "secret".into() };
        let token = api.stable_token(&app, false).await.unwrap().token;
        Self { outside, api, token }
    }

    async fn report(&self, appid: &str, order: ShippedOrder) -> Result<(), ShippingFailure> {
        let info = ShippingInfo {
            order,
            payer_openid: self.outside.sim.openid(self.outside.person, appid).unwrap(),
            item_desc: "物业服务费".into(),
            upload_time: china("2025-11-25T08:00:00.120+08:00"),
        };
        self.api.upload_shipping_info(&self.token, &info).await.map_err(|error| ShippingFailure::of(&error))
    }
}

fn by_number(mchid: &str, number: &str) -> ShippedOrder {
    ShippedOrder::OutTradeNo { mchid: mchid.into(), out_trade_no: number.into() }
}

#[tokio::test]
async fn a_paid_order_is_reported_once_and_mended_once() {
    let desk = Desk::new(MINI).await;
    assert!(desk.api.is_trade_managed(&desk.token, MINI).await.unwrap());
    let outside = &desk.outside;
    assert_eq!(desk.report(MINI, by_number(MCHID, "ORDER-1")).await, Err(ShippingFailure::NotVisibleYet));
    let paid = outside.paid(&outside.keys, MINI, "ORDER-1", 1_000).await;
    assert_eq!(outside.sim.unshipped(MCHID).unwrap(), ["ORDER-1"]);
    assert_eq!(desk.report(MINI, by_number(MCHID, "ORDER-1")).await, Ok(()));
    assert!(outside.sim.unshipped(MCHID).unwrap().is_empty());
    let by_transaction = ShippedOrder::TransactionId(paid.transaction_id);
    assert_eq!(desk.report(MINI, by_transaction.clone()).await, Ok(()));
    assert_eq!(desk.report(MINI, by_transaction).await, Err(ShippingFailure::Reported));
}

#[tokio::test]
async fn a_report_that_cannot_be_taken_says_why() {
    let desk = Desk::new(MINI).await;
    let outside = &desk.outside;
    outside.paid(&outside.keys, MINI, "ORDER-1", 1_000).await;
    outside.sim.mischief().once(Endpoint::Shipping, Trick::Refuse { status: 200, code: "10060001".into() });
    assert_eq!(desk.report(MINI, by_number(MCHID, "ORDER-1")).await, Err(ShippingFailure::NotVisibleYet));
    outside.sim.mischief().once(Endpoint::Shipping, Trick::StatusAfter { status: 502 });
    assert_eq!(desk.report(MINI, by_number(MCHID, "ORDER-1")).await, Err(ShippingFailure::Later));
    assert_eq!(desk.report(SUB_MINI, by_number(MCHID, "ORDER-1")).await, Err(ShippingFailure::OurData));
    outside.pay.refund(&outside.keys, &refund("ORDER-1", "R-1", 1_000, 1_000)).await;
    outside.minute();
    assert_eq!(desk.report(MINI, by_number(MCHID, "ORDER-1")).await, Err(ShippingFailure::NotShippable));
}

#[tokio::test]
async fn an_order_of_a_sub_merchant_is_reported_by_its_own_mini_program() {
    let desk = Desk::new(SUB_MINI).await;
    let outside = &desk.outside;
    let paid = outside.paid(&outside.sub_keys(true), SUB_MINI, "ORDER-1", 1_000).await;
    outside.paid(&outside.keys, MINI, "ORDER-2", 1_000).await;
    assert_eq!(desk.report(SUB_MINI, by_number(MCHID, "ORDER-2")).await, Err(ShippingFailure::NotVisibleYet));
    assert_eq!(desk.report(SUB_MINI, by_number(SUB_MCHID, "ORDER-1")).await, Ok(()));
    assert_eq!(desk.report(SUB_MINI, ShippedOrder::TransactionId(paid.transaction_id)).await, Ok(()));
}
