//! Random formulas against an evaluator that shares no code with ours, and random texts against the compiler.

use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

use super::stories::flat;
use super::*;

/// A formula as the test thinks of it.
#[derive(Debug, Clone)]
enum Tree {
    Number(Decimal),
    Name(usize),
    Minus(Box<Tree>),
    Two(char, Box<Tree>, Box<Tree>),
    Least(Vec<Tree>),
    Most(Vec<Tree>),
    Rounded(Box<Tree>, u32),
}

const NAMES: [&str; 3] = ["甲", "b", "丙_1"];

fn rank(tree: &Tree) -> u8 {
    match tree {
        Tree::Two('+' | '-', ..) => 1,
        Tree::Two(..) => 2,
        Tree::Minus(_) => 3,
        _ => 4,
    }
}

/// Writes the tree with only the brackets it needs, spelling operators one way or another.
fn written(tree: &Tree, spelling: usize) -> String {
    let wrapped = |inner: &Tree, rank_min: u8| {
        let text = written(inner, spelling / 2);
        if rank(inner) < rank_min { format!("（{text})") } else { text }
    };
    let list = |parts: &[Tree]| parts.iter().map(|part| written(part, spelling / 3)).collect::<Vec<_>>().join("，");
    let pick = |words: [&str; 3]| words[spelling % 3].to_owned();
    match tree {
        Tree::Number(value) => value.to_string(),
        Tree::Name(n) => NAMES[*n].to_owned(),
        Tree::Minus(inner) => format!("{}{}", pick(["-", "－", "− "]), wrapped(inner, 3)),
        Tree::Two(op, left, right) => {
            let own = rank(tree);
            let sign = match op {
                '+' => pick(["+", " ＋ ", " + "]),
                '-' => pick(["-", " － ", " − "]),
                '*' => pick(["*", "×", " ＊ "]),
                _ => pick(["/", "÷", " ／ "]),
            };
            format!("{}{sign}{}", wrapped(left, own), wrapped(right, own + 1))
        }
        Tree::Least(parts) => format!("{}({})", pick(["min", "最小", "最小值"]), list(parts)),
        Tree::Most(parts) => format!("{}({})", pick(["max", "最大", "MAX"]), list(parts)),
        Tree::Rounded(inner, places) => {
            format!("{}({},{places})", pick(["round", "四舍五入", "Round"]), written(inner, spelling / 2))
        }
    }
}

/// What the tree is worth, by the shortest way.
fn worth(tree: &Tree, values: &[Decimal; 3]) -> Option<Decimal> {
    let all = |parts: &[Tree]| parts.iter().map(|part| worth(part, values)).collect::<Option<Vec<_>>>();
    match tree {
        Tree::Number(value) => Some(*value),
        Tree::Name(n) => Some(values[*n]),
        Tree::Minus(inner) => worth(inner, values).map(|inner| Decimal::ZERO - inner),
        Tree::Two(op, left, right) => {
            let (left, right) = (worth(left, values)?, worth(right, values)?);
            match op {
                '+' => left.checked_add(right),
                '-' => left.checked_sub(right),
                '*' => left.checked_mul(right),
                _ => left.checked_div(right),
            }
        }
        Tree::Least(parts) => all(parts)?.into_iter().min(),
        Tree::Most(parts) => all(parts)?.into_iter().max(),
        Tree::Rounded(inner, places) => {
            Some(worth(inner, values)?.round_dp_with_strategy(*places, RoundingStrategy::MidpointAwayFromZero))
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let number = (0_i64..1_000_000, 0_u32..5).prop_map(|(digits, scale)| Tree::Number(Decimal::new(digits, scale)));
    let leaf = prop_oneof![number, (0..NAMES.len()).prop_map(Tree::Name)];
    leaf.prop_recursive(6, 40, 3, |inner| {
        let two = (prop::sample::select(vec!['+', '-', '*', '/']), inner.clone(), inner.clone());
        prop_oneof![
            6 => two.prop_map(|(op, left, right)| Tree::Two(op, Box::new(left), Box::new(right))),
            1 => inner.clone().prop_map(|inner| Tree::Minus(Box::new(inner))),
            1 => prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::Least),
            1 => prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::Most),
            1 => (inner, 0_u32..=6).prop_map(|(inner, places)| Tree::Rounded(Box::new(inner), places)),
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
        match Formula::compile(&text, &Names::with(&constants)) {
            Err(errors) => {
                prop_assert!(errors.iter().all(|error| error.code() == "formula_division_by_zero"), "{text}: {errors:?}");
                prop_assert_eq!(expected, None);
            }
            Ok(formula) => {
                let inputs = formula.bind_constants(&constants);
                match (formula.evaluate(&inputs), expected) {
                    (Ok(value), Some(expected)) => prop_assert_eq!(value, expected),
                    (Err(EvalError::NegativeResult), Some(expected)) => prop_assert!(expected < Decimal::ZERO),
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
    fn no_text_makes_the_compiler_panic(text in "\\PC{0,300}") {
        let _ = Formula::compile(&text, &Names::standard());
    }

    #[test]
    fn no_soup_of_its_own_words_does_either(words in prop::collection::vec(prop::sample::select(vec![
        "建筑面积", "单价", "unit_price", "计费月数", "固定金额", "最小", "round", "(", ")", "（", "，", ",", "+", "-", "×",
        "÷", "/", "1", "0", "2.5", "15元", "元/㎡", "100㎡", "%", " ", "\n", ".", "㎡", "９",
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
