//! The next message of a ladder: through another channel, over the same bills, queued for the next dispatch.

use domain::reminder::{Channel, Stage};
use uuid::Uuid;

use super::ReminderError;
use super::deliver::account_of;
use super::digest;
use super::events::{self, Event};
use super::rows::NoticeRow;
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

/// Queues the next message after `notice`: a copy with its own token, waiting for the next dispatch, which looks at
/// the bills and finds the recipient. With `takes_over` the reminders now hang on the new one; otherwise (escalation)
/// they stay sent.
pub(super) async fn queue(
    tx: &ProjectTx<'_>,
    notice: &NoticeRow,
    channel: Channel,
    takes_over: bool,
    now_ms: i64,
) -> Result<Uuid, ReminderError> {
    let id = Uuid::now_v7();
    let token = digest::new_token(tx.info())?;
    tx.execute(
        "INSERT INTO notice (id, payer_party_id, stage, channel, rung, escalated_from, policy_version, state, reason, \
         token, recipient_masked, text_sealed, amount_fen, lease_no, lease_until_ms, attempts, cost_fen, created_at_ms) \
         SELECT $1, payer_party_id, stage, CAST($2 AS TEXT), rung + 1, id, policy_version, 'claimed', 'queued', \
         CAST($3 AS TEXT), '', text_sealed, amount_fen, 0, CAST($4 AS BIGINT), 0, 0, CAST($4 AS BIGINT) \
         FROM notice WHERE id = $5",
        vec![id.into(), channel.as_str().into(), token.into(), now_ms.into(), notice.id.into()],
    )
    .await?;
    tx.execute(
        "INSERT INTO notice_bill (notice_id, bill_id, stage, amount_fen) \
         SELECT $1, bill_id, stage, amount_fen FROM notice_bill WHERE notice_id = $2",
        vec![id.into(), notice.id.into()],
    )
    .await?;
    if takes_over {
        tx.execute(
            "UPDATE reminder SET state = 'held', reason = 'queued', notice_id = $1, state_at_ms = $2 \
             WHERE notice_id = $3 AND state IN ('claimed', 'held', 'sent')",
            vec![id.into(), now_ms.into(), notice.id.into()],
        )
        .await?;
    }
    let kind = if takes_over { "next_channel" } else { "escalated" };
    events::append(tx, &[Event::of_notice(kind, notice.id, channel.as_str())], now_ms).await?;
    Ok(id)
}

/// Ends a message that failed, and goes on with the next channel if there is one. The caller has moved the notice's
/// own row to `failed` and knows that it was the one to do so.
pub(super) async fn after_failure(
    tx: &ProjectTx<'_>,
    notice: &NoticeRow,
    stage: &Stage,
    reason: &str,
    now_ms: i64,
) -> Result<Option<Uuid>, ReminderError> {
    // Whoever was told again because they did not look is not told a third time because it did not arrive.
    let goes_on = notice.paid_at_ms.is_none() && !was_escalated(tx, notice.id).await?;
    let next = if goes_on { next_channel(tx.info(), stage, notice.channel()?) } else { None };
    if let Some(channel) = next {
        return queue(tx, notice, channel, true, now_ms).await.map(Some);
    }
    tx.execute(
        "UPDATE reminder SET state = 'failed', reason = $1, state_at_ms = $2 \
         WHERE notice_id = $3 AND state IN ('claimed', 'held', 'sent')",
        vec![reason.into(), now_ms.into(), notice.id.into()],
    )
    .await?;
    Ok(None)
}

/// Another message follows this one already.
async fn was_escalated(tx: &ProjectTx<'_>, notice_id: Uuid) -> Result<bool, ReminderError> {
    let sql = "SELECT id FROM notice WHERE escalated_from = $1 LIMIT 1";
    Ok(tx.value::<Uuid>(sql, vec![notice_id.into()]).await?.is_some())
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
