//! What staff see of campaigns.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::audience::Audience;

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    /// Written and not sent off.
    Draft,
    /// Waits for its instant.
    Scheduled,
    /// Its messages go out.
    Running,
    /// Nothing of it is left to send.
    Done,
    /// Called off.
    Cancelled,
}

impl CampaignState {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Draft, Self::Scheduled, Self::Running, Self::Done, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// The words staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Scheduled => "待发送",
            Self::Running => "发送中",
            Self::Done => "已完成",
            Self::Cancelled => "已取消",
        }
    }
}

/// A campaign in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignRow {
    /// Its number in the project.
    pub no: i64,
    /// What staff call it.
    pub name: String,
    /// Where it stands.
    pub state: CampaignState,
    /// In words.
    pub state_words: &'static str,
    /// When its messages go out; empty for a draft that is sent when it is sent off.
    pub send_at: Option<DateTime<Utc>>,
    /// Bills it speaks of: as counted when it was written, and since it began as planned.
    pub bills: i64,
    /// Payers of those bills.
    pub payers: i64,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done or called off.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A page of campaigns, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignPage {
    /// At most as many as were asked for.
    pub rows: Vec<CampaignRow>,
    /// There are older ones: ask with `before` the last number.
    pub more: bool,
}

/// Everything about one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignView {
    /// As in the list.
    #[serde(flatten)]
    pub row: CampaignRow,
    /// The stage its messages have in the history.
    pub stage: String,
    /// Whom it is for.
    pub audience: Audience,
    /// Stable codes, in the order they are tried.
    pub channels: Vec<&'static str>,
    /// The line in front of the facts.
    pub note: Option<String>,
    /// Its bills by where they stand; empty before it begins.
    pub counts: Vec<CampaignCount>,
}

/// Bills of a campaign that stand at the same place for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignCount {
    /// `planned`, `held`, `claimed`, `sent`, `suppressed`, `superseded`, `failed`.
    pub state: String,
    /// In words.
    pub state_words: &'static str,
    /// Stable code of the reason, where there is one.
    pub reason: Option<String>,
    /// In words.
    pub reason_words: Option<&'static str>,
    /// How many bills.
    pub bills: i64,
}
