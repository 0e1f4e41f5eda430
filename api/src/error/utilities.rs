//! Refusals of meters, shared costs and opening balances.

use service::meters::{MeterSheetError, MetersError};
use service::opening::OpeningError;
use service::shares::ShareError;

use super::ApiError;

impl From<MetersError> for ApiError {
    fn from(error: MetersError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            MetersError::NotFound => Self::not_found(),
            MetersError::Invalid { field, words } => Self::bad_field(field, words),
            MetersError::NotAMonth => Self::bad_request(code, words.clone()).with_field("period", words),
            MetersError::NothingToImport | MetersError::TooMany => Self::bad_request(code, words),
            MetersError::MeterTaken
            | MetersError::NothingToAccept
            | MetersError::NotBilled
            | MetersError::LaterReading
            | MetersError::Busy => Self::conflict(code, words),
            MetersError::Store(error) => error.into(),
        }
    }
}

impl From<MeterSheetError> for ApiError {
    fn from(error: MeterSheetError) -> Self {
        match error {
            MeterSheetError::Meters(error) => error.into(),
            MeterSheetError::Sheet(error) => Self::internal(&error),
        }
    }
}

impl From<OpeningError> for ApiError {
    fn from(error: OpeningError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            OpeningError::NothingToImport | OpeningError::TooMany | OpeningError::Money(_) => {
                Self::bad_request(code, words)
            }
            OpeningError::DoesNotTie { .. } => Self::bad_request(code, words.clone()).with_field("file", words),
            OpeningError::Busy => Self::conflict(code, words),
            OpeningError::Ledger(_) | OpeningError::Store(_) => Self::internal(&error),
        }
    }
}

impl From<ShareError> for ApiError {
    fn from(error: ShareError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            ShareError::NotFound => Self::not_found(),
            ShareError::Invalid { field, words } => Self::bad_field(field, words),
            ShareError::NotAMonth => Self::bad_request(code, words.clone()).with_field("period", words),
            ShareError::Formula(mistakes) => mistakes.iter().fold(Self::bad_request(code, words), |error, mistake| {
                error.with_field("formula", mistake.to_string())
            }),
            ShareError::NoWeights | ShareError::TooMany | ShareError::Weight { .. } | ShareError::Money(_) => {
                Self::bad_request(code, words)
            }
            ShareError::NoReading { .. } | ShareError::AlreadyShared | ShareError::Billed => {
                Self::conflict(code, words)
            }
            ShareError::Store(error) => error.into(),
        }
    }
}
