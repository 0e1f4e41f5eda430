//! The typed fields of message templates: what each may hold, and what may be done to make a value fit.
//!
//! The types and limits are those of 订阅消息参数值内容限制说明 (developers.weixin.qq.com, sendMessage of the subscribe
//! message); category templates of a service account use the same. A value of the wrong form is refused by WeChat as
//! 47003 for everyone who would get it, so it is found here first.

mod error;
mod map;
mod plain;
mod shape;
mod sms;
#[cfg(test)]
mod stories;

pub use error::FieldError;
pub use map::{Carrier, FIELDS_MAX, MapError, MapFault, Purpose, TemplateMap, ValueName};
pub use plain::{holds_link, is_refused, plain, shortened};
pub use sms::{ALIYUN_VALUE_CHARS_MAX, SMS_TEXT_CHARS_MAX, SmsField, SmsVendor};

use shape::AmountFault;

/// Characters of a `thing`.
pub const THING_CHARS_MAX: usize = 20;
/// Characters of a `number`, `letter` or `character_string`.
const STRING_CHARS_MAX: usize = 32;
/// Characters of a `symbol`.
const SYMBOL_CHARS_MAX: usize = 5;
/// Characters of a `phone_number`.
const PHONE_CHARS_MAX: usize = 17;
/// Characters of a `car_number`.
const CAR_CHARS_MAX: usize = 8;
/// Characters of a `name` with Chinese in it.
const CHINESE_NAME_CHARS_MAX: usize = 10;
/// Characters of a `name` without.
const LATIN_NAME_CHARS_MAX: usize = 20;
/// Characters of a `phrase`.
const PHRASE_CHARS_MAX: usize = 5;
/// Characters of a time, a date or an amount: far above any that is well formed.
const EXACT_CHARS_MAX: usize = 64;
/// Digits of the number at the end of a key.
const KEY_DIGITS_MAX: usize = 4;

/// The type of a field, as its key begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Any text, the only type that may be shortened.
    Thing,
    /// Digits with a decimal point or not.
    Number,
    /// Letters A to Z.
    Letter,
    /// Signs.
    Symbol,
    /// Digits, letters and signs, no Chinese.
    CharacterString,
    /// A time of day, with a date or not.
    Time,
    /// A date, with a time or not.
    Date,
    /// Money.
    Amount,
    /// A telephone number.
    PhoneNumber,
    /// A number plate.
    CarNumber,
    /// A person's name.
    Name,
    /// A few Chinese characters.
    Phrase,
    /// One of the words the template lists.
    Enum,
}

impl FieldKind {
    /// Every type.
    pub const ALL: [Self; 13] = [
        Self::Thing,
        Self::Number,
        Self::Letter,
        Self::Symbol,
        Self::CharacterString,
        Self::Time,
        Self::Date,
        Self::Amount,
        Self::PhoneNumber,
        Self::CarNumber,
        Self::Name,
        Self::Phrase,
        Self::Enum,
    ];

    /// As keys begin.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Thing => "thing",
            Self::Number => "number",
            Self::Letter => "letter",
            Self::Symbol => "symbol",
            Self::CharacterString => "character_string",
            Self::Time => "time",
            Self::Date => "date",
            Self::Amount => "amount",
            Self::PhoneNumber => "phone_number",
            Self::CarNumber => "car_number",
            Self::Name => "name",
            Self::Phrase => "phrase",
            Self::Enum => "enum",
        }
    }

    /// What it takes, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Thing => "20 个字符以内的文字",
            Self::Number => "32 位以内的数字，可带小数",
            Self::Letter => "32 位以内的字母",
            Self::Symbol => "5 位以内的符号",
            Self::CharacterString => "32 位以内的数字、字母或符号，不含汉字",
            Self::Time => "24 小时制时间，可带年月日",
            Self::Date => "年月日格式的日期，可带时间",
            Self::Amount => "10 位以内数字的金额，可带小数、一个币种符号和“元”",
            Self::PhoneNumber => "17 位以内的电话号码",
            Self::CarNumber => "8 位以内的车牌号",
            Self::Name => "10 个汉字或 20 个字母以内的姓名",
            Self::Phrase => "5 个以内的汉字",
            Self::Enum => "模板规定的词",
        }
    }

    /// The most characters a value may have.
    #[must_use]
    pub fn chars_max(self, value: &str) -> usize {
        match self {
            Self::Thing | Self::Enum => THING_CHARS_MAX,
            // Thirty-two digits; the point is no digit.
            Self::Number => STRING_CHARS_MAX + usize::from(value.contains('.')),
            Self::Letter | Self::CharacterString => STRING_CHARS_MAX,
            Self::Symbol => SYMBOL_CHARS_MAX,
            Self::Time | Self::Date | Self::Amount => EXACT_CHARS_MAX,
            Self::PhoneNumber => PHONE_CHARS_MAX,
            Self::CarNumber => CAR_CHARS_MAX,
            Self::Name if value.chars().any(shape::is_chinese) => CHINESE_NAME_CHARS_MAX,
            Self::Name => LATIN_NAME_CHARS_MAX,
            Self::Phrase => PHRASE_CHARS_MAX,
        }
    }

    /// Whether a value has the form, its length apart.
    fn has_form(self, value: &str) -> bool {
        let letters_or_digits = |c: char| c.is_ascii_alphanumeric();
        match self {
            Self::Thing | Self::Amount | Self::Enum => true,
            Self::Number => shape::is_decimal(value),
            Self::Letter => value.chars().all(|c| c.is_ascii_alphabetic()),
            Self::Symbol => !value.chars().any(|c| c.is_alphanumeric() || c.is_whitespace()),
            Self::CharacterString => value.chars().all(|c| c == ' ' || c.is_ascii_graphic()),
            Self::Time => shape::is_time(value),
            Self::Date => shape::is_date(value),
            Self::PhoneNumber => {
                let signs = ['+', '-', '(', ')', ' ', '*', '#', ','];
                value.chars().any(|c| c.is_ascii_digit())
                    && value.chars().all(|c| c.is_ascii_digit() || signs.contains(&c))
            }
            Self::CarNumber => {
                let inner = value.strip_prefix(shape::is_chinese).unwrap_or(value);
                let inner = inner.strip_suffix(shape::is_chinese).unwrap_or(inner);
                !inner.is_empty() && inner.chars().all(letters_or_digits)
            }
            Self::Name => !value.chars().any(|c| c.is_ascii_digit()),
            Self::Phrase => value.chars().all(shape::is_chinese),
        }
    }
}

/// One field of a template: its key and type, and for an `enum` the words the template allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateField {
    key: String,
    kind: FieldKind,
    words: Vec<String>,
}

impl TemplateField {
    /// Reads a key: `thing1`, `amount12`, `character_string03`.
    ///
    /// # Errors
    /// [`FieldError::UnknownKind`], also for the keys of templates from before 2023 (`first`, `keyword1`, `remark`).
    pub fn parse(key: &str) -> Result<Self, FieldError> {
        let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = key.len() - name.len();
        let kind = FieldKind::ALL.into_iter().find(|kind| kind.as_str() == name);
        match kind {
            Some(kind) if (1..=KEY_DIGITS_MAX).contains(&digits) => {
                Ok(Self { key: key.to_owned(), kind, words: Vec::new() })
            }
            _ => Err(FieldError::UnknownKind { key: key.to_owned() }),
        }
    }

    /// The words of an `enum`, from `keywordEnumValueList` of the template.
    #[must_use]
    pub fn with_words(mut self, words: Vec<String>) -> Self {
        self.words = words;
        self
    }

    /// The whole key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The type.
    #[must_use]
    pub const fn kind(&self) -> FieldKind {
        self.kind
    }

    /// Whether WeChat takes the value exactly as it is.
    ///
    /// # Errors
    /// [`FieldError`] with the field and what it wants.
    pub fn check(&self, value: &str) -> Result<(), FieldError> {
        let key = || self.key.clone();
        if value.trim().is_empty() {
            return Err(FieldError::Empty { key: key() });
        }
        if value.chars().any(is_refused) {
            return Err(FieldError::Refused { key: key() });
        }
        if self.kind == FieldKind::Enum && !self.words.iter().any(|word| word == value) {
            return Err(FieldError::NotListed { key: key() });
        }
        if self.kind == FieldKind::Amount {
            shape::amount(value).map_err(|fault| match fault {
                AmountFault::TooLarge => FieldError::AmountTooLarge { key: key() },
                AmountFault::Malformed => FieldError::Malformed { key: key(), kind: self.kind },
            })?;
        }
        let (chars, chars_max) = (value.chars().count(), self.kind.chars_max(value));
        if chars > chars_max {
            return Err(FieldError::TooLong { key: key(), chars_max, chars });
        }
        if self.kind.has_form(value) { Ok(()) } else { Err(FieldError::Malformed { key: key(), kind: self.kind }) }
    }

    /// The value as it can be sent: on one line, without emoji, and a `thing` shortened with `…`. Nothing else is ever
    /// shortened: half an amount is another amount.
    ///
    /// # Errors
    /// [`FieldError`] when it still does not fit.
    pub fn fit(&self, value: &str) -> Result<String, FieldError> {
        let cleaned = plain(value);
        let fitted = if self.kind == FieldKind::Thing { shortened(&cleaned, THING_CHARS_MAX) } else { cleaned };
        self.check(&fitted)?;
        Ok(fitted)
    }
}
