//! Tokens to a tree, by binding power (Pratt). Stops at the first mistake: what follows one is guesswork.

use super::DEPTH_MAX;
use super::ast::{Kind, Node, Op};
use super::error::{FormulaError, Problem, Span};
use super::lexer::{self, Token, TokenKind};

/// How strongly sums bind; products bind more, a sign in front the most.
const POWER_SUM: u8 = 1;
const POWER_PRODUCT: u8 = 2;
const POWER_SIGN: u8 = 3;

/// Reads a whole formula.
pub(super) fn parse(text: &str) -> Result<Node, FormulaError> {
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    if *parser.kind() == TokenKind::End {
        return Err(parser.wrong(Problem::Empty));
    }
    let node = parser.expression(0)?;
    match parser.kind() {
        TokenKind::End => Ok(node),
        TokenKind::Close => Err(parser.wrong(Problem::Unopened)),
        TokenKind::Comma => Err(parser.wrong(Problem::StrayComma)),
        other => Err(parser.wrong(Problem::OperatorExpected(shown(other)))),
    }
}

/// A token as a message shows it.
fn shown(kind: &TokenKind) -> String {
    match kind {
        TokenKind::Number { value, .. } => value.to_string(),
        TokenKind::Name(name) => name.clone(),
        TokenKind::Op(op) => op.sign().to_owned(),
        TokenKind::Open => "(".to_owned(),
        TokenKind::Close => ")".to_owned(),
        TokenKind::Comma => ",".to_owned(),
        TokenKind::End => String::new(),
    }
}

const fn power(op: Op) -> u8 {
    if op.is_sum() { POWER_SUM } else { POWER_PRODUCT }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn kind(&self) -> &TokenKind {
        self.tokens.get(self.at).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(Span::default(), |token| token.span)
    }

    fn wrong(&self, problem: Problem) -> FormulaError {
        FormulaError::new(problem, self.span())
    }

    fn advance(&mut self) -> Span {
        let span = self.span();
        self.at += 1;
        span
    }

    /// A value and all operators behind it that bind at least as strongly as `power_min`.
    fn expression(&mut self, power_min: u8) -> Result<Node, FormulaError> {
        let mut node = self.value()?;
        while let TokenKind::Op(op) = *self.kind() {
            if power(op) < power_min {
                break;
            }
            self.advance();
            let right = self.expression(power(op) + 1)?;
            node = chained(node, op, right);
        }
        Ok(node)
    }

    /// A value, inside at most [`DEPTH_MAX`] brackets, functions and signs.
    fn value(&mut self) -> Result<Node, FormulaError> {
        if self.depth > DEPTH_MAX {
            return Err(self.wrong(Problem::TooDeep));
        }
        self.depth += 1;
        let node = self.primary()?;
        self.depth -= 1;
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node, FormulaError> {
        let kind = self.kind().clone();
        match kind {
            TokenKind::Number { value, unit } => Ok(Node { kind: Kind::Number { value, unit }, span: self.advance() }),
            TokenKind::Name(name) => self.named(name),
            TokenKind::Op(Op::Subtract) => {
                let sign = self.advance();
                let inner = self.expression(POWER_SIGN)?;
                let span = sign.to(inner.span);
                Ok(Node { kind: Kind::Negative(Box::new(inner)), span })
            }
            TokenKind::Open => {
                let open = self.advance();
                let inner = self.expression(0)?;
                let close = self.close(open)?;
                Ok(Node { kind: inner.kind, span: open.to(close) })
            }
            TokenKind::End => Err(self.wrong(Problem::Unfinished)),
            other => Err(self.wrong(Problem::ValueExpected(shown(&other)))),
        }
    }

    /// A name, or a call when a bracket follows it.
    fn named(&mut self, name: String) -> Result<Node, FormulaError> {
        let name_span = self.advance();
        if *self.kind() != TokenKind::Open {
            return Ok(Node { kind: Kind::Name(name), span: name_span });
        }
        let open = self.advance();
        let mut arguments = Vec::new();
        if *self.kind() != TokenKind::Close {
            arguments.push(self.expression(0)?);
            while *self.kind() == TokenKind::Comma {
                self.advance();
                arguments.push(self.expression(0)?);
            }
        }
        let close = self.close(open)?;
        Ok(Node { kind: Kind::Call { name, name_span, arguments }, span: name_span.to(close) })
    }

    fn close(&mut self, open: Span) -> Result<Span, FormulaError> {
        match self.kind() {
            TokenKind::Close => Ok(self.advance()),
            TokenKind::End => Err(FormulaError::new(Problem::Unclosed, open)),
            TokenKind::Comma => Err(self.wrong(Problem::StrayComma)),
            other => Err(self.wrong(Problem::OperatorExpected(shown(other)))),
        }
    }
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
