//! Amounts as papers write them.

use domain::money::Fen;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 3] = ["", "万", "亿"];

/// `1,234.50`: yuan with two decimals and no sign of the currency, for columns whose head names it.
#[must_use]
pub fn yuan(amount: Fen) -> String {
    amount.to_string().replace('¥', "")
}

/// `壹仟贰佰叁拾肆元伍角整`: the amount in words that a forger cannot lengthen.
///
/// Rules: 中国人民银行《支付结算办法》附一《正确填写票据和结算凭证的基本规定》.
#[must_use]
pub fn capital(amount: Fen) -> String {
    let fen = amount.get().unsigned_abs();
    let (yuan, jiao, rest) = (fen / 100, digit(fen / 10), digit(fen));
    let mut words = String::new();
    if amount.get() < 0 {
        words.push('负');
    }
    if yuan > 0 || fen == 0 {
        words.push_str(&whole(yuan));
        words.push('元');
    }
    match (jiao, rest) {
        ('零', '零') => words.push('整'),
        (jiao, '零') => words.extend([jiao, '角', '整']),
        ('零', rest) if yuan == 0 => words.extend([rest, '分']),
        ('零', rest) => words.extend(['零', rest, '分']),
        (jiao, rest) => words.extend([jiao, '角', rest, '分']),
    }
    words
}

fn digit(number: u64) -> char {
    usize::try_from(number % 10).ok().and_then(|place| DIGITS.get(place).copied()).unwrap_or('零')
}

/// A whole number: groups of four places, one 零 for any run of zeros between two digits.
fn whole(number: u64) -> String {
    if number == 0 {
        return "零".to_owned();
    }
    let mut words = String::new();
    let mut skipped = false;
    for (group, name) in GROUPS.iter().enumerate().rev() {
        let scale = 10_000_u64.saturating_pow(u32::try_from(group).unwrap_or(0));
        let part = if group + 1 == GROUPS.len() { number / scale } else { number / scale % 10_000 };
        if part == 0 {
            skipped = true;
            continue;
        }
        for (place, unit) in PLACES.iter().enumerate().rev() {
            let at = part / 10_u64.saturating_pow(u32::try_from(place).unwrap_or(0)) % 10;
            if at == 0 {
                skipped = true;
                continue;
            }
            if skipped && !words.is_empty() {
                words.push('零');
            }
            skipped = false;
            words.push(digit(at));
            words.push_str(unit);
        }
        words.push_str(name);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(fen: i64) -> String {
        capital(Fen::new(fen).unwrap())
    }

    #[test]
    fn amounts_in_words_follow_the_payment_rules() {
        assert_eq!(words(0), "零元整");
        assert_eq!(words(5), "伍分");
        assert_eq!(words(50), "伍角整");
        assert_eq!(words(140_950), "壹仟肆佰零玖元伍角整");
        assert_eq!(words(600_714), "陆仟零柒元壹角肆分");
        assert_eq!(words(168_032), "壹仟陆佰捌拾元叁角贰分");
        assert_eq!(words(10_700_053), "壹拾万零柒仟元伍角叁分");
        assert_eq!(words(1_640_902), "壹万陆仟肆佰零玖元零贰分");
        assert_eq!(words(32_504), "叁佰贰拾伍元零肆分");
        assert_eq!(words(1_000_000_000_000), "壹佰亿元整");
        assert_eq!(words(100_000_001_000), "壹拾亿零壹拾元整");
        assert_eq!(words(-12_345), "负壹佰贰拾叁元肆角伍分");
    }

    #[test]
    fn figures_are_grouped_and_have_two_decimals() {
        assert_eq!(yuan(Fen::new(123_456_789).unwrap()), "1,234,567.89");
        assert_eq!(yuan(Fen::new(-5).unwrap()), "-0.05");
    }
}
