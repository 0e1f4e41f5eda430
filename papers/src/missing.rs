//! Characters that no face has.

use std::collections::BTreeMap;

/// Characters that were printed as 〓 because no face has them, with how often.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Missing(BTreeMap<char, usize>);

impl Missing {
    /// Nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Character by character, in the order of their code points.
    pub fn iter(&self) -> impl Iterator<Item = (char, usize)> + '_ {
        self.0.iter().map(|(character, count)| (*character, *count))
    }

    pub(crate) fn note(&mut self, character: char) {
        *self.0.entry(character).or_default() += 1;
    }

    /// What the paper itself says of them.
    pub(crate) fn words(&self) -> String {
        let each: Vec<String> =
            self.iter().map(|(character, count)| format!("U+{:04X}（{count}处）", u32::from(character))).collect();
        format!(
            "本文件所用字库缺少下列字符，文中以“〓”代替，原字以附件或系统记录为准（按统一码列出）：{}。",
            each.join("、")
        )
    }
}
