//! The WeChat apps of the companies: their secrets, and one access token per app for all nodes.

use std::sync::Arc;
use std::time::Duration;

use gateway::wechat::{AppCredential, WechatApi, WechatError};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::shared::SharedState;
use crate::store::StoreError;
use crate::tenancy::ControlDb;
use crate::vault::VaultError;

/// A token is fetched anew this long before WeChat lets it die.
const EARLY_S: i64 = 300;
/// The shortest a token is kept.
const KEEP_S_MIN: i64 = 60;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum WechatAppError {
    /// This app is not registered here.
    #[error("没有配置这个小程序或服务号")]
    Unknown,
    /// WeChat did not give one.
    #[error(transparent)]
    Wechat(#[from] WechatError),
    /// The secret does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The apps of this installation. Clones share one fetch at a time.
#[derive(Clone)]
pub struct WechatApps {
    control: ControlDb,
    api: Arc<dyn WechatApi>,
    shared: Arc<dyn SharedState>,
    fetching: Arc<Mutex<()>>,
}

impl WechatApps {
    /// Reads apps from `control`, talks through `api`, keeps tokens in `shared`.
    #[must_use]
    pub fn new(control: ControlDb, api: Arc<dyn WechatApi>, shared: Arc<dyn SharedState>) -> Self {
        Self { control, api, shared, fetching: Arc::new(Mutex::new(())) }
    }

    /// The way to WeChat.
    #[must_use]
    pub fn api(&self) -> &dyn WechatApi {
        self.api.as_ref()
    }

    /// The app with its secret.
    ///
    /// # Errors
    /// [`WechatAppError`].
    pub async fn credential(&self, app_id: &str) -> Result<AppCredential, WechatAppError> {
        let sealed: Option<Vec<u8>> = self
            .control
            .read("wechat_apps.credential", async |tx| {
                tx.value("SELECT secret_sealed FROM wechat_app WHERE app_id = $1", vec![app_id.into()]).await
            })
            .await?;
        let secret = self.control.sealer().open("wechat_app.secret", &sealed.ok_or(WechatAppError::Unknown)?)?;
        Ok(AppCredential { app_id: app_id.to_owned(), app_secret: SecretString::from(secret) })
    }

    /// A valid access token: the shared one, or a new one fetched by one caller while the others wait.
    ///
    /// # Errors
    /// [`WechatAppError`].
    pub async fn token(&self, app_id: &str) -> Result<SecretString, WechatAppError> {
        if let Some(token) = self.kept(app_id).await {
            return Ok(token);
        }
        let _one = self.fetching.lock().await;
        if let Some(token) = self.kept(app_id).await {
            return Ok(token);
        }
        let credential = self.credential(app_id).await?;
        let fresh = self.api.stable_token(&credential, false).await?;
        self.keep(app_id, &fresh.token, fresh.expires_in_s).await?;
        Ok(fresh.token)
    }

    /// WeChat called this token stale: forget it, unless another caller has replaced it meanwhile.
    pub async fn forget(&self, app_id: &str, stale: &SecretString) {
        let _one = self.fetching.lock().await;
        let same = self.kept(app_id).await.is_some_and(|kept| kept.expose_secret() == stale.expose_secret());
        if same {
            self.shared.remove(&key(app_id)).await;
        }
    }

    async fn kept(&self, app_id: &str) -> Option<SecretString> {
        let sealed = hex::decode(self.shared.get(&key(app_id)).await?).ok()?;
        self.control.sealer().open("shared.access_token", &sealed).ok().map(SecretString::from)
    }

    /// Sealed, because Redis is not trusted with secrets.
    async fn keep(&self, app_id: &str, token: &SecretString, expires_in_s: i64) -> Result<(), VaultError> {
        let sealed = self.control.sealer().seal("shared.access_token", token.expose_secret())?;
        let keep_s = u64::try_from((expires_in_s - EARLY_S).max(KEEP_S_MIN)).unwrap_or(0);
        self.shared.put(&key(app_id), &hex::encode(sealed), Duration::from_secs(keep_s)).await;
        Ok(())
    }
}

fn key(app_id: &str) -> String {
    format!("wechat_token:{app_id}")
}
