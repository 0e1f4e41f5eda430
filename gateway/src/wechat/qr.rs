//! Parametric QR codes of a service account: how a person without a unionid is joined to a house, by following.

use std::fmt;

use serde_json::{Value, json};

use crate::http::BaseUrl;

/// Longest parameter of a code, in characters.
pub const SCENE_CHARS_MAX: usize = 64;
/// Longest life of a temporary code: 30 days.
pub const QR_LIFE_S_MAX: u32 = 30 * 24 * 3600;
/// Shortest life we ask for: a minute, WeChat's own default.
const QR_LIFE_S_MIN: u32 = 60;
/// Where the picture of a code is served, by its ticket.
pub const SHOW_QR_HOST: &str = "https://mp.weixin.qq.com";

/// How long a code works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QrLife {
    /// `QR_STR_SCENE`: so many seconds, at most [`QR_LIFE_S_MAX`]. As many codes as needed.
    Temporary {
        /// Held within 60 and [`QR_LIFE_S_MAX`].
        seconds: u32,
    },
    /// `QR_LIMIT_STR_SCENE`: for ever, 100,000 codes per account.
    Permanent,
}

/// A code to be made (`/cgi-bin/qrcode/create`).
#[derive(Clone, PartialEq, Eq)]
pub struct QrRequest {
    /// 1 to [`SCENE_CHARS_MAX`] characters; comes back in `EventKey`. A token, never personal data.
    pub scene: String,
    /// How long it works.
    pub life: QrLife,
}

impl QrRequest {
    pub(crate) fn to_body(&self) -> Value {
        let action_info = json!({ "scene": { "scene_str": self.scene } });
        match self.life {
            QrLife::Temporary { seconds } => json!({
                "expire_seconds": seconds.clamp(QR_LIFE_S_MIN, QR_LIFE_S_MAX),
                "action_name": "QR_STR_SCENE",
                "action_info": action_info,
            }),
            QrLife::Permanent => json!({ "action_name": "QR_LIMIT_STR_SCENE", "action_info": action_info }),
        }
    }
}

impl fmt::Debug for QrRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrRequest").field("life", &self.life).finish_non_exhaustive()
    }
}

/// A code that was made. Whoever holds the ticket can show it.
#[derive(Clone, PartialEq, Eq)]
pub struct QrCode {
    /// Comes back in the event, too.
    pub ticket: String,
    /// The text inside the code, for whoever draws it: `http://weixin.qq.com/q/…`.
    pub url: String,
    /// Life from now; `None` for a permanent code.
    pub expires_in_s: Option<i64>,
}

impl QrCode {
    /// The address of the picture; `host` is [`SHOW_QR_HOST`], or a simulator.
    #[must_use]
    pub fn show_url(&self, host: &BaseUrl) -> String {
        host.at_with(&["cgi-bin", "showqrcode"], &[("ticket", &self.ticket)]).into()
    }
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrCode").field("expires_in_s", &self.expires_in_s).finish_non_exhaustive()
    }
}
