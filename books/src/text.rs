//! Text as people meant it (rules G1, G2): full-width forms, stray blanks, spreadsheet guards, placeholders.

use std::borrow::Cow;

/// Words that stand for "nothing here", after [`tidy`]. Runs of dashes or slashes are recognised by shape.
const PLACEHOLDERS: &[&str] = &["无", "暂无", "不详", "空号", "未知"];
/// All dashes are equal.
pub const DASHES: &[char] = &['-', '－', '—', '–', '―', '‐', '‑', '‒', '−', '﹣', '─'];

/// Characters with no width, meaningless wherever they stand.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

/// Half-width form of full-width digits, letters and punctuation; blanks of every kind become a space.
fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        '￥' => '¥',
        '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{B}' | '\u{C}' => '\n',
        _ if c.is_whitespace() && c != '\n' => ' ',
        _ => c,
    }
}

/// Removes what is not part of the text: rule G1. Line breaks inside stay, they separate values.
/// Borrows when there is nothing to change; tidying twice is tidying once.
#[must_use]
pub fn tidy(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') || !text.chars().any(needs_change) {
        return Cow::Borrowed(strip_guards(text));
    }
    let plain: String = text.chars().filter(|c| !is_invisible(*c) && *c != '\r').map(half_width).collect();
    let kept = strip_guards(&plain);
    if kept.len() == plain.len() { Cow::Owned(plain) } else { Cow::Owned(kept.to_owned()) }
}

fn needs_change(c: char) -> bool {
    is_invisible(c) || half_width(c) != c || c == '\r'
}

/// Blanks at both ends, a leading apostrophe, `="…"`, and `.0` behind a whole number, until none is left.
fn strip_guards(text: &str) -> &str {
    let mut kept = text;
    loop {
        let mut next = kept.trim();
        next = next.strip_prefix(['\'', '\u{2018}', '\u{2019}']).unwrap_or(next);
        next = next.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(next);
        next = strip_point_zero(next);
        if next.len() == kept.len() {
            return kept;
        }
        kept = next;
    }
}

fn strip_point_zero(text: &str) -> &str {
    let Some(whole) = text.strip_suffix(".0") else { return text };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) { whole } else { text }
}

/// Nothing but blanks.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Blank, or a word or mark that stands for blank (rule G2). Takes tidy text.
#[must_use]
pub fn is_placeholder(tidy_text: &str) -> bool {
    tidy_text.is_empty()
        || PLACEHOLDERS.contains(&tidy_text)
        || tidy_text.chars().all(|c| DASHES.contains(&c))
        || tidy_text.chars().all(|c| c == '/')
}

/// One digit over and over, as typed to get past a required phone or id field: `11111111111`, `0`.
#[must_use]
pub fn is_repeated_digit(tidy_text: &str) -> bool {
    let mut chars = tidy_text.chars();
    let Some(first) = chars.next() else { return false };
    first.is_ascii_digit() && chars.all(|c| c == first) && (tidy_text.len() >= 3 || first == '0')
}

/// 同上, 〃 and ″: the value of the row above (rule G6).
#[must_use]
pub fn is_ditto(raw: &str) -> bool {
    // Long text is never a ditto mark; most cells are turned away here.
    raw.len() <= 24 && matches!(tidy(raw).as_ref(), "同上" | "〃" | "″" | "\"" | "''" | "”")
}

/// Without any blanks or line breaks.
#[must_use]
pub fn squeeze(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_whitespace) {
        Cow::Owned(text.chars().filter(|c| !c.is_whitespace()).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Drops a remark in brackets at the end, as often as there is one. Takes tidy text, so brackets are half-width.
#[must_use]
pub fn without_end_remark(tidy_text: &str) -> &str {
    let mut kept = tidy_text.trim_end();
    while kept.ends_with([')', ']', '】']) {
        let Some(open) = opening_bracket(kept) else { break };
        let Some(before) = kept.get(..open) else { break };
        kept = before.trim_end();
    }
    kept
}

/// Where the bracket group that ends the text begins.
fn opening_bracket(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' | ']' | '】' => depth += 1,
            '(' | '[' | '【' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Removes every remark in brackets. An unclosed bracket is left alone.
#[must_use]
pub fn without_remarks(tidy_text: &str) -> Cow<'_, str> {
    if !tidy_text.contains(['(', '[', '【']) {
        return Cow::Borrowed(tidy_text);
    }
    let mut kept = String::with_capacity(tidy_text.len());
    let mut held = String::new();
    let mut depth = 0_usize;
    for c in tidy_text.chars() {
        match c {
            '(' | '[' | '【' => {
                depth += 1;
                held.push(c);
            }
            ')' | ']' | '】' if depth > 0 => {
                depth -= 1;
                held.push(c);
                if depth == 0 {
                    held.clear();
                }
            }
            _ if depth > 0 => held.push(c),
            _ => kept.push(c),
        }
    }
    kept.push_str(&held);
    Cow::Owned(kept)
}

/// The signs that separate several values in one cell. Takes tidy text.
#[must_use]
pub const fn is_separator(c: char) -> bool {
    matches!(c, '、' | '/' | ',' | ';' | '\n' | '|')
}

/// Splits at the separators outside brackets; empty parts are dropped, the rest trimmed.
#[must_use]
pub fn split_values(tidy_text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, c) in tidy_text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if is_separator(c) && depth == 0 => {
                parts.push(tidy_text.get(start..at).unwrap_or_default());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(tidy_text.get(start..).unwrap_or_default());
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// 一 to 九十九 as a number.
#[must_use]
pub fn chinese_number(text: &str) -> Option<usize> {
    const DIGITS: &str = "一二三四五六七八九";
    let digit = |c: char| DIGITS.chars().position(|d| d == c).map(|at| at + 1);
    let mut chars = text.chars();
    match (chars.next()?, chars.next(), chars.next(), chars.next()) {
        ('十', None, ..) => Some(10),
        ('十', Some(one), None, _) => digit(one).map(|n| n + 10),
        (one, None, ..) => digit(one),
        (ten, Some('十'), None, _) => digit(ten).map(|n| n * 10),
        (ten, Some('十'), Some(one), None) => digit(ten).zip(digit(one)).map(|(t, o)| t * 10 + o),
        _ => None,
    }
}
