//! The refusals every signed-in route may answer, for the description of the API.

use utoipa::IntoResponses;

use super::ErrorEnvelope;

/// What any route behind a sign-in may answer instead of what was asked for.
#[derive(Debug, IntoResponses)]
pub enum Refusals {
    /// 提交的内容有误：error.fields 指出字段和改法
    #[response(status = 400)]
    BadRequest(ErrorEnvelope),
    /// 未登录，或登录已过期
    #[response(status = 401)]
    SignInNeeded(ErrorEnvelope),
    /// 没有权限
    #[response(status = 403)]
    Forbidden(ErrorEnvelope),
    /// 没有，或不是您的：两者答复相同
    #[response(status = 404)]
    NotFound(ErrorEnvelope),
    /// 当前状态不允许
    #[response(status = 409)]
    Conflict(ErrorEnvelope),
    /// 操作太频繁
    #[response(status = 429)]
    TooManyRequests(ErrorEnvelope),
    /// 系统故障：只有请求编号
    #[response(status = 500)]
    Internal(ErrorEnvelope),
    /// 暂时无法使用，请稍后重试
    #[response(status = 503)]
    Unavailable(ErrorEnvelope),
}
