//! What a message field can hold: plain text on one line.
//!
//! Since 2023-05-04 WeChat takes colour, emoji and line breaks out of a template message without a word (公众号模板消息
//! 内容规范). What we show to staff must be what the owner reads, so we take them out ourselves or refuse.

/// The text on one line, without what a field may not hold: control and invisible characters, emoji, private signs.
/// Runs of blanks become one space.
#[must_use]
pub fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|c| c.is_whitespace() || !is_refused(*c)).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A character that no field may hold. Line breaks are among them, a plain space is not.
#[must_use]
pub fn is_refused(c: char) -> bool {
    c.is_control() || is_invisible(c) || is_emoji(c)
}

/// Joiners, direction marks, variation selectors and tags: they show nothing and can make a text read otherwise.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFF}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Pictures, and the private area in which old phones kept theirs.
const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{20E3}' | '\u{231A}'..='\u{231B}' | '\u{23E9}'..='\u{23FA}' | '\u{2600}'..='\u{27BF}'
        | '\u{2B00}'..='\u{2BFF}' | '\u{E000}'..='\u{F8FF}' | '\u{1F000}'..='\u{1FAFF}'
        | '\u{F0000}'..='\u{10FFFF}')
}

/// Cuts a text that is too long, showing with `…` that it was cut.
#[must_use]
pub fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Whether a text holds, or seems to hold, the address of a web page. Vendors refuse links in variables.
#[must_use]
pub fn holds_link(text: &str) -> bool {
    const MARKS: [&str; 7] = ["://", "www.", ".com", ".cn", ".net", ".top", ".vip"];
    let lower = text.to_ascii_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wechat_would_strip_is_stripped_and_the_rest_stays() {
        assert_eq!(plain("  3栋\r\n\t101 \u{1F3E0}\u{FE0F}室\u{200D} "), "3栋 101 室");
        assert_eq!(plain("翠湖花园（一期）·A座-101#"), "翠湖花园（一期）·A座-101#");
        assert_eq!(plain("\u{1F600}\n"), "");
    }

    #[test]
    fn a_cut_text_shows_that_it_was_cut() {
        assert_eq!(shortened("一二三四五", 5), "一二三四五");
        assert_eq!(shortened("一二三四五六", 5), "一二三四…");
    }

    #[test]
    fn links_are_seen_and_amounts_are_not_links() {
        assert!(holds_link("详见 WWW.example.org"));
        assert!(holds_link("t.cn/abc"));
        assert!(!holds_link("185.29元"));
    }
}
