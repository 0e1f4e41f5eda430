//! What a push says.

use std::fmt;

use serde_json::Value;

/// WeChat shows at most five templates at once; more are not read.
const ITEMS_MAX: usize = 20;
/// WeChat names about twenty kinds of data; a longer list is not one of WeChat's.
const REVOKED_MAX: usize = 50;

/// End of a template message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateJobStatus {
    /// On the phone. Not a read receipt: there is none.
    Delivered,
    /// The person blocks the account.
    UserBlocked,
    /// WeChat's own failure.
    SystemFailed,
}

/// One template a person accepted or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeItem {
    /// Which template.
    pub template_id: String,
    /// `accept` earns one credit; anything else none.
    pub is_accepted: bool,
    /// Where it was asked; only in the popup.
    pub popup_scene: Option<String>,
}

/// The late result of one subscribe message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeSentItem {
    /// Which template.
    pub template_id: String,
    /// Which message.
    pub msg_id: String,
    /// `0` is success.
    pub error_code: String,
    /// WeChat's words.
    pub error_status: String,
}

/// The events we act on.
#[derive(Clone, PartialEq, Eq)]
pub enum PushEvent {
    /// `TEMPLATESENDJOBFINISH`.
    TemplateJobFinished {
        /// Of the service account.
        openid: String,
        /// Of the message.
        msg_id: String,
        /// How it ended.
        status: TemplateJobStatus,
    },
    /// Follows the service account now.
    Subscribe {
        /// `qrscene_…` when a parametric code was scanned.
        event_key: Option<String>,
        /// Of that code.
        ticket: Option<String>,
    },
    /// No longer follows: stop template messages.
    Unsubscribe,
    /// A follower scanned a parametric code.
    Scan {
        /// The code's parameter.
        event_key: Option<String>,
        /// Of that code.
        ticket: Option<String>,
    },
    /// The consent window was answered.
    SubscribePopup(Vec<SubscribeItem>),
    /// Changed in the settings; only refusals are pushed.
    SubscribeChange(Vec<SubscribeItem>),
    /// Subscribe messages that failed later.
    SubscribeSent(Vec<SubscribeSentItem>),
    /// `user_authorization_revoke`: they take back some of what they allowed the app to know.
    AuthorizationRevoked {
        /// Whose: `FromUserName` is WeChat's own sender in these events.
        openid: String,
        /// `RevokeInfo`: the numbers of the kinds of data. Empty when WeChat does not say which.
        kinds: Vec<u16>,
    },
    /// `user_authorization_cancellation`: the person leaves WeChat.
    AuthorizationCancelled {
        /// Whose.
        openid: String,
    },
    /// Something we do not act on.
    Other {
        /// `event`, `text`, …
        msg_type: String,
        /// Empty unless `msg_type` is `event`.
        event: String,
    },
}

impl PushEvent {
    /// What the event is about, for telling two events of one person in one second apart.
    pub(crate) fn subject(&self) -> String {
        let items = |kind: &str, list: &[SubscribeItem]| {
            let parts: Vec<String> = list.iter().map(|i| format!("{}={}", i.template_id, i.is_accepted)).collect();
            format!("{kind}\n{}", parts.join(","))
        };
        match self {
            Self::TemplateJobFinished { msg_id, .. } => format!("job\n{msg_id}"),
            Self::Subscribe { .. } => "subscribe".to_owned(),
            Self::Unsubscribe => "unsubscribe".to_owned(),
            Self::Scan { event_key, .. } => format!("scan\n{}", event_key.as_deref().unwrap_or_default()),
            Self::SubscribePopup(list) => items("popup", list),
            Self::SubscribeChange(list) => items("change", list),
            Self::SubscribeSent(list) => {
                let parts: Vec<&str> = list.iter().map(|i| i.msg_id.as_str()).collect();
                format!("sent\n{}", parts.join(","))
            }
            Self::AuthorizationRevoked { openid, kinds } => format!("revoked\n{openid}\n{kinds:?}"),
            Self::AuthorizationCancelled { openid } => format!("cancelled\n{openid}"),
            Self::Other { msg_type, event } => format!("{msg_type}\n{event}"),
        }
    }
}

/// Names the event; never the person.
impl fmt::Debug for PushEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TemplateJobFinished { msg_id, status, .. } => {
                f.debug_struct("TemplateJobFinished").field("msg_id", msg_id).field("status", status).finish()
            }
            Self::Subscribe { .. } => f.write_str("Subscribe"),
            Self::Unsubscribe => f.write_str("Unsubscribe"),
            Self::Scan { .. } => f.write_str("Scan"),
            Self::SubscribePopup(list) => f.debug_tuple("SubscribePopup").field(list).finish(),
            Self::SubscribeChange(list) => f.debug_tuple("SubscribeChange").field(list).finish(),
            Self::SubscribeSent(list) => f.debug_tuple("SubscribeSent").field(list).finish(),
            Self::AuthorizationRevoked { kinds, .. } => f.debug_tuple("AuthorizationRevoked").field(kinds).finish(),
            Self::AuthorizationCancelled { .. } => f.write_str("AuthorizationCancelled"),
            Self::Other { msg_type, event } => {
                f.debug_struct("Other").field("msg_type", msg_type).field("event", event).finish()
            }
        }
    }
}

/// Reads the tree of a message. `None` when a field that the event must have is missing.
pub(crate) fn read(tree: &Value, from_openid: &str) -> Option<PushEvent> {
    let msg_type = text(tree, "MsgType")?;
    let event = text(tree, "Event").unwrap_or_default();
    let other = || PushEvent::Other { msg_type: msg_type.clone(), event: event.clone() };
    if msg_type != "event" {
        return Some(other());
    }
    let event_key = filled(tree, "EventKey");
    let ticket = filled(tree, "Ticket");
    let whose = || filled(tree, "OpenID").unwrap_or_else(|| from_openid.to_owned());
    Some(match event.to_ascii_lowercase().as_str() {
        "templatesendjobfinish" => match job_status(&text(tree, "Status")?) {
            Some(status) => PushEvent::TemplateJobFinished {
                openid: from_openid.to_owned(),
                msg_id: text(tree, "MsgID").or_else(|| text(tree, "MsgId"))?,
                status,
            },
            None => other(),
        },
        "subscribe" => PushEvent::Subscribe { event_key, ticket },
        "unsubscribe" => PushEvent::Unsubscribe,
        "scan" => PushEvent::Scan { event_key, ticket },
        "subscribe_msg_popup_event" => PushEvent::SubscribePopup(consents(tree, "SubscribeMsgPopupEvent")?),
        "subscribe_msg_change_event" => PushEvent::SubscribeChange(consents(tree, "SubscribeMsgChangeEvent")?),
        "subscribe_msg_sent_event" => PushEvent::SubscribeSent(results(tree)?),
        "user_authorization_revoke" => PushEvent::AuthorizationRevoked { openid: whose(), kinds: revoked(tree) },
        "user_authorization_cancellation" => PushEvent::AuthorizationCancelled { openid: whose() },
        _ => other(),
    })
}

/// `8`, or several apart by commas. One that is no number makes the whole unreadable, which is as if WeChat had not said.
fn revoked(tree: &Value) -> Vec<u16> {
    let info = text(tree, "RevokeInfo").unwrap_or_default();
    let kinds: Option<Vec<u16>> = info.split(',').take(REVOKED_MAX + 1).map(|kind| kind.trim().parse().ok()).collect();
    kinds.filter(|kinds| kinds.len() <= REVOKED_MAX).unwrap_or_default()
}

/// Spaces after the colon vary, so they are dropped before the beginning is compared.
fn job_status(status: &str) -> Option<TemplateJobStatus> {
    let status: String = status.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    if status.starts_with("success") {
        Some(TemplateJobStatus::Delivered)
    } else if status.starts_with("failed:userblock") {
        Some(TemplateJobStatus::UserBlocked)
    } else if status.starts_with("failed") {
        Some(TemplateJobStatus::SystemFailed)
    } else {
        None
    }
}

/// XML wraps the list in an element named for the event; JSON has it at the top, and a single entry is not a list.
fn list<'t>(tree: &'t Value, wrapper: &str) -> Option<Vec<&'t Value>> {
    let found = tree.get("List").or_else(|| tree.get(wrapper)?.get("List"))?;
    match found {
        Value::Array(items) if items.len() <= ITEMS_MAX => Some(items.iter().collect()),
        Value::Object(_) => Some(vec![found]),
        _ => None,
    }
}

fn consents(tree: &Value, wrapper: &str) -> Option<Vec<SubscribeItem>> {
    list(tree, wrapper)?
        .into_iter()
        .map(|item| {
            Some(SubscribeItem {
                template_id: text(item, "TemplateId")?,
                is_accepted: text(item, "SubscribeStatusString")? == "accept",
                popup_scene: filled(item, "PopupScene"),
            })
        })
        .collect()
}

fn results(tree: &Value) -> Option<Vec<SubscribeSentItem>> {
    list(tree, "SubscribeMsgSentEvent")?
        .into_iter()
        .map(|item| {
            Some(SubscribeSentItem {
                template_id: text(item, "TemplateId")?,
                msg_id: text(item, "MsgID").or_else(|| text(item, "MsgId"))?,
                error_code: text(item, "ErrorCode")?,
                error_status: text(item, "ErrorStatus").unwrap_or_default(),
            })
        })
        .collect()
}

/// Numbers come as numbers or as text.
pub(crate) fn text(tree: &Value, key: &str) -> Option<String> {
    match tree.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn filled(tree: &Value, key: &str) -> Option<String> {
    text(tree, key).filter(|text| !text.is_empty())
}
