//! The variables of SMS templates.
//!
//! Tencent: 国内短信正文模板审核标准 (cloud.tencent.com/document/product/382): the whole text has at most 500
//! characters, no 【】, no ¥ or ★, no links in variables; a verified company has no limit on one value, an account may
//! be shown a smaller one in its console. Alibaba: 通知短信模板规范 (help.aliyun.com/document_detail/463270): 500
//! characters, no 【】 and none of a list of signs, the value of a text variable has 1 to 35 characters, names of
//! variables are Latin. Both change their rules with the regulator's: an account's own limit goes into
//! [`SmsField::with_value_chars_max`].

use super::{FieldError, ValueName, holds_link, is_refused, plain, shortened};

/// The whole text of an SMS with its signature, at either vendor.
pub const SMS_TEXT_CHARS_MAX: usize = 500;
/// One value at Alibaba.
pub const ALIYUN_VALUE_CHARS_MAX: usize = 35;
/// The name of a variable at Alibaba.
const ALIYUN_NAME_CHARS_MAX: usize = 25;
/// Names Alibaba keeps for itself.
const ALIYUN_NAMES_RESERVED: [&str; 5] = ["email", "mobile", "id", "nick", "site"];
/// Signs that neither vendor takes: brackets belong to the signature, the others come out garbled.
const SIGNS_REFUSED: &[char] = &[
    '【', '】', '¥', '￥', '★', '☆', '※', '『', '』', '「', '」', '〖', '〗', '•', '→', '←', '²', '³', '√', '^', '<',
    '>',
];

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmsVendor {
    /// 腾讯云短信: variables are filled by place.
    Tencent,
    /// 阿里云短信: variables are filled by name.
    Aliyun,
}

/// What one variable of an account's SMS templates may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsField {
    vendor: SmsVendor,
    value_chars_max: usize,
}

impl SmsField {
    /// The vendor's usual limits for a verified company.
    #[must_use]
    pub const fn of(vendor: SmsVendor) -> Self {
        let value_chars_max = match vendor {
            SmsVendor::Tencent => SMS_TEXT_CHARS_MAX,
            SmsVendor::Aliyun => ALIYUN_VALUE_CHARS_MAX,
        };
        Self { vendor, value_chars_max }
    }

    /// The limit that the account's own console shows, if it is smaller: 6 or 12 at Tencent for some accounts.
    #[must_use]
    pub const fn with_value_chars_max(mut self, value_chars_max: usize) -> Self {
        if value_chars_max < self.value_chars_max {
            self.value_chars_max = value_chars_max;
        }
        self
    }

    /// Who sends.
    #[must_use]
    pub const fn vendor(&self) -> SmsVendor {
        self.vendor
    }

    /// The most characters of one value.
    #[must_use]
    pub const fn value_chars_max(&self) -> usize {
        self.value_chars_max
    }

    /// Whether a variable may be named so. Tencent's are filled by place and may be called anything.
    ///
    /// # Errors
    /// [`FieldError::VariableName`].
    pub fn check_name(&self, name: &str) -> Result<(), FieldError> {
        let latin = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.len() <= ALIYUN_NAME_CHARS_MAX
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !ALIYUN_NAMES_RESERVED.contains(&name);
        match self.vendor {
            SmsVendor::Aliyun if !latin => Err(FieldError::VariableName { key: name.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Whether the vendor takes the value as it is.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn check(&self, key: &str, value: &str) -> Result<(), FieldError> {
        let key = || key.to_owned();
        let chars = value.chars().count();
        if value.trim().is_empty() {
            Err(FieldError::Empty { key: key() })
        } else if value.chars().any(|c| is_refused(c) || SIGNS_REFUSED.contains(&c)) {
            Err(FieldError::Refused { key: key() })
        } else if holds_link(value) {
            Err(FieldError::Link { key: key() })
        } else if chars > self.value_chars_max {
            Err(FieldError::TooLong { key: key(), chars_max: self.value_chars_max, chars })
        } else {
            Ok(())
        }
    }

    /// The value as it can be sent: without signs the vendor refuses, and shortened when it is free text. An amount, a
    /// date, a number is never shortened, and a link is refused rather than mangled.
    ///
    /// # Errors
    /// [`FieldError`] when it still does not fit.
    pub fn fit(&self, key: &str, name: ValueName, value: &str) -> Result<String, FieldError> {
        let fitted = if name.is_exact() {
            value.trim().to_owned()
        } else {
            let kept: String = value.chars().filter(|c| !SIGNS_REFUSED.contains(c)).collect();
            shortened(&plain(&kept), self.value_chars_max)
        };
        self.check(key, &fitted)?;
        Ok(fitted)
    }
}
