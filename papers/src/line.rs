//! Lines: where Chinese text may be broken, and how a full line is spread to the margin.
//!
//! GB/T 15834—2011 section 5.1: no line begins with 。，、；：？！ or a closing mark, none ends with an opening mark,
//! and the two halves of —— and …… stay together.

use crate::face::{EM, Glyph};

/// What no line begins with.
const NOT_AT_START: &str = "，。；：！？、）】》」』〉〕”’·％‰℃～,.;:!?)]}%/";
/// What no line ends with.
const NOT_AT_END: &str = "（【《「『〈〔“‘([{￥¥$#";
/// Closing marks whose right half is blank: at the end of a line they need only half their width.
const HALF_AT_END: &str = "，。；：！？、）】》」』〉〕”’";
/// What stays together when doubled.
const PAIRED: &str = "—…";
/// A gap is widened by at most this much to fill a line, in thousandths of the size; beyond it the line stays short.
const STRETCH_EM_MAX: i32 = 100;

/// A line that was set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Line {
    /// From left to right.
    pub(crate) glyphs: Vec<Glyph>,
    /// Another line of the same part follows.
    pub(crate) full: bool,
}

impl Line {
    /// The width of the ink, in thousandths of the size.
    pub(crate) fn ink(&self) -> i32 {
        ink(&self.glyphs)
    }

    /// What each glyph's distance to the next is widened by so that the line fills `room`; empty to leave it as it is.
    pub(crate) fn spread(&self, room: i32) -> Vec<i32> {
        let followers = self.glyphs.iter().skip(1);
        let gaps: Vec<bool> =
            self.glyphs.iter().zip(followers).map(|(one, next)| !(western(*one) && western(*next))).collect();
        let count = i32::try_from(gaps.iter().filter(|gap| **gap).count()).unwrap_or(0);
        let left = room.saturating_sub(self.ink());
        if !self.full || count == 0 || left <= 0 || left > count.saturating_mul(STRETCH_EM_MAX) {
            return Vec::new();
        }
        let (each, mut spare) = (left / count, left % count);
        gaps.into_iter()
            .map(|gap| match (gap, spare > 0) {
                (false, _) => 0,
                (true, false) => each,
                (true, true) => {
                    spare -= 1;
                    each + 1
                }
            })
            .collect()
    }
}

/// Breaks one part of a text into lines: the first has `first` room, the others `rest`, in thousandths of the size.
/// An empty part is one empty line.
pub(crate) fn broken(part: &[Glyph], first: i32, rest: i32) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut left, mut room) = (part, first);
    loop {
        let fitting = fitting(left, room);
        if fitting == left.len() {
            if lines.is_empty() || !left.is_empty() {
                lines.push(Line { glyphs: left.to_vec(), full: false });
            }
            return lines;
        }
        let (line, after) = left.split_at(end_of_line(left, fitting));
        let kept = line.len() - line.iter().rev().take_while(|glyph| glyph.character == ' ').count();
        lines.push(Line { glyphs: line.iter().take(kept).copied().collect(), full: true });
        let blanks = after.iter().take_while(|glyph| glyph.character == ' ').count();
        left = after.get(blanks..).unwrap_or_default();
        room = rest;
    }
}

/// How many glyphs fit; at least one, so that every line takes something.
fn fitting(glyphs: &[Glyph], room: i32) -> usize {
    let mut before = 0_i32;
    for (place, glyph) in glyphs.iter().enumerate() {
        if before.saturating_add(at_end(*glyph)) > room {
            return place.max(1);
        }
        before = before.saturating_add(glyph.advance);
    }
    glyphs.len()
}

/// The last place at or before `fitting` where the text may be parted; where there is none, as far as it fits,
/// but still not before a closing mark.
fn end_of_line(glyphs: &[Glyph], fitting: usize) -> usize {
    let pair = |place: usize| Some((*glyphs.get(place.checked_sub(1)?)?, *glyphs.get(place)?));
    let places = || (1..=fitting).rev();
    places()
        .find(|place| pair(*place).is_some_and(|(one, next)| may_part(one, next)))
        .or_else(|| places().find(|place| pair(*place).is_some_and(|(one, next)| keeps_marks(one, next))))
        .unwrap_or(fitting)
}

fn may_part(one: Glyph, next: Glyph) -> bool {
    keeps_marks(one, next)
        && next.character != ' '
        && (one.character == ' ' || !(western(one) && western(next)))
        && !(one.character == next.character && PAIRED.contains(one.character))
}

fn keeps_marks(one: Glyph, next: Glyph) -> bool {
    !NOT_AT_START.contains(next.character) && !NOT_AT_END.contains(one.character)
}

/// Letters, digits and marks of Latin text, which are parted at blanks alone.
fn western(glyph: Glyph) -> bool {
    glyph.character != ' ' && u32::from(glyph.character) < 0x250
}

/// The width of a glyph that ends a line.
fn at_end(glyph: Glyph) -> i32 {
    match glyph.character {
        ' ' => 0,
        mark if glyph.advance == EM && HALF_AT_END.contains(mark) => EM / 2,
        _ => glyph.advance,
    }
}

fn ink(glyphs: &[Glyph]) -> i32 {
    let all: i32 = glyphs.iter().map(|glyph| glyph.advance).sum();
    glyphs.last().map_or(0, |last| all - last.advance + at_end(*last))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::face::{Face, Faces};
    use crate::missing::Missing;

    fn lines_of(text: &str, room: i32) -> Vec<String> {
        let faces = Faces::load().unwrap();
        let set = faces.set(Face::Song, text, &mut Missing::default());
        let lines = set.iter().flat_map(|part| broken(part, room, room));
        lines.map(|line| line.glyphs.iter().map(|glyph| glyph.character).collect()).collect()
    }

    #[test]
    fn a_full_stop_stays_on_the_line_it_ends() {
        assert_eq!(lines_of("请于本月底前缴清。谢谢", 8_500), ["请于本月底前缴清。", "谢谢"]);
        assert_eq!(lines_of("请于本月底前缴清。谢谢", 8_000), ["请于本月底前缴", "清。谢谢"]);
    }

    #[test]
    fn an_opening_mark_goes_to_the_line_it_opens() {
        assert_eq!(lines_of("依据合同条款《物业服务合同》", 7_000), ["依据合同条款", "《物业服务合", "同》"]);
    }

    #[test]
    fn a_number_is_not_torn_apart() {
        assert_eq!(lines_of("尚欠人民币1,234.50元", 7_000), ["尚欠人民币", "1,234.50元"]);
    }

    #[test]
    fn a_word_longer_than_the_line_is_cut_where_the_line_ends() {
        let lines = lines_of(&"0123456789abcdef".repeat(4), 8_000);
        assert!(lines.len() > 3);
        assert_eq!(lines.concat(), "0123456789abcdef".repeat(4));
    }

    #[test]
    fn the_halves_of_a_dash_stay_together() {
        assert_eq!(lines_of("欠费明细——二期", 5_000), ["欠费明细", "——二期"]);
    }

    #[test]
    fn a_full_line_is_spread_to_the_margin_and_the_last_is_not() {
        let faces = Faces::load().unwrap();
        let set = faces.set(Face::Song, "本项目共计1234.56元整已逾期三十天尚未缴纳费用", &mut Missing::default());
        let lines = broken(&set[0], 9_777, 9_777);
        let (last, full) = lines.split_last().unwrap();
        assert!(last.spread(9_777).is_empty());
        for line in full {
            assert_eq!(line.ink() + line.spread(9_777).iter().sum::<i32>(), 9_777);
        }
    }

    proptest! {
        #[test]
        fn no_line_begins_with_a_closing_mark_and_nothing_is_lost(
            text in "([甲乙丙丁户费元]{1,6}[，。；：！？）》”、]{0,2}|[（《“]{1}[甲乙丙]{1,4}|[a-z0-9]{1,8}[.,]?| ){1,60}",
            room in 6_000_i32..30_000,
        ) {
            let lines = lines_of(&text, room);
            for line in lines.iter().skip(1) {
                let first = line.chars().next().unwrap();
                prop_assert!(!NOT_AT_START.contains(first), "{line} of {lines:?}");
            }
            let squeezed = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(squeezed(&lines.concat()), squeezed(&text));
        }

        #[test]
        fn no_line_is_wider_than_its_room(text in "[甲乙丙，。（）a-z0-9 ]{0,200}", room in 2_000_i32..30_000) {
            let faces = Faces::load().unwrap();
            let set = faces.set(Face::Song, &text, &mut Missing::default());
            for line in broken(&set[0], room, room) {
                prop_assert!(line.ink() <= room);
            }
        }
    }
}
