//! What money is for, under the one name of each (rules A2, A5).

use crate::text;

/// Fee items: the name kept, then the other names it goes by.
const ITEMS: &[(&str, &[&str])] = &[
    ("物业费", &["物业费", "物业管理费", "物业服务费"]),
    ("水费", &["水费", "自来水费"]),
    ("电费", &["电费"]),
    ("燃气费", &["燃气费", "煤气费", "天然气费"]),
    ("公摊水电费", &["公摊", "公摊水电", "公摊水电费", "公摊费"]),
    ("车位费", &["车位费", "停车费", "车位管理费", "车位服务费"]),
    ("垃圾清运费", &["垃圾费", "垃圾清运费", "生活垃圾费"]),
];
/// What a prepayment without a purpose is for.
pub const GENERAL: &str = "通用预存";
/// Names of [`GENERAL`] once a leading 预存 is gone.
const GENERAL_NAMES: &[&str] = &["", "通用", "款", "通用预存"];
/// Characters of a name.
const NAME_CHARS_MAX: usize = 30;

/// A fee item's one name; an unknown item keeps its own, without blanks. Empty when there is none.
#[must_use]
pub fn fee_item(typed: &str) -> String {
    let plain = text::squeeze(text::without_end_remark(typed)).into_owned();
    known(&plain).map_or_else(|| plain.chars().take(NAME_CHARS_MAX).collect(), str::to_owned)
}

/// The one name of a fee item that is in the list.
#[must_use]
pub fn known(plain: &str) -> Option<&'static str> {
    ITEMS.iter().find(|(_, names)| names.contains(&plain)).map(|(name, _)| *name)
}

/// What a prepayment is for: a fee item, or [`GENERAL`].
#[must_use]
pub fn purpose(typed: &str) -> String {
    let plain = text::squeeze(typed);
    let bare = plain.strip_prefix("预存").unwrap_or(&plain);
    if GENERAL_NAMES.contains(&bare) { GENERAL.to_owned() } else { fee_item(bare) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_has_one_name_however_it_is_called() {
        assert_eq!(fee_item("物业 管理费"), "物业费");
        assert_eq!(fee_item("公摊水电(上半年)"), "公摊水电费");
        assert_eq!(fee_item("装修管理费"), "装修管理费");
        assert_eq!(purpose("预存物业费"), "物业费");
        assert_eq!(purpose("预存款"), GENERAL);
        assert_eq!(purpose(""), GENERAL);
        assert_eq!(purpose("自来水费"), "水费");
    }
}
