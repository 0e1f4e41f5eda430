//! Our numbers at WeChat Pay: of orders and of refunds.

use chrono::{DateTime, Utc};

use crate::vault::{VaultError, random};

/// Digits of the time in milliseconds, in base 36: until the year 5188.
const TIME_DIGITS: usize = 9;
/// Digits of 60 random bits, in base 36.
const RANDOM_DIGITS: usize = 12;

/// The project's code, the time in base 36 and 60 random bits: 6–32 characters of `[0-9a-z]`, ordered by time.
pub(crate) fn our_number(code: &str, now: DateTime<Utc>) -> Result<String, VaultError> {
    let random = u64::from_be_bytes(random::<8>()?) >> 4;
    let time = base36(now.timestamp_millis().unsigned_abs(), TIME_DIGITS);
    Ok(format!("{code}{time}{}", base36(random, RANDOM_DIGITS)))
}

/// Whether a number was made by the project of this code. What was made by a sister project that uses the same merchant,
/// or by another program, was not.
pub(crate) fn is_number_of_project(number: &str, code: &str) -> bool {
    number.strip_prefix(code).is_some_and(|rest| {
        rest.len() == TIME_DIGITS + RANDOM_DIGITS
            && rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    })
}

fn base36(mut number: u64, width: usize) -> String {
    let mut digits = Vec::with_capacity(width);
    while digits.len() < width {
        let digit = u32::try_from(number % 36).unwrap_or(0);
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        number /= 36;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_numbers_fit_the_wire_and_sort_by_time() {
        let at = |ms: i64| DateTime::from_timestamp_millis(ms).unwrap();
        let early = our_number("cuihu1", at(1_795_399_200_000)).unwrap();
        let late = our_number("cuihu1", at(1_795_399_200_001)).unwrap();
        assert!(early < late);
        assert!((6..=32).contains(&early.len()));
        assert!(early.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_eq!(base36(35, 2), "0z");
    }

    #[test]
    fn a_number_tells_its_project_even_when_one_code_begins_another() {
        let now = DateTime::from_timestamp_millis(1_795_399_200_000).unwrap();
        let (short, long) = (our_number("ch", now).unwrap(), our_number("ch2", now).unwrap());
        assert!(is_number_of_project(&short, "ch") && is_number_of_project(&long, "ch2"));
        assert!(!is_number_of_project(&long, "ch") && !is_number_of_project(&short, "ch2"));
        assert!(!is_number_of_project("ch0unknown", "ch") && !is_number_of_project("", "ch"));
    }
}
