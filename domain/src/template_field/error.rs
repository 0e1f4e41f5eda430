//! What is wrong with a value, or with a template, in words that say what to do.

use super::FieldKind;

/// Why a value does not fit its field. The value itself is not in the words: it may name a house.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The key begins with no type that is known, or has no number.
    #[error("字段 {key} 的类型不认识；请在公众平台用类目模板重新选用模板（first、keyword、remark 已停用）")]
    UnknownKind {
        /// As given.
        key: String,
    },
    /// A name the SMS vendor does not take for a variable.
    #[error(
        "变量名 {key} 不符合短信服务商的要求；请用字母开头、25 个以内的字母、数字或下划线，且不能是 mobile、id 等保留名"
    )]
    VariableName {
        /// As given.
        key: String,
    },
    /// Nothing is left to say.
    #[error("字段 {key} 没有内容；请检查它对应的资料是否已填写")]
    Empty {
        /// The field.
        key: String,
    },
    /// Longer than the field holds, and must not be cut.
    #[error("字段 {key} 最多 {chars_max} 个字符，现有 {chars} 个，不能截断；请换用容纳得下的字段")]
    TooLong {
        /// The field.
        key: String,
        /// What it holds.
        chars_max: usize,
        /// What was given.
        chars: usize,
    },
    /// A line break, an emoji, an invisible character, or a sign the vendor refuses.
    #[error("字段 {key} 含有换行、表情或不支持的符号；请删去后重试")]
    Refused {
        /// The field.
        key: String,
    },
    /// Not of the form of its type.
    #[error("字段 {key} 只接受{}", .kind.words())]
    Malformed {
        /// The field.
        key: String,
        /// Its type.
        kind: FieldKind,
    },
    /// More digits than an amount field holds.
    #[error("字段 {key} 的金额超过 10 位数字，微信不接受；请把账单分开通知，或改由短信、电话通知")]
    AmountTooLarge {
        /// The field.
        key: String,
    },
    /// Not among the words the template allows.
    #[error("字段 {key} 只接受模板规定的词；请换用 thing 字段")]
    NotListed {
        /// The field.
        key: String,
    },
    /// An address of a web page in a variable.
    #[error("字段 {key} 含有网址；短信变量不能带链接，请把链接写进模板正文报审")]
    Link {
        /// The field.
        key: String,
    },
}

impl FieldError {
    /// For programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownKind { .. } => "field_kind_unknown",
            Self::VariableName { .. } => "variable_name_refused",
            Self::Empty { .. } => "field_empty",
            Self::TooLong { .. } => "field_too_long",
            Self::Refused { .. } => "field_sign_refused",
            Self::Malformed { .. } => "field_malformed",
            Self::AmountTooLarge { .. } => "field_amount_too_large",
            Self::NotListed { .. } => "field_not_listed",
            Self::Link { .. } => "field_link",
        }
    }

    /// The field it is about.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::UnknownKind { key }
            | Self::VariableName { key }
            | Self::Empty { key }
            | Self::TooLong { key, .. }
            | Self::Refused { key }
            | Self::Malformed { key, .. }
            | Self::AmountTooLarge { key }
            | Self::NotListed { key }
            | Self::Link { key } => key,
        }
    }
}
