//! The whole URL map on one screen. What is registered here is in `/openapi.json` by that alone.

use actix_web::{App, web};
use utoipa::ToSchema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, RefOr};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::error::ErrorEnvelope;
use crate::{callback, health, owner, staff};

/// Every route.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(health::healthz)
        .service(health::readyz)
        .service(health::metrics)
        .service(callback::wechat_pay::payment)
        .service(callback::wechat_pay::refund)
        .service(callback::wechat::check_address)
        .service(callback::wechat::push)
        .service(callback::sms::reports)
        .service(callback::voice::reports)
        .configure(owner::configure)
        .configure(staff::configure);
}

/// Serves the description of every route that was registered.
pub fn openapi_service(description: OpenApi) -> actix_web::Resource {
    let description = web::Data::new(described(description));
    web::resource("/openapi.json")
        .app_data(description)
        .route(web::get().to(async |description: web::Data<OpenApi>| web::Json(description.get_ref().clone())))
}

/// The description of every route, from the registration that serves them: needs no running installation.
#[must_use]
pub fn description() -> OpenApi {
    let (_, description) = App::new().into_utoipa_app().configure(configure).split_for_parts();
    described(description)
}

/// Adds what the routes cannot say of themselves.
fn described(mut description: OpenApi) -> OpenApi {
    description.info = InfoBuilder::new()
        .title("邻里 Linli")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("物业收费：账单、微信支付、提醒。金额一律为整数分（*_fen），日期为 ISO 8601。"))
        .build();
    let components = description.components.get_or_insert_default();
    let mut errors = Vec::new();
    ErrorEnvelope::schemas(&mut errors);
    components.schemas.extend(errors);
    components.schemas.insert(ErrorEnvelope::name().into_owned(), <ErrorEnvelope as utoipa::PartialSchema>::schema());
    let bearer = || SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme("owner", bearer());
    components.add_security_scheme("staff", bearer());
    describe_successes(&mut description);
    description
}

/// OpenAPI wants words for every answer; of most successes there is no more to say than the schema does.
fn describe_successes(description: &mut OpenApi) {
    for path in description.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.put, &mut path.delete];
        for answer in operations.into_iter().flatten().flat_map(|one| one.responses.responses.values_mut()) {
            if let RefOr::T(answer) = answer
                && answer.description.is_empty()
            {
                "成功".clone_into(&mut answer.description);
            }
        }
    }
}

#[cfg(test)]
mod tests;
