//! Random formulas against an evaluator that shares no code with ours, and random texts against the compiler.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::reference::worth;
use super::stories::flat;
use super::*;

/// A formula as the test thinks of it.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    Number(Decimal),
    Name(usize),
    Minus(Box<Tree>),
    Two(char, Box<Tree>, Box<Tree>),
    Least(Vec<Tree>),
    Most(Vec<Tree>),
    /// Half up, up or down to so many decimals.
    Rounded(usize, Box<Tree>, u32),
    /// The size of the first, cut into tiers of rising width, each with its price.
    Tiers(Box<Tree>, Option<Box<Tree>>, Vec<(u32, Tree)>, Box<Tree>),
    /// The first value whose limit is not below.
    Table(Box<Tree>, Vec<(u32, Tree)>, Box<Tree>),
    /// What lies between two limits.
    Within(Box<Tree>, Box<Tree>, Box<Tree>),
    If(Box<Truth>, Box<Tree>, Box<Tree>),
    /// A value under a name that is used once for each factor.
    Square(Box<Tree>),
    /// The size of the first in pieces of a whole number, each piece times the second.
    Pieces(Box<Tree>, u32, Box<Tree>),
}

/// A condition as the test thinks of it.
#[derive(Debug, Clone)]
pub(super) enum Truth {
    Compare(&'static str, Tree, Tree),
    Both(Box<Truth>, Box<Truth>),
    Either(Box<Truth>, Box<Truth>),
    Not(Box<Truth>),
}

const NAMES: [&str; 3] = ["甲", "b", "丙_1"];
const ROUNDERS: [[&str; 3]; 3] =
    [["round", "四舍五入", "Round"], ["ceil", "向上取整", "CEIL"], ["floor", "向下取整", "Floor"]];
/// Pieces of a size stay few.
pub(super) const PIECES_MAX: i64 = 500;

fn rank(tree: &Tree) -> u8 {
    match tree {
        Tree::Two('+' | '-', ..) => 1,
        Tree::Two(..) => 2,
        Tree::Minus(_) => 3,
        _ => 4,
    }
}

/// Writes trees with only the brackets they need, spelling operators one way or another.
struct Writer {
    spelling: usize,
    /// How many names have been given out.
    given: usize,
}

impl Writer {
    fn pick(&mut self, words: [&str; 3]) -> String {
        self.spelling = self.spelling.wrapping_mul(31).wrapping_add(7);
        words[self.spelling / 8 % 3].to_owned()
    }

    fn wrapped(&mut self, inner: &Tree, rank_min: u8) -> String {
        let text = self.tree(inner);
        if rank(inner) < rank_min { format!("（{text})") } else { text }
    }

    fn list(&mut self, parts: &[Tree]) -> String {
        parts.iter().map(|part| self.tree(part)).collect::<Vec<_>>().join("，")
    }

    /// Limits that rise by the widths.
    fn steps(&mut self, steps: &[(u32, Tree)], above: &Tree) -> String {
        let mut limit = 0;
        let mut text = String::new();
        for (width, value) in steps {
            limit += width;
            let value = self.tree(value);
            text += &format!("{limit}：{value}, ");
        }
        let above = self.tree(above);
        format!("{text}{}: {above}", self.pick(["以上", "above", "以上"]))
    }

    fn tree(&mut self, tree: &Tree) -> String {
        match tree {
            Tree::Number(value) => value.to_string(),
            Tree::Name(n) => NAMES[*n].to_owned(),
            Tree::Minus(inner) => format!("{}{}", self.pick(["-", "－", "− "]), self.wrapped(inner, 3)),
            Tree::Two(op, left, right) => {
                let own = rank(tree);
                let sign = match op {
                    '+' => self.pick(["+", " ＋ ", " + "]),
                    '-' => self.pick(["-", " － ", " − "]),
                    '*' => self.pick(["*", "×", " ＊ "]),
                    _ => self.pick(["/", "÷", " ／ "]),
                };
                format!("{}{sign}{}", self.wrapped(left, own), self.wrapped(right, own + 1))
            }
            Tree::Least(parts) => format!("{}({})", self.pick(["min", "最小", "最小值"]), self.list(parts)),
            Tree::Most(parts) => format!("{}({})", self.pick(["max", "最大", "MAX"]), self.list(parts)),
            Tree::Rounded(how, inner, places) => {
                format!("{}({},{places})", self.pick(ROUNDERS[*how]), self.tree(inner))
            }
            Tree::Tiers(quantity, used, steps, above) => {
                let used = used.as_ref().map(|used| format!("已用: 绝对值({}), ", self.tree(used)));
                let name = self.pick(["阶梯", "tiers", "Tiers"]);
                let quantity = self.tree(quantity);
                format!("{name}(abs({quantity}), {}{})", used.unwrap_or_default(), self.steps(steps, above))
            }
            Tree::Table(subject, steps, above) => {
                format!("查表({}, {})", self.tree(subject), self.steps(steps, above))
            }
            Tree::Within(value, low, high) => {
                format!(
                    "{}({})",
                    self.pick(["档内", "within", "档内"]),
                    self.list(&[(**value).clone(), (**low).clone(), (**high).clone()])
                )
            }
            Tree::If(truth, yes, no) => {
                format!(
                    "{}({}, {}, {})",
                    self.pick(["如果", "if", "IF"]),
                    self.truth(truth, 0),
                    self.tree(yes),
                    self.tree(no)
                )
            }
            Tree::Square(inner) => {
                self.given += 1;
                let name = format!("名{}", self.given);
                format!("({name} = {}; {name} * {name})", self.tree(inner))
            }
            Tree::Pieces(total, size, body) => {
                format!(
                    "逐段(最小(绝对值({}), {}), {size}, 段量 × ({}))",
                    self.tree(total),
                    PIECES_MAX,
                    self.tree(body)
                )
            }
        }
    }

    /// `Either` is loosest, then `Both`, then `Not`, then comparisons.
    fn truth(&mut self, truth: &Truth, rank_min: u8) -> String {
        let (own, text) = match truth {
            Truth::Compare(sign, left, right) => (3, format!("{} {sign} {}", self.tree(left), self.tree(right))),
            Truth::Not(inner) => (2, format!("{} {}", self.pick(["非", "not", "NOT"]), self.truth(inner, 2))),
            Truth::Both(left, right) => {
                (1, format!("{}{}{}", self.truth(left, 1), self.pick([" 且 ", " and ", "且"]), self.truth(right, 2)))
            }
            Truth::Either(left, right) => {
                (0, format!("{}{}{}", self.truth(left, 0), self.pick([" 或 ", " or ", "或"]), self.truth(right, 1)))
            }
        };
        if own < rank_min { format!("({text})") } else { text }
    }
}

fn written(tree: &Tree, spelling: usize) -> String {
    Writer { spelling, given: 0 }.tree(tree)
}

fn truths(tree: impl Strategy<Value = Tree> + Clone + 'static) -> impl Strategy<Value = Truth> {
    let sign = prop::sample::select(vec!["<", "<=", "≤", ">", "=", "<>"]);
    let leaf = (sign, tree.clone(), tree).prop_map(|(sign, left, right)| Truth::Compare(sign, left, right));
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Truth::Both(Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Truth::Either(Box::new(a), Box::new(b))),
            inner.prop_map(|inner| Truth::Not(Box::new(inner))),
        ]
    })
}

fn trees() -> impl Strategy<Value = Tree> {
    let number = (0_i64..1_000_000, 0_u32..5).prop_map(|(digits, scale)| Tree::Number(Decimal::new(digits, scale)));
    let leaf = prop_oneof![number, (0..NAMES.len()).prop_map(Tree::Name)];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new).boxed();
        let two = (prop::sample::select(vec!['+', '-', '*', '/']), boxed.clone(), boxed.clone());
        let steps = prop::collection::vec((1_u32..100_000, inner.clone()), 1..4).boxed();
        prop_oneof![
            6 => two.prop_map(|(op, left, right)| Tree::Two(op, left, right)),
            1 => boxed.clone().prop_map(Tree::Minus),
            1 => prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::Least),
            1 => prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::Most),
            1 => (0..ROUNDERS.len(), boxed.clone(), 0_u32..=6).prop_map(|(how, inner, places)| Tree::Rounded(how, inner, places)),
            2 => (boxed.clone(), prop::option::of(boxed.clone()), steps.clone(), boxed.clone())
                .prop_map(|(quantity, used, steps, above)| Tree::Tiers(quantity, used, steps, above)),
            1 => (boxed.clone(), steps, boxed.clone()).prop_map(|(subject, steps, above)| Tree::Table(subject, steps, above)),
            1 => (boxed.clone(), boxed.clone(), boxed.clone()).prop_map(|(value, low, high)| Tree::Within(value, low, high)),
            2 => (truths(inner), boxed.clone(), boxed.clone()).prop_map(|(truth, yes, no)| Tree::If(Box::new(truth), yes, no)),
            1 => boxed.clone().prop_map(Tree::Square),
            1 => (boxed.clone(), 1_u32..200, boxed).prop_map(|(total, size, body)| Tree::Pieces(total, size, body)),
        ]
    })
}

fn adaptive_constants(values: &[Decimal; 3]) -> Constants {
    let mut constants = Constants::default();
    for (name, value) in NAMES.iter().zip(values) {
        constants.insert(name, &value.to_string()).unwrap();
    }
    constants
}

/// What a formula may be refused for, although its grammar is sound: divisors that are always zero, too many names and
/// rounds for one formula.
fn is_bound(error: &FormulaError) -> bool {
    let bounds = ["formula_division_by_zero", "formula_too_many_locals", "formula_loops_too_deep", "formula_too_deep"];
    bounds.contains(&error.code())
}

proptest! {
    #[test]
    fn a_random_formula_is_worth_what_its_tree_is_worth(
        tree in trees(), spelling in 0_usize..1000, cents in prop::array::uniform3(0_i64..10_000_000),
    ) {
        let values = cents.map(|cents| Decimal::new(cents, 2));
        let constants = adaptive_constants(&values);
        let text = written(&tree, spelling);
        prop_assume!(text.chars().count() <= TEXT_CHARS_MAX);
        let expected = worth(&tree, &values);
        let names = Names::with(&constants).for_purpose(Purpose::Settlement);
        match Formula::compile(&text, &names) {
            Err(errors) => prop_assert!(errors.iter().all(is_bound), "{text}: {errors:?}"),
            Ok(formula) => {
                let inputs = formula.bind_constants(&constants);
                match (formula.evaluate(&inputs), expected) {
                    (Ok(value), Some(expected)) => prop_assert_eq!(value, expected, "{}", text),
                    (Err(EvalError::DivisionByZero | EvalError::Overflow), None) => {}
                    (got, expected) => prop_assert!(false, "{text}: {got:?} for {expected:?}"),
                }
            }
        }
    }

    #[test]
    fn the_last_figure_of_the_trace_is_the_value(
        tree in trees(), cents in prop::array::uniform3(0_i64..10_000_000),
    ) {
        let constants = adaptive_constants(&cents.map(|cents| Decimal::new(cents, 2)));
        if let Ok(formula) = Formula::compile(&written(&tree, 0), &Names::with(&constants)) {
            let inputs = formula.bind_constants(&constants);
            match formula.explain(&inputs) {
                Ok((value, trace)) => {
                    prop_assert_eq!(formula.evaluate(&inputs), Ok(value));
                    prop_assert_eq!(trace.value(), Some(value));
                    prop_assert_eq!(trace.words().len(), trace.steps.len());
                    let stored = serde_json::to_string(&trace).unwrap();
                    prop_assert_eq!(serde_json::from_str::<Trace>(&stored).unwrap(), trace);
                }
                Err(error) => prop_assert_eq!(formula.evaluate(&inputs), Err(error)),
            }
        }
    }

    #[test]
    fn what_is_printed_reads_as_what_was_printed(tree in trees(), spelling in 0_usize..1000) {
        let text = written(&tree, spelling);
        prop_assume!(text.chars().count() <= TEXT_CHARS_MAX);
        if let Ok(parsed) = parser::parse(&text) {
            let printed = parsed.to_string();
            prop_assume!(printed.chars().count() <= TEXT_CHARS_MAX);
            match parser::parse(&printed) {
                Ok(again) => prop_assert_eq!(&again, &parsed, "{} printed as {}", text, printed),
                Err(error) => prop_assert!(error.problem == Problem::TooDeep, "{printed}: {error}"),
            }
        }
    }

    #[test]
    fn no_text_makes_the_compiler_panic(text in "\\PC{0,300}") {
        let _ = Formula::compile(&text, &Names::standard());
    }

    #[test]
    fn no_soup_of_its_own_words_does_either(words in prop::collection::vec(prop::sample::select(vec![
        "建筑面积", "单价", "unit_price", "计费月数", "固定金额", "最小", "round", "(", ")", "（", "，", ",", "+", "-", "×",
        "÷", "/", "1", "0", "2.5", "15元", "元/㎡", "100㎡", "%", " ", "\n", ".", "㎡", "９", "如果", "阶梯", "查表", "以上",
        ":", "：", "；", "=", "甲", "输出", "且", "或", "非", ">", "≤", "≠", "\"", "“住宅”", "7点", "逐段", "段量", "合计",
    ]), 0..400)) {
        let text = words.concat();
        match Formula::compile(&text, &Names::standard()) {
            Ok(formula) => {
                let inputs = flat(&formula);
                prop_assert_eq!(formula.evaluate(&inputs).ok(), formula.explain(&inputs).ok().map(|told| told.0));
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty() && errors.len() <= ERRORS_MAX);
                let length = text.chars().count();
                for error in errors {
                    prop_assert!(error.span.start <= error.span.end && error.span.end <= length);
                }
            }
        }
    }
}
