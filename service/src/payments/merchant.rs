//! The merchant keys of a project: opened from the control database, kept for a minute, so that a rotation takes
//! effect without a restart.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::MerchantId;
use gateway::wechat_pay::{ApiV3Key, KeyError, MerchantKeys, Signer, VerifierMap};
use moka::future::Cache;
use secrecy::SecretString;
use uuid::Uuid;

use crate::store::StoreError;
use crate::tenancy::{ControlDb, ProjectInfo};
use crate::vault::VaultError;

/// How long opened keys are used before they are read again.
const FRESH_FOR: Duration = Duration::from_secs(60);
/// Verifiers one merchant may have: a public key and a few platform certificates.
const VERIFIERS_MAX: u32 = 20;

/// Why a project cannot take money.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MerchantError {
    /// The project has no merchant number.
    #[error("该项目还没有配置微信支付商户号，请联系物业服务中心")]
    NotConfigured,
    /// A stored key cannot be used.
    #[error("商户密钥配置有误: {0}")]
    Key(#[from] KeyError),
    /// The keys could not be read.
    #[error("商户密钥无法读取")]
    Unreadable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for MerchantError {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(Arc::new(error))
    }
}

impl From<VaultError> for MerchantError {
    fn from(error: VaultError) -> Self {
        Self::Unreadable(Arc::new(error))
    }
}

/// The merchants of this installation.
#[derive(Clone)]
pub struct Merchants {
    control: ControlDb,
    opened: Cache<MerchantId, Arc<MerchantKeys>>,
}

#[derive(sea_orm::FromQueryResult)]
struct MerchantRow {
    mchid: String,
    serial_no: String,
    private_key_sealed: Vec<u8>,
    api_v3_key_sealed: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct VerifierRow {
    serial: String,
    kind: String,
    pem: String,
}

impl Merchants {
    /// Reads merchants from `control`.
    #[must_use]
    pub fn new(control: ControlDb) -> Self {
        Self { control, opened: Cache::builder().max_capacity(1_000).time_to_live(FRESH_FOR).build() }
    }

    /// The keys of the merchant that a project's money goes to.
    ///
    /// # Errors
    /// [`MerchantError`].
    pub async fn of(&self, project: &ProjectInfo) -> Result<Arc<MerchantKeys>, MerchantError> {
        let id = project.merchant_id.ok_or(MerchantError::NotConfigured)?;
        self.opened.try_get_with(id, self.load(id)).await.map_err(|error| (*error).clone())
    }

    /// The keys of another merchant of the project's company, by its number: for orders that were placed for it.
    ///
    /// # Errors
    /// [`MerchantError`].
    pub async fn of_number(&self, project: &ProjectInfo, mchid: &str) -> Result<Arc<MerchantKeys>, MerchantError> {
        let company = project.company_id.uuid();
        let id: Option<Uuid> = self
            .control
            .read("payments.merchant_number", async |tx| {
                tx.value(
                    "SELECT id FROM merchant WHERE mchid = $1 AND company_id = $2",
                    vec![mchid.into(), company.into()],
                )
                .await
            })
            .await
            .map_err(|error: StoreError| error)?;
        let id = MerchantId(id.ok_or(MerchantError::NotConfigured)?);
        self.opened.try_get_with(id, self.load(id)).await.map_err(|error| (*error).clone())
    }

    /// Forgets opened keys, so that the next use reads them anew.
    pub fn forget_all(&self) {
        self.opened.invalidate_all();
    }

    async fn load(&self, id: MerchantId) -> Result<Arc<MerchantKeys>, MerchantError> {
        let uuid: Uuid = id.uuid();
        let (row, verifiers) = self
            .control
            .read("payments.merchant", async |tx| {
                let row: Option<MerchantRow> = tx
                    .row(
                        "SELECT mchid, serial_no, private_key_sealed, api_v3_key_sealed FROM merchant WHERE id = $1",
                        vec![uuid.into()],
                    )
                    .await?;
                let sql = format!(
                    "SELECT serial, kind, pem FROM merchant_verifier WHERE merchant_id = $1 LIMIT {VERIFIERS_MAX}"
                );
                let verifiers: Vec<VerifierRow> = tx.rows(&sql, vec![uuid.into()]).await?;
                Ok::<_, StoreError>((row, verifiers))
            })
            .await?;
        let row = row.ok_or(MerchantError::NotConfigured)?;
        let mut map = VerifierMap::new();
        for verifier in verifiers {
            match verifier.kind.as_str() {
                "public_key" => map.add_public_key(&verifier.serial, &verifier.pem)?,
                _ => map.add_certificate(&verifier.pem).map(|_| ())?,
            }
        }
        let sealer = self.control.sealer();
        let private_key = SecretString::from(sealer.open("merchant.private_key", &row.private_key_sealed)?);
        let api_v3_key = SecretString::from(sealer.open("merchant.api_v3_key", &row.api_v3_key_sealed)?);
        let signer = Arc::new(Signer::from_pkcs8_pem(&private_key)?);
        let keys = MerchantKeys::new(&row.mchid, &row.serial_no, signer, ApiV3Key::parse(api_v3_key)?, map)?;
        Ok(Arc::new(keys))
    }
}
