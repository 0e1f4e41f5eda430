//! What the tests stand on: a vendor with keys of its own, and a server that behaves or misbehaves on command.
#![allow(dead_code)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use gateway::Now;
use gateway::http::{BaseUrl, HttpClient, HttpLimits};
use gateway::wechat_pay::{ApiV3Key, MerchantKeys, Signer, VerifierMap};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const API_V3_KEY: &str = "0123456789abcdefghijklmnopqrstuv";
pub const KEY_ID: &str = "PUB_KEY_ID_0119000000012026112300";
pub const MCHID: &str = "1900000001";
pub const NOW_S: i64 = 1_795_400_000;

pub fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

pub fn now() -> Now {
    Arc::new(|| at(NOW_S))
}

fn pair(cell: &'static OnceLock<KeyPair>) -> &'static KeyPair {
    cell.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

pub fn merchant_pair() -> &'static KeyPair {
    static CELL: OnceLock<KeyPair> = OnceLock::new();
    pair(&CELL)
}

pub fn platform_pair() -> &'static KeyPair {
    static CELL: OnceLock<KeyPair> = OnceLock::new();
    pair(&CELL)
}

pub fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

pub fn spki(key: &KeyPair) -> Vec<u8> {
    use aws_lc_rs::signature::KeyPair as _;
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    der.as_ref().to_vec()
}

pub fn merchant_keys(verifiers: VerifierMap) -> MerchantKeys {
    let der: Pkcs8V1Der<'_> = merchant_pair().as_der().unwrap();
    let signer = Signer::from_pkcs8_pem(&pem("PRIVATE KEY", der.as_ref()).into()).unwrap();
    let key = ApiV3Key::parse(API_V3_KEY.into()).unwrap();
    MerchantKeys::new(MCHID, "5157F09EFDC096DE15EBE81A47057A7232F1B8E1", Arc::new(signer), key, verifiers).unwrap()
}

pub fn keys() -> MerchantKeys {
    let mut verifiers = VerifierMap::new();
    verifiers.add_public_key(KEY_ID, &pem("PUBLIC KEY", &spki(platform_pair()))).unwrap();
    merchant_keys(verifiers)
}

pub fn sign_with(key: &KeyPair, message: &[u8]) -> String {
    let mut signature = vec![0; key.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    key.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
    STANDARD.encode(signature)
}

/// The headers of a message WeChat Pay signs at `second`.
pub fn signed_headers(body: &[u8], second: i64) -> Vec<(String, String)> {
    let mut message = format!("{second}\nnonce-1\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    [
        ("Wechatpay-Timestamp", second.to_string()),
        ("Wechatpay-Nonce", "nonce-1".to_owned()),
        ("Wechatpay-Signature", sign_with(platform_pair(), &message)),
        ("Wechatpay-Serial", KEY_ID.to_owned()),
        ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

pub fn seal(plain: &str, nonce: &str, associated_data: &str) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).unwrap());
    let mut text = plain.as_bytes().to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    key.seal_in_place_append_tag(nonce, Aad::from(associated_data.as_bytes()), &mut text).unwrap();
    STANDARD.encode(text)
}

pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

pub enum Act {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// Promises more than it sends, then hangs up.
    Cut,
    /// Reads the request and never answers.
    Hang,
    /// Hangs up without a word.
    HangUp,
}

pub fn answer(status: u16, body: &str) -> Act {
    Act::Answer { status, headers: vec![], body: body.to_owned() }
}

pub fn signed(status: u16, body: &str) -> Act {
    Act::Answer { status, headers: signed_headers(body.as_bytes(), NOW_S), body: body.to_owned() }
}

pub struct Stub {
    pub address: String,
    pub seen: Arc<Mutex<Vec<Request>>>,
}

impl Stub {
    pub async fn start(act: impl Fn(&Request) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (book, act) = (seen.clone(), Arc::new(act));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, act.clone(), book.clone()));
            }
        });
        Self { address, seen }
    }

    pub fn base_url(&self) -> BaseUrl {
        BaseUrl::parse(&self.address).unwrap()
    }

    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn serve(mut socket: TcpStream, act: Arc<impl Fn(&Request) -> Act>, book: Arc<Mutex<Vec<Request>>>) {
    let Some(request) = read(&mut socket).await else { return };
    let act = act(&request);
    book.lock().unwrap().push(request);
    match act {
        Act::Answer { status, headers, body } => {
            let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
            if status != 204 {
                head.push_str(&format!("Content-Length: {}\r\n", body.len()));
            }
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            let _ = socket.write_all(format!("{head}\r\n{body}").as_bytes()).await;
            let _ = socket.shutdown().await;
        }
        Act::Cut => {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"prepay").await;
            let _ = socket.shutdown().await;
        }
        Act::Hang => std::future::pending().await,
        Act::HangUp => {}
    }
}

async fn read(socket: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head_end + length {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
    }
    let body = String::from_utf8(bytes[head_end..].to_vec()).unwrap();
    Some(Request { method, target, headers, body })
}

/// An address where nobody listens.
pub async fn nobody() -> BaseUrl {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    BaseUrl::parse(&format!("http://{address}")).unwrap()
}

pub fn http() -> HttpClient {
    HttpClient::new(HttpLimits { connect_timeout_ms: 2_000, total_timeout_ms: 30_000, body_bytes_max: 10_000 }).unwrap()
}

/// For what never answers: the test waits this long and no longer.
pub fn impatient() -> HttpClient {
    HttpClient::new(HttpLimits { connect_timeout_ms: 2_000, total_timeout_ms: 150, body_bytes_max: 10_000 }).unwrap()
}
