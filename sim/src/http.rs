//! The thin skin: one actix handler for all hosts, told apart by the port the request came in on.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::mischief::{Endpoint, Trick};
use crate::outbox::{self, Family};
use crate::server::{Host, Shared};
use crate::{control, pay, sms, wechat};

/// Largest request body taken.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;

pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// A request as received.
pub(crate) struct Incoming<'a> {
    request: &'a HttpRequest,
    pub(crate) body: &'a [u8],
}

impl Incoming<'_> {
    pub(crate) fn method(&self) -> &str {
        self.request.method().as_str()
    }

    pub(crate) fn path(&self) -> &str {
        self.request.uri().path()
    }

    /// Path and query exactly as sent: what WeChat Pay signs.
    pub(crate) fn target(&self) -> &str {
        self.request.uri().path_and_query().map_or("/", |target| target.as_str())
    }

    pub(crate) fn query(&self) -> &str {
        self.request.uri().query().unwrap_or_default()
    }

    /// A header as text; empty when missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The first value of a query parameter, decoded.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        param(self.query(), name)
    }

    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or(Value::Null)
    }
}

/// The first value of a name in a form-encoded text.
pub(crate) fn param(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A text of a JSON object; empty when missing or of another type.
pub(crate) fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// An answer before it is handed to actix.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// WeChat Pay signs its answers, except those its gateway makes alone.
    pub(crate) signed: bool,
    /// How the signature is to be spoilt.
    pub(crate) spoil: Option<Trick>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, JSON, body.to_string().into_bytes())
    }

    pub(crate) fn raw(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status, content_type, headers: Vec::new(), body, signed: true, spoil: None }
    }

    pub(crate) fn no_content() -> Self {
        Self::raw(204, JSON, Vec::new())
    }

    /// What a proxy answers when the business behind it does not.
    pub(crate) fn bare(status: u16) -> Self {
        let page = format!("<html><body><h1>{status}</h1></body></html>");
        Self { signed: false, ..Self::raw(status, "text/html", page.into_bytes()) }
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut builder = Self::build(status);
        for (name, value) in answer.headers {
            builder.insert_header((name, value));
        }
        if answer.status == 204 {
            return builder.finish();
        }
        builder.content_type(answer.content_type).body(answer.body)
    }
}

/// Runs a call under the mischief ordered for it. `refuse` words an error as the vendor does.
pub(crate) async fn play(
    shared: &Arc<Shared>,
    endpoint: Endpoint,
    keys: &[&str],
    refuse: impl Fn(u16, &str) -> Answer,
    run: impl FnOnce() -> Answer,
) -> Answer {
    let trick = shared.world().mischief.take(endpoint, keys, Trick::acts_on_answer);
    let Some(trick) = trick else { return run() };
    match &trick {
        Trick::TimeoutBefore => silence(shared).await,
        Trick::TimeoutAfter => {
            let _done = run();
            silence(shared).await
        }
        Trick::StatusBefore { status } => Answer::bare(*status),
        Trick::StatusAfter { status } => {
            let _done = run();
            Answer::bare(*status)
        }
        Trick::TooMany => refuse(429, ""),
        Trick::Accepted => {
            let _done = run();
            Answer::json(202, &Value::Object(serde_json::Map::new()))
        }
        Trick::Refuse { status, code } => refuse(*status, code),
        Trick::RefuseAfter { status, code } => {
            let _done = run();
            refuse(*status, code)
        }
        Trick::Hold => {
            let answer = run();
            shared.hold().await;
            answer
        }
        Trick::HoldBefore => {
            shared.hold().await;
            run()
        }
        Trick::ReceiptFirst => {
            let answer = run();
            outbox::deliver(shared, Family::Receipt, 1, i64::MAX).await;
            answer
        }
        _ => Answer { spoil: Some(trick), ..run() },
    }
}

async fn silence(shared: &Shared) -> Answer {
    tokio::time::sleep(Duration::from_millis(shared.config.hold_ms)).await;
    Answer::bare(504)
}

/// The one handler.
pub(crate) async fn serve(request: HttpRequest, body: Bytes, shared: Data<Arc<Shared>>) -> HttpResponse {
    let shared: &Arc<Shared> = &shared;
    let host = shared.host_of(request.app_config().local_addr().port());
    let incoming = Incoming { request: &request, body: &body };
    let answer = match host {
        Some(Host::Wechat) if control::is_control(incoming.path()) => control::answer(shared, &incoming).await,
        Some(Host::Wechat) => wechat::http::answer(shared, &incoming).await,
        Some(Host::Pay | Host::PayFailover) => pay::http::answer(shared, &incoming).await,
        Some(Host::TencentSms) => sms::tencent::answer(shared, &incoming, Endpoint::TencentSms).await,
        Some(Host::TencentVoice) => sms::tencent::answer(shared, &incoming, Endpoint::TencentVoice).await,
        Some(Host::AliyunSms) => sms::aliyun::answer(shared, &incoming, Endpoint::AliyunSms).await,
        Some(Host::AliyunVoice) => sms::aliyun::answer(shared, &incoming, Endpoint::AliyunVoice).await,
        None => Answer::bare(404),
    };
    answer.into()
}
