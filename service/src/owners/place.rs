//! What an owner types for a house: `1栋101`, `1-1-101`, `1号楼1单元0101室`, or `101` alone.

/// The longest text that is read, in characters.
const TEXT_CHARS_MAX: usize = 40;
/// Building, entrance, room.
const PARTS_MAX: usize = 3;
/// Words that only separate.
const DECORATION: &[char] = &['栋', '幢', '座', '楼', '号', '室'];

/// The parts of a house's address, spelt as the books spell them: upper case, no leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HouseText {
    pub building: Option<String>,
    pub entrance: Option<String>,
    pub room: String,
}

impl HouseText {
    /// Nothing when there is no room in it, or more than three parts.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.chars().nth(TEXT_CHARS_MAX).is_some() {
            return None;
        }
        let plain: String = text.replace("单元", "-").chars().map(half_width).collect();
        let parts: Vec<String> = plain
            .split(|c: char| !c.is_alphanumeric() || DECORATION.contains(&c))
            .filter(|part| !part.is_empty())
            .take(PARTS_MAX + 1)
            .map(|part| without_zeros(&part.to_uppercase()))
            .collect();
        match parts.as_slice() {
            [room] => Some(Self { building: None, entrance: None, room: room.clone() }),
            [building, room] => Some(Self { building: Some(arabic(building)), entrance: None, room: room.clone() }),
            [building, entrance, room] => {
                Some(Self { building: Some(arabic(building)), entrance: Some(arabic(entrance)), room: room.clone() })
            }
            _ => None,
        }
    }

    /// The key of exactly this house: `1-1-101`, `1-101`; nothing for a room alone.
    pub(super) fn key(&self) -> Option<String> {
        let building = self.building.as_ref()?;
        Some(match &self.entrance {
            Some(entrance) => format!("{building}-{entrance}-{}", self.room),
            None => format!("{building}-{}", self.room),
        })
    }
}

/// Phones in China type full-width letters and digits as easily as plain ones.
fn half_width(c: char) -> char {
    match c {
        '！'..='～' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        _ => c,
    }
}

fn without_zeros(part: &str) -> String {
    let trimmed = part.trim_start_matches('0');
    if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
}

/// 一 to 九十九 as digits.
fn arabic(part: &str) -> String {
    const DIGITS: &str = "一二三四五六七八九";
    let digit = |c: char| DIGITS.chars().position(|d| d == c).map(|at| at + 1);
    let chars: Vec<char> = part.chars().collect();
    let number = match *chars.as_slice() {
        ['十'] => Some(10),
        [one] => digit(one),
        ['十', one] => digit(one).map(|n| n + 10),
        [ten, '十'] => digit(ten).map(|n| n * 10),
        [ten, '十', one] => digit(ten).zip(digit(one)).map(|(t, o)| t * 10 + o),
        _ => None,
    };
    number.map_or_else(|| part.to_owned(), |n| n.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(String, String, String)> {
        let house = HouseText::parse(text)?;
        Some((house.building.unwrap_or_default(), house.entrance.unwrap_or_default(), house.room))
    }

    fn is(building: &str, entrance: &str, room: &str) -> Option<(String, String, String)> {
        Some((building.to_owned(), entrance.to_owned(), room.to_owned()))
    }

    #[test]
    fn a_house_is_read_in_every_common_spelling() {
        for text in
            ["1-1-101", "1栋1单元101", "1号楼1单元0101室", " 一栋一单元101 ", "１－１－１０１", "1#1-101", "1/1/101"]
        {
            assert_eq!(parts(text), is("1", "1", "101"), "{text}");
        }
        assert_eq!(parts("1栋101"), is("1", "", "101"));
        assert_eq!(parts("十二幢s05室"), is("12", "", "S05"));
        assert_eq!(parts("A座 2301"), is("A", "", "2301"));
        assert_eq!(parts("101"), is("", "", "101"));
    }

    #[test]
    fn what_is_no_house_is_not_read() {
        for text in ["", "  ", "栋", "1-2-3-4", &"1".repeat(41)] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
