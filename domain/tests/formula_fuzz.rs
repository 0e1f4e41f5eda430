//! The body of the fuzz target on the stable compiler: formulas of the templates and words of the language, mutated.
//!
//! As many cases as `FORMULA_FUZZ_CASES` says, else [`CASES`]; the same ones each time, so that what fails once fails
//! again. `cargo +nightly fuzz run formula` looks for new paths by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test stops where it is wrong")]

#[path = "../../fuzz/body/formula.rs"]
mod body;

use domain::formula::{Function, Template};

/// Cases of an ordinary run.
const CASES: u64 = 6_000;
/// The most changes of one formula.
const CHANGES_MAX: u64 = 6;

/// Pieces of the language, and of what is not.
const WORDS: [&str; 66] = [
    "+",
    "-",
    "×",
    "÷",
    "/",
    "(",
    ")",
    "（",
    "）",
    ",",
    "，",
    "、",
    ":",
    "：",
    ";",
    "；",
    "=",
    "<",
    "≤",
    ">",
    ">=",
    "≠",
    "<>",
    "且",
    "或",
    "非 ",
    " and ",
    " or ",
    " not ",
    "0",
    "1",
    "180",
    "0.5283",
    "99999999999",
    "1.",
    "5%",
    "3‰",
    "24小时",
    "7点30分",
    "25点",
    "180度",
    "15元",
    "1.8元/㎡·月",
    "30分钟",
    "“采暖”",
    "\"生活\"",
    "“",
    "以上",
    "其他",
    "已用",
    "输出 ",
    "甲",
    "甲 = 1; ",
    "建筑面积",
    "单价",
    "用电量",
    "停车分钟",
    "停热",
    "用途",
    "入场",
    "出场",
    "欠费",
    "欠费.金额",
    "段量",
    "段分钟",
    "🏠",
];

/// A small generator of its own, so that cases are the same everywhere and always.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

/// Changes a text once: a piece put in, left out, repeated, moved or taken from another text.
fn changed(text: &str, seeds: &[String], dice: &mut Dice) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = dice.roll(letters.len() + 1);
    let end = (at + 1 + dice.roll(12)).min(letters.len()).max(at);
    let word = || WORDS.iter().copied().chain(Function::all().map(Function::name));
    match dice.roll(6) {
        0 => drop(letters.splice(at..at, word().nth(dice.roll(word().count())).unwrap().chars())),
        1 => drop(letters.drain(at..end)),
        2 => {
            let piece = letters[at..end].to_vec();
            letters.splice(at..at, piece);
        }
        3 => {
            let piece: Vec<char> = letters.drain(at..end).collect();
            let to = dice.roll(letters.len() + 1);
            letters.splice(to..to, piece);
        }
        4 => {
            let other: Vec<char> = seeds[dice.roll(seeds.len())].chars().collect();
            let from = dice.roll(other.len());
            let until = (from + 1 + dice.roll(40)).min(other.len());
            letters.splice(at..end, other[from..until].to_vec());
        }
        _ => {
            let replaced = word().nth(dice.roll(word().count())).unwrap();
            letters.splice(at..end, replaced.chars());
        }
    }
    letters.into_iter().collect()
}

#[test]
fn whatever_is_written_is_refused_at_its_place_or_worth_what_its_trace_says() {
    let mut seeds: Vec<String> = Template::all().unwrap().iter().map(Template::text).collect();
    seeds.extend(Function::all().map(|function| function.usage().to_owned()));
    seeds.extend(WORDS.map(str::to_owned));
    seeds.iter().for_each(|seed| body::exercise(seed));
    let cases = std::env::var("FORMULA_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..cases {
        let mut text = seeds[dice.roll(seeds.len())].clone();
        for _ in 0..=dice.roll(usize::try_from(CHANGES_MAX).unwrap()) {
            text = changed(&text, &seeds, &mut dice);
        }
        body::exercise(&text);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut dice = Dice(7);
    for length in 0..200 {
        let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect();
        body::exercise_bytes(&bytes);
    }
}
