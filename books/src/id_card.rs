//! Resident identity numbers, GB 11643-1999 (rule H6).

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Serialize, Serializer};

use crate::mask::mask_number;
use crate::text;

/// Characters of an id number.
const LENGTH: usize = 18;
/// Weights of the first 17 digits; the sum modulo 11 picks the check character.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by remainder.
const CHECKS: &[u8; 11] = b"10X98765432";
/// Nobody alive is older.
const BIRTH_YEAR_MIN: i32 = 1900;

/// A valid id number. `Debug` and serde show it masked (`9901**********0035`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdNo(Box<str>);

impl IdNo {
    /// The 18 characters. For sealing and comparing, not for logs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `9901**********0035`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask_number(&self.0)
    }
}

impl fmt::Debug for IdNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNo({})", self.masked())
    }
}

impl Serialize for IdNo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.masked())
    }
}

/// Why an id number is dropped. The row it stands in is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not 17 digits and a digit or X.
    #[error("身份证号不是 18 位")]
    Shape,
    /// No such birthday, or after `year_max`.
    #[error("身份证号中的出生日期不存在")]
    BirthDate,
    /// The last character does not fit.
    #[error("身份证号校验位不正确")]
    CheckDigit,
}

/// Reads one number, blanks inside allowed. The region code is not checked.
///
/// # Errors
/// [`IdError`].
pub fn parse(text: &str, year_max: i32) -> Result<IdNo, IdError> {
    let upper = text::squeeze(text).to_uppercase();
    let bytes = upper.as_bytes();
    let (Some(body), Some(check), LENGTH) = (bytes.get(..17), bytes.get(17), bytes.len()) else {
        return Err(IdError::Shape);
    };
    if !body.iter().all(u8::is_ascii_digit) || !(check.is_ascii_digit() || *check == b'X') {
        return Err(IdError::Shape);
    }
    let part = |from: usize, to: usize| upper.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let birth = part(6, 10)
        .zip(part(10, 12))
        .zip(part(12, 14))
        .and_then(|((year, month), day)| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day))
        .filter(|day| (BIRTH_YEAR_MIN..=year_max).contains(&day.year()));
    if birth.is_none() {
        return Err(IdError::BirthDate);
    }
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let wanted = usize::try_from(sum % 11).ok().and_then(|at| CHECKS.get(at));
    if wanted == Some(check) { Ok(IdNo(upper.into())) } else { Err(IdError::CheckDigit) }
}

/// Cuts a cell into the numbers it holds: by separators, and by blanks when every piece is a whole number.
/// Placeholders (one digit repeated) keep their place as `None`.
#[must_use]
pub fn split_list(tidy_text: &str) -> Vec<Option<String>> {
    let bare = text::without_remarks(tidy_text);
    let mut found = Vec::new();
    for piece in text::split_values(&bare) {
        let piece = text::tidy(piece);
        let words: Vec<&str> = piece.split_whitespace().collect();
        let several = words.len() > 1 && words.iter().all(|word| word.len() == LENGTH);
        let joined = [text::squeeze(&piece).into_owned()];
        let numbers = if several { words.into_iter().map(str::to_owned).collect() } else { joined.to_vec() };
        for number in numbers {
            let nothing = text::is_placeholder(&number) || text::is_repeated_digit(&number);
            found.push((!nothing).then_some(number));
        }
    }
    found
}
