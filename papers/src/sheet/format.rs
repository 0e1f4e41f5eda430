//! How cells look.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// Made once for a workbook.
pub(super) struct Formats {
    pub(super) head: Format,
    /// Text, and text it stays when somebody edits it: a house `01-02` is no date.
    pub(super) text: Format,
    /// Text that begins like a formula: marked as quoted, as if typed after an apostrophe.
    pub(super) quoted: Format,
    pub(super) money: Format,
    /// Figures with too many digits to be numbers.
    pub(super) figures: Format,
    pub(super) whole: Format,
    pub(super) date: Format,
    pub(super) instant: Format,
}

impl Formats {
    pub(super) fn new() -> Self {
        let number = |format: &str| Format::new().set_num_format(format);
        let head = Format::new()
            .set_bold()
            .set_align(FormatAlign::Center)
            .set_background_color(Color::RGB(0x00EE_EEEE))
            .set_border_bottom(FormatBorder::Thin)
            .set_num_format("@");
        Self {
            head,
            text: number("@"),
            quoted: number("@").set_quote_prefix(),
            money: number("#,##0.00"),
            figures: number("@").set_align(FormatAlign::Right),
            whole: number("0"),
            date: number("yyyy-mm-dd"),
            instant: number("yyyy-mm-dd hh:mm:ss"),
        }
    }
}
