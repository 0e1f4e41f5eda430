//! The table from the use cases' errors to what leaves.

use actix_web::http::StatusCode;
use service::owners::OwnerError;
use service::payments::{AskError, CheckoutError, MerchantError, OrderError, PrepareError};
use service::store::StoreError;
use service::tenancy::TenancyError;
use service::wechat_apps::WechatAppError;

use super::ApiError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<TenancyError> for ApiError {
    fn from(error: TenancyError) -> Self {
        match error {
            TenancyError::NotFound => Self::not_found(),
            TenancyError::SchemaBehind { .. } | TenancyError::WrongDatabase { .. } | TenancyError::Unreachable(_) => {
                tracing::error!(alarm = "project_unavailable", error = &error as &dyn std::error::Error, "refused");
                Self::unavailable("project_unavailable", "该项目暂时无法使用，请稍后再试或联系物业服务中心")
            }
        }
    }
}

impl From<OwnerError> for ApiError {
    fn from(error: OwnerError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            OwnerError::Store(_) | OwnerError::Vault(_) => Self::internal(&error),
            OwnerError::Tenancy(error) => error.into(),
            OwnerError::NotFound => Self::not_found(),
            OwnerError::HouseNotFound | OwnerError::HouseAmbiguous => {
                Self::bad_request(code, words.clone()).with_field("house", words)
            }
            OwnerError::BadName => Self::bad_request(code, words.clone()).with_field("name", words),
            OwnerError::BadPhoneTail => Self::bad_request(code, words.clone()).with_field("phone_tail", words),
            OwnerError::ReasonRequired => Self::bad_request(code, words.clone()).with_field("reason", words),
            OwnerError::TooManyPending | OwnerError::TooManyClaims => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, code, words)
            }
            OwnerError::AlreadyDecided => Self::new(StatusCode::CONFLICT, code, words),
        }
    }
}

impl From<MerchantError> for ApiError {
    fn from(error: MerchantError) -> Self {
        match error {
            MerchantError::NotConfigured => {
                Self::new(StatusCode::CONFLICT, "payment_not_configured", error.to_string())
            }
            MerchantError::Key(_) | MerchantError::Unreadable(_) => Self::internal(&error),
        }
    }
}

impl From<OrderError> for ApiError {
    fn from(error: OrderError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            OrderError::BillNotFound => Self::new(StatusCode::NOT_FOUND, code, words),
            OrderError::BillCount => Self::bad_request(code, words.clone()).with_field("bill_ids", words),
            OrderError::BillNotOpen | OrderError::TotalChanged | OrderError::Reserved(_) => {
                Self::new(StatusCode::CONFLICT, code, words)
            }
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

impl From<WechatAppError> for ApiError {
    fn from(error: WechatAppError) -> Self {
        match error {
            WechatAppError::Unknown => Self::bad_field("app_id", error.to_string()),
            WechatAppError::Wechat(_) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "wechat did not answer as hoped");
                Self::unavailable("wechat_unavailable", "微信暂时没有响应，请稍后再试")
            }
            WechatAppError::Vault(_) | WechatAppError::Store(_) => Self::internal(&error),
        }
    }
}
