//! A text that somebody typed.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, de};

/// A text of at most `CHARS_MAX` characters, without the blanks around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<const CHARS_MAX: usize>(String);

impl<const CHARS_MAX: usize> Text<CHARS_MAX> {
    /// The text.
    #[must_use]
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl<const CHARS_MAX: usize> Deref for Text<CHARS_MAX> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de, const CHARS_MAX: usize> Deserialize<'de> for Text<CHARS_MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let text = text.trim();
        if text.chars().nth(CHARS_MAX).is_some() {
            return Err(de::Error::custom(format_args!("最多 {CHARS_MAX} 个字")));
        }
        Ok(Self(text.to_owned()))
    }
}
