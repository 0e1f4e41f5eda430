//! WeChat Pay's hand: signed and encrypted payment notices, written out as HTTP requests before anything is measured.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::SecondsFormat;
use gateway::wechat_pay::Signer;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use secrecy::SecretString;
use serde_json::json;

use crate::Failure;
use crate::world::now;

/// The merchant of every bench.
pub const MCHID: &str = "1900000109";
/// The app its orders are paid in.
pub const APP_ID: &str = "wxbench0000000000";
/// Who pays.
pub const OPENID: &str = "obench-000000000000000000000";
/// The merchant's certificate.
pub const MERCHANT_SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";

const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000001092026112300000001";
const NONCE: &str = "benchbenchbe";
/// Bytes of a signature by a key of 2048 bits.
const SIGNATURE_BYTES: usize = 256;

/// WeChat Pay and the merchant's keys, made anew for every run.
pub struct WechatPay {
    platform: sim::MerchantKeys,
    merchant: sim::MerchantKeys,
    signer: Signer,
    api_v3_key: String,
    sealing: LessSafeKey,
}

impl WechatPay {
    /// Makes the keys.
    ///
    /// # Errors
    /// The generator's.
    pub fn new() -> Result<Self, Failure> {
        let platform = sim::MerchantKeys::generate()?;
        let signer = Signer::from_pkcs8_pem(&SecretString::from(platform.private_key_pem.clone()))?;
        let word: String = service::vault::random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let key = UnboundKey::new(&AES_256_GCM, word.as_bytes()).map_err(|_| "an APIv3 key has 32 bytes")?;
        Ok(Self {
            platform,
            merchant: sim::MerchantKeys::generate()?,
            signer,
            api_v3_key: word,
            sealing: LessSafeKey::new(key),
        })
    }

    /// The merchant's private key.
    pub fn merchant_key_pem(&self) -> String {
        self.merchant.private_key_pem.clone()
    }

    /// What opens notices.
    pub fn api_v3_key(&self) -> String {
        self.api_v3_key.clone()
    }

    /// Names the key that notices are signed with.
    pub fn serial(&self) -> String {
        PUBLIC_KEY_ID.to_owned()
    }

    /// The key that notices are signed with.
    pub fn public_key_pem(&self) -> String {
        self.platform.public_key_pem.clone()
    }

    /// The request that tells of a paid order.
    ///
    /// # Errors
    /// When it cannot be encrypted or signed.
    pub fn notice(&self, path: &str, out_trade_no: &str, total_fen: i64) -> Result<Vec<u8>, Failure> {
        let body = self.body(out_trade_no, total_fen)?;
        let signature = self.signer.sign(&signed(&body))?;
        Ok(request(path, &body, &signature))
    }

    /// The same with a signature of the right form that nobody made, and the bytes it claims to sign with it.
    ///
    /// # Errors
    /// When it cannot be encrypted.
    pub fn forged(&self, path: &str) -> Result<Forged, Failure> {
        let body = self.body("1", 1)?;
        let mut signature = Vec::with_capacity(SIGNATURE_BYTES);
        while signature.len() < SIGNATURE_BYTES {
            signature.extend(service::vault::random::<32>()?);
        }
        // Below every modulus, so that the whole computation is done before it fails.
        if let Some(first) = signature.first_mut() {
            *first &= 0x3f;
        }
        Ok(Forged { request: request(path, &body, &STANDARD.encode(&signature)), message: signed(&body), signature })
    }

    /// The public key as the verifier takes it.
    ///
    /// # Errors
    /// When it is not the PEM it was made as.
    pub fn verifying_key(&self) -> Result<UnparsedPublicKey<Vec<u8>>, Failure> {
        let text: String = self.platform.public_key_pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let spki = STANDARD.decode(text)?;
        // SubjectPublicKeyInfo of RSA: 24 bytes of wrapping for a key of 2048 bits, then the key itself.
        let key = spki.get(SPKI_PREFIX_BYTES..).ok_or("not a public key")?;
        Ok(UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.to_vec()))
    }

    fn body(&self, out_trade_no: &str, total_fen: i64) -> Result<Vec<u8>, Failure> {
        let at = now().to_rfc3339_opts(SecondsFormat::Secs, false);
        let amount =
            json!({ "total": total_fen, "payer_total": total_fen, "currency": "CNY", "payer_currency": "CNY" });
        let plain = json!({
            "appid": APP_ID, "mchid": MCHID, "out_trade_no": out_trade_no, "transaction_id": out_trade_no,
            "trade_type": "JSAPI", "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS",
            "attach": "", "success_time": at, "payer": { "openid": OPENID }, "amount": amount,
        });
        let mut sealed = plain.to_string().into_bytes();
        let nonce = Nonce::try_assume_unique_for_key(NONCE.as_bytes()).map_err(|_| "a nonce has 12 bytes")?;
        let about = Aad::from(b"transaction");
        self.sealing.seal_in_place_append_tag(nonce, about, &mut sealed).map_err(|_| "cannot be encrypted")?;
        let body = json!({
            "id": out_trade_no, "create_time": at, "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
            "resource": {
                "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": STANDARD.encode(sealed),
                "associated_data": "transaction", "nonce": NONCE,
            },
        });
        Ok(body.to_string().into_bytes())
    }
}

/// Bytes before the RSA key in a public key of 2048 bits.
const SPKI_PREFIX_BYTES: usize = 24;

/// A forged notice.
pub struct Forged {
    /// As it is sent.
    pub request: Vec<u8>,
    /// What the signature is checked over.
    pub message: Vec<u8>,
    /// The signature that does not hold.
    pub signature: Vec<u8>,
}

/// `timestamp\nnonce\nbody\n`.
fn signed(body: &[u8]) -> Vec<u8> {
    let mut message = format!("{}\n{NONCE}\n", now().timestamp()).into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    message
}

fn request(path: &str, body: &[u8], signature: &str) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nWechatpay-Timestamp: {}\r\nWechatpay-Nonce: {NONCE}\r\n\
         Wechatpay-Signature: {signature}\r\nWechatpay-Serial: {PUBLIC_KEY_ID}\r\n\
         Wechatpay-Signature-Type: WECHATPAY2-SHA256-RSA2048\r\n\r\n",
        body.len(),
        now().timestamp()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}
