//! Keeps personal data out of what is recorded of errors.
//!
//! Errors of the use cases have none; those of drivers and vendors may quote what they were sent.

/// Longer texts are cut.
const TEXT_CHARS_MAX: usize = 1_000;
/// So many digits in a row may be a phone number (11), an identity number (15, 18) or a bank card (16–19).
const DIGITS_MIN: usize = 11;
/// A WeChat openid: 28 characters, the first an `o`.
/// See <https://developers.weixin.qq.com/doc/offiaccount/User_Management/Get_users_basic_information_UnionID.html>.
const OPENID_CHARS: usize = 28;

/// Cuts the text and masks long numbers and openids in it.
pub(crate) fn scrub(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().take(TEXT_CHARS_MAX) {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') {
            word.push(c);
        } else {
            push_masked(&mut out, &word);
            word.clear();
            out.push(c);
        }
    }
    push_masked(&mut out, &word);
    out
}

fn push_masked(out: &mut String, word: &str) {
    if word.len() == OPENID_CHARS && word.starts_with('o') {
        out.push_str("o****");
        return;
    }
    let mut digits = String::new();
    for c in word.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            push_number(out, &digits);
            digits.clear();
            out.push(c);
        }
    }
    push_number(out, &digits);
}

/// A phone number keeps its first three and last four digits; longer numbers keep none.
fn push_number(out: &mut String, digits: &str) {
    match (digits.len(), digits.get(..3), digits.get(7..)) {
        (DIGITS_MIN, Some(head), Some(tail)) => {
            out.push_str(head);
            out.push_str("****");
            out.push_str(tail);
        }
        (DIGITS_MIN.., ..) => out.push_str("****"),
        _ => out.push_str(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_openids_are_masked_and_the_rest_is_kept() {
        assert_eq!(
            scrub("+8613812345678 身份证 32050119900101123X, openid=oUpF8uMuAJO_M2pxb1Q9zNjWeS6o, code 40003"),
            "+**** 身份证 ****X, openid=o****, code 40003"
        );
        assert_eq!(scrub("13812345678"), "138****5678");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(scrub(&"错".repeat(5_000)).chars().count(), TEXT_CHARS_MAX);
    }
}
