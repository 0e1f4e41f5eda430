//! The platform's two signing identities: public key (`PUB_KEY_ID_…`) and platform certificate (40 hex digits).

use super::certificate;
use crate::clock;
use crate::crypto::{self, SigningKey, random_serial};
use crate::error::SimError;
use crate::mischief::Trick;
use crate::server::Sim;

/// What a spoilt signature begins with when the platform probes its merchants.
const PROBE: &str = "WECHATPAY/SIGNTEST/";

/// The certificate is a year old at the start, so that a clock moved back still finds it valid.
const ISSUED_BEFORE_MS: i64 = 365 * 24 * 3600 * 1000;

/// With which of the two a message is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signer {
    PublicKey,
    Certificate,
}

impl Signer {
    fn other(self) -> Self {
        match self {
            Self::PublicKey => Self::Certificate,
            Self::Certificate => Self::PublicKey,
        }
    }
}

pub(crate) struct PlatformKeys {
    public: SigningKey,
    public_id: String,
    certificate: SigningKey,
    certificate_serial: String,
    certificate_pem: String,
    from_ms: i64,
}

impl PlatformKeys {
    pub(crate) fn generate(now_ms: i64) -> Result<Self, SimError> {
        let (public, certificate) = (SigningKey::generate()?, SigningKey::generate()?);
        let serial = random_serial();
        let digits: String = crypto::random_bytes::<29>().iter().map(|byte| char::from(b'0' + byte % 10)).collect();
        let from_ms = now_ms.saturating_sub(ISSUED_BEFORE_MS);
        let certificate_der = certificate::self_signed(&certificate, &serial, from_ms);
        Ok(Self {
            public,
            public_id: format!("PUB_KEY_ID_0{digits}"),
            certificate,
            certificate_serial: serial,
            certificate_pem: crypto::pem("CERTIFICATE", &certificate_der),
            from_ms,
        })
    }

    /// Headers that sign a body, spoilt as ordered.
    pub(crate) fn sign(
        &self,
        by: Signer,
        now_s: i64,
        body: &[u8],
        spoil: Option<&Trick>,
    ) -> Vec<(&'static str, String)> {
        let by = if spoil == Some(&Trick::SwitchSerial) { by.other() } else { by };
        let (key, serial) = match by {
            Signer::PublicKey => (&self.public, &self.public_id),
            Signer::Certificate => (&self.certificate, &self.certificate_serial),
        };
        let skew_s = if let Some(Trick::StaleTimestamp { by_s }) = spoil { *by_s } else { 0 };
        let timestamp = now_s.saturating_add(skew_s).to_string();
        let nonce = crypto::random_text(32);
        let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        let signature = match spoil {
            Some(Trick::Forge) => key.sign(&[&message[..], b"forged"].concat()),
            Some(Trick::SignTest) => format!("{PROBE}{}", crypto::b64(&crypto::random_bytes::<128>())),
            _ => key.sign(&message),
        };
        vec![
            ("Wechatpay-Timestamp", timestamp),
            ("Wechatpay-Nonce", nonce),
            ("Wechatpay-Signature", signature),
            ("Wechatpay-Serial", serial.clone()),
            ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
        ]
    }

    /// What a merchant encrypted with one of the two, named by its serial.
    pub(crate) fn open_sealed(&self, serial: &str, sealed: &str) -> Option<String> {
        let key = if serial == self.public_id {
            &self.public
        } else if serial.eq_ignore_ascii_case(&self.certificate_serial) {
            &self.certificate
        } else {
            return None;
        };
        key.open_oaep(sealed)
    }

    /// The `data` array of `/v3/certificates` for a merchant's APIv3 key.
    pub(crate) fn encrypted_certificates(&self, api_v3_key: &str) -> Option<serde_json::Value> {
        let nonce = hex::encode(crypto::random_bytes::<6>());
        let ciphertext =
            crypto::gcm_seal(api_v3_key.as_bytes(), &nonce, "certificate", self.certificate_pem.as_bytes())?;
        Some(serde_json::json!({ "data": [{
            "serial_no": self.certificate_serial,
            "effective_time": clock::rfc3339(self.from_ms),
            "expire_time": clock::rfc3339(self.from_ms.saturating_add(certificate::LIFE_MS)),
            "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM",
                "nonce": nonce,
                "associated_data": "certificate",
                "ciphertext": ciphertext,
            },
        }] }))
    }
}

impl Sim {
    /// 微信支付公钥: the id and the SPKI PEM a merchant copies from the console.
    pub fn platform_public_key(&self) -> (String, String) {
        (self.shared.keys.public_id.clone(), self.shared.keys.public.public_pem())
    }

    /// 平台证书: serial number (40 hex digits) and PEM.
    pub fn platform_certificate(&self) -> (String, String) {
        (self.shared.keys.certificate_serial.clone(), self.shared.keys.certificate_pem.clone())
    }
}
