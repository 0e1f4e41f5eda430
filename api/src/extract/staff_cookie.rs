//! The console's session: a cookie that no script can read, and proof that our own page asked.
//!
//! A browser sends a cookie whoever made it ask. `SameSite=Strict` keeps other sites' pages from it; what changes
//! something must also carry a header of ours, which a foreign page cannot set without asking us first, and nobody is
//! ever told yes.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::COOKIE;
use actix_web::{FromRequest, HttpRequest};
use chrono::TimeDelta;

use crate::error::ApiError;

/// Carries the session's token.
const NAME: &str = "linli_staff";
/// Nothing else of the server ever sees it.
const PATH: &str = "/api/staff/v1";
/// Says that the console's page asked; any value does.
const CONSOLE_HEADER: &str = "x-linli-console";
/// A token has 64 characters.
const TOKEN_CHARS_MAX: usize = 128;
/// Pairs of a request's cookies that are looked at.
const PAIRS_MAX: usize = 50;

/// Proof that the console's own page asked.
#[derive(Debug, Clone, Copy)]
pub struct FromConsole;

impl FromRequest for FromConsole {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if asked_by_console(request) { Ok(Self) } else { Err(not_the_console()) })
    }
}

/// The token in the cookie, if there is one.
///
/// # Errors
/// When the request would change something and does not come from the console's page.
pub(super) fn token(request: &HttpRequest) -> Result<Option<&str>, ApiError> {
    let token = cookie(request);
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if token.is_some() && !reads && !asked_by_console(request) { Err(not_the_console()) } else { Ok(token) }
}

/// The `Set-Cookie` that carries a new session.
#[must_use]
pub fn session_cookie(token: &str, lasts: TimeDelta, public_url: &str) -> String {
    let seconds = lasts.num_seconds().max(0);
    format!("{NAME}={token}; {}; Max-Age={seconds}", attributes(public_url))
}

/// The `Set-Cookie` that removes it.
#[must_use]
pub fn expired_cookie(public_url: &str) -> String {
    format!("{NAME}=; {}; Max-Age=0", attributes(public_url))
}

fn attributes(public_url: &str) -> String {
    // Without TLS, as in the demo, a browser would drop a cookie that is for TLS alone.
    let secure = if public_url.starts_with("https://") { "; Secure" } else { "" };
    format!("Path={PATH}; HttpOnly; SameSite=Strict{secure}")
}

fn cookie(request: &HttpRequest) -> Option<&str> {
    let headers = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = headers.flat_map(|value| value.split(';')).take(PAIRS_MAX);
    let token = pairs.find_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))?;
    (!token.is_empty() && token.len() <= TOKEN_CHARS_MAX).then_some(token)
}

fn asked_by_console(request: &HttpRequest) -> bool {
    request.headers().contains_key(CONSOLE_HEADER)
}

fn not_the_console() -> ApiError {
    ApiError::new(
        actix_web::http::StatusCode::FORBIDDEN,
        "not_from_console",
        "这个请求不是从控制台发出的，没有执行；请在控制台里操作",
    )
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const TLS: &str = "https://pay.example.com";

    fn asking(method: Method, cookie: &str) -> TestRequest {
        TestRequest::default().method(method).insert_header((COOKIE, cookie))
    }

    #[test]
    fn a_cookie_reads_and_changes_nothing_without_the_consoles_word() {
        let cookie = "theme=dark; linli_staff=abc; other=1";
        assert_eq!(token(&asking(Method::GET, cookie).to_http_request()).unwrap(), Some("abc"));
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let refused = token(&asking(method.clone(), cookie).to_http_request()).unwrap_err();
            assert_eq!(refused.code(), "not_from_console", "{method}");
            let asked = asking(method.clone(), cookie).insert_header((CONSOLE_HEADER, "1")).to_http_request();
            assert_eq!(token(&asked).unwrap(), Some("abc"), "{method}");
        }
    }

    #[test]
    fn what_is_not_our_cookie_is_nobody() {
        for cookie in ["", "linli_staff=", "linli_staffs=abc", "x=linli_staff=abc", "LINLI_STAFF=abc"] {
            assert_eq!(token(&asking(Method::POST, cookie).to_http_request()).unwrap(), None, "{cookie}");
        }
        let long = format!("linli_staff={}", "a".repeat(TOKEN_CHARS_MAX + 1));
        assert_eq!(token(&asking(Method::GET, &long).to_http_request()).unwrap(), None);
    }

    #[test]
    fn no_script_and_no_other_site_gets_it_and_it_ends_with_the_session() {
        let cookie = session_cookie("abc", TimeDelta::hours(12), TLS);
        assert_eq!(cookie, "linli_staff=abc; Path=/api/staff/v1; HttpOnly; SameSite=Strict; Secure; Max-Age=43200");
        assert!(!session_cookie("abc", TimeDelta::hours(12), "http://127.0.0.1:8080").contains("Secure"));
        assert!(expired_cookie(TLS).ends_with("Secure; Max-Age=0"));
    }
}
