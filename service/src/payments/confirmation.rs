//! Proof that money arrived: made only from what WeChat Pay signed.

use chrono::{DateTime, Utc};
use domain::money::Amount;
use gateway::wechat_pay::{TradeState, Transaction};

/// Who told us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmationSource {
    /// WeChat Pay's callback.
    Callback,
    /// The answer to our question.
    Query,
}

impl ConfirmationSource {
    /// The word in the order's timeline.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Query => "query",
        }
    }
}

/// A verified statement of WeChat Pay that an order was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// WeChat's number: the natural key of the money.
    pub transaction_id: String,
    /// Our number.
    pub out_trade_no: String,
    /// The merchant that received it.
    pub mchid: String,
    /// The app it was paid in.
    pub app_id: String,
    /// What the order was for.
    pub amount: Amount,
    /// `CNY`, or it is not booked.
    pub currency: String,
    /// When it was paid.
    pub paid_at: DateTime<Utc>,
    /// Some or all of it has gone back since.
    pub refunded: bool,
    /// Who told us.
    pub source: ConfirmationSource,
}

/// A transaction that proves no payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmationError {
    /// Not paid.
    #[error("the order is not paid")]
    NotPaid,
    /// Paid, but without a number, a time or an amount: not to be guessed.
    #[error("a paid transaction lacks {0}")]
    Incomplete(&'static str),
}

impl Confirmation {
    /// Reads a verified transaction.
    ///
    /// # Errors
    /// [`ConfirmationError`].
    pub fn read(transaction: &Transaction, source: ConfirmationSource) -> Result<Self, ConfirmationError> {
        if !transaction.trade_state.is_paid() {
            return Err(ConfirmationError::NotPaid);
        }
        let transaction_id =
            transaction.transaction_id.clone().ok_or(ConfirmationError::Incomplete("transaction_id"))?;
        let paid_at = transaction.success_time.ok_or(ConfirmationError::Incomplete("success_time"))?;
        let amount = Amount::try_from(transaction.total_fen).map_err(|_| ConfirmationError::Incomplete("amount"))?;
        Ok(Self {
            transaction_id,
            out_trade_no: transaction.out_trade_no.clone(),
            mchid: transaction.mchid.clone(),
            app_id: transaction.appid.clone(),
            amount,
            currency: transaction.currency.clone(),
            paid_at: paid_at.with_timezone(&Utc),
            refunded: transaction.trade_state == TradeState::Refund,
            source,
        })
    }

    /// The key under which this money is booked, once.
    #[must_use]
    pub fn natural_key(&self) -> String {
        format!("wechat:{}", self.transaction_id)
    }
}
