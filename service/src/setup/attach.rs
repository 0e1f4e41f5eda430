//! What belongs to which project.

use domain::ids::{MerchantId, ProjectId, SmsAccountId, VoiceAccountId};
use serde_json::json;

use super::SetupError;
use crate::audit::{self, By};
use crate::tenancy::ControlDb;

/// What a project pays, speaks and sends with. `None` leaves a setting as it is.
#[derive(Debug, Clone, Default)]
pub struct ProjectChannels {
    /// The mini program owners pay in.
    pub mini_program_app_id: Option<String>,
    /// The service account that sends template messages.
    pub service_account_app_id: Option<String>,
    /// Where its money goes.
    pub merchant_id: Option<MerchantId>,
    /// Its SMS account.
    pub sms_account_id: Option<SmsAccountId>,
    /// Asked when the first SMS account certainly did not send.
    pub sms_backup_account_id: Option<SmsAccountId>,
    /// Its account for calls.
    pub voice_account_id: Option<VoiceAccountId>,
    /// Asked when the first voice account certainly did not call.
    pub voice_backup_account_id: Option<VoiceAccountId>,
}

/// Attaches apps, merchant and sending accounts to a project. The caller forgets the open project afterwards.
///
/// # Errors
/// [`SetupError`].
pub async fn attach(
    control: &ControlDb,
    project: ProjectId,
    channels: &ProjectChannels,
    by: &By,
    now_ms: i64,
) -> Result<(), SetupError> {
    control
        .transact("setup.attach", async |tx| {
            let changed = tx
                .execute(
                    "UPDATE project SET mini_program_app_id = COALESCE($1, mini_program_app_id), \
                     service_account_app_id = COALESCE($2, service_account_app_id), \
                     merchant_id = COALESCE($3, merchant_id), sms_account_id = COALESCE($4, sms_account_id), \
                     sms_backup_account_id = COALESCE($5, sms_backup_account_id), \
                     voice_account_id = COALESCE($6, voice_account_id), \
                     voice_backup_account_id = COALESCE($7, voice_backup_account_id) WHERE id = $8",
                    vec![
                        channels.mini_program_app_id.clone().into(),
                        channels.service_account_app_id.clone().into(),
                        channels.merchant_id.map(MerchantId::uuid).into(),
                        channels.sms_account_id.map(SmsAccountId::uuid).into(),
                        channels.sms_backup_account_id.map(SmsAccountId::uuid).into(),
                        channels.voice_account_id.map(VoiceAccountId::uuid).into(),
                        channels.voice_backup_account_id.map(VoiceAccountId::uuid).into(),
                        project.uuid().into(),
                    ],
                )
                .await?;
            if changed == 0 {
                return Err(SetupError::ProjectNotFound);
            }
            let same: Option<i64> = tx
                .value(
                    "SELECT COUNT(*) FROM project WHERE id = $1 AND (sms_account_id = sms_backup_account_id \
                     OR voice_account_id = voice_backup_account_id)",
                    vec![project.uuid().into()],
                )
                .await?;
            if same != Some(0) {
                return Err(SetupError::BackupIsFirst);
            }
            audit::append(tx, by, "attach.channels", &format!("project:{project}"), &json!({}), now_ms).await?;
            Ok(())
        })
        .await
}
