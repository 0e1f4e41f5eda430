//! Where a ladder goes after a message: through another channel, over the same bills, or nowhere.

use std::collections::HashSet;

use domain::reminder::{Channel, Stage};
use uuid::Uuid;

use super::deliver::account_of;
use crate::store::StoreError;
use crate::tenancy::{ProjectInfo, ProjectTx};

/// Where to go when `channel` cannot reach the payer: the next one the stage names that the project can use.
pub(super) fn next_channel(info: &ProjectInfo, stage: &Stage, channel: Channel) -> Option<Channel> {
    let mut after = stage.channels.iter().skip_while(|other| **other != channel).skip(1);
    after.find(|other| **other != channel && account_of(info, **other).is_some()).copied()
}

/// Where to go when nobody looks at what `channel` brought. A project without voice writes an SMS instead; the same
/// channel twice is no escalation.
pub(super) fn escalation(info: &ProjectInfo, stage: &Stage, channel: Channel) -> Option<Channel> {
    let wanted = stage.escalate_to?;
    let usable = |target: Channel| account_of(info, target).is_some();
    let target = if usable(wanted) { Some(wanted) } else { Some(Channel::Sms).filter(|sms| usable(*sms)) };
    target.filter(|target| *target != channel && channel != Channel::Voice)
}

/// Messages that another one follows already.
pub(super) type Followed = HashSet<Uuid>;

/// Which of these have a message after them.
pub(super) async fn followed(tx: &ProjectTx<'_>, notices: impl Iterator<Item = Uuid>) -> Result<Followed, StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct FromRow {
        escalated_from: Uuid,
    }
    let ids: Vec<Uuid> = notices.collect();
    if ids.is_empty() {
        return Ok(Followed::new());
    }
    let sql = format!("SELECT DISTINCT escalated_from FROM notice WHERE escalated_from {}", tx.among(1));
    let rows: Vec<FromRow> = tx.rows(&sql, vec![tx.listed(&ids)]).await?;
    Ok(rows.into_iter().map(|row| row.escalated_from).collect())
}

/// Moves the reminders that these notices carry to `sent`.
pub(super) async fn mark_sent(
    tx: &ProjectTx<'_>,
    notices: &[Uuid],
    reason: Option<&'static str>,
    now_ms: i64,
) -> Result<(), StoreError> {
    if notices.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE reminder SET state = 'sent', reason = $1, state_at_ms = $2 \
         WHERE notice_id {} AND state IN ('claimed', 'held')",
        tx.among(3)
    );
    tx.execute(&sql, vec![reason.into(), now_ms.into(), tx.listed(notices)]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use domain::ids::{CompanyId, ProjectId, SmsAccountId};
    use domain::reminder::Policy;

    use super::*;

    fn info() -> ProjectInfo {
        ProjectInfo {
            id: ProjectId::new(),
            company_id: CompanyId::new(),
            code: "ch".to_owned(),
            name: "翠湖花园".to_owned(),
            zone: Shanghai,
            service_phone: String::new(),
            mini_program_app_id: None,
            service_account_app_id: Some("wxs".to_owned()),
            merchant_id: None,
            sms_account_id: Some(SmsAccountId::new()),
            sms_backup_account_id: None,
            voice_account_id: None,
            voice_backup_account_id: None,
            company_name: String::new(),
            logo_url: None,
        }
    }

    #[test]
    fn without_a_voice_account_the_call_becomes_a_text_and_never_a_second_text() {
        let policy = Policy::default();
        let stage = policy.stage("overdue_7").unwrap();
        assert_eq!(escalation(&info(), stage, Channel::WechatTemplate), Some(Channel::Sms));
        assert_eq!(escalation(&info(), stage, Channel::Sms), None);
        let quiet = policy.stage("due_day").unwrap();
        assert_eq!(escalation(&info(), quiet, Channel::WechatTemplate), None);
    }

    #[test]
    fn the_ladder_skips_channels_without_an_account_and_ends() {
        let policy = Policy::default();
        let stage = policy.stage("due_day").unwrap();
        assert_eq!(next_channel(&info(), stage, Channel::WechatTemplate), Some(Channel::WechatNotify));
        assert_eq!(next_channel(&info(), stage, Channel::WechatNotify), Some(Channel::Sms));
        assert_eq!(next_channel(&info(), stage, Channel::Sms), None);
        let no_sms = ProjectInfo { sms_account_id: None, ..info() };
        assert_eq!(next_channel(&no_sms, stage, Channel::WechatNotify), None);
    }
}
