//! Text to tokens. Full-width characters count as their ASCII twins, one for one, so places stay true.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::TEXT_CHARS_MAX;
use super::ast::Op;
use super::error::{FormulaError, Problem, Span};
use super::unit::Unit;

/// The most characters of a written number: 10 billion with 8 decimals has 20.
const NUMBER_CHARS_MAX: usize = 20;
/// The most decimals of a written number.
const NUMBER_DECIMALS_MAX: usize = 8;

/// Units that may follow a number, longer before shorter.
const SUFFIXES: [(&str, Unit); 18] = [
    ("元/平方米·月", Unit::YuanPerSquareMetre),
    ("元/平方米/月", Unit::YuanPerSquareMetre),
    ("元/平米·月", Unit::YuanPerSquareMetre),
    ("元/平米/月", Unit::YuanPerSquareMetre),
    ("元/㎡·月", Unit::YuanPerSquareMetre),
    ("元/㎡/月", Unit::YuanPerSquareMetre),
    ("元/m²·月", Unit::YuanPerSquareMetre),
    ("元/平方米", Unit::YuanPerSquareMetre),
    ("元/平米", Unit::YuanPerSquareMetre),
    ("元/m²", Unit::YuanPerSquareMetre),
    ("元/㎡", Unit::YuanPerSquareMetre),
    ("元/月", Unit::Yuan),
    ("元", Unit::Yuan),
    ("平方米", Unit::SquareMetre),
    ("平米", Unit::SquareMetre),
    ("m²", Unit::SquareMetre),
    ("m2", Unit::SquareMetre),
    ("㎡", Unit::SquareMetre),
];

/// A word of the language with its place.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Number { value: Decimal, unit: Option<Unit> },
    Name(String),
    Op(Op),
    Open,
    Close,
    Comma,
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
        '÷' => '/',
        '−' | '–' | '—' => '-',
        '、' => ',',
        other => other,
    }
}

fn begins_name(letter: char) -> bool {
    letter == '_' || letter.is_alphabetic()
}

fn continues_name(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
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
        if begins_name(letter) {
            return Ok(TokenKind::Name(self.take_while(continues_name)));
        }
        let kind = match letter {
            '+' => TokenKind::Op(Op::Add),
            '-' => TokenKind::Op(Op::Subtract),
            '*' => TokenKind::Op(Op::Multiply),
            '/' => TokenKind::Op(Op::Divide),
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            ',' => TokenKind::Comma,
            other => {
                let span = Span { start: self.at, end: self.at + 1 };
                return Err(FormulaError::new(Problem::UnexpectedCharacter(other), span));
            }
        };
        self.at += 1;
        Ok(kind)
    }

    fn number(&mut self) -> Result<TokenKind, FormulaError> {
        let start = self.at;
        let written = self.take_while(|letter| letter.is_ascii_digit() || letter == '.');
        let span = Span { start, end: self.at };
        let decimals = written.split_once('.').map(|(_, decimals)| decimals);
        let sound = written.len() <= NUMBER_CHARS_MAX
            && decimals.is_none_or(|digits| (1..=NUMBER_DECIMALS_MAX).contains(&digits.len()) && !digits.contains('.'));
        let value = Decimal::from_str(&written).ok().filter(|_| sound);
        let value = value.ok_or_else(|| FormulaError::new(Problem::BadNumber(written), span))?;
        if self.letter() == Some('%') {
            self.at += 1;
            return Ok(TokenKind::Number { value: value * Decimal::new(1, 2), unit: None });
        }
        Ok(TokenKind::Number { value, unit: self.suffix() })
    }

    /// The longest unit that stands here as a whole word: `元/月` before `租` is yuan divided by 月租.
    fn suffix(&mut self) -> Option<Unit> {
        let (length, unit) = SUFFIXES.into_iter().find_map(|(word, unit)| {
            let length = word.chars().count();
            let here = word.chars().enumerate().all(|(place, letter)| self.ahead(place) == Some(letter));
            (here && !self.ahead(length).is_some_and(continues_name)).then_some((length, unit))
        })?;
        self.at += length;
        Some(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        tokens(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn full_width_text_reads_like_ascii() {
        assert_eq!(kinds("（ａ＋１．５）×２÷３－最小（１，２）"), kinds("(a+1.5)*2/3-最小(1,2)"));
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
        let of = |value: &str, unit| TokenKind::Number { value: value.parse().unwrap(), unit };
        assert_eq!(number("1.8元/㎡·月"), of("1.8", Some(Unit::YuanPerSquareMetre)));
        assert_eq!(number("1.8元／平方米"), of("1.8", Some(Unit::YuanPerSquareMetre)));
        assert_eq!(number("15元/月"), of("15", Some(Unit::Yuan)));
        assert_eq!(kinds("15元/月租").len(), 4);
        assert_eq!(number("100平米"), of("100", Some(Unit::SquareMetre)));
        assert_eq!(number("8.5%"), of("0.085", None));
    }

    #[test]
    fn malformed_numbers_are_shown_as_written() {
        for text in ["1..2", "1.", "1.2.3", "123456789012345678901", "0.123456789"] {
            let error = tokens(text).unwrap_err();
            assert_eq!(error.problem, Problem::BadNumber(text.to_owned()));
            assert_eq!((error.span.start, error.span.end), (0, text.len()));
        }
    }
}
