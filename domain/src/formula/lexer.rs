//! Text to tokens. Full-width characters count as their ASCII twins, one for one, so places stay true.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::TEXT_CHARS_MAX;
use super::ast::{Comparison, Op, Suffix};
use super::error::{FormulaError, Problem, Span};
use super::unit;

/// The most characters of a written number: 10 billion with 8 decimals has 20.
const NUMBER_CHARS_MAX: usize = 20;
/// The most decimals of a written number.
const NUMBER_DECIMALS_MAX: usize = 8;
/// The longest word in quotes, in characters.
const WORD_CHARS_MAX: usize = 50;
/// Minutes of an hour, and of a day.
const HOUR_MINUTES: u32 = 60;
const DAY_MINUTES: u32 = 24 * HOUR_MINUTES;

/// A word of the language with its place.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Number { written: Decimal, suffix: Suffix },
    Text(String),
    Clock(u32),
    Name(String),
    Op(Op),
    Compare(Comparison),
    And,
    Or,
    Not,
    Open,
    Close,
    Comma,
    Colon,
    Semicolon,
    Dot,
    End,
}

/// Cuts the text into tokens; the last is always `End`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FormulaError> {
    let letters: Vec<char> = text.chars().take(TEXT_CHARS_MAX + 1).map(plain).collect();
    if letters.len() > TEXT_CHARS_MAX {
        return Err(FormulaError::new(Problem::TooLong, Span { start: TEXT_CHARS_MAX, end: TEXT_CHARS_MAX + 1 }));
    }
    let mut lexer = Lexer { letters: &letters, at: 0 };
    let mut tokens = Vec::new();
    while let Some(letter) = lexer.letter() {
        if letter.is_whitespace() {
            lexer.at += 1;
            continue;
        }
        let start = lexer.at;
        let kind = lexer.token(letter)?;
        tokens.push(Token { kind, span: Span { start, end: lexer.at } });
    }
    tokens.push(Token { kind: TokenKind::End, span: Span { start: lexer.at, end: lexer.at } });
    Ok(tokens)
}

/// The ASCII twin of a full-width or typographic character.
fn plain(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        '×' | '✕' | '∗' => '*',
        '−' | '–' | '—' => '-',
        '、' => ',',
        '“' | '”' | '「' | '」' => '"',
        other => other,
    }
}

fn begins_name(letter: char) -> bool {
    letter == '_' || (letter.is_alphabetic() && !is_conjunction(letter))
}

/// Letters, digits and underscores; 且 and 或 stand between conditions without blanks and are never part of a name.
pub(super) fn continues_name(letter: char) -> bool {
    letter == '_' || (letter.is_alphanumeric() && !is_conjunction(letter))
}

const fn is_conjunction(letter: char) -> bool {
    matches!(letter, '且' | '或')
}

struct Lexer<'t> {
    letters: &'t [char],
    at: usize,
}

impl Lexer<'_> {
    fn letter(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn ahead(&self, steps: usize) -> Option<char> {
        self.letters.get(self.at + steps).copied()
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let taken: String = self.letters.iter().skip(self.at).take_while(|letter| wanted(**letter)).collect();
        self.at += taken.chars().count();
        taken
    }

    fn token(&mut self, letter: char) -> Result<TokenKind, FormulaError> {
        if letter.is_ascii_digit() {
            return self.number();
        }
        if letter == '"' {
            return self.text();
        }
        if begins_name(letter) {
            return Ok(word(self.take_while(continues_name)));
        }
        let (kind, length) = match (letter, self.ahead(1)) {
            ('<', Some('=')) => (TokenKind::Compare(Comparison::AtMost), 2),
            ('>', Some('=')) => (TokenKind::Compare(Comparison::AtLeast), 2),
            ('<', Some('>')) | ('!', Some('=')) => (TokenKind::Compare(Comparison::Different), 2),
            ('=', Some('=')) => (TokenKind::Compare(Comparison::Equal), 2),
            ('≤', _) => (TokenKind::Compare(Comparison::AtMost), 1),
            ('≥', _) => (TokenKind::Compare(Comparison::AtLeast), 1),
            ('≠', _) => (TokenKind::Compare(Comparison::Different), 1),
            ('<', _) => (TokenKind::Compare(Comparison::Less), 1),
            ('>', _) => (TokenKind::Compare(Comparison::Greater), 1),
            ('=', _) => (TokenKind::Compare(Comparison::Equal), 1),
            ('+', _) => (TokenKind::Op(Op::Add), 1),
            ('-', _) => (TokenKind::Op(Op::Subtract), 1),
            ('*', _) => (TokenKind::Op(Op::Multiply), 1),
            // Only the slash can be part of a unit: `100元÷天` divides.
            ('/' | '÷', _) => (TokenKind::Op(Op::Divide), 1),
            ('且', _) => (TokenKind::And, 1),
            ('或', _) => (TokenKind::Or, 1),
            ('(', _) => (TokenKind::Open, 1),
            (')', _) => (TokenKind::Close, 1),
            (',', _) => (TokenKind::Comma, 1),
            (':', _) => (TokenKind::Colon, 1),
            (';', _) => (TokenKind::Semicolon, 1),
            ('.', Some(next)) if begins_name(next) => (TokenKind::Dot, 1),
            (other, _) => {
                let span = Span { start: self.at, end: self.at + 1 };
                return Err(FormulaError::new(Problem::UnexpectedCharacter(other), span));
            }
        };
        self.at += length;
        Ok(kind)
    }

    /// A word in quotes, to the next quote.
    fn text(&mut self) -> Result<TokenKind, FormulaError> {
        let start = self.at;
        self.at += 1;
        let inner = self.take_while(|letter| letter != '"' && letter != '\n');
        if self.letter() != Some('"') || inner.chars().count() > WORD_CHARS_MAX {
            return Err(FormulaError::new(Problem::UnclosedText, Span { start, end: start + 1 }));
        }
        self.at += 1;
        Ok(TokenKind::Text(inner))
    }

    fn number(&mut self) -> Result<TokenKind, FormulaError> {
        let start = self.at;
        let written = self.take_while(|letter| letter.is_ascii_digit() || letter == '.');
        if self.letter() == Some('点') {
            return self.clock(start, &written);
        }
        let wrong = |end| FormulaError::new(Problem::BadNumber(written.clone()), Span { start, end });
        let decimals = written.split_once('.').map(|(_, decimals)| decimals);
        let is_sound = written.len() <= NUMBER_CHARS_MAX
            && decimals.is_none_or(|digits| (1..=NUMBER_DECIMALS_MAX).contains(&digits.len()) && !digits.contains('.'));
        let value = Decimal::from_str(&written).ok().filter(|_| is_sound).ok_or_else(|| wrong(self.at))?;
        Ok(TokenKind::Number { written: value, suffix: self.suffix() })
    }

    fn suffix(&mut self) -> Suffix {
        let rest = self.letters.get(self.at..).unwrap_or_default();
        let (length, suffix) = match rest {
            ['%', ..] => (1, Suffix::Percent),
            ['‰', ..] => (1, Suffix::Permille),
            ['小', '时', tail @ ..] if !tail.first().is_some_and(|next| continues_name(*next)) => (2, Suffix::Hours),
            _ => unit::read(rest).map_or((0, Suffix::None), |(length, unit)| (length, Suffix::Unit(unit))),
        };
        self.at += length;
        suffix
    }

    /// `7点`, `19点30分`, up to `24点`.
    fn clock(&mut self, start: usize, hours: &str) -> Result<TokenKind, FormulaError> {
        self.at += 1;
        let minutes = self.take_while(|letter| letter.is_ascii_digit());
        if !minutes.is_empty() && self.letter() == Some('分') {
            self.at += 1;
        }
        let span = Span { start, end: self.at };
        clock_minutes(hours, &minutes).map(TokenKind::Clock).ok_or_else(|| FormulaError::new(Problem::BadClock, span))
    }
}

/// Minutes after midnight of hours and minutes as written; no minutes are none.
fn clock_minutes(hours: &str, minutes: &str) -> Option<u32> {
    let is_short = |digits: &str| digits.len() <= 2;
    let hours: u32 = Some(hours).filter(|digits| is_short(digits))?.parse().ok()?;
    let minutes: u32 = match minutes {
        "" => 0,
        digits => Some(digits).filter(|digits| is_short(digits))?.parse().ok().filter(|n| *n < HOUR_MINUTES)?,
    };
    Some(hours.checked_mul(HOUR_MINUTES)?.checked_add(minutes)?).filter(|total| *total <= DAY_MINUTES)
}

/// Reads `07:30` as minutes after midnight.
pub(super) fn clock(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once([':', '：'])?;
    if minutes.is_empty() { None } else { clock_minutes(hours.trim(), minutes.trim()) }
}

fn word(word: String) -> TokenKind {
    match word.as_str() {
        "非" => TokenKind::Not,
        other if other.eq_ignore_ascii_case("not") => TokenKind::Not,
        other if other.eq_ignore_ascii_case("and") => TokenKind::And,
        other if other.eq_ignore_ascii_case("or") => TokenKind::Or,
        _ => TokenKind::Name(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::Unit;

    fn kinds(text: &str) -> Vec<TokenKind> {
        tokens(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn full_width_text_reads_like_ascii() {
        assert_eq!(kinds("（ａ＋１．５）×２÷３－最小（１，２）"), kinds("(a+1.5)*2/3-最小(1,2)"));
        assert_eq!(kinds("如果（甲≥１且乙＝“丙”，１；２：３）"), kinds("如果(甲>=1 and 乙=\"丙\",1;2:3)"));
    }

    #[test]
    fn places_are_counted_in_characters() {
        let read = tokens("建筑面积 × 单价").unwrap();
        let spans: Vec<(usize, usize)> = read.iter().map(|token| (token.span.start, token.span.end)).collect();
        assert_eq!(spans, [(0, 4), (5, 6), (7, 9), (9, 9)]);
    }

    #[test]
    fn a_unit_behind_a_number_is_the_longest_whole_word() {
        let number = |text: &str| kinds(text).into_iter().next().unwrap();
        let of = |value: &str, unit| TokenKind::Number { written: value.parse().unwrap(), suffix: Suffix::Unit(unit) };
        assert_eq!(number("1.8元/㎡·月"), of("1.8", Unit::YuanPerSquareMetre));
        assert_eq!(number("1.8元／平方米"), of("1.8", Unit::YuanPerSquareMetre));
        assert_eq!(number("15元/月"), of("15", Unit::Yuan));
        assert_eq!(kinds("15元/月租").len(), 4);
        assert_eq!(number("100平米"), of("100", Unit::SquareMetre));
        assert_eq!(number("0.5283元/度"), of("0.5283", Unit::parse("元/kWh").unwrap()));
        assert_eq!(kinds("100元/3").len(), 4);
        assert_eq!(number("8.5%"), TokenKind::Number { written: "8.5".parse().unwrap(), suffix: Suffix::Percent });
    }

    #[test]
    fn conditions_need_no_blanks_and_names_may_begin_with_not() {
        assert_eq!(kinds("用量>100且停热").len(), 6);
        assert_eq!(kinds("非居民").first(), Some(&TokenKind::Name("非居民".to_owned())));
        assert_eq!(kinds("非 停热").first(), Some(&TokenKind::Not));
    }

    #[test]
    fn a_time_of_day_is_said_as_people_say_it() {
        assert_eq!(kinds("7点")[0], TokenKind::Clock(420));
        assert_eq!(kinds("19点30分")[0], TokenKind::Clock(1170));
        assert_eq!(kinds("24点")[0], TokenKind::Clock(1440));
        assert_eq!(tokens("24点01").unwrap_err().code(), "formula_bad_clock");
        assert_eq!((clock("07:30"), clock("7:5"), clock("25:00"), clock("7")), (Some(450), Some(425), None, None));
    }

    #[test]
    fn malformed_numbers_are_shown_as_written() {
        for text in ["1..2", "1.", "1.2.3", "123456789012345678901", "0.123456789"] {
            let error = tokens(text).unwrap_err();
            assert_eq!(error.problem, Problem::BadNumber(text.to_owned()));
            assert_eq!((error.span.start, error.span.end), (0, text.len()));
        }
        assert_eq!(tokens("如果(甲 = \"乙").unwrap_err().code(), "formula_text_unclosed");
    }
}
