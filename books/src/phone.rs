//! Phone numbers (rule H2).

use std::fmt;

use serde::{Serialize, Serializer};

use crate::mask::mask_number;
use crate::text::{self, DASHES};

/// Digits of a mobile.
const MOBILE_DIGITS: usize = 11;
/// Numbers in one cell.
pub const PHONES_MAX: usize = 20;
/// Pieces one number may be typed in: `+86 199 0000 1234`.
const PIECES_MAX: usize = 6;

/// A mobile (11 digits from 1) or a land line (10 to 12 digits from 0), digits only. `Debug` and serde show it
/// masked (`138****1234`); [`Phone::expose`] is the only way to the digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(Box<str>);

impl Phone {
    /// The digits. For storing and dialling, not for logs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A mobile, which can get text messages.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        self.0.starts_with('1')
    }

    /// `138****1234`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask_number(&self.0)
    }

    /// One number out of its digits, country code or not.
    fn from_digits(digits: &str) -> Option<Self> {
        let national = ["+86", "0086", "86"]
            .iter()
            .find_map(|code| digits.strip_prefix(code).filter(|rest| rest.len() == MOBILE_DIGITS))
            .unwrap_or(digits);
        let mobile = national.len() == MOBILE_DIGITS && national.starts_with('1');
        let land_line = (10..=12).contains(&national.len()) && national.starts_with('0');
        let plain = national.bytes().all(|b| b.is_ascii_digit());
        (plain && (mobile || land_line)).then(|| Self(national.into()))
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.masked())
    }
}

/// Something in a phone cell that is no phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("电话号码不正确")]
pub struct InvalidPhone;

/// Reads a cell: every number in it, in order. A place held by a placeholder (`无/199…`) is `None`, so that
/// numbers still line up with names.
///
/// # Errors
/// [`InvalidPhone`] when anything in the cell is neither a number nor a placeholder.
pub fn parse_list(tidy_text: &str) -> Result<Vec<Option<Phone>>, InvalidPhone> {
    let bare = text::without_remarks(tidy_text);
    let mut found = Vec::new();
    for piece in text::split_values(&bare) {
        let piece = text::tidy(piece);
        if text::is_placeholder(&piece) || text::is_repeated_digit(&piece) {
            found.push(None);
        } else {
            for phone in split_blanks(&piece)? {
                found.push(Some(phone));
            }
        }
        if found.len() > PHONES_MAX {
            return Err(InvalidPhone);
        }
    }
    Ok(found)
}

/// Blanks may be inside a number or between two: the pieces are joined from the left until they make a number.
fn split_blanks(piece: &str) -> Result<Vec<Phone>, InvalidPhone> {
    let words: Vec<String> = piece.split_whitespace().map(digits_of).collect::<Option<_>>().ok_or(InvalidPhone)?;
    let mut found = Vec::new();
    let mut joined = String::new();
    let mut pieces = 0;
    for word in words.iter().filter(|word| !word.is_empty()) {
        joined.push_str(word);
        pieces += 1;
        if let Some(phone) = Phone::from_digits(&joined) {
            found.push(phone);
            joined.clear();
            pieces = 0;
        } else if let Some((first, second)) = two_mobiles(&joined) {
            found.extend([first, second]);
            joined.clear();
            pieces = 0;
        }
        if pieces > PIECES_MAX || found.len() > PHONES_MAX {
            return Err(InvalidPhone);
        }
    }
    if joined.is_empty() && !found.is_empty() { Ok(found) } else { rejoin(&words) }
}

/// The other reading: land lines such as `0512 0000 1001` make a number too early, so try the whole.
fn rejoin(words: &[String]) -> Result<Vec<Phone>, InvalidPhone> {
    Phone::from_digits(&words.concat()).map(|phone| vec![phone]).ok_or(InvalidPhone)
}

/// A run of 22 digits is two mobiles.
fn two_mobiles(digits: &str) -> Option<(Phone, Phone)> {
    if digits.len() != 2 * MOBILE_DIGITS {
        return None;
    }
    let (first, second) = digits.split_at_checked(MOBILE_DIGITS)?;
    let both = (Phone::from_digits(first)?, Phone::from_digits(second)?);
    (both.0.is_mobile() && both.1.is_mobile()).then_some(both)
}

/// The digits of a word with its hyphens gone; none when something else is in it.
fn digits_of(word: &str) -> Option<String> {
    let word = text::tidy(word);
    let mut digits = String::with_capacity(word.len());
    for (at, c) in word.chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if at == 0 => digits.push(c),
            _ if DASHES.contains(&c) => {}
            _ => return None,
        }
    }
    Some(digits)
}

/// Takes the numbers out of a text that may also hold names (rule H9): (the rest, the numbers).
/// Only runs of at least seven digits are numbers: a shop may be called 7天.
///
/// # Errors
/// [`InvalidPhone`] when such a run is no phone.
pub fn take_from(tidy_text: &str) -> Result<(String, Vec<Phone>), InvalidPhone> {
    let mut rest = String::with_capacity(tidy_text.len());
    let mut phones = Vec::new();
    let mut run = String::new();
    for c in tidy_text.chars().chain(std::iter::once('\n')) {
        let joins = c.is_ascii_digit() || (c == '+' && run.is_empty());
        let inside = !run.is_empty() && (c == ' ' || DASHES.contains(&c));
        if joins || inside {
            run.push(c);
            continue;
        }
        let digits = run.chars().filter(char::is_ascii_digit).count();
        if digits >= RUN_DIGITS_MIN {
            phones.extend(parse_list(run.trim())?.into_iter().flatten());
            rest.push(' ');
        } else {
            rest.push_str(&run);
        }
        run.clear();
        rest.push(c);
    }
    if phones.len() > PHONES_MAX { Err(InvalidPhone) } else { Ok((rest, phones)) }
}

/// Digits from which a run inside a name cell is meant as a phone.
const RUN_DIGITS_MIN: usize = 7;
