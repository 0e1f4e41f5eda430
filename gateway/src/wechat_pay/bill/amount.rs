//! Yuan as text, read exactly: no rounding, nothing guessed.

/// Digits after the point of an amount.
const FEN_DIGITS: usize = 2;
/// Digits after the point of a fee.
const MILLIFEN_DIGITS: usize = 5;

/// `12.30` as 1230 fen.
pub(super) fn fen(text: &str) -> Option<i64> {
    scaled(text, FEN_DIGITS)
}

/// `0.96000` as 96 000 thousandths of a fen.
pub(super) fn millifen(text: &str) -> Option<i64> {
    scaled(text, MILLIFEN_DIGITS)
}

/// A decimal number as a whole one, with so many digits after the point or fewer.
fn scaled(text: &str, digits: usize) -> Option<i64> {
    let (sign, bare) = match text.strip_prefix('-') {
        Some(bare) => (-1, bare),
        None => (1, text),
    };
    let (whole, part) = bare.split_once('.').unwrap_or((bare, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > digits || !is_digits(whole) || !is_digits(part) || bare.ends_with('.') {
        return None;
    }
    let padded = format!("{whole}{part:0<digits$}");
    padded.parse::<i64>().ok()?.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_become_fen_exactly_or_not_at_all() {
        for (text, expected) in
            [("160.11", 16_011), ("0.08", 8), ("12", 1_200), ("-3.5", -350), ("10598.18", 1_059_818), ("0.00", 0)]
        {
            assert_eq!(fen(text), Some(expected), "{text}");
        }
        assert_eq!((millifen("0.96000"), millifen("-26.08000")), (Some(96_000), Some(-2_608_000)));
        for bad in ["", "-", ".5", "1.", "1.234", "1,000.00", "1e2", "+1", "１", "--1", "99999999999999999999"] {
            assert_eq!(fen(bad), None, "{bad}");
        }
    }
}
