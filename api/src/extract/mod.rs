//! Who asks, for which project, and with what: taking one of these in a handler *is* the check.

mod admission;
mod json;
mod malformed;
mod owner;
mod project;
mod query;
mod request_id;
mod staff;
mod staff_cookie;
mod text;

use actix_web::web;

pub use json::Json;
pub use owner::Owner;
pub use project::{Project, project_id};
pub use query::Query;
pub use request_id::RequestId;
pub use staff::{CompanyStaff, SignedInStaff, Staff};
pub use staff_cookie::{FromConsole, expired_cookie, session_cookie};
pub use text::Text;

use crate::error::ApiError;

/// The largest body that is read by itself: JSON and callbacks.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// How bodies and paths are read everywhere. A path with something else where an id belongs leads nowhere.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
        .app_data(web::PathConfig::default().error_handler(|_, _| ApiError::not_found().into()));
}
