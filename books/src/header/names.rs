//! Header texts and the tables they are looked up in.

use std::collections::HashMap;

use super::Field;
use crate::text;

/// Characters of a header that can be a column's name; longer texts are sentences.
const HEADER_CHARS_MAX: usize = 30;
/// Units that stand behind a header without brackets.
const UNIT_ENDINGS: &[&str] = &["平方米", "平米", "㎡", "M2", "M²"];
/// Words around a column's name that say nothing.
const FILLERS: &[&str] = &["信息", "资料", "情况", "基本", "档案", "必填", "选填"];

/// A header cell made comparable: blanks, line breaks, stars and colons gone, letters upper-case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeaderText {
    /// With what stands in brackets.
    pub full: String,
    /// Without brackets and units.
    pub bare: String,
}

impl HeaderText {
    /// Reads a header cell's text; none when blank or too long.
    #[must_use]
    pub fn of(raw: &str) -> Option<Self> {
        if text::is_blank(raw) || raw.chars().nth(HEADER_CHARS_MAX).is_some() {
            return None;
        }
        let tidy = text::tidy(raw);
        let full = comparable(&tidy);
        let mut bare = comparable(&text::without_remarks(&tidy));
        if let Some(shorter) = UNIT_ENDINGS.iter().find_map(|unit| bare.strip_suffix(unit)) {
            bare = shorter.to_owned();
        }
        (!full.is_empty()).then_some(Self { full, bare })
    }

    /// This text under a group title: 业主信息 over 姓名 is 业主姓名.
    #[must_use]
    pub fn under(&self, group: &Self) -> Self {
        let mut title = group.bare.clone();
        for filler in FILLERS {
            title = title.replace(filler, "");
        }
        if self.bare.starts_with(&title) {
            return self.clone();
        }
        Self { full: format!("{title}{}", self.full), bare: format!("{title}{}", self.bare) }
    }
}

fn comparable(tidy: &str) -> String {
    let kept =
        tidy.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | ':' | '_')).flat_map(char::to_uppercase);
    kept.collect()
}

/// A looser way to recognise a header: it contains one word of each group and none of `none`.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    /// Each group must be met by one of its words.
    pub all: &'static [&'static [&'static str]],
    /// No such word may occur.
    pub none: &'static [&'static str],
}

impl Pattern {
    fn matches(&self, header: &str) -> bool {
        self.all.iter().all(|group| group.iter().any(|word| header.contains(word)))
            && !self.none.iter().any(|word| header.contains(word))
    }
}

/// The names of one field, best first: when several columns could hold it, the better name wins.
#[derive(Debug, Clone, Copy)]
pub struct FieldNames {
    /// The field.
    pub field: Field,
    /// Whole names, upper-case, best first.
    pub exact: &'static [&'static str],
    /// Looser patterns, tried on the text without brackets.
    pub patterns: &'static [Pattern],
    /// Names that mean this field only where nothing better does, such as 编号 or 名称.
    pub weak: &'static [&'static str],
}

/// Everything that tells one book's headers.
pub struct Profile {
    /// The names.
    pub fields: &'static [FieldNames],
    /// Words in a header that belong to another book.
    pub foreign: &'static [&'static str],
    /// Whether the fields found make a header of this book.
    pub qualifies: fn(&dyn Fn(Field) -> bool) -> bool,
    /// Whether a sheet with foreign words is this book all the same.
    pub qualifies_with_foreign: fn(&dyn Fn(Field) -> bool) -> bool,
    index: HashMap<&'static str, (Field, u16)>,
}

/// Ranks: exact names count from 0, patterns and weak names come after all of them.
const PATTERN_RANK: u16 = 1_000;
pub(super) const WEAK_RANK: u16 = 2_000;

impl Profile {
    /// Indexes the names.
    #[must_use]
    pub fn new(
        fields: &'static [FieldNames],
        foreign: &'static [&'static str],
        qualifies: fn(&dyn Fn(Field) -> bool) -> bool,
        qualifies_with_foreign: fn(&dyn Fn(Field) -> bool) -> bool,
    ) -> Self {
        let mut index = HashMap::new();
        for names in fields {
            for (rank, name) in (0_u16..).zip(names.exact) {
                index.entry(*name).or_insert((names.field, rank));
            }
        }
        for names in fields {
            for (rank, name) in (WEAK_RANK..).zip(names.weak) {
                index.entry(*name).or_insert((names.field, rank));
            }
        }
        Self { fields, foreign, qualifies, qualifies_with_foreign, index }
    }

    /// The field a header names, and how well (lower is better).
    #[must_use]
    pub fn recognise(&self, header: &HeaderText) -> Option<(Field, u16)> {
        if let Some(found) = self.index.get(header.full.as_str()).or_else(|| self.index.get(header.bare.as_str())) {
            return Some(*found);
        }
        let by_pattern =
            |text: &str| self.fields.iter().find(|names| names.patterns.iter().any(|pattern| pattern.matches(text)));
        let names = by_pattern(&header.bare).or_else(|| by_pattern(&header.full))?;
        Some((names.field, PATTERN_RANK))
    }

    /// The header belongs to another book.
    #[must_use]
    pub fn is_foreign(&self, header: &HeaderText) -> bool {
        self.foreign.iter().any(|word| header.bare.contains(word))
    }
}
