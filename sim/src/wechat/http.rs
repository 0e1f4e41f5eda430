//! Paths of `api.weixin.qq.com`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::app::AppKind;
use super::subscribe::Turn;
use crate::book::Channel;
use crate::crypto;
use crate::http::{Answer, Incoming, play, text};
use crate::mischief::Endpoint;
use crate::server::Shared;
use crate::world::World;

/// A PNG of one white pixel: scenes are checked, pictures are not drawn.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==";

/// An error of this host: HTTP 200 with errcode and errmsg.
#[derive(Debug)]
pub(crate) struct WxError {
    pub(crate) code: i64,
    pub(crate) message: String,
}

impl WxError {
    pub(crate) fn new(code: i64, message: &str) -> Self {
        Self { code, message: message.to_owned() }
    }

    fn answer(&self) -> Answer {
        let rid = hex::encode(crypto::random_bytes::<8>());
        Answer::json(200, &json!({ "errcode": self.code, "errmsg": format!("{} rid: {rid}", self.message) }))
    }
}

pub(crate) fn route(method: &str, path: &str) -> Option<Endpoint> {
    Some(match (method, path) {
        ("GET", "/sns/jscode2session") => Endpoint::Login,
        ("GET", "/cgi-bin/token") | ("POST", "/cgi-bin/stable_token") => Endpoint::Token,
        ("POST", "/wxa/business/getuserphonenumber") => Endpoint::PhoneNumber,
        ("POST", "/cgi-bin/message/template/send") => Endpoint::Template,
        ("POST", "/cgi-bin/message/subscribe/send") => Endpoint::Subscribe,
        ("POST", "/cgi-bin/message/subscribe/bizsend") => Endpoint::BizSubscribe,
        ("POST", "/wxa/generate_urllink") => Endpoint::UrlLink,
        ("GET", "/cgi-bin/user/info") | ("POST", "/cgi-bin/user/info/batchget") => Endpoint::UserInfo,
        ("GET", "/cgi-bin/user/get") => Endpoint::UserList,
        ("POST", "/cgi-bin/qrcode/create") => Endpoint::QrCode,
        ("POST", "/wxa/sec/queryblocktmplmsg") => Endpoint::BlockedMessages,
        ("POST", "/cgi-bin/openapi/quota/get") => Endpoint::ApiQuota,
        ("POST", "/wxa/sec/order/upload_shipping_info") => Endpoint::Shipping,
        ("POST", "/wxa/sec/order/is_trade_managed") => Endpoint::Shipping,
        ("POST", "/wxa/getwxacodeunlimit") => Endpoint::WxaCode,
        _ => return None,
    })
}

pub(crate) async fn answer(shared: &Arc<Shared>, incoming: &Incoming<'_>) -> Answer {
    if let Some(key) = incoming.path().strip_prefix("/wxaurl/") {
        return match shared.world().resolve_link(key) {
            Some(target) => Answer::json(200, &json!(target)),
            None => Answer::bare(404),
        };
    }
    if (incoming.method(), incoming.path()) == ("GET", "/cgi-bin/showqrcode") {
        let ticket = incoming.param("ticket").unwrap_or_default();
        return if shared.world().shows_qr(&ticket) { picture() } else { Answer::bare(404) };
    }
    let Some(endpoint) = route(incoming.method(), incoming.path()) else { return Answer::bare(404) };
    let body = incoming.json();
    let openid = incoming.param("openid").unwrap_or_default();
    let account = account(shared, endpoint, incoming, &body);
    let keys = [text(&body, "/touser"), text(&body, "/template_id"), &openid, &account];
    let run = || match run(shared, endpoint, incoming, &body) {
        Ok(answer) => answer,
        Err(error) => error.answer(),
    };
    let turn = match endpoint {
        Endpoint::Subscribe if body.get("touser").is_some() => Turn::take(shared, text(&body, "/touser")).map(Some),
        _ => Ok(None),
    };
    match turn {
        Ok(_until_answered) => play(shared, endpoint, &keys, refuse, run).await,
        Err(error) => error.answer(),
    }
}

/// Who calls, for rules about one account; empty when nobody can tell.
fn account(shared: &Shared, endpoint: Endpoint, incoming: &Incoming<'_>, body: &Value) -> String {
    if matches!(endpoint, Endpoint::Login | Endpoint::Token) {
        return incoming.param("appid").unwrap_or_else(|| text(body, "/appid").to_owned());
    }
    let (token, world) = (incoming.param("access_token").unwrap_or_default(), shared.world());
    world.tokens.check(&token, world.clock.now_ms()).map(str::to_owned).unwrap_or_default()
}

fn picture() -> Answer {
    Answer::raw(200, "image/png", crypto::unb64(PIXEL).unwrap_or_default())
}

/// The kind of account an API is open to.
fn kind_of(endpoint: Endpoint) -> Option<AppKind> {
    use Endpoint::{BizSubscribe, BlockedMessages, PhoneNumber, QrCode, Shipping, Subscribe, Template, UrlLink};
    match endpoint {
        Template | BizSubscribe | QrCode | BlockedMessages => Some(AppKind::ServiceAccount),
        Endpoint::UserInfo | Endpoint::UserList => Some(AppKind::ServiceAccount),
        Subscribe | PhoneNumber | UrlLink | Shipping | Endpoint::WxaCode => Some(AppKind::MiniProgram),
        _ => None,
    }
}

fn refuse(status: u16, code: &str) -> Answer {
    if status == 429 {
        return WxError::new(45011, "api minute-quota reach limit, must slower, retry next minute").answer();
    }
    WxError::new(code.parse().unwrap_or(-1), "system error").answer()
}

fn run(shared: &Shared, endpoint: Endpoint, incoming: &Incoming<'_>, body: &Value) -> Result<Answer, WxError> {
    let param = |name: &str| incoming.param(name).unwrap_or_default();
    let mut world = shared.world();
    if endpoint == Endpoint::Login {
        let session = world.code_to_session(&param("appid"), &param("secret"), &param("js_code"))?;
        // The real host labels this JSON as plain text.
        return Ok(Answer::raw(200, "text/plain", session.to_string().into_bytes()));
    }
    if endpoint == Endpoint::Token {
        let token = if incoming.method() == "GET" {
            world.plain_token(&param("grant_type"), &param("appid"), &param("secret"))?
        } else {
            world.stable_token(body)?
        };
        return Ok(Answer::json(200, &token));
    }
    let now_ms = world.clock.now_ms();
    let appid = world.tokens.check(&param("access_token"), now_ms)?.to_owned();
    if incoming.method() == "POST" && !body.is_object() {
        return Err(WxError::new(47001, "data format error"));
    }
    if let Some(kind) = kind_of(endpoint) {
        world.must_be(&appid, kind)?;
    }
    world.count_call(&appid, endpoint)?;
    let value = match endpoint {
        Endpoint::PhoneNumber => world.phone_number(&appid, body)?,
        Endpoint::Template => world.send_template(&appid, body)?,
        Endpoint::Subscribe => world.send_subscribe(&appid, body, Channel::Subscribe)?,
        Endpoint::BizSubscribe => world.send_subscribe(&appid, body, Channel::BizSubscribe)?,
        Endpoint::UrlLink => world.make_link(&appid, body, &link_prefix(shared))?,
        Endpoint::UserInfo if incoming.method() == "POST" => world.user_info_batch(&appid, body)?,
        Endpoint::UserInfo => world.user_info(&appid, &param("openid"))?,
        Endpoint::UserList => world.user_list(&appid, &param("next_openid"))?,
        Endpoint::QrCode => world.create_qr(&appid, body)?,
        Endpoint::BlockedMessages => world.blocked_messages(&appid, body)?,
        Endpoint::ApiQuota => world.api_quota(&appid, body)?,
        Endpoint::Shipping if incoming.path().ends_with("is_trade_managed") => {
            json!({ "errcode": 0, "errmsg": "ok", "is_trade_managed": true })
        }
        Endpoint::Shipping => world.report_shipping(&appid, body)?,
        _ => {
            World::check_scene(body)?;
            return Ok(picture());
        }
    };
    Ok(Answer::json(200, &value))
}

fn link_prefix(shared: &Shared) -> String {
    shared.config.url_link_prefix.clone().unwrap_or_else(|| format!("{}/wxaurl/", shared.urls.wechat))
}
