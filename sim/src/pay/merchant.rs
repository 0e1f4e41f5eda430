//! Merchants as registered with WeChat Pay.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::signature::ParsedPublicKey;
use serde::{Deserialize, Serialize};

use super::bill_file::BillFile;
use super::keys::Signer;
use super::order::Order;
use super::refund::Refund;
use super::refusal::Refusal;
use crate::crypto;
use crate::error::SimError;
use crate::nonces::Nonces;
use crate::server::Sim;
use crate::world::World;

const API_V3_KEY_BYTES: usize = 32;

/// How the platform signs for a merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignMode {
    /// 微信支付公钥, the only mode of new merchants. `/v3/certificates` is refused.
    PublicKey,
    /// 平台证书.
    PlatformCertificate,
    /// In the middle of moving: answers are signed by public key when the request carries
    /// `Wechatpay-Serial: PUB_KEY_ID_…`, else by certificate; notifies by certificate.
    Both,
}

/// A merchant that signs for itself, and for its sub-merchants when it is a service provider.
#[derive(Clone, Debug)]
pub struct MerchantConfig {
    /// Merchant number.
    pub mchid: String,
    /// appids bound to it.
    pub appids: Vec<String>,
    /// APIv3 key, exactly 32 bytes.
    pub api_v3_key: String,
    /// The merchant's RSA public key, SPKI (PEM or base64).
    pub merchant_public_key_pem: String,
    /// Serial number of the merchant's API certificate, 40 hex digits.
    pub merchant_cert_serial: String,
    /// How the platform signs.
    pub mode: SignMode,
}

pub(crate) struct Merchant {
    pub(crate) config: MerchantConfig,
    pub(crate) key: Arc<ParsedPublicKey>,
    pub(crate) nonces: Nonces,
    /// Signs the older API; nothing when it was never set.
    pub(crate) api_v2_key: Option<String>,
    /// Merchants it is the service provider of, with their own appids.
    pub(crate) subs: HashMap<String, Vec<String>>,
    /// out_trade_no → order.
    pub(crate) orders: HashMap<String, Order>,
    /// transaction_id → out_trade_no.
    pub(crate) by_transaction: HashMap<String, String>,
    /// out_refund_no → refund.
    pub(crate) refunds: HashMap<String, Refund>,
    /// Open refunds, by out_refund_no.
    pub(crate) open_refunds: Vec<String>,
    /// Bills to download, by token.
    pub(crate) bills: HashMap<String, BillFile>,
}

impl Merchant {
    /// Which identity signs an answer to a request with this `Wechatpay-Serial`.
    pub(crate) fn answer_signer(&self, asked_serial: &str) -> Signer {
        match self.config.mode {
            SignMode::PublicKey => Signer::PublicKey,
            SignMode::Both if asked_serial.starts_with("PUB_KEY_ID_") => Signer::PublicKey,
            SignMode::PlatformCertificate | SignMode::Both => Signer::Certificate,
        }
    }

    /// Which identity signs notifies.
    pub(crate) fn notify_signer(&self) -> Signer {
        self.answer_signer("")
    }
}

impl World {
    /// The key a merchant's certificates are encrypted with; refused to merchants that have none.
    pub(crate) fn certificate_key(&self, mchid: &str) -> Result<String, Refusal> {
        match self.merchants.get(mchid).map(|merchant| &merchant.config) {
            Some(config) if config.mode != SignMode::PublicKey => Ok(config.api_v3_key.clone()),
            _ => Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请使用微信支付公钥")),
        }
    }
}

impl Sim {
    /// Registers a merchant. Errors: a public key that is not RSA, an APIv3 key that is not 32 bytes.
    pub fn add_merchant(&self, config: MerchantConfig) -> Result<(), SimError> {
        if config.api_v3_key.len() != API_V3_KEY_BYTES {
            return Err(SimError::BadKey("APIv3 key is not 32 bytes"));
        }
        let key = Arc::new(crypto::public_key(&config.merchant_public_key_pem)?);
        let merchant = Merchant {
            key,
            nonces: Nonces::default(),
            api_v2_key: None,
            subs: HashMap::new(),
            orders: HashMap::new(),
            by_transaction: HashMap::new(),
            refunds: HashMap::new(),
            open_refunds: Vec::new(),
            bills: HashMap::new(),
            config,
        };
        self.world().merchants.insert(merchant.config.mchid.clone(), merchant);
        Ok(())
    }

    /// Moves a merchant to another way of signing, in the middle of a run.
    pub fn set_sign_mode(&self, mchid: &str, mode: SignMode) -> Result<(), SimError> {
        let mut world = self.world();
        let merchant = world.merchants.get_mut(mchid).ok_or_else(|| SimError::UnknownMerchant(mchid.to_owned()))?;
        merchant.config.mode = mode;
        Ok(())
    }
}
