//! The short note that staff write for a message of their own.

use serde::{Deserialize, Serialize};

use crate::template_field::{THING_CHARS_MAX, holds_link, is_refused};

/// Words that vendors refuse, or that turn a service notice into marketing (WeChat 40249), with what to say instead.
const WORDS_REFUSED: [(&str, &str); 16] = [
    ("催", "写“账单通知”或“温馨提示”"),
    ("欠", "写“待缴”"),
    ("滞纳金", "写“违约金”，或不写"),
    ("老赖", "删去"),
    ("失信", "删去"),
    ("起诉", "由律师另行发函"),
    ("诉讼", "由律师另行发函"),
    ("法院", "由律师另行发函"),
    ("断水", "删去"),
    ("断电", "删去"),
    ("抽奖", "服务通知不能做营销，请删去"),
    ("中奖", "服务通知不能做营销，请删去"),
    ("优惠", "服务通知不能做营销，请删去"),
    ("促销", "服务通知不能做营销，请删去"),
    ("返现", "服务通知不能做营销，请删去"),
    ("特价", "服务通知不能做营销，请删去"),
];

/// A sentence of at most [`THING_CHARS_MAX`] characters that every channel takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StaffNote(String);

/// Why a note was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaffNoteError {
    /// Nothing written.
    #[error("请填写说明")]
    Empty,
    /// Too long for a field of a template.
    #[error("说明最多 {THING_CHARS_MAX} 个字，现有 {chars} 个")]
    TooLong {
        /// How long it is.
        chars: usize,
    },
    /// A line break, an emoji, or a bracket of signatures.
    #[error("说明不能有换行、表情或【】")]
    Sign,
    /// An address of a web page.
    #[error("说明不能带网址；通知本身会打开账单")]
    Link,
    /// A word that gets the message refused.
    #[error("说明不能有“{word}”：{remedy}")]
    Word {
        /// The word.
        word: &'static str,
        /// What to do.
        remedy: &'static str,
    },
}

impl StaffNoteError {
    /// For programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "note_empty",
            Self::TooLong { .. } => "note_too_long",
            Self::Sign => "note_sign_refused",
            Self::Link => "note_link",
            Self::Word { .. } => "note_word_refused",
        }
    }
}

impl StaffNote {
    /// Takes what staff wrote, blanks around it and a full stop at its end apart.
    ///
    /// # Errors
    /// [`StaffNoteError`].
    pub fn parse(text: &str) -> Result<Self, StaffNoteError> {
        let text = text.trim().trim_end_matches(['。', '.']).trim_end();
        let chars = text.chars().count();
        if text.is_empty() {
            Err(StaffNoteError::Empty)
        } else if chars > THING_CHARS_MAX {
            Err(StaffNoteError::TooLong { chars })
        } else if text.chars().any(|c| is_refused(c) || matches!(c, '【' | '】')) {
            Err(StaffNoteError::Sign)
        } else if holds_link(text) {
            Err(StaffNoteError::Link)
        } else if let Some((word, remedy)) = WORDS_REFUSED.into_iter().find(|(word, _)| text.contains(word)) {
            Err(StaffNoteError::Word { word, remedy })
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// As it will be shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for StaffNote {
    type Error = StaffNoteError;
    fn try_from(text: String) -> Result<Self, StaffNoteError> {
        Self::parse(&text)
    }
}

impl From<StaffNote> for String {
    fn from(note: StaffNote) -> Self {
        note.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_short_plain_and_polite() {
        assert_eq!(StaffNote::parse(" 物业服务中心本周六照常办公。 ").unwrap().as_str(), "物业服务中心本周六照常办公");
        assert_eq!(StaffNote::parse(" 。"), Err(StaffNoteError::Empty));
        assert_eq!(StaffNote::parse(&"一".repeat(21)), Err(StaffNoteError::TooLong { chars: 21 }));
        assert_eq!(StaffNote::parse("周六\n办公"), Err(StaffNoteError::Sign));
        assert_eq!(StaffNote::parse("谢谢\u{1F600}"), Err(StaffNoteError::Sign));
        assert_eq!(StaffNote::parse("详见 abc.cn/x"), Err(StaffNoteError::Link));
        let refused = StaffNote::parse("请缴清欠费").unwrap_err();
        assert_eq!((refused.code(), refused.to_string().as_str()), ("note_word_refused", "说明不能有“欠”：写“待缴”"));
    }

    #[test]
    fn a_stored_note_is_checked_when_it_is_read() {
        let note = StaffNote::parse("周六照常办公").unwrap();
        let json = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<StaffNote>(&json).unwrap(), note);
        assert!(serde_json::from_str::<StaffNote>("\"催缴通知\"").is_err());
    }
}
