//! The table from the errors of payments and refunds to what leaves.

use actix_web::http::StatusCode;
use service::payments::{AnomalyError, AskError, CheckoutError, MerchantError, OrderError, PrepareError};
use service::refunds::RefundError;

use super::ApiError;

impl From<MerchantError> for ApiError {
    fn from(error: MerchantError) -> Self {
        match error {
            MerchantError::NotConfigured => Self::conflict("payment_not_configured", error.to_string()),
            MerchantError::Key(_) | MerchantError::Unreadable(_) => Self::internal(&error),
        }
    }
}

impl From<OrderError> for ApiError {
    fn from(error: OrderError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            OrderError::BillNotFound => Self::not_found(),
            OrderError::BillCount => Self::bad_request(code, words.clone()).with_field("bill_ids", words),
            OrderError::BillNotOpen | OrderError::TotalChanged | OrderError::Reserved(_) => Self::conflict(code, words),
            OrderError::Money(_) | OrderError::Vault(_) | OrderError::Store(_) => Self::internal(&error),
        }
    }
}

impl From<AskError> for ApiError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::NotFound => Self::not_found(),
            AskError::Settle(_) | AskError::Confirmation(_) | AskError::Store(_) => Self::internal(&error),
        }
    }
}

impl From<RefundError> for ApiError {
    fn from(error: RefundError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            RefundError::NotFound => Self::not_found(),
            RefundError::Parts => Self::bad_request(code, words.clone()).with_field("parts", words),
            RefundError::Reason => Self::bad_request(code, words.clone()).with_field("reason", words),
            RefundError::TooMuch { part, .. } => {
                Self::conflict(code, words.clone()).with_field(format!("parts[{part}].amount_fen"), words)
            }
            RefundError::OwnRequest => Self::new(StatusCode::FORBIDDEN, code, words),
            RefundError::NotByWechat
            | RefundError::TooMany
            | RefundError::IdTaken
            | RefundError::AlreadyDecided
            | RefundError::NotAbnormal
            | RefundError::NotTaken(_) => Self::conflict(code, words),
            RefundError::Unclear => Self::unavailable(code, words),
            RefundError::Merchant(error) => error.into(),
            RefundError::Money(error) => Self::bad_field("amount_fen", error.to_string()),
            RefundError::Store(error) => error.into(),
            RefundError::Ledger(_) | RefundError::Vault(_) => Self::internal(&error),
        }
    }
}

impl From<AnomalyError> for ApiError {
    fn from(error: AnomalyError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            AnomalyError::NotFound => Self::not_found(),
            AnomalyError::Note => Self::bad_request(code, words.clone()).with_field("note", words),
            AnomalyError::AlreadyResolved | AnomalyError::AlreadyBooked | AnomalyError::NotYuan => {
                Self::conflict(code, words)
            }
            AnomalyError::Store(error) => error.into(),
            AnomalyError::Money(_) | AnomalyError::Ledger(_) => Self::internal(&error),
        }
    }
}

impl From<PrepareError> for ApiError {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::NotFound => Self::not_found(),
            PrepareError::Ask(error) => error.into(),
            PrepareError::Money(_) | PrepareError::Sign(_) | PrepareError::Vault(_) | PrepareError::Store(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<CheckoutError> for ApiError {
    fn from(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Order(error) => error.into(),
            CheckoutError::Prepare(error) => error.into(),
            CheckoutError::Ask(error) => error.into(),
        }
    }
}
