//! The demo's page and what it asks for. The phones on it use the owners' API like any mini program.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, http::StatusCode};
use api::error::ApiError;
use serde::Deserialize;
use serde_json::json;
use service::reminders::{self, ReminderError};
use uuid::Uuid;

use super::mischief;
use super::state;
use super::time::{Step, Time, TimeError};
use super::world::DemoWorld;

/// The page's files: path, type, text.
const FILES: [(&str, &str, &str); 8] = [
    ("/demo", "text/html; charset=utf-8", include_str!("../../demo/index.html")),
    ("/demo/style.css", "text/css; charset=utf-8", include_str!("../../demo/style.css")),
    ("/demo/app.js", "text/javascript; charset=utf-8", include_str!("../../demo/app.js")),
    ("/demo/phone.js", "text/javascript; charset=utf-8", include_str!("../../demo/phone.js")),
    ("/demo/calls.js", "text/javascript; charset=utf-8", include_str!("../../demo/calls.js")),
    ("/demo/inbox.js", "text/javascript; charset=utf-8", include_str!("../../demo/inbox.js")),
    ("/demo/panels.js", "text/javascript; charset=utf-8", include_str!("../../demo/panels.js")),
    ("/demo/words.js", "text/javascript; charset=utf-8", include_str!("../../demo/words.js")),
];

/// The demo's routes.
pub fn routes(world: DemoWorld, time: Time) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    let (world, time) = (web::Data::new(world), web::Data::new(time));
    move |config: &mut ServiceConfig| {
        config.app_data(world.clone()).app_data(time.clone());
        let policy = content_policy(&world.sim.urls().wechat);
        for (path, kind, text) in FILES {
            let policy = policy.clone();
            config.route(path, web::get().to(move || std::future::ready(file(kind, text, &policy))));
        }
        config
            .route("/", web::get().to(to_page))
            .route("/demo/mini/{file}", web::get().to(super::mini::show))
            .route("/demo/api/state", web::get().to(show_state))
            .route("/demo/api/clock", web::post().to(move_clock))
            .route("/demo/api/mischief", web::post().to(make_mischief))
            .route("/demo/api/reminders/{notice}", web::get().to(show_reminder));
    }
}

/// Nothing but our own files, our own API and the simulated phone network.
fn content_policy(wechat_url: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' {wechat_url}; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn file(kind: &'static str, text: &'static str, policy: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(text)
}

async fn to_page() -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("Location", "/demo")).finish()
}

async fn show_state(world: web::Data<DemoWorld>, time: web::Data<Time>) -> Result<HttpResponse, ApiError> {
    let state = state::look(&world, &time).await.map_err(|error| ApiError::internal(error.as_ref()))?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(state))
}

async fn move_clock(time: web::Data<Time>, step: web::Json<Step>) -> Result<HttpResponse, ApiError> {
    match time.advance(*step) {
        Ok(to) => Ok(HttpResponse::Accepted().json(json!({ "to": to }))),
        Err(error @ TimeError::OutOfRange) => Err(ApiError::bad_request("bad_step", error.to_string())),
        Err(error @ TimeError::Moving) => Err(ApiError::new(StatusCode::CONFLICT, "moving", error.to_string())),
    }
}

/// Which fault, and whether it is to happen.
#[derive(Debug, Deserialize)]
struct Wish {
    kind: String,
    #[serde(default = "yes")]
    on: bool,
}

const fn yes() -> bool {
    true
}

async fn make_mischief(world: web::Data<DemoWorld>, wish: web::Json<Wish>) -> Result<HttpResponse, ApiError> {
    let Some(rule) = mischief::rule(&wish.kind) else {
        return Err(ApiError::bad_field("kind", "没有这种故障"));
    };
    let desk = world.sim.mischief();
    let mut pending = desk.pending();
    desk.clear();
    pending.retain(|other| *other != rule);
    if wish.on {
        pending.push(rule);
    }
    for rule in pending {
        desk.rule(rule);
    }
    Ok(HttpResponse::Ok().json(json!({ "waiting": mischief::waiting(&desk.pending()) })))
}

async fn show_reminder(world: web::Data<DemoWorld>, path: web::Path<Uuid>) -> Result<HttpResponse, ApiError> {
    let db = world.installation.projects.open(world.project).await?;
    match reminders::timeline(&db, path.into_inner()).await {
        Ok(timeline) => Ok(HttpResponse::Ok().json(timeline)),
        Err(ReminderError::NotFound) => Err(ApiError::not_found()),
        Err(error) => Err(ApiError::internal(&error)),
    }
}
