//! The staff console: the files that `make console` builds. A release binary carries them; a debug build reads them
//! from `console/dist` at every request. A binary that was built without them says so.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY,
};
use actix_web::{HttpResponse, HttpResponseBuilder, web};

use crate::error::ApiError;

/// Where the console lives.
const ROOT: &str = "/console/";
/// Every path that is not a file is a room of the console, which this page opens.
const INDEX: &str = "index.html";
/// Files whose names change with their content.
const HASHED: &str = "assets/";
const PAGE: &str = "text/html; charset=utf-8";

/// Our own files and our own API. No word of a script or a style in the page itself is believed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// What is said when the files are not there.
const NOT_BUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>邻里</title>\
                         <h1>这个程序没有带上控制台</h1>\
                         <p>请在项目目录运行 make console（需要 Node.js 20 以上），再重新编译 linli。接口照常可用。</p></html>";

#[derive(rust_embed::Embed)]
#[folder = "../console/dist"]
#[allow_missing = true]
struct Built;

/// The routes of the console's files. They are not in `/openapi.json`.
pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/console", web::get().to(move_in)).route("/console/{path:.*}", web::get().to(show));
}

/// The console's addresses are relative to its folder.
async fn move_in() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, ROOT)).finish()
}

async fn show(path: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let path = path.into_inner();
    if let Some(file) = (path != INDEX).then(|| Built::get(&path)).flatten() {
        let kept = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut response = answer(StatusCode::OK, kind(&path));
        return Ok(response.insert_header((CACHE_CONTROL, kept)).body(file.data.into_owned()));
    }
    // A file that is gone is not a room: an old page learns that it is old.
    if path.starts_with(HASHED) {
        return Err(ApiError::not_found());
    }
    let (status, page) = match Built::get(INDEX) {
        Some(index) => (StatusCode::OK, index.data.into_owned()),
        None => (StatusCode::NOT_FOUND, NOT_BUILT.into()),
    };
    Ok(answer(status, PAGE).insert_header((CACHE_CONTROL, "no-cache")).body(page))
}

fn answer(status: StatusCode, kind: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "same-origin"))
        .insert_header((OPENER_POLICY, "same-origin"));
    response
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("html") => PAGE,
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    use super::*;

    macro_rules! ask {
        ($path:expr) => {{
            let app = init_service(App::new().configure(configure)).await;
            call_service(&app, TestRequest::get().uri($path).to_request()).await
        }};
    }

    #[actix_web::test]
    async fn the_folder_without_a_slash_leads_to_the_console() {
        let response = ask!("/console");
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(response.headers().get(LOCATION).unwrap(), ROOT);
    }

    /// With the files or without: this story runs on either.
    #[actix_web::test]
    async fn a_room_opens_the_console_or_is_told_that_there_is_none() {
        let response = ask!("/console/p/some/reminders");
        assert_eq!(response.headers().get(CONTENT_SECURITY_POLICY).unwrap(), POLICY);
        assert_eq!(response.headers().get(CACHE_CONTROL).unwrap(), "no-cache");
        let built = Built::get(INDEX).is_some();
        assert_eq!(response.status(), if built { StatusCode::OK } else { StatusCode::NOT_FOUND });
        let page = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        assert!(page.contains(if built { "<script" } else { "make console" }), "{page}");
    }

    #[actix_web::test]
    async fn a_hashed_file_that_is_gone_is_not_found_and_nothing_outside_is_served() {
        for path in ["/console/assets/gone-1234.js", "/console/assets/..%2f..%2f..%2fCargo.toml"] {
            assert_eq!(ask!(path).status(), StatusCode::NOT_FOUND, "{path}");
        }
        let page = read_body(ask!("/console/..%2f..%2fCargo.toml")).await;
        assert!(!String::from_utf8_lossy(&page).contains("[package]"));
    }
}
