//! Merchant numbers.

use domain::ids::{CompanyId, MerchantId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::SetupError;
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::ControlDb;

/// A merchant number with its secrets. The verifiers are (serial, PEM public key) or platform certificates.
#[derive(Debug)]
pub struct NewMerchant {
    /// The company it belongs to.
    pub company_id: CompanyId,
    /// The merchant number.
    pub mchid: String,
    /// Serial of the API certificate.
    pub serial_no: String,
    /// The API certificate's private key, PKCS#8 PEM.
    pub private_key_pem: SecretString,
    /// 32 bytes.
    pub api_v3_key: SecretString,
    /// Whom we believe.
    pub verifiers: Vec<NewVerifier>,
}

/// One key that WeChat Pay signs with.
#[derive(Debug, Clone)]
pub struct NewVerifier {
    /// `PUB_KEY_ID_…`, or the certificate's serial.
    pub serial: String,
    /// True for a platform certificate, false for a WeChat Pay public key.
    pub is_certificate: bool,
    /// PEM.
    pub pem: String,
}

/// Registers a merchant number.
///
/// # Errors
/// [`SetupError`].
pub async fn register_merchant(
    control: &ControlDb,
    new: &NewMerchant,
    by: &By,
    now_ms: i64,
) -> Result<MerchantId, SetupError> {
    let id = MerchantId::new();
    let sealer = control.sealer();
    let private_key = sealer.seal("merchant.private_key", new.private_key_pem.expose_secret())?;
    let api_v3_key = sealer.seal("merchant.api_v3_key", new.api_v3_key.expose_secret())?;
    control
        .transact("setup.merchant", async |tx| {
            tx.execute(
                "INSERT INTO merchant (id, company_id, mchid, serial_no, private_key_sealed, api_v3_key_sealed, \
                 created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                vec![
                    id.uuid().into(),
                    new.company_id.uuid().into(),
                    new.mchid.as_str().into(),
                    new.serial_no.as_str().into(),
                    private_key.into(),
                    api_v3_key.into(),
                    now_ms.into(),
                ],
            )
            .await?;
            for verifier in &new.verifiers {
                add_verifier(tx, id, verifier, now_ms).await?;
            }
            audit::append(tx, by, "register.merchant", &format!("mchid:{}", new.mchid), &json!({}), now_ms).await?;
            Ok(id)
        })
        .await
}

async fn add_verifier(
    tx: &crate::store::Tx,
    merchant: MerchantId,
    verifier: &NewVerifier,
    now_ms: i64,
) -> Result<(), StoreError> {
    let kind = if verifier.is_certificate { "platform_certificate" } else { "public_key" };
    tx.execute(
        "INSERT INTO merchant_verifier (merchant_id, serial, kind, pem, created_at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (merchant_id, serial) DO UPDATE SET kind = excluded.kind, pem = excluded.pem",
        vec![
            merchant.uuid().into(),
            verifier.serial.as_str().into(),
            kind.into(),
            verifier.pem.as_str().into(),
            now_ms.into(),
        ],
    )
    .await?;
    Ok(())
}
