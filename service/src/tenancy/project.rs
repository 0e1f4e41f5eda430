//! One project and its database.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::ids::{CompanyId, MerchantId, ProjectId, SmsAccountId, VoiceAccountId};

use crate::store::{Database, StoreError, Tx};
use crate::vault::Sealer;

/// What the control database knows of a project.
#[derive(Debug, Clone)]
pub struct ProjectInfo {
    /// Its id.
    pub id: ProjectId,
    /// The company that manages it.
    pub company_id: CompanyId,
    /// 2–6 characters of `[0-9a-z]`: the prefix of its order numbers and message tokens.
    pub code: String,
    /// The name owners know.
    pub name: String,
    /// Days are days of this zone.
    pub zone: Tz,
    /// Whom owners call.
    pub service_phone: String,
    /// The mini program owners pay in.
    pub mini_program_app_id: Option<String>,
    /// The service account that sends template messages.
    pub service_account_app_id: Option<String>,
    /// Where its money goes: the company's own merchant number.
    pub merchant_id: Option<MerchantId>,
    /// Its SMS account.
    pub sms_account_id: Option<SmsAccountId>,
    /// Asked when the first SMS account certainly did not send.
    pub sms_backup_account_id: Option<SmsAccountId>,
    /// Its account for calls.
    pub voice_account_id: Option<VoiceAccountId>,
    /// Asked when the first voice account certainly did not call.
    pub voice_backup_account_id: Option<VoiceAccountId>,
    /// The company whose name a message carries.
    pub company_name: String,
    /// Its picture.
    pub logo_url: Option<String>,
}

impl ProjectInfo {
    /// The day it is there.
    #[must_use]
    pub fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        now.with_timezone(&self.zone).date_naive()
    }
}

/// A project's open database with its keys. Clones share the pool.
#[derive(Clone)]
pub struct ProjectDb {
    info: Arc<ProjectInfo>,
    database: Database,
    sealer: Sealer,
}

/// A transaction in one project's database: the only thing that can touch its rows.
pub struct ProjectTx<'a> {
    tx: &'a Tx,
    db: &'a ProjectDb,
}

impl ProjectDb {
    pub(super) const fn new(info: Arc<ProjectInfo>, database: Database, sealer: Sealer) -> Self {
        Self { info, database, sealer }
    }

    /// What the control database knows of it.
    #[must_use]
    pub fn info(&self) -> &ProjectInfo {
        &self.info
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> ProjectId {
        self.info.id
    }

    /// Its keys.
    #[must_use]
    pub const fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// A writing transaction.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError`].
    pub async fn transact<T, E: From<StoreError>>(
        &self,
        scope: &'static str,
        work: impl AsyncFnOnce(&ProjectTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.transact(scope, async |tx| work(&ProjectTx { tx, db: self }).await).await
    }

    /// A writing transaction that is always rolled back: a preview computed by the code that would do it.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError`].
    pub async fn preview<T, E: From<StoreError>>(
        &self,
        scope: &'static str,
        work: impl AsyncFnOnce(&ProjectTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.preview(scope, async |tx| work(&ProjectTx { tx, db: self }).await).await
    }

    /// One consistent reading.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError`].
    pub async fn read<T, E: From<StoreError>>(
        &self,
        scope: &'static str,
        work: impl AsyncFnOnce(&ProjectTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.read(scope, async |tx| work(&ProjectTx { tx, db: self }).await).await
    }
}

impl ProjectTx<'_> {
    /// What the control database knows of the project.
    #[must_use]
    pub fn info(&self) -> &ProjectInfo {
        &self.db.info
    }

    /// The project's keys.
    #[must_use]
    pub const fn sealer(&self) -> &Sealer {
        &self.db.sealer
    }
}

impl std::ops::Deref for ProjectTx<'_> {
    type Target = Tx;
    fn deref(&self) -> &Tx {
        self.tx
    }
}
