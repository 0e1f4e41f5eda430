//! What happens to every request: an id, a span, a count, a limit.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use service::installation::Installation;
use tracing::Instrument;
use uuid::Uuid;

use crate::error::ApiError;
use crate::extract::RequestId;
use crate::startup::ApiSettings;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The window of the rate limits.
const WINDOW: Duration = Duration::from_secs(60);
/// A client's own request id is kept when it is at most this long.
const REQUEST_ID_CHARS_MAX: usize = 64;

/// Gives the request its id, opens its span, counts its answer. The path that is logged and counted is the pattern, so
/// that no token or id of a person reaches a log.
///
/// # Errors
/// What the handler answers.
pub async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().as_str().to_owned();
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let span = tracing::info_span!("request", request.id = %id, http.method = %method, http.route = %route);
    let mut response = next.call(request).instrument(span).await?;
    let status = response.status().as_u16().to_string();
    metrics::counter!("linli_http_requests_total", "method" => method, "route" => route, "status" => status)
        .increment(1);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

fn request_id(request: &ServiceRequest) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let usable = |id: &&str| {
        (8..=REQUEST_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    given.filter(usable).map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned)
}

/// Limits what one address may ask per minute; signing in and claiming far less than reading. Callbacks are not
/// limited: their senders prove themselves, and refusing WeChat Pay would only delay money.
///
/// # Errors
/// 429, or what the handler answers.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let limits = request.app_data::<web::Data<ApiSettings>>().map(|settings| settings.limits);
    let installation = request.app_data::<web::Data<Installation>>().cloned();
    if let (Some(limits), Some(installation)) = (limits, installation) {
        let (group, per_minute) = match request.path() {
            path if path.starts_with("/callback/") || path == "/healthz" || path == "/readyz" => return next.call(request).await,
            path if path.ends_with("/sessions") => ("sign_in", limits.sign_ins_per_minute),
            _ => ("request", limits.requests_per_minute),
        };
        let key = format!("limit:{group}:{}", address(&request).map_or_else(String::new, |ip| ip.to_string()));
        if installation.shared.count(&key, WINDOW).await > per_minute {
            return Err(ApiError::too_many_requests(WINDOW.as_secs()).into());
        }
    }
    next.call(request).await
}

/// The address that connected. Behind a proxy all requests share one, so the proxy limits instead, and the limits
/// here are set high.
fn address(request: &ServiceRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| peer.ip())
}
