//! The messages we send: service-account template, mini-program subscribe, service-account 订阅通知.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// WeChat's number of an accepted message; comes back in the delivery event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MsgId(pub String);

/// A service-account template message (`/cgi-bin/message/template/send`).
#[derive(Clone)]
pub struct TemplateMessage {
    /// Openid of the **service account**, not of the mini program.
    pub to_openid: String,
    /// Private template id.
    pub template_id: String,
    /// Opened where the mini program cannot be.
    pub url: Option<String>,
    /// App id of a linked mini program, and the page with its query.
    pub mini_program: Option<(String, String)>,
    /// `thing1` and its text; see [`super::message::check_field`].
    pub fields: Vec<(String, String)>,
    /// The same id to the same person within 10 minutes is sent once.
    pub client_msg_id: String,
}

impl TemplateMessage {
    pub(crate) fn to_body(&self) -> Value {
        let mut body = json!({
            "touser": self.to_openid,
            "template_id": self.template_id,
            "data": data(&self.fields),
            "client_msg_id": self.client_msg_id,
        });
        if let Some(url) = &self.url {
            insert(&mut body, "url", json!(url));
        }
        if let Some((appid, pagepath)) = &self.mini_program {
            insert(&mut body, "miniprogram", json!({ "appid": appid, "pagepath": pagepath }));
        }
        body
    }
}

impl fmt::Debug for TemplateMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateMessage")
            .field("template_id", &self.template_id)
            .field("client_msg_id", &self.client_msg_id)
            .finish_non_exhaustive()
    }
}

/// Which build of the mini program a card opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MiniProgramState {
    /// The published one.
    #[default]
    Formal,
    /// The trial build.
    Trial,
    /// The developer's build.
    Developer,
}

impl MiniProgramState {
    const fn wire(self) -> &'static str {
        match self {
            Self::Formal => "formal",
            Self::Trial => "trial",
            Self::Developer => "developer",
        }
    }
}

/// A mini-program subscribe message (`/cgi-bin/message/subscribe/send`).
#[derive(Clone)]
pub struct SubscribeMessage {
    /// Openid of the **mini program**.
    pub to_openid: String,
    /// Private template id.
    pub template_id: String,
    /// Page and query; without it the card does not open anything.
    pub page: Option<String>,
    /// Which build opens.
    pub state: MiniProgramState,
    /// `thing1` and its text; see [`super::message::check_field`].
    pub fields: Vec<(String, String)>,
}

impl SubscribeMessage {
    pub(crate) fn to_body(&self) -> Value {
        let mut body = json!({
            "touser": self.to_openid,
            "template_id": self.template_id,
            "data": data(&self.fields),
            "miniprogram_state": self.state.wire(),
            "lang": "zh_CN",
        });
        if let Some(page) = &self.page {
            insert(&mut body, "page", json!(page));
        }
        body
    }
}

impl fmt::Debug for SubscribeMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscribeMessage").field("template_id", &self.template_id).finish_non_exhaustive()
    }
}

/// A 订阅通知 of a service account (`/cgi-bin/message/subscribe/bizsend`). Following is not needed; each consent
/// given on an H5 page or in an article is one message.
#[derive(Clone)]
pub struct BizMessage {
    /// Openid of the **service account**.
    pub to_openid: String,
    /// Private template id.
    pub template_id: String,
    /// H5 page, opened where the mini program cannot be.
    pub page: Option<String>,
    /// App id of a linked mini program, and the page with its query.
    pub mini_program: Option<(String, String)>,
    /// `thing1` and its text; see [`super::message::check_field`].
    pub fields: Vec<(String, String)>,
    /// Only the sample of the published page names it: it is sent, and must not be relied on against repeats.
    pub client_msg_id: Option<String>,
}

impl BizMessage {
    pub(crate) fn to_body(&self) -> Value {
        let mut body = json!({
            "touser": self.to_openid,
            "template_id": self.template_id,
            "data": data(&self.fields),
        });
        if let Some(page) = &self.page {
            insert(&mut body, "page", json!(page));
        }
        if let Some((appid, pagepath)) = &self.mini_program {
            insert(&mut body, "miniprogram", json!({ "appid": appid, "pagepath": pagepath }));
        }
        if let Some(id) = &self.client_msg_id {
            insert(&mut body, "client_msg_id", json!(id));
        }
        body
    }
}

impl fmt::Debug for BizMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BizMessage")
            .field("template_id", &self.template_id)
            .field("client_msg_id", &self.client_msg_id)
            .finish_non_exhaustive()
    }
}

fn data(fields: &[(String, String)]) -> Value {
    let map: Map<String, Value> = fields.iter().map(|(key, value)| (key.clone(), json!({ "value": value }))).collect();
    Value::Object(map)
}

fn insert(body: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = body {
        map.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_message_has_the_published_shape() {
        let message = TemplateMessage {
            to_openid: "oa-1".into(),
            template_id: "T1".into(),
            url: None,
            mini_program: Some(("wx1".into(), "pages/bill?t=abc".into())),
            fields: vec![("thing1".into(), "物业服务费".into()), ("amount2".into(), "¥12.00".into())],
            client_msg_id: "m-1".into(),
        };
        assert_eq!(
            message.to_body(),
            json!({"touser":"oa-1","template_id":"T1","client_msg_id":"m-1",
                "miniprogram":{"appid":"wx1","pagepath":"pages/bill?t=abc"},
                "data":{"thing1":{"value":"物业服务费"},"amount2":{"value":"¥12.00"}}})
        );
        assert!(!format!("{message:?}").contains("oa-1"));
    }
}
