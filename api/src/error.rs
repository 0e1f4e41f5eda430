//! Every error that leaves: a stable code for programs, a status, words in Chinese for people.
//!
//! Which type to use where: use cases answer their own enum; handlers answer [`ApiError`]; the `From`s in [`table`]
//! (of payments and refunds in [`money`], of the counter in [`desk`], of meters and shares in [`utilities`]) are the one
//! table between them. A 5xx tells nothing but the request's id; the chain of causes is logged here, once.

mod desk;
mod money;
mod refusals;
mod table;
#[cfg(test)]
mod tests;
mod utilities;

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use service::houses::RowRemark;
use utoipa::ToSchema;

pub use refusals::Refusals;

/// How soon to come again when something outside does not answer, in seconds.
const UNAVAILABLE_RETRY_AFTER_S: u64 = 5;

/// The answer to a request that could not be done.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    fields: Vec<FieldProblem>,
    rows: Vec<RowRemark>,
    retry_after_s: Option<u64>,
}

/// One field that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The field, as in the request: `bill_ids[2]`.
    pub field: String,
    /// What is wrong and what to do, in Chinese.
    pub message: String,
}

/// The one shape of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorEnvelope {
    /// What happened.
    pub error: ErrorBody,
}

/// What happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// Stable, for programs.
    pub code: String,
    /// In Chinese, for people: what happened and what to do.
    pub message: String,
    /// The fields that are wrong, if the request was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// The rows of a file that were refused, when none was accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowRemark>,
    /// The request, as in the `x-request-id` header: what to tell whoever is asked for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl ApiError {
    /// An error with its status, code and words.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: Vec::new(), rows: Vec::new(), retry_after_s: None }
    }

    /// Not there, or not yours: the same answer, so that neither can be told from the other.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "没有找到，请检查后重试")
    }

    /// No session, or one that ended.
    #[must_use]
    pub fn sign_in_needed() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "sign_in_needed", "登录已过期，请重新登录")
    }

    /// A request that says something impossible.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// One field that is wrong.
    pub fn bad_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::bad_request("invalid_field", "提交的内容有误，请按提示修改").with_field(field, message)
    }

    /// Not now, as things stand.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// A body beyond the limit of its route.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "提交的内容太大，请减小后重试")
    }

    /// Too often.
    #[must_use]
    pub fn too_many_requests(retry_after_s: u64) -> Self {
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "操作太频繁，请稍后再试");
        error.retry_after_s = Some(retry_after_s);
        error
    }

    /// Something does not answer now.
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
        error.retry_after_s = Some(UNAVAILABLE_RETRY_AFTER_S);
        error
    }

    /// Ours to repair. The cause is logged here, once; the caller learns nothing of it.
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(cause = %Chain(cause), "a request failed");
        metrics::counter!("linli_internal_errors_total").increment(1);
        Self::unconfigured()
    }

    /// A handler without what it was to be given at start.
    #[must_use]
    pub fn unconfigured() -> Self {
        let words = "系统出了点问题，请稍后重试；如仍不行，请把请求编号告诉我们";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", words)
    }

    /// What the web framework answers by itself, in our shape.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            status if status.is_server_error() => Self::unconfigured(),
            status => Self::new(status, "bad_request", "请求有误，请检查后重试"),
        }
    }

    /// Names one more field that is wrong.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push(FieldProblem { field: field.into(), message: message.into() });
        self
    }

    /// Lists the refused rows of a file.
    #[must_use]
    pub fn with_rows(mut self, rows: Vec<RowRemark>) -> Self {
        self.rows = rows;
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The fields that are wrong.
    #[must_use]
    pub fn fields(&self) -> &[FieldProblem] {
        &self.fields
    }

    /// The answer, naming the request it is for.
    #[must_use]
    pub fn response(&self, request_id: Option<&str>) -> HttpResponse {
        let body = ErrorBody {
            code: self.code.to_owned(),
            message: self.message.clone(),
            fields: self.fields.clone(),
            rows: self.rows.clone(),
            request_id: request_id.map(ToOwned::to_owned),
        };
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        response.json(ErrorEnvelope { error: body })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.response(None)
    }
}

/// An error with all its causes on one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        // A chain longer than this says nothing new.
        for _ in 0..16 {
            let Some(inner) = cause else { break };
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}
