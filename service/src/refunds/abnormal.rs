//! A refund that could not go back the way it came, sent another way.

use chrono::{DateTime, Utc};
use domain::ids::RefundId;
use domain::refund::RefundState;
use gateway::wechat_pay::{AbnormalRefund, AbnormalRoute, RefundGateway, RefundOutcome};
use secrecy::SecretString;
use serde_json::json;

use super::RefundError;
use super::book::take_in;
use super::repo::{self, StoredRefund as _};
use super::send::RefundContext;
use crate::audit::{self, By};
use crate::edge;
use crate::tenancy::ProjectDb;

/// Where the money is to go instead. Neither number nor name is kept.
#[derive(Debug, Clone)]
pub enum AbnormalWay {
    /// To a bank card of the payer.
    PayerCard {
        /// `ICBC_DEBIT` and others, from WeChat Pay's list of banks.
        bank_type: String,
        /// Number of the card.
        bank_account: SecretString,
        /// Who holds it.
        real_name: SecretString,
    },
    /// To the merchant's own bank account: the payer is then paid outside of WeChat.
    MerchantAccount,
}

impl AbnormalWay {
    const fn word(&self) -> &'static str {
        match self {
            Self::PayerCard { .. } => "payer_card",
            Self::MerchantAccount => "merchant_account",
        }
    }

    fn route(self) -> AbnormalRoute {
        match self {
            Self::PayerCard { bank_type, bank_account, real_name } => {
                AbnormalRoute::PayerCard { bank_type, bank_account, real_name }
            }
            Self::MerchantAccount => AbnormalRoute::MerchantAccount,
        }
    }
}

/// Sends a refund in state `abnormal` another way. Its end is told and booked like any other.
///
/// # Errors
/// [`RefundError::NotAbnormal`], [`RefundError::NotTaken`] with WeChat's words, [`RefundError::Unclear`] when nobody can
/// say whether it was taken on, and others.
pub async fn send_another_way(
    db: &ProjectDb,
    context: &RefundContext,
    gateway: &dyn RefundGateway,
    id: RefundId,
    way: AbnormalWay,
    by: &By,
    now: DateTime<Utc>,
) -> Result<RefundState, RefundError> {
    let now_ms = now.timestamp_millis();
    let word = way.word();
    // Written down before the call: who asked for it is known whatever comes of it.
    let row = db
        .transact("refunds.another_way", async |tx| {
            let row = repo::lock(tx, id).await?.ok_or(RefundError::NotFound)?;
            if row.state()? != RefundState::Abnormal {
                return Err(RefundError::NotAbnormal);
            }
            repo::event(tx, id, "another_way", word, now_ms).await?;
            audit::append(tx, by, "refund.another_way", &row.subject(), &json!({ "way": word }), now_ms).await?;
            Ok(row)
        })
        .await?;
    let refund_id = row.wechat_refund_id.clone().ok_or(RefundError::NotAbnormal)?;
    let wire = AbnormalRefund { refund_id, out_refund_no: row.out_refund_no.clone(), route: way.route() };
    edge::reach("refunds.another_way", "before_call");
    let outcome = gateway.apply_abnormal_refund(&context.keys, &wire).await;
    edge::reach("refunds.another_way", "after_call");
    match outcome {
        RefundOutcome::Accepted(told) => Ok(take_in(db, &told, now).await?.into_inner()),
        RefundOutcome::NotEnough { message } => Err(RefundError::NotTaken(message)),
        RefundOutcome::Refused { code, message } => Err(RefundError::NotTaken(format!("{code} {message}"))),
        RefundOutcome::NotAccepted { code } => Err(RefundError::NotTaken(code)),
        RefundOutcome::Unknown { .. } => Err(RefundError::Unclear),
    }
}
