//! Tokens to a tree, with winnow's precedence parser over the list of tokens.
//!
//! ```text
//! formula    = { [ "输出" ] name "=" expression ";" } expression
//! expression = expression operator expression | ( "-" | "非" ) expression | value
//! value      = number | text | clock | name [ "." name ] | name "(" [ argument { "," argument } ] ")" | "(" formula ")"
//! argument   = [ expression ":" ] formula
//! ```
//!
//! The grammar needs to see one token ahead, so the place of a mistake is the furthest token anybody looked at. How
//! deep a text nests is counted before it is parsed: the parser itself cannot run out of stack.

use std::cell::Cell;

use winnow::Parser;
use winnow::combinator::{Infix, Prefix, expression};
use winnow::error::{EmptyError, ParserError};
use winnow::stream::{Stateful, Stream, TokenSlice};

use super::DEPTH_MAX;
use super::ast::{Argument, Comparison, Definition, Kind, Node, Op, Word};
use super::error::{FormulaError, Problem, Span};
use super::lexer::{self, Token, TokenKind};

const POWER_OR: i64 = 1;
const POWER_AND: i64 = 2;
const POWER_NOT: i64 = 3;
const POWER_COMPARE: i64 = 4;
const POWER_SUM: i64 = 5;
const POWER_PRODUCT: i64 = 6;
const POWER_SIGN: i64 = 7;

/// The word before a definition whose value the caller wants as well.
pub(super) const OUTPUT_WORDS: [&str; 2] = ["输出", "output"];

/// The tokens still to be read, and how many had not been looked at when the parser had come furthest.
type Input<'t> = Stateful<TokenSlice<'t, Token>, &'t Cell<usize>>;
type Parsed<T> = Result<T, EmptyError>;
/// Puts a prefix before a value.
type Fold<'t> = fn(&mut Input<'t>, Node) -> Parsed<Node>;

/// Reads a whole formula.
pub(super) fn parse(text: &str) -> Result<Node, FormulaError> {
    let tokens = lexer::tokens(text)?;
    within_depth(&tokens)?;
    brackets_match(&tokens)?;
    let furthest = Cell::new(tokens.len());
    let mut input = Stateful { input: TokenSlice::new(&tokens), state: &furthest };
    let parsed = formula(&mut input).and_then(|node| take(&mut input, &TokenKind::End).map(|_| node));
    parsed.map_err(|_| mistake(&tokens, tokens.len().saturating_sub(furthest.get())))
}

/// How deep the text is at a token: in brackets, signs and negations.
#[derive(Default)]
struct Depth {
    /// The signs and negations in front of each open bracket.
    open: Vec<usize>,
    /// Their sum.
    held: usize,
    /// Signs in front of the next value.
    signs: usize,
    /// Negations that are not over; one reaches as far as the next 且, 或 or comma.
    negations: usize,
}

impl Depth {
    fn pass(&mut self, kind: &TokenKind, after_value: bool) -> usize {
        match kind {
            TokenKind::Op(Op::Subtract) if !after_value => self.signs += 1,
            TokenKind::Not => self.negations += 1,
            TokenKind::Open => {
                self.held += self.signs + self.negations;
                self.open.push(self.signs + self.negations);
                (self.signs, self.negations) = (0, 0);
            }
            TokenKind::Close => {
                self.held -= self.open.pop().unwrap_or_default();
                (self.signs, self.negations) = (0, 0);
            }
            TokenKind::And | TokenKind::Or | TokenKind::Comma | TokenKind::Colon | TokenKind::Semicolon => {
                (self.signs, self.negations) = (0, 0);
            }
            other if ends_value(other) => self.signs = 0,
            _ => {}
        }
        self.open.len() + self.held + self.signs + self.negations
    }
}

/// No bracket, sign or negation inside more than so many others.
fn within_depth(tokens: &[Token]) -> Result<(), FormulaError> {
    let (mut depth, mut after_value) = (Depth::default(), false);
    for token in tokens {
        if depth.pass(&token.kind, after_value) > DEPTH_MAX {
            return Err(FormulaError::new(Problem::TooDeep, token.span));
        }
        after_value = ends_value(&token.kind);
    }
    Ok(())
}

/// Every bracket has its other half.
fn brackets_match(tokens: &[Token]) -> Result<(), FormulaError> {
    let mut open: Vec<Span> = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Open => open.push(token.span),
            // What stands before a stray bracket may be wrong as well, and is read first: the parser tells.
            TokenKind::Close if open.pop().is_none() => return Ok(()),
            _ => {}
        }
    }
    match (open.pop(), tokens.iter().rev().nth(1)) {
        // Unfinished behind an operator: what is missing is a value first.
        (Some(span), Some(last)) if ends_value(&last.kind) => Err(FormulaError::new(Problem::Unclosed, span)),
        _ => Ok(()),
    }
}

const fn ends_value(kind: &TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Number { .. } | TokenKind::Text(_) | TokenKind::Clock(_) | TokenKind::Name(_) | TokenKind::Close
    )
}

/// What is wrong at the token nobody could read.
fn mistake(tokens: &[Token], place: usize) -> FormulaError {
    let Some(token) = tokens.get(place).or(tokens.last()) else {
        return FormulaError::new(Problem::Empty, Span::default());
    };
    let before = place.checked_sub(1).and_then(|before| tokens.get(before));
    let after_value = before.is_some_and(|before| ends_value(&before.kind));
    let problem = match &token.kind {
        TokenKind::End if before.is_none() => Problem::Empty,
        TokenKind::End => Problem::Unfinished,
        TokenKind::Close if after_value => Problem::Unopened,
        TokenKind::Comma if after_value => Problem::StrayComma,
        TokenKind::Colon if after_value => Problem::StrayColon,
        TokenKind::Semicolon if after_value => Problem::StraySemicolon,
        TokenKind::Compare(_) if after_value => Problem::ChainedComparison,
        kind if after_value => Problem::OperatorExpected(shown(kind)),
        kind => Problem::ValueExpected(shown(kind)),
    };
    FormulaError::new(problem, token.span)
}

/// A token as a message shows it.
fn shown(kind: &TokenKind) -> String {
    match kind {
        TokenKind::Number { written, .. } => written.to_string(),
        TokenKind::Text(text) => format!("“{text}”"),
        TokenKind::Clock(minutes) => format!("{}点{:02}", minutes / 60, minutes % 60),
        TokenKind::Name(name) => name.clone(),
        TokenKind::Op(op) => op.sign().to_owned(),
        TokenKind::Compare(how) => how.sign().to_owned(),
        TokenKind::And => "且".to_owned(),
        TokenKind::Or => "或".to_owned(),
        TokenKind::Not => "非".to_owned(),
        TokenKind::Open => "(".to_owned(),
        TokenKind::Close => ")".to_owned(),
        TokenKind::Comma => ",".to_owned(),
        TokenKind::Colon => ":".to_owned(),
        TokenKind::Semicolon => ";".to_owned(),
        TokenKind::Dot => ".".to_owned(),
        TokenKind::End => String::new(),
    }
}

/// The next token, which counts as looked at.
fn look<'t>(input: &Input<'t>) -> Option<&'t Token> {
    let left = input.eof_offset();
    input.state.set(input.state.get().min(left));
    input.peek_token()
}

fn is_next(input: &Input<'_>, kind: &TokenKind) -> bool {
    look(input).is_some_and(|token| token.kind == *kind)
}

fn take<'t>(input: &mut Input<'t>, kind: &TokenKind) -> Parsed<Span> {
    if is_next(input, kind) { next(input).map(|token| token.span) } else { fail(input) }
}

fn next<'t>(input: &mut Input<'t>) -> Parsed<&'t Token> {
    match input.next_token() {
        Some(token) => Ok(token),
        None => fail(input),
    }
}

fn fail<T>(input: &Input<'_>) -> Parsed<T> {
    Err(EmptyError::from_input(input))
}

/// Definitions, then a value.
fn formula(input: &mut Input<'_>) -> Parsed<Node> {
    let mut definitions = Vec::new();
    while begins_definition(input) {
        definitions.push(definition(input)?);
    }
    let value = whole_expression(input)?;
    let Some(first) = definitions.first() else { return Ok(value) };
    let span = first.name.span.to(value.span);
    Ok(Node { kind: Kind::Block { definitions, value: Box::new(value) }, span })
}

/// `name =` whose stretch ends in a semicolon, or the word for an output before a name.
fn begins_definition(input: &Input<'_>) -> bool {
    let ahead: &[Token] = &input.input;
    let kind = |place: usize| ahead.get(place).map(|token| &token.kind);
    match (kind(0), kind(1)) {
        (Some(TokenKind::Name(word)), Some(TokenKind::Name(_))) => is_output_word(word),
        (Some(TokenKind::Name(_)), Some(TokenKind::Compare(Comparison::Equal))) => ends_in_semicolon(ahead),
        _ => false,
    }
}

fn is_output_word(word: &str) -> bool {
    OUTPUT_WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn ends_in_semicolon(ahead: &[Token]) -> bool {
    let mut depth = 0_usize;
    for token in ahead {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close if depth == 0 => return false,
            TokenKind::Close => depth -= 1,
            TokenKind::Comma | TokenKind::Colon if depth == 0 => return false,
            TokenKind::Semicolon if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

fn definition(input: &mut Input<'_>) -> Parsed<Definition> {
    let first = name(input)?;
    let is_output = is_output_word(&first.text) && matches!(look(input).map(|t| &t.kind), Some(TokenKind::Name(_)));
    let name = if is_output { name(input)? } else { first };
    take(input, &TokenKind::Compare(Comparison::Equal))?;
    let value = whole_expression(input)?;
    take(input, &TokenKind::Semicolon)?;
    Ok(Definition { name, is_output, value })
}

fn name(input: &mut Input<'_>) -> Parsed<Word> {
    match look(input) {
        Some(Token { kind: TokenKind::Name(text), span }) => {
            next(input)?;
            Ok(Word { text: text.clone(), span: *span })
        }
        _ => fail(input),
    }
}

fn whole_expression(input: &mut Input<'_>) -> Parsed<Node> {
    expression(operand).prefix(prefix).infix(infix).parse_next(input)
}

fn prefix<'t>(input: &mut Input<'t>) -> Parsed<Prefix<Input<'t>, Node, EmptyError>> {
    let (power, fold): (i64, Fold<'t>) = match look(input).map(|token| &token.kind) {
        Some(TokenKind::Op(Op::Subtract)) => (POWER_SIGN, |_, inner| Ok(enclosed(inner, Kind::Negative))),
        Some(TokenKind::Not) => (POWER_NOT, |_, inner| Ok(enclosed(inner, Kind::Not))),
        _ => return fail(input),
    };
    next(input)?;
    Ok(Prefix(power, fold))
}

/// A sign takes one character in front of its value, which the value's own span does not cover.
fn enclosed(inner: Node, kind: fn(Box<Node>) -> Kind) -> Node {
    let span = inner.span;
    Node { kind: kind(Box::new(inner)), span }
}

fn infix<'t>(input: &mut Input<'t>) -> Parsed<Infix<Input<'t>, Node, EmptyError>> {
    let infix = match look(input).map(|token| &token.kind) {
        Some(TokenKind::Op(Op::Add)) => Infix::Left(POWER_SUM, |_, l, r| Ok(chained(l, Op::Add, r))),
        Some(TokenKind::Op(Op::Subtract)) => Infix::Left(POWER_SUM, |_, l, r| Ok(chained(l, Op::Subtract, r))),
        Some(TokenKind::Op(Op::Multiply)) => Infix::Left(POWER_PRODUCT, |_, l, r| Ok(chained(l, Op::Multiply, r))),
        Some(TokenKind::Op(Op::Divide)) => Infix::Left(POWER_PRODUCT, |_, l, r| Ok(chained(l, Op::Divide, r))),
        Some(TokenKind::And) => Infix::Left(POWER_AND, |_, l, r| Ok(joined(l, true, r))),
        Some(TokenKind::Or) => Infix::Left(POWER_OR, |_, l, r| Ok(joined(l, false, r))),
        Some(TokenKind::Compare(how)) => Infix::Neither(
            POWER_COMPARE,
            match how {
                Comparison::Less => |_, l, r| Ok(compared(l, Comparison::Less, r)),
                Comparison::AtMost => |_, l, r| Ok(compared(l, Comparison::AtMost, r)),
                Comparison::Greater => |_, l, r| Ok(compared(l, Comparison::Greater, r)),
                Comparison::AtLeast => |_, l, r| Ok(compared(l, Comparison::AtLeast, r)),
                Comparison::Equal => |_, l, r| Ok(compared(l, Comparison::Equal, r)),
                Comparison::Different => |_, l, r| Ok(compared(l, Comparison::Different, r)),
            },
        ),
        _ => return fail(input),
    };
    next(input)?;
    Ok(infix)
}

fn operand(input: &mut Input<'_>) -> Parsed<Node> {
    let Some(token) = look(input) else { return fail(input) };
    let kind = match &token.kind {
        TokenKind::Number { written, suffix } => Kind::Number { written: *written, suffix: *suffix },
        TokenKind::Text(text) => Kind::Text(text.clone()),
        TokenKind::Clock(minutes) => Kind::Clock(*minutes),
        TokenKind::Name(_) => return named(input),
        TokenKind::Open => {
            let open = take(input, &TokenKind::Open)?;
            let inner = formula(input)?;
            let close = take(input, &TokenKind::Close)?;
            return Ok(Node { kind: inner.kind, span: open.to(close) });
        }
        _ => return fail(input),
    };
    next(input)?;
    Ok(Node { kind, span: token.span })
}

/// A name, a column, or a call when a bracket follows.
fn named(input: &mut Input<'_>) -> Parsed<Node> {
    let name = name(input)?;
    let first = name.span;
    if is_next(input, &TokenKind::Dot) {
        next(input)?;
        let column = self::name(input)?;
        let span = first.to(column.span);
        return Ok(Node { kind: Kind::Column { table: name.text, column: column.text }, span });
    }
    if !is_next(input, &TokenKind::Open) {
        return Ok(Node { kind: Kind::Name(name.text), span: first });
    }
    next(input)?;
    let mut arguments = Vec::new();
    if !is_next(input, &TokenKind::Close) {
        arguments.push(argument(input)?);
        while is_next(input, &TokenKind::Comma) {
            next(input)?;
            arguments.push(argument(input)?);
        }
    }
    let close = take(input, &TokenKind::Close)?;
    Ok(Node { kind: Kind::Call { name, arguments }, span: first.to(close) })
}

fn argument(input: &mut Input<'_>) -> Parsed<Argument> {
    let value = formula(input)?;
    if !is_next(input, &TokenKind::Colon) {
        return Ok(Argument { label: None, value });
    }
    next(input)?;
    Ok(Argument { label: Some(value), value: formula(input)? })
}

/// Joins a value to what stands before it; operators of one rank become one flat chain.
fn chained(left: Node, op: Op, right: Node) -> Node {
    let span = left.span.to(right.span);
    let same_rank = |rest: &[(Op, Node)]| rest.first().is_some_and(|(first, _)| first.is_sum() == op.is_sum());
    match left.kind {
        Kind::Chain { first, mut rest } if same_rank(&rest) => {
            rest.push((op, right));
            Node { kind: Kind::Chain { first, rest }, span }
        }
        kind => {
            let first = Box::new(Node { kind, span: left.span });
            Node { kind: Kind::Chain { first, rest: vec![(op, right)] }, span }
        }
    }
}

fn joined(left: Node, all: bool, right: Node) -> Node {
    let span = left.span.to(right.span);
    match left.kind {
        Kind::Logic { all: own, mut parts } if own == all => {
            parts.push(right);
            Node { kind: Kind::Logic { all, parts }, span }
        }
        kind => Node { kind: Kind::Logic { all, parts: vec![Node { kind, span: left.span }, right] }, span },
    }
}

fn compared(left: Node, how: Comparison, right: Node) -> Node {
    let span = left.span.to(right.span);
    Node { kind: Kind::Compare { left: Box::new(left), how, right: Box::new(right) }, span }
}
