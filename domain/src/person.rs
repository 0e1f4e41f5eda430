//! Personal data on its way through the system: kept whole for sealing, shown only masked.

use std::fmt;

/// A Chinese phone number in digits: a mobile of 11 digits, or a land line of 10 to 12 with its area code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

/// The text is not a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("手机号不正确，请填写 11 位手机号")]
pub struct PhoneError;

impl Phone {
    /// Takes digits; `+86`, blanks and hyphens are dropped.
    ///
    /// # Errors
    /// [`PhoneError`] for anything that is neither a mobile nor a land line.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if text.chars().any(|c| !(c.is_ascii_digit() || matches!(c, ' ' | '-' | '+'))) {
            return Err(PhoneError);
        }
        let bare = match digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")) {
            Some(rest) if rest.len() == 11 => rest,
            _ => digits.as_str(),
        };
        let mobile = bare.len() == 11 && bare.starts_with('1');
        let land_line = (10..=12).contains(&bare.len()) && bare.starts_with('0');
        if mobile || land_line { Ok(Self(bare.to_owned())) } else { Err(PhoneError) }
    }

    /// All digits: only for sealing, hashing and the vendor that must dial.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Can receive an SMS.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        self.0.starts_with('1')
    }

    /// `138****1234`.
    #[must_use]
    pub fn masked(&self) -> String {
        let head: String = self.0.chars().take(3).collect();
        let tail: String = self.0.chars().skip(self.0.len().saturating_sub(4)).collect();
        format!("{head}****{tail}")
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// `张*`, `欧阳*`, `翠湖***`: enough to recognise, not enough to know.
#[must_use]
pub fn masked_name(name: &str) -> String {
    let count = name.chars().count();
    let shown = match count {
        0 => return String::new(),
        1..=3 => 1,
        _ => 2,
    };
    let head: String = name.chars().take(shown).collect();
    format!("{head}{}", "*".repeat((count - shown).clamp(1, 3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_read_in_any_dress_and_shown_masked() {
        let phone = Phone::parse("+86 138-0000-1234").unwrap();
        assert_eq!(phone.expose(), "13800001234");
        assert_eq!(format!("{phone:?}"), "138****1234");
        assert!(Phone::parse("0512-00001001").is_ok());
        assert!(Phone::parse("1380000123").is_err());
        assert!(Phone::parse("13800001234x").is_err());
    }

    #[test]
    fn names_are_masked() {
        assert_eq!(masked_name("张三"), "张*");
        assert_eq!(masked_name("翠湖置业有限公司"), "翠湖***");
        assert_eq!(masked_name("王"), "王*");
    }
}
