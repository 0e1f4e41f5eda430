//! A small client of the simulator, written apart from it: it signs, verifies and listens.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

pub mod cloud;

use std::sync::{Arc, Mutex};

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sim::{AppConfig, AppKind, MerchantConfig, MerchantKeys, PersonId, SignMode, Sim, SimConfig};

pub const MCHID: &str = "1900000001";
pub const MINI: &str = "wxmini00000000001";
pub const OFFICIAL: &str = "wxofficial0000001";
pub const API_V3_KEY: &str = "0123456789abcdef0123456789abcdef";
pub const START_MS: i64 = 1_764_000_000_000;

/// A call-back as received.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: Vec<(String, String)>,
    pub query: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A server of ours that keeps what it is told and answers as set.
#[derive(Clone)]
pub struct Listener {
    pub url: String,
    pub received: Arc<Mutex<Vec<Received>>>,
    pub answer: Arc<Mutex<(u16, String)>>,
    heard: Arc<tokio::sync::Notify>,
}

impl Listener {
    pub fn start() -> Self {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = Self {
            url: format!("http://{}/callback", socket.local_addr().unwrap()),
            received: Arc::default(),
            answer: Arc::new(Mutex::new((200, String::new()))),
            heard: Arc::default(),
        };
        let data = Data::new(listener.clone());
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(listen)))
            .workers(1)
            .disable_signals()
            .listen(socket)
            .unwrap()
            .run();
        tokio::spawn(server);
        listener
    }

    pub fn answers(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap() = (status, body.to_owned());
    }

    /// Waits for the next call-back.
    pub async fn heard(&self) {
        self.heard.notified().await;
    }

    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }
}

async fn listen(request: HttpRequest, body: Bytes, listener: Data<Listener>) -> HttpResponse {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let query = request.query_string().to_owned();
    if let Some((_, echo)) = query.split_once("echostr=") {
        return HttpResponse::Ok().body(echo.to_owned());
    }
    listener.received.lock().unwrap().push(Received { headers, query, body: body.to_vec() });
    listener.heard.notify_one();
    let (status, text) = listener.answer.lock().unwrap().clone();
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).body(text)
}

/// A merchant's client.
pub struct Merchant {
    keys: MerchantKeys,
    pair: RsaKeyPair,
    http: reqwest::Client,
    pub base: String,
    nonces: std::sync::atomic::AtomicU64,
    pub clock: sim::Clock,
}

/// An answer of WeChat Pay.
pub struct Answered {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Merchant {
    pub fn sign(&self, message: &str) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        STANDARD.encode(signature)
    }

    pub fn nonce(&self) -> String {
        format!("nonce{}", self.nonces.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
    }

    pub fn authorization(&self, method: &str, target: &str, body: &str, at_s: i64, nonce: &str) -> String {
        let signature = self.sign(&format!("{method}\n{target}\n{at_s}\n{nonce}\n{body}\n"));
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{MCHID}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{at_s}\",serial_no=\"{}\"",
            self.keys.certificate_serial
        )
    }

    pub async fn send(&self, method: &str, target: &str, body: &str, authorization: &str) -> Answered {
        let method = method.parse().unwrap();
        let request = self.http.request(method, format!("{}{target}", self.base));
        let request = request.header("Authorization", authorization).header("Accept", "application/json");
        let request = request.header("User-Agent", "test").body(body.to_owned());
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answered { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    pub async fn call(&self, method: &str, target: &str, body: &Value) -> Answered {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let authorization = self.authorization(method, target, &body, self.clock.now_s(), &self.nonce());
        self.send(method, target, &body, &authorization).await
    }

    pub async fn prepay(&self, order: &Value) -> Answered {
        self.call("POST", "/v3/pay/transactions/jsapi", order).await
    }

    /// The five fields of `wx.requestPayment`.
    pub fn pay_params(&self, prepay_id: &str) -> Value {
        let (timestamp, nonce) = (self.clock.now_s().to_string(), self.nonce());
        let package = format!("prepay_id={prepay_id}");
        let signature = self.sign(&format!("{MINI}\n{timestamp}\n{nonce}\n{package}\n"));
        json!({ "timeStamp": timestamp, "nonceStr": nonce, "package": package, "signType": "RSA", "paySign": signature })
    }
}

/// A simulator with a frozen clock, one mini program, one service account, one merchant and one person.
pub struct Scene {
    pub sim: Sim,
    pub merchant: Merchant,
    pub listener: Listener,
    pub person: PersonId,
    pub openid: String,
    pub http: reqwest::Client,
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(SimConfig { hold_ms: 20, ..SimConfig::default() }, SignMode::PublicKey).await
    }

    pub async fn with(config: SimConfig, mode: SignMode) -> Self {
        let sim = Sim::start(SimConfig { frozen_at_ms: Some(START_MS), ..config }).await.unwrap();
        sim.add_app(AppConfig::new(MINI, "mini-secret", AppKind::MiniProgram));
        sim.add_app(AppConfig::new(OFFICIAL, "official-secret", AppKind::ServiceAccount));
        let person = sim.add_person(Some("甲"), "13800000001");
        let keys = MerchantKeys::generate().unwrap();
        let config = MerchantConfig {
            mchid: MCHID.to_owned(),
            appids: vec![MINI.to_owned()],
            api_v3_key: API_V3_KEY.to_owned(),
            merchant_public_key_pem: keys.public_key_pem.clone(),
            merchant_cert_serial: keys.certificate_serial.clone(),
            mode,
        };
        sim.add_merchant(config).unwrap();
        let openid = sim.openid(person, MINI).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let merchant = Merchant {
            pair: RsaKeyPair::from_pkcs8(&unpem(&keys.private_key_pem)).unwrap(),
            keys,
            http: http.clone(),
            base: sim.urls().pay,
            nonces: 1.into(),
            clock: sim.clock(),
        };
        Self { merchant, listener: Listener::start(), person, openid, http, sim }
    }

    pub fn order(&self, number: &str, total_fen: i64) -> Value {
        json!({
            "appid": MINI,
            "mchid": MCHID,
            "description": "物业服务费",
            "out_trade_no": number,
            "notify_url": self.listener.url,
            "amount": { "total": total_fen, "currency": "CNY" },
            "payer": { "openid": self.openid },
        })
    }

    /// Places an order and pays it by `wx.requestPayment`.
    pub async fn paid(&self, number: &str, total_fen: i64) -> sim::Paid {
        let answer = self.merchant.prepay(&self.order(number, total_fen)).await;
        let prepay_id = answer.json()["prepay_id"].as_str().unwrap().to_owned();
        self.sim.pay(self.person, &self.merchant.pay_params(&prepay_id)).unwrap()
    }

    pub async fn wechat(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.sim.urls().wechat);
        let request = if body.is_null() { self.http.get(url) } else { self.http.post(url).body(body.to_string()) };
        serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap()
    }

    pub async fn token(&self, appid: &str, secret: &str) -> String {
        let body = json!({ "grant_type": "client_credential", "appid": appid, "secret": secret });
        self.wechat("/cgi-bin/stable_token", &body).await["access_token"].as_str().unwrap().to_owned()
    }
}

pub fn unpem(text: &str) -> Vec<u8> {
    let inner: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(inner).unwrap()
}

/// Whether a body carries a good signature of the given public key.
pub fn verifies(public_pem: &str, timestamp: &str, nonce: &str, body: &[u8], signature: &str) -> bool {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, unpem(public_pem));
    let message = [format!("{timestamp}\n{nonce}\n").as_bytes(), body, b"\n"].concat();
    STANDARD.decode(signature).is_ok_and(|signature| key.verify(&message, &signature).is_ok())
}

/// The plaintext of an encrypted resource.
pub fn open_resource(resource: &Value) -> Value {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(resource["nonce"].as_str().unwrap().as_bytes()).unwrap();
    let aad = Aad::from(resource["associated_data"].as_str().unwrap().as_bytes());
    let mut sealed = STANDARD.decode(resource["ciphertext"].as_str().unwrap()).unwrap();
    let plain = key.open_in_place(nonce, aad, &mut sealed).unwrap();
    serde_json::from_slice(plain).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(plain).into_owned()))
}
