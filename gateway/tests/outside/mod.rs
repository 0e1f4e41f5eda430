//! The outside world, running, and our client in front of it.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};
use domain::money::Amount;
use gateway::Now;
use gateway::http::{BaseUrl, HttpClient, HttpLimits};
use gateway::wechat_pay::{
    ApiV2Key, ApiV3Key, JsapiOrder, MerchantKeys, Notify, PayGateway, PayHosts, PrepayOutcome, RefundOf, RefundRequest,
    SignatureHeaders, Signer, SubMerchant, V2Keys, V2SignType, VerifierMap, VerifyError, WechatPayHttp, parse_notify,
    pay_params,
};
use secrecy::SecretString;
use sim::{AppConfig, AppKind, MerchantConfig, PersonId, SignMode, SignedNotify, Sim, SimConfig};

pub const API_V2_KEY: &str = "192006250b4c09247ec02edce69f6a2d";
pub const API_V3_KEY: &str = "0123456789abcdefghijklmnopqrstuv";
pub const MCHID: &str = "1900000001";
pub const SUB_MCHID: &str = "1900000109";
pub const MINI: &str = "wx1111111111111111";
pub const SUB_MINI: &str = "wx2222222222222222";
/// 2025-11-25T00:00:00+08:00
pub const START_MS: i64 = 1_764_000_000_000;

pub fn amount(fen: i64) -> Amount {
    Amount::try_from(fen).unwrap()
}

/// A simulator with a frozen clock, two mini programs, one merchant that is a service provider too, one person.
pub struct Outside {
    pub sim: Sim,
    pub pay: WechatPayHttp,
    pub keys: MerchantKeys,
    pub person: PersonId,
    /// Shows the merchant's API certificate.
    pub secure: HttpClient,
}

impl Outside {
    pub async fn new() -> Self {
        Self::with(SignMode::PublicKey).await
    }

    pub async fn with(mode: SignMode) -> Self {
        let config = SimConfig { frozen_at_ms: Some(START_MS), hold_ms: 20, ..SimConfig::default() };
        let sim = Sim::start(config).await.unwrap();
        sim.add_app(AppConfig::new(MINI, "secret", AppKind::MiniProgram));
        sim.add_app(AppConfig::new(SUB_MINI, "secret", AppKind::MiniProgram));
        let person = sim.add_person(Some("甲"), "13800000001");
        let pair = sim::MerchantKeys::generate().unwrap();
        let config = MerchantConfig {
            mchid: MCHID.to_owned(),
            appids: vec![MINI.to_owned()],
            api_v3_key: API_V3_KEY.to_owned(),
            merchant_public_key_pem: pair.public_key_pem.clone(),
            merchant_cert_serial: pair.certificate_serial.clone(),
            mode,
        };
        sim.add_merchant(config).unwrap();
        sim.add_sub_merchant(MCHID, SUB_MCHID, &[SUB_MINI]).unwrap();
        let mut verifiers = VerifierMap::new();
        if mode == SignMode::PublicKey {
            let (id, pem) = sim.platform_public_key();
            verifiers.add_public_key(&id, &pem).unwrap();
        } else {
            verifiers.add_certificate(&sim.platform_certificate().1).unwrap();
        }
        let private_key = SecretString::from(pair.private_key_pem);
        let secure = HttpClient::with_identity(LIMITS, &pair.certificate_pem, &private_key).unwrap();
        let signer = Arc::new(Signer::from_pkcs8_pem(&private_key).unwrap());
        let api_v3_key = ApiV3Key::parse(API_V3_KEY.into()).unwrap();
        let keys = MerchantKeys::new(MCHID, &pair.certificate_serial, signer, api_v3_key, verifiers).unwrap();
        let pay = Self::client(&sim, &sim.urls().pay);
        Self { sim, pay, keys, person, secure }
    }

    pub fn client(sim: &Sim, primary: &str) -> WechatPayHttp {
        let clock = sim.clock();
        let now: Now = Arc::new(move || DateTime::from_timestamp_millis(clock.now_ms()).unwrap());
        let hosts = PayHosts {
            primary: BaseUrl::parse(primary).unwrap(),
            failover: Some(BaseUrl::parse(&sim.urls().pay_failover).unwrap()),
        };
        WechatPayHttp::new(http(), hosts, now)
    }

    /// Keys that speak for the sub-merchant: in the provider's mini program, or in its own.
    pub fn sub_keys(&self, own_app: bool) -> MerchantKeys {
        let sub = SubMerchant::new(SUB_MCHID, own_app.then_some(MINI)).unwrap();
        self.keys.clone().for_sub_merchant(sub)
    }

    pub fn v2_keys(&self, sign_type: V2SignType) -> V2Keys {
        let api_key = ApiV2Key::parse(API_V2_KEY.into()).unwrap();
        V2Keys { api_key, sign_type, secure: Some(self.secure.clone()) }
    }

    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.sim.clock().now_ms()).unwrap()
    }

    pub fn minute(&self) {
        self.sim.clock().advance_ms(60_000);
    }

    pub fn order(&self, appid: &str, number: &str, fen: i64) -> JsapiOrder {
        JsapiOrder {
            appid: appid.into(),
            description: "物业服务费".into(),
            out_trade_no: number.into(),
            notify_url: "https://pay.example.com/callback/p1".into(),
            total: amount(fen),
            payer_openid: self.sim.openid(self.person, appid).unwrap(),
            time_expire: None,
            attach: Some("p1".into()),
        }
    }

    /// Places an order and pays it as a phone does.
    pub async fn paid(&self, keys: &MerchantKeys, appid: &str, number: &str, fen: i64) -> sim::Paid {
        let outcome = self.pay.prepay_jsapi(keys, &self.order(appid, number, fen)).await;
        let PrepayOutcome::Ready { prepay_id } = outcome else { panic!("{outcome:?}") };
        let params = pay_params(keys, appid, &prepay_id, self.now(), "n1").unwrap();
        self.sim.pay(self.person, &serde_json::to_value(params).unwrap()).unwrap()
    }

    pub fn open(&self, keys: &MerchantKeys, sent: &SignedNotify) -> Result<Notify, VerifyError> {
        let headers = SignatureHeaders::read(|name| {
            sent.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        })?;
        parse_notify(&headers, &sent.body, keys, self.now())
    }
}

pub fn refund(of: &str, number: &str, refund_fen: i64, total_fen: i64) -> RefundRequest {
    RefundRequest {
        of: RefundOf::OutTradeNo(of.into()),
        out_refund_no: number.into(),
        reason: Some("多缴退回".into()),
        notify_url: Some("https://pay.example.com/callback/p1/refund".into()),
        refund: amount(refund_fen),
        total: amount(total_fen),
    }
}

pub fn china(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

const LIMITS: HttpLimits = HttpLimits { connect_timeout_ms: 2_000, total_timeout_ms: 30_000, body_bytes_max: 1 << 20 };

pub fn http() -> HttpClient {
    HttpClient::new(LIMITS).unwrap()
}
