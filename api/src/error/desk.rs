//! What the desk's refusals become.

use service::counter::CounterError;

use super::ApiError;

impl From<CounterError> for ApiError {
    fn from(error: CounterError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        let field = |name: &str| Self::bad_request(code, words.clone()).with_field(name, words.clone());
        match error {
            CounterError::NotFound | CounterError::BillNotFound => Self::not_found(),
            CounterError::BadSum | CounterError::Money(_) => Self::bad_request(code, words),
            CounterError::CountMissing(method) => field(&format!("{}_fen", method.word())),
            CounterError::DifferenceReasonMissing(_) => field("difference_reason"),
            CounterError::BillCount => field("bills"),
            CounterError::TenderedTooLittle { .. } | CounterError::TenderedNotCash => field("tendered_fen"),
            CounterError::ReferenceMissing(_) => field("reference"),
            CounterError::BadPayerName => field("payer_name"),
            CounterError::BadOverrule => field("overruled"),
            CounterError::ReasonMissing => field("reason"),
            CounterError::Allocation(_) | CounterError::Surplus(_) => {
                Self::conflict(code, words.clone()).with_field("bills", words)
            }
            CounterError::Guarded(warnings) => warnings.iter().fold(Self::conflict(code, words), |answer, warning| {
                answer.with_field(format!("overruled.{}", warning.code()), warning.to_string())
            }),
            CounterError::NoOpenShift
            | CounterError::ShiftClosed
            | CounterError::ShiftOpen
            | CounterError::OwnShift
            | CounterError::KeyReused
            | CounterError::StillReserved
            | CounterError::PaidInWechat
            | CounterError::SecondPerson(_)
            | CounterError::Refunded => Self::conflict(code, words),
            CounterError::Ask(error) => error.into(),
            CounterError::Merchant(error) => error.into(),
            CounterError::Houses(error) => error.into(),
            CounterError::Bills(error) => error.into(),
            CounterError::Store(error) => error.into(),
            CounterError::Ledger(_)
            | CounterError::Settle(_)
            | CounterError::Vault(_)
            | CounterError::Paper(_)
            | CounterError::Interrupted(_) => Self::internal(&error),
        }
    }
}
