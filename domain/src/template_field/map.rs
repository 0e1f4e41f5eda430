//! Which of our values fills which field of an account's approved template.

use std::fmt;

use super::{FieldError, FieldKind, SmsField, TemplateField};
use crate::notice::Wording;

/// Fields of one template: above what any vendor allows.
pub const FIELDS_MAX: usize = 20;

/// A value that a message offers to templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueName {
    /// House or houses.
    House,
    /// The sum.
    Amount,
    /// The due date; of a payment, the day it was paid.
    Due,
    /// Where the bill stands.
    Note,
    /// The property company.
    Company,
    /// The community.
    Project,
    /// The service telephone.
    Phone,
    /// What the message is.
    Title,
    /// How many bills.
    Bills,
}

impl ValueName {
    /// Every name.
    pub const ALL: [Self; 9] = [
        Self::House,
        Self::Amount,
        Self::Due,
        Self::Note,
        Self::Company,
        Self::Project,
        Self::Phone,
        Self::Title,
        Self::Bills,
    ];

    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Amount => "amount",
            Self::Due => "due",
            Self::Note => "note",
            Self::Company => "company",
            Self::Project => "project",
            Self::Phone => "phone",
            Self::Title => "title",
            Self::Bills => "bills",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }

    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::House => "房屋",
            Self::Amount => "金额",
            Self::Due => "日期",
            Self::Note => "说明",
            Self::Company => "物业公司",
            Self::Project => "小区",
            Self::Phone => "服务电话",
            Self::Title => "标题",
            Self::Bills => "账单数",
        }
    }

    /// A value that means something else when a part of it is missing.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::Amount | Self::Due | Self::Phone | Self::Bills)
    }

    /// Field types of WeChat that take this value whatever it is.
    const fn kinds(self) -> &'static [FieldKind] {
        match self {
            Self::Amount => &[FieldKind::Amount, FieldKind::Thing],
            Self::Due => &[FieldKind::Date, FieldKind::Time, FieldKind::Thing],
            Self::Phone => &[FieldKind::PhoneNumber, FieldKind::CharacterString, FieldKind::Thing],
            Self::Bills => &[FieldKind::Number, FieldKind::CharacterString, FieldKind::Thing],
            Self::House | Self::Note | Self::Company | Self::Project | Self::Title => &[FieldKind::Thing],
        }
    }
}

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Bills to be paid.
    BillNotice,
    /// A payment that arrived.
    PaymentReceived,
}

impl Purpose {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BillNotice => "bill_notice",
            Self::PaymentReceived => "payment_received",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::BillNotice, Self::PaymentReceived].into_iter().find(|purpose| purpose.as_str() == word)
    }

    /// What a message of this purpose must say: without the sum and the date it is not a notice of a bill.
    #[must_use]
    pub const fn required(self) -> &'static [ValueName] {
        match self {
            Self::BillNotice => &[ValueName::Amount, ValueName::Due],
            Self::PaymentReceived => &[ValueName::Amount],
        }
    }
}

/// Whose template it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// A template message or a subscribe message: keys are typed.
    Wechat,
    /// An SMS account: keys are names of variables, in the template's order.
    Sms(SmsField),
}

/// One thing wrong with a map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapFault {
    /// No field, or more than [`FIELDS_MAX`].
    #[error("模板应有 1 至 {FIELDS_MAX} 个字段，现有 {fields} 个")]
    Count {
        /// How many were given.
        fields: usize,
    },
    /// A key that the carrier does not have.
    #[error(transparent)]
    Key(#[from] FieldError),
    /// A value nobody offers.
    #[error("字段 {key} 对应的 {name} 不存在；可选：{}", ValueName::ALL.map(ValueName::as_str).join("、"))]
    Name {
        /// The field.
        key: String,
        /// As given.
        name: String,
    },
    /// The same key twice: WeChat takes each once.
    #[error("字段 {key} 重复")]
    Twice {
        /// The field.
        key: String,
    },
    /// A value that a field of this type would refuse.
    #[error("字段 {key} 不能填“{}”：它只接受{}；请换用 {}", .name.words(), .kind.words(), joined(.name.kinds()))]
    Kind {
        /// The field.
        key: String,
        /// Its type.
        kind: FieldKind,
        /// The value.
        name: ValueName,
    },
    /// A value that must be said and is not.
    #[error("模板缺少“{}”（{}）：通知里必须写明；请在模板中增加这个字段", .name.words(), .name.as_str())]
    Missing {
        /// The value.
        name: ValueName,
    },
    /// The account's limit cannot hold every value of this name.
    #[error("字段 {key} 每个变量最多 {chars_max} 个字，放不下“{}”；请向短信服务商申请放宽变量长度", .name.words())]
    Narrow {
        /// The field.
        key: String,
        /// The value.
        name: ValueName,
        /// What the account allows.
        chars_max: usize,
    },
}

fn joined(kinds: &[FieldKind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join("、")
}

/// Everything wrong with a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapError {
    /// At least one.
    pub faults: Vec<MapFault>,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.faults.iter().map(MapFault::to_string).collect();
        f.write_str(&words.join("；"))
    }
}

impl std::error::Error for MapError {}

impl MapError {
    fn of(faults: Vec<MapFault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self { faults }) }
    }
}

/// Field key → value name, in the template's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateMap {
    carrier: Carrier,
    entries: Vec<(Field, ValueName)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Wechat(TemplateField),
    Sms(SmsField, String),
}

impl Field {
    fn read(carrier: Carrier, key: &str) -> Result<Self, FieldError> {
        match carrier {
            Carrier::Wechat => TemplateField::parse(key).map(Self::Wechat),
            Carrier::Sms(field) => field.check_name(key).map(|()| Self::Sms(field, key.to_owned())),
        }
    }

    fn key(&self) -> &str {
        match self {
            Self::Wechat(field) => field.key(),
            Self::Sms(_, key) => key,
        }
    }

    /// What would make messages fail later, if this value filled this field.
    fn fault(&self, name: ValueName) -> Option<MapFault> {
        let key = self.key().to_owned();
        match self {
            Self::Wechat(field) if !name.kinds().contains(&field.kind()) => {
                Some(MapFault::Kind { key, kind: field.kind(), name })
            }
            Self::Sms(field, _) if name.is_exact() && field.value_chars_max() < exact_chars(name) => {
                Some(MapFault::Narrow { key, name, chars_max: field.value_chars_max() })
            }
            _ => None,
        }
    }
}

/// How long an exact value gets in earnest: `99999.99元`, `2026年11月26日`, `0571-88880000`, `999`.
const fn exact_chars(name: ValueName) -> usize {
    match name {
        ValueName::Amount => 9,
        ValueName::Due => 11,
        ValueName::Phone => 13,
        _ => 3,
    }
}

impl TemplateMap {
    /// Reads a stored map: pairs of field key and value name.
    ///
    /// # Errors
    /// [`MapError`] with every key and name that does not exist.
    pub fn parse<K: AsRef<str>, N: AsRef<str>>(carrier: Carrier, pairs: &[(K, N)]) -> Result<Self, MapError> {
        if pairs.is_empty() || pairs.len() > FIELDS_MAX {
            return Err(MapError { faults: vec![MapFault::Count { fields: pairs.len() }] });
        }
        let mut entries: Vec<(Field, ValueName)> = Vec::with_capacity(pairs.len());
        let mut faults = Vec::new();
        for (key, name) in pairs {
            let (key, name) = (key.as_ref(), name.as_ref());
            let value = ValueName::parse(name);
            if value.is_none() {
                faults.push(MapFault::Name { key: key.to_owned(), name: name.to_owned() });
            }
            if entries.iter().any(|(field, _)| field.key() == key) {
                faults.push(MapFault::Twice { key: key.to_owned() });
            }
            match (Field::read(carrier, key), value) {
                (Ok(field), Some(value)) => entries.push((field, value)),
                (Ok(_), None) => {}
                (Err(error), _) => faults.push(MapFault::Key(error)),
            }
        }
        MapError::of(faults)?;
        Ok(Self { carrier, entries })
    }

    /// Whether messages of this purpose can be sent with this template at all, before the first one is.
    ///
    /// # Errors
    /// [`MapError`] with every field that is wrong and why, and every value that is missing.
    pub fn check(&self, purpose: Purpose) -> Result<(), MapError> {
        let mut faults: Vec<MapFault> = self.entries.iter().filter_map(|(field, name)| field.fault(*name)).collect();
        let said = |wanted: ValueName| self.entries.iter().any(|(_, name)| *name == wanted);
        faults.extend(
            purpose.required().iter().filter(|name| !said(**name)).map(|name| MapFault::Missing { name: *name }),
        );
        MapError::of(faults)
    }

    /// The fields of one message, each fitting, in the template's order.
    ///
    /// # Errors
    /// The first [`FieldError`]: this message cannot go out by this template.
    pub fn fill(&self, wording: &Wording) -> Result<Vec<(String, String)>, FieldError> {
        self.entries
            .iter()
            .map(|(field, name)| {
                let value = wording.value(*name);
                let fitted = match field {
                    Field::Wechat(field) if name.is_exact() => {
                        // Even in a `thing`, which may be cut.
                        field.check(value.trim())?;
                        value.trim().to_owned()
                    }
                    Field::Wechat(field) => field.fit(value)?,
                    Field::Sms(field, key) => field.fit(key, *name, value)?,
                };
                Ok((field.key().to_owned(), fitted))
            })
            .collect()
    }

    /// Whose template it is.
    #[must_use]
    pub const fn carrier(&self) -> Carrier {
        self.carrier
    }
}
