//! Who speaks in a message, and whom to call about it.

use serde::{Deserialize, Serialize};

/// Digits of a service telephone.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=13;
/// With hyphens: the limit of Alibaba's variables of this type; a `phone_number` of WeChat holds 17.
const PHONE_CHARS_MAX: usize = 15;

/// The property company as a message shows it. Everything may be missing; what is missing is not spoken of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The company's name.
    pub company: String,
    /// The telephone of the service centre.
    pub service_phone: Option<ServicePhone>,
    /// The company's picture.
    pub logo_url: Option<String>,
}

/// A telephone for the public: `400-820-8820`, `0571-88880000`, `95598`, or a mobile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServicePhone(String);

/// The text is not a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("服务电话不正确，请填写如 0571-88880000 或 400-820-8820 的号码")]
pub struct ServicePhoneError;

impl ServicePhone {
    /// Takes 5 to 13 digits with hyphens between them, at most 15 characters in all.
    ///
    /// # Errors
    /// [`ServicePhoneError`].
    pub fn parse(text: &str) -> Result<Self, ServicePhoneError> {
        let text = text.trim();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let groups_are_digits =
            text.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        if groups_are_digits && PHONE_DIGITS.contains(&digits) && text.len() <= PHONE_CHARS_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(ServicePhoneError)
        }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ServicePhone {
    type Error = ServicePhoneError;
    fn try_from(text: String) -> Result<Self, ServicePhoneError> {
        Self::parse(&text)
    }
}

impl From<ServicePhone> for String {
    fn from(phone: ServicePhone) -> Self {
        phone.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_telephones_are_digits_in_groups() {
        for good in ["400-820-8820", "0571-88880000", "95598", "13800001234", " 10086 "] {
            assert!(ServicePhone::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "1234", "400--820", "-88880000", "+86 571 88880000", "转8001", "01234567890123456", "１２３４５６"]
        {
            assert_eq!(ServicePhone::parse(bad), Err(ServicePhoneError), "{bad}");
        }
    }
}
