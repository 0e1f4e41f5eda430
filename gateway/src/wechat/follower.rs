//! Who follows the service account.

use std::fmt;

/// Most people one `/cgi-bin/user/info/batchget` asks about.
pub const USER_INFO_BATCH_MAX: usize = 100;

/// Answer of `/cgi-bin/user/info`. Nickname and picture are no longer told.
#[derive(Clone, PartialEq, Eq)]
pub struct UserInfo {
    /// Follows now. When false, only the two ids below mean anything.
    pub is_subscribed: bool,
    /// Within the service account.
    pub openid: String,
    /// Joins with the mini program's login.
    pub unionid: Option<String>,
    /// Unix seconds of the last follow.
    pub subscribe_time_s: Option<i64>,
    /// `ADD_SCENE_QR_CODE` and others.
    pub subscribe_scene: Option<String>,
    /// The text of the parametric QR code that was scanned to follow.
    pub qr_scene: Option<String>,
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo").field("is_subscribed", &self.is_subscribed).finish_non_exhaustive()
    }
}

/// One page of followers. Mark people as gone only after a complete pass.
#[derive(Clone, PartialEq, Eq)]
pub struct UserList {
    /// Followers in all.
    pub total: i64,
    /// Up to 10,000.
    pub openids: Vec<String>,
    /// Where the next page starts; `None` when this was the last.
    pub next_openid: Option<String>,
}

impl fmt::Debug for UserList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserList")
            .field("total", &self.total)
            .field("count", &self.openids.len())
            .field("is_last", &self.next_openid.is_none())
            .finish_non_exhaustive()
    }
}
