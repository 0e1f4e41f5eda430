//! The parameters behind the question mark.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::malformed::malformed;
use crate::error::ApiError;

/// Query parameters. An empty one counts as not given, as forms send what was left blank.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let mut given = form_urlencoded::Serializer::new(String::new());
    given.extend_pairs(form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()));
    let given = given.finish();
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(given.as_bytes()));
    serde_path_to_error::deserialize(pairs)
        .map_err(|error| malformed(&error.path().to_string(), &error.inner().to_string()))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Page {
        building: Option<String>,
        limit: Option<u32>,
    }

    #[test]
    fn an_empty_parameter_is_one_that_was_not_given() {
        let page: Page = parse("building=&limit=20").unwrap();
        assert_eq!((page.building, page.limit), (None, Some(20)));
        let page: Page = parse("building=1%E6%A0%8B").unwrap();
        assert_eq!((page.building.as_deref(), page.limit), (Some("1栋"), None));
    }

    #[test]
    fn a_parameter_that_is_no_number_is_named() {
        let error = parse::<Page>("limit=many").unwrap_err();
        assert_eq!(error.fields().first().map(|problem| problem.field.as_str()), Some("limit"));
    }
}
