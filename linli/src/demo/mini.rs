//! The owners' mini program in the demo's phones: its web build, read from where `make` puts it.

use std::path::PathBuf;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, web};
use api::error::ApiError;

use super::world::DemoWorld;

/// Names another folder with the web build.
const FOLDER_VARIABLE: &str = "LINLI_MINIPROGRAM";
/// Where `make miniprogram` puts it, seen from the project's folder.
const FOLDER: &str = "miniprogram/build/web";
/// What to do when it is not there.
pub(super) const HOW_TO_BUILD: &str =
    "手机里的小程序还没有构建：在项目目录运行 make miniprogram（需要 Node.js 20 以上），然后刷新演示页面";

/// The files of the build, with their types.
const FILES: [(&str, &str); 4] = [
    ("index.html", "text/html; charset=utf-8"),
    ("base.css", "text/css; charset=utf-8"),
    ("runtime.js", "text/javascript; charset=utf-8"),
    ("app.js", "text/javascript; charset=utf-8"),
];
/// What speaks for WeChat in the page: the demo's own.
const HOST: &str = include_str!("../../demo/host.js");

fn folder() -> PathBuf {
    std::env::var_os(FOLDER_VARIABLE).map_or_else(|| PathBuf::from(FOLDER), PathBuf::from)
}

/// The build is complete.
pub(super) fn is_built() -> bool {
    let folder = folder();
    FILES.iter().all(|(name, _)| folder.join(name).is_file())
}

/// One file of the mini program.
pub(super) async fn show(world: web::Data<DemoWorld>, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let policy = content_policy(&world.sim.urls().wechat);
    if name.as_str() == "host.js" {
        return Ok(answer("text/javascript; charset=utf-8", policy, HOST.into()));
    }
    let Some((file, kind)) = FILES.iter().find(|(file, _)| file == name.as_ref()) else {
        return Err(ApiError::not_found());
    };
    let path = folder().join(file);
    let read = web::block(move || std::fs::read(path)).await.map_err(|error| ApiError::internal(&error))?;
    read.map_or_else(|_| Err(ApiError::not_found()), |bytes| Ok(answer(kind, policy, bytes)))
}

/// Our own files, our own API, the simulated phone network and WeChat's pictures of codes. Styles are written by the
/// component framework.
fn content_policy(wechat_url: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:; \
         img-src 'self' data: https://mp.weixin.qq.com; connect-src 'self' {wechat_url}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'self'"
    )
}

fn answer(kind: &'static str, policy: String, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(bytes)
}
