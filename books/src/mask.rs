//! How personal numbers are shown: `138****1234`, `9901**********0035`.

/// Digits a number must have to be personal: room numbers and amounts stay readable.
const MASKED_DIGITS_MIN: usize = 7;
/// From this length on a number is an id card: four digits stay at each end.
const ID_DIGITS_MIN: usize = 15;
/// Characters of a wrong value that are repeated to people.
const SHOWN_CHARS_MAX: usize = 60;

/// One number with its middle hidden; short ones stay as they are.
#[must_use]
pub fn mask_number(digits: &str) -> String {
    let count = digits.chars().count();
    if count < MASKED_DIGITS_MIN {
        return digits.to_owned();
    }
    let (head, tail) = if count >= ID_DIGITS_MIN { (4, 4) } else { (3.min(count / 3), 4.min(count / 2)) };
    digits.chars().enumerate().map(|(at, c)| if at < head || at >= count - tail { c } else { '*' }).collect()
}

/// Every long digit run of a text masked, blanks and hyphens inside a run counted with it.
#[must_use]
pub fn mask_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        let joins = c.is_ascii_digit() || (matches!(c, 'x' | 'X' | ' ' | '-') && !run.is_empty());
        if joins {
            run.push(c);
        } else {
            flush(&mut shown, &mut run);
            shown.push(c);
        }
    }
    flush(&mut shown, &mut run);
    shorten(&shown)
}

fn flush(shown: &mut String, run: &mut String) {
    let body = run.trim_end_matches([' ', '-']);
    let tail = run.get(body.len()..).unwrap_or_default().to_owned();
    if body.chars().filter(char::is_ascii_digit).count() >= MASKED_DIGITS_MIN {
        // Two numbers side by side are masked one by one, so that neither end of either is lost.
        let plain = body.replace('-', "");
        let words: Vec<&str> = plain.split_whitespace().collect();
        if words.iter().all(|word| word.len() >= MASKED_DIGITS_MIN) {
            shown.push_str(&words.into_iter().map(mask_number).collect::<Vec<_>>().join(" "));
        } else {
            shown.push_str(&mask_number(&words.concat()));
        }
    } else {
        shown.push_str(body);
    }
    shown.push_str(&tail);
    run.clear();
}

/// At most [`SHOWN_CHARS_MAX`] characters on one line.
#[must_use]
pub fn shorten(text: &str) -> String {
    let line = text.replace('\n', " ");
    if line.chars().nth(SHOWN_CHARS_MAX).is_none() {
        return line;
    }
    let mut short: String = line.chars().take(SHOWN_CHARS_MAX).collect();
    short.push('…');
    short
}
