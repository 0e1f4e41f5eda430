//! What happens to every request: an id, a span, a count, a limit.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use service::shared::SharedState;
use tracing::Instrument;
use uuid::Uuid;

use crate::error::ApiError;
use crate::extract::RequestId;
use crate::startup::RateLimits;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The window of the rate limits.
const WINDOW: Duration = Duration::from_secs(60);
/// A client's own request id is kept when it is this long.
const REQUEST_ID_CHARS: std::ops::RangeInclusive<usize> = 8..=64;

/// Gives the request its id, opens its span, counts its answer. The path that is logged and counted is the pattern, so
/// that no token or id of a person reaches a log. Every error leaves in the one envelope, also the framework's own.
///
/// # Errors
/// What the server itself cannot answer.
pub async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = method_name(request.method());
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let span = tracing::info_span!(
        "request", request.id = %id, http.method = method, http.route = %route, project = tracing::field::Empty
    );
    let mut response = enveloped(next.call(request).instrument(span).await?, &id);
    let status = response.status().as_u16().to_string();
    metrics::counter!("linli_http_requests_total", "method" => method, "route" => route, "status" => status)
        .increment(1);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    // Bills and names are in these answers: no cache on the way keeps one, except what says itself that it may be kept.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// Renders an error anew, with the request's id in it.
fn enveloped(response: ServiceResponse<impl MessageBody + 'static>, id: &str) -> ServiceResponse<BoxBody> {
    let Some(error) = response.response().error() else { return response.map_into_boxed_body() };
    let rendered = match error.as_error::<ApiError>() {
        Some(known) => known.response(Some(id)),
        None => {
            tracing::warn!(request.id = %id, %error, "an answer of the web framework");
            ApiError::of_status(response.status()).response(Some(id))
        }
    };
    response.into_response(rendered)
}

/// Any other word is a stranger's: it must not become a series of the counters.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn request_id(request: &ServiceRequest) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let usable =
        |id: &&str| REQUEST_ID_CHARS.contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    given.filter(usable).map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned)
}

/// Limits what one address may ask per minute; signing in far less than reading. Callbacks are not limited: their
/// senders prove themselves, and refusing WeChat Pay would only delay money.
///
/// # Errors
/// What the server itself cannot answer.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let limits = request.app_data::<web::Data<RateLimits>>().map(|limits| ***limits);
    let shared = request.app_data::<web::Data<dyn SharedState>>().cloned();
    if let (Some(limits), Some(shared)) = (limits, shared)
        && let Some((group, per_minute)) = limit_of(request.path(), limits)
    {
        let key = format!("limit:{group}:{}", address(&request).map_or_else(String::new, |ip| ip.to_string()));
        if shared.count(&key, WINDOW).await > per_minute {
            return Ok(request.error_response(ApiError::too_many_requests(WINDOW.as_secs())));
        }
    }
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}

/// The group a path is counted in, and how many of it a minute may hold.
fn limit_of(path: &str, limits: RateLimits) -> Option<(&'static str, u64)> {
    match path {
        path if path.starts_with("/callback/") || path == "/healthz" || path == "/readyz" => None,
        path if path.ends_with("/sessions") || path.ends_with("/password") => {
            Some(("sign_in", limits.sign_ins_per_minute))
        }
        _ => Some(("request", limits.requests_per_minute)),
    }
}

/// The address that connected. Behind a proxy all requests share one, so the proxy limits instead, and the limits
/// here are set high.
fn address(request: &ServiceRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| peer.ip())
}

#[cfg(test)]
mod tests;
