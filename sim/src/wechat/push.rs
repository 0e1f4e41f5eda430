//! Message pushes to the server an app has configured: plain, compatible or encrypted, XML or JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::app::AppKind;
use super::event::{Event, EventItem};
use crate::crypto;
use crate::error::SimError;
use crate::mischief::Trick;
use crate::outbox::{Job, Outgoing, Payload};
use crate::server::{Shared, Sim};
use crate::world::World;

/// Waits between attempts: the platform tries again three times, about five seconds apart.
pub(crate) const RETRIES_S: [i64; 3] = [5, 5, 5];

/// How messages are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushMode {
    /// Signed by `signature` only.
    Plain,
    /// Plain fields and `Encrypt` side by side.
    Compatible,
    /// `Encrypt` only.
    Safe,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushFormat {
    /// Service accounts, always.
    Xml,
    /// Mini programs, when configured so.
    Json,
}

/// 消息推送 settings of an app.
#[derive(Clone, Debug)]
pub struct PushConfig {
    /// Where to; may carry a query.
    pub url: String,
    /// Token of the signatures.
    pub token: String,
    /// EncodingAESKey, 43 characters.
    pub encoding_aes_key: String,
    /// Protection.
    pub mode: PushMode,
    /// Writing.
    pub format: PushFormat,
}

/// An event on its way to one server.
#[derive(Clone)]
pub(crate) struct Push {
    appid: String,
    to_user: String,
    config: PushConfig,
    event: Event,
    created_s: i64,
}

impl Push {
    fn xml(&self) -> String {
        let mut inner = cdata("ToUserName", &self.to_user);
        inner.push_str(&cdata("FromUserName", &self.event.openid));
        inner.push_str(&format!("<CreateTime>{}</CreateTime>", self.created_s));
        inner.push_str(&cdata("MsgType", "event"));
        inner.push_str(&cdata("Event", &self.event.name));
        for (key, value) in &self.event.fields {
            inner.push_str(&cdata(key, value));
        }
        if let Some((parent, items)) = &self.event.list {
            let list = |item: &EventItem| {
                let fields: String = item.0.iter().map(|(key, value)| cdata(key, value)).collect();
                format!("<List>{fields}</List>")
            };
            inner.push_str(&format!("<{parent}>{}</{parent}>", items.iter().map(list).collect::<String>()));
        }
        inner
    }

    /// JSON puts `List` at the top: an object when single, an array when several, numbers as texts.
    fn json(&self) -> Map<String, Value> {
        let mut message = Map::new();
        message.insert("ToUserName".to_owned(), json!(self.to_user));
        message.insert("FromUserName".to_owned(), json!(self.event.openid));
        message.insert("CreateTime".to_owned(), json!(self.created_s));
        message.insert("MsgType".to_owned(), json!("event"));
        message.insert("Event".to_owned(), json!(self.event.name));
        for (key, value) in &self.event.fields {
            message.insert(key.clone(), json!(value));
        }
        if let Some((_, items)) = &self.event.list {
            let object = |item: &EventItem| -> Value {
                Value::Object(item.0.iter().map(|(key, value)| (key.clone(), json!(value))).collect())
            };
            let list = match items.as_slice() {
                [single] => object(single),
                several => Value::Array(several.iter().map(object).collect()),
            };
            message.insert("List".to_owned(), list);
        }
        message
    }

    fn encrypt(&self) -> Option<String> {
        let key = crypto::push_key(&self.config.encoding_aes_key).ok()?;
        let plain = match self.config.format {
            PushFormat::Xml => format!("<xml>{}</xml>", self.xml()),
            PushFormat::Json => Value::Object(self.json()).to_string(),
        };
        crypto::push_encrypt(&key, &crypto::random_bytes::<16>(), plain.as_bytes(), &self.appid).ok()
    }

    fn body(&self, encrypted: Option<&str>) -> String {
        let plain = self.config.mode != PushMode::Safe;
        match self.config.format {
            PushFormat::Xml => {
                let mut inner = if plain { self.xml() } else { cdata("ToUserName", &self.to_user) };
                inner.push_str(&encrypted.map(|text| cdata("Encrypt", text)).unwrap_or_default());
                format!("<xml>{inner}</xml>")
            }
            PushFormat::Json => {
                let mut message = if plain { self.json() } else { Map::new() };
                message.insert("ToUserName".to_owned(), json!(self.to_user));
                if let Some(text) = encrypted {
                    message.insert("Encrypt".to_owned(), json!(text));
                }
                Value::Object(message).to_string()
            }
        }
    }

    pub(crate) fn outgoing(&self, shared: &Shared, spoil: Option<&Trick>) -> Option<Outgoing> {
        let encrypted = if self.config.mode == PushMode::Plain { None } else { Some(self.encrypt()?) };
        let skew_s = if let Some(Trick::StaleTimestamp { by_s }) = spoil { *by_s } else { 0 };
        let timestamp = shared.clock.now_s().saturating_add(skew_s).to_string();
        let nonce = nonce();
        // A forger knows everything but the token.
        let token = if matches!(spoil, Some(Trick::Forge | Trick::SignTest)) { "forged" } else { &self.config.token };
        let signature = crypto::push_signature(&[token, &timestamp, &nonce]);
        let mut query =
            format!("signature={signature}&timestamp={timestamp}&nonce={nonce}&openid={}", self.event.openid);
        if let Some(text) = &encrypted {
            let signed = crypto::push_signature(&[token, &timestamp, &nonce, text]);
            query.push_str(&format!("&encrypt_type=aes&msg_signature={signed}"));
        }
        let content_type = match self.config.format {
            PushFormat::Xml => "text/xml",
            PushFormat::Json => "application/json",
        };
        Some(Outgoing {
            url: with_query(&self.config.url, &query),
            content_type,
            headers: Vec::new(),
            body: self.body(encrypted.as_deref()).into_bytes(),
        })
    }

    /// 200 with an empty body, `success`, or a reply encrypted for this app.
    pub(crate) fn acknowledged(&self, status: u16, body: &[u8]) -> bool {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        status == 200 && (text.is_empty() || text == "success" || self.opens(text))
    }

    fn opens(&self, reply: &str) -> bool {
        let written = match self.config.format {
            PushFormat::Json => serde_json::from_str::<Value>(reply).ok().map(|reply| {
                let field = |name: &str| {
                    reply.get(name).map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned))
                };
                ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map(|name| field(name).unwrap_or_default())
            }),
            PushFormat::Xml => {
                Some(["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map(|name| element(reply, name).to_owned()))
            }
        };
        let Some([encrypted, signature, timestamp, nonce]) = written else { return false };
        let signed = crypto::push_signature(&[&self.config.token, &timestamp, &nonce, &encrypted]) == signature;
        let key = crypto::push_key(&self.config.encoding_aes_key).ok();
        let opened = key.and_then(|key| crypto::push_decrypt(&key, &encrypted));
        signed && opened.is_some_and(|(_, appid)| appid == self.appid)
    }
}

fn cdata(name: &str, text: &str) -> String {
    format!("<{name}><![CDATA[{}]]></{name}>", text.replace("]]>", ""))
}

/// The text of an element of a flat XML message, CDATA or not; empty when missing.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let inner = xml.split_once(&open).and_then(|(_, rest)| rest.split_once(&close)).map_or("", |(inner, _)| inner);
    inner.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>")
}

fn nonce() -> String {
    let number = crypto::random_bytes::<4>()
        .iter()
        .fold(0_u32, |sum, byte| sum.wrapping_mul(256).wrapping_add(u32::from(*byte)));
    number.to_string()
}

fn with_query(url: &str, query: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{query}")
}

impl World {
    pub(crate) fn push_event_now(&mut self, appid: &str, event: Event) {
        let now_ms = self.clock.now_ms();
        self.push_event(appid, event, now_ms);
    }

    /// Queues an event when the app has a server configured; else nobody hears of it.
    pub(crate) fn push_event(&mut self, appid: &str, event: Event, due_ms: i64) {
        let Some(app) = self.apps.get(appid) else { return };
        let Some(config) = app.push.clone() else { return };
        let (what, key) = (event.name.clone(), event.openid.clone());
        let push = Push {
            appid: appid.to_owned(),
            to_user: app.config.original_id.clone(),
            config,
            event,
            created_s: due_ms.div_euclid(1000),
        };
        self.tell(Job { what, key, due_ms, attempts: 0, payload: Payload::Push(push) });
    }
}

impl Sim {
    /// 消息推送 settings. Service accounts are pushed XML and mini programs JSON; for another format, use
    /// [`Sim::configure_push_as`].
    pub fn configure_push(
        &self,
        appid: &str,
        url: &str,
        token: &str,
        encoding_aes_key: &str,
        mode: PushMode,
    ) -> Result<(), SimError> {
        let kind = self.world().apps.get(appid).map(|app| app.config.kind);
        let format = match kind.ok_or_else(|| SimError::UnknownApp(appid.to_owned()))? {
            AppKind::ServiceAccount => PushFormat::Xml,
            AppKind::MiniProgram => PushFormat::Json,
        };
        self.configure_push_as(
            appid,
            PushConfig {
                url: url.to_owned(),
                token: token.to_owned(),
                encoding_aes_key: encoding_aes_key.to_owned(),
                mode,
                format,
            },
        )
    }

    /// 消息推送 settings written out.
    pub fn configure_push_as(&self, appid: &str, config: PushConfig) -> Result<(), SimError> {
        if config.mode != PushMode::Plain {
            crypto::push_key(&config.encoding_aes_key)?;
        }
        let mut world = self.world();
        let app = world.apps.get_mut(appid).ok_or_else(|| SimError::UnknownApp(appid.to_owned()))?;
        app.push = Some(config);
        Ok(())
    }

    /// The URL check the console makes when settings are saved: whether the server echoes `echostr`.
    pub async fn check_push_url(&self, appid: &str) -> Result<bool, SimError> {
        let config = self.world().apps.get(appid).and_then(|app| app.push.clone());
        let config = config.ok_or_else(|| SimError::UnknownApp(appid.to_owned()))?;
        let (timestamp, nonce, echo) = (self.shared.clock.now_s().to_string(), nonce(), crypto::random_text(19));
        let signature = crypto::push_signature(&[&config.token, &timestamp, &nonce]);
        let query = format!("signature={signature}&timestamp={timestamp}&nonce={nonce}&echostr={echo}");
        let response = self.shared.http.get(with_query(&config.url, &query)).send().await?;
        let fine = response.status().is_success();
        Ok(fine && response.text().await? == echo)
    }

    /// Pushes any other event, for instance `user_authorization_revoke`, with the given fields.
    pub fn push_event(&self, appid: &str, openid: &str, event: &str, fields: &[(&str, &str)]) {
        let mut pushed = Event::new(event, openid);
        for (key, value) in fields {
            pushed = pushed.with(key, value);
        }
        self.world().push_event_now(appid, pushed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    fn push(mode: PushMode, format: PushFormat, items: usize) -> Push {
        let item = EventItem::new(&[("TemplateId", "T1"), ("SubscribeStatusString", "accept")]);
        let event = Event::new("subscribe_msg_popup_event", "openid");
        let config = PushConfig {
            url: "http://127.0.0.1/push".to_owned(),
            token: "token".to_owned(),
            encoding_aes_key: AES_KEY.to_owned(),
            mode,
            format,
        };
        Push {
            appid: "wxapp".to_owned(),
            to_user: "gh_1".to_owned(),
            config,
            event: event.with_list("SubscribeMsgPopupEvent", vec![item; items]),
            created_s: 1_764_000_000,
        }
    }

    #[test]
    fn lists_are_nested_in_xml_and_bare_or_an_array_in_json() {
        let xml = push(PushMode::Plain, PushFormat::Xml, 2).body(None);
        assert_eq!(xml.matches("<List>").count(), 2);
        assert!(xml.contains("<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[T1]]>"), "{xml}");
        assert!(push(PushMode::Plain, PushFormat::Json, 1).json()["List"].is_object());
        assert!(push(PushMode::Plain, PushFormat::Json, 2).json()["List"].is_array());
    }

    #[test]
    fn safe_mode_encrypts_the_same_message_and_compatible_mode_sends_both() {
        let safe = push(PushMode::Safe, PushFormat::Json, 1);
        let encrypted = safe.encrypt().unwrap();
        let body: Value = serde_json::from_str(&safe.body(Some(&encrypted))).unwrap();
        assert_eq!(body.as_object().unwrap().len(), 2);
        let key = crypto::push_key(AES_KEY).unwrap();
        let (message, appid) = crypto::push_decrypt(&key, body["Encrypt"].as_str().unwrap()).unwrap();
        let opened: Value = serde_json::from_slice(&message).unwrap();
        assert_eq!((&opened["Event"], appid.as_str()), (&json!("subscribe_msg_popup_event"), "wxapp"));
        let both = push(PushMode::Compatible, PushFormat::Xml, 1).body(Some("abc"));
        assert!(both.contains("<Encrypt><![CDATA[abc]]></Encrypt>") && both.contains("<Event>"), "{both}");
    }

    #[test]
    fn only_success_nothing_or_a_reply_for_this_app_is_an_answer() {
        for format in [PushFormat::Json, PushFormat::Xml] {
            let push = push(PushMode::Safe, format, 1);
            assert!(push.acknowledged(200, b"") && push.acknowledged(200, b"success\n"));
            assert!(!push.acknowledged(500, b"success") && !push.acknowledged(200, b"fail"));
            let key = crypto::push_key(AES_KEY).unwrap();
            let reply = |appid: &str, token: &str| {
                let text = crypto::push_encrypt(&key, &[7; 16], b"<xml></xml>", appid).unwrap();
                let signature = crypto::push_signature(&[token, "1", "2", &text]);
                match format {
                    PushFormat::Json => {
                        json!({ "Encrypt": text, "MsgSignature": signature, "TimeStamp": 1, "Nonce": "2" }).to_string()
                    }
                    PushFormat::Xml => {
                        let head = format!("<xml>{}{}", cdata("Encrypt", &text), cdata("MsgSignature", &signature));
                        format!("{head}<TimeStamp>1</TimeStamp>{}</xml>", cdata("Nonce", "2"))
                    }
                }
            };
            assert!(push.acknowledged(200, reply("wxapp", "token").as_bytes()));
            assert!(!push.acknowledged(200, reply("wxother", "token").as_bytes()));
            assert!(!push.acknowledged(200, reply("wxapp", "forged").as_bytes()));
        }
    }
}
