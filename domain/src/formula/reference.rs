//! What random formulas are worth, by the shortest way: an evaluator of its own, for comparison.

use rust_decimal::{Decimal, RoundingStrategy};

use super::random::{PIECES_MAX, Tree, Truth};

/// Rounds by hand: the whole part of the shifted value, and what is left of it.
fn rounded(how: usize, value: Decimal, places: u32) -> Decimal {
    let strategy = match how {
        0 => RoundingStrategy::MidpointAwayFromZero,
        1 => RoundingStrategy::ToPositiveInfinity,
        _ => RoundingStrategy::ToNegativeInfinity,
    };
    value.round_dp_with_strategy(places, strategy)
}

/// Each tier by its own two limits: what of the whole lies below the upper and above the lower, less what had been used.
fn tiers(quantity: Decimal, used: Decimal, steps: &[(u32, Decimal)], above: Decimal) -> Option<Decimal> {
    let total = used.checked_add(quantity)?;
    let between = |value: Decimal, low: Decimal, high: Decimal| (value.min(high) - low.min(value)).max(Decimal::ZERO);
    let (mut low, mut sum) = (Decimal::ZERO, Decimal::ZERO);
    for (width, price) in steps {
        let high = low + Decimal::from(*width);
        let part = between(total, low, high).checked_sub(between(used, low, high))?;
        sum = sum.checked_add(part.checked_mul(*price)?)?;
        low = high;
    }
    let part = total.max(low).checked_sub(used.max(low))?;
    sum.checked_add(part.checked_mul(above)?)
}

/// What the tree is worth, by the shortest way. None where it cannot be computed.
pub(super) fn worth(tree: &Tree, values: &[Decimal; 3]) -> Option<Decimal> {
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
        Tree::Rounded(how, inner, places) => Some(rounded(*how, worth(inner, values)?, *places)),
        Tree::Tiers(quantity, used, steps, above) => {
            let quantity = worth(quantity, values)?.abs();
            let used = used.as_ref().map_or(Some(Decimal::ZERO), |used| worth(used, values))?.abs();
            let priced: Option<Vec<(u32, Decimal)>> =
                steps.iter().map(|(width, price)| Some((*width, worth(price, values)?))).collect();
            tiers(quantity, used, &priced?, worth(above, values)?)
        }
        Tree::Table(subject, steps, above) => {
            let subject = worth(subject, values)?;
            let mut limit = Decimal::ZERO;
            for (width, value) in steps {
                limit += Decimal::from(*width);
                if subject <= limit {
                    return worth(value, values);
                }
            }
            worth(above, values)
        }
        Tree::Within(value, low, high) => {
            let (value, low, high) = (worth(value, values)?, worth(low, values)?, worth(high, values)?);
            Some(value.min(high).checked_sub(low)?.max(Decimal::ZERO))
        }
        Tree::If(truth, yes, no) => worth(if holds(truth, values)? { yes } else { no }, values),
        Tree::Square(inner) => {
            let inner = worth(inner, values)?;
            inner.checked_mul(inner)
        }
        Tree::Pieces(total, size, body) => {
            let mut left = worth(total, values)?.abs().min(Decimal::from(PIECES_MAX));
            let mut sum = Decimal::ZERO;
            while left > Decimal::ZERO {
                let piece = left.min(Decimal::from(*size));
                sum = sum.checked_add(piece.checked_mul(worth(body, values)?)?)?;
                left -= piece;
            }
            Some(sum)
        }
    }
}

fn holds(truth: &Truth, values: &[Decimal; 3]) -> Option<bool> {
    match truth {
        Truth::Compare(sign, left, right) => {
            let order = worth(left, values)?.cmp(&worth(right, values)?);
            Some(match *sign {
                "<" => order.is_lt(),
                "<=" | "≤" => order.is_le(),
                ">" => order.is_gt(),
                "=" => order.is_eq(),
                _ => order.is_ne(),
            })
        }
        Truth::Not(inner) => holds(inner, values).map(|holds| !holds),
        Truth::Both(left, right) => {
            if holds(left, values)? {
                holds(right, values)
            } else {
                Some(false)
            }
        }
        Truth::Either(left, right) => {
            if holds(left, values)? {
                Some(true)
            } else {
                holds(right, values)
            }
        }
    }
}
