//! Names of people and organisations (rules H3, H4).

use crate::text;

/// Names in one cell.
pub const NAMES_MAX: usize = 20;
/// Endings that make a name an organisation's.
const ORGANISATION_ENDINGS: &[&str] = &["公司", "店", "馆", "中心", "社", "部", "厂", "行", "院", "所"];
/// Words in an owner cell that say nobody owns the house yet.
const UNSOLD: &[&str] = &["未售", "未出售", "待售"];

/// The house is not sold: an owner cell saying so names nobody.
#[must_use]
pub fn says_unsold(tidy_text: &str) -> bool {
    UNSOLD.contains(&tidy_text)
}

/// A name that ends like an organisation's.
#[must_use]
pub fn is_organisation(name: &str) -> bool {
    ORGANISATION_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The names in a cell, in order: separated by `、 / , ;` and line breaks, or by blanks when every part has at
/// least two characters. A remark in brackets at the end of a name is dropped.
#[must_use]
pub fn split_list(tidy_text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for piece in text::split_values(tidy_text) {
        let bare = text::without_end_remark(piece).trim_matches([' ', ':', '\'', '.', '-']);
        let words: Vec<&str> = bare.split_whitespace().map(text::without_end_remark).collect();
        // Latin words separated by blanks are one name: a foreign owner.
        let latin = words.iter().all(|word| word.is_ascii());
        let several = words.len() > 1 && !latin && words.iter().all(|word| word.chars().nth(1).is_some());
        if several {
            names.extend(words.into_iter().map(canonical));
        } else {
            names.push(canonical(&words.join(if latin { " " } else { "" })));
        }
    }
    names.retain(|name| !text::is_placeholder(name) && !says_unsold(name));
    names
}

/// One spelling: Chinese brackets as registered names have them, one middle dot.
fn canonical(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '(' => '（',
            ')' => '）',
            '•' | '・' | '‧' | '∙' | '⋅' => '·',
            _ => c,
        })
        .collect()
}
