//! Which of our values is read aloud in which place of a voice template.
//!
//! A template of calls usually has one variable for the whole text (`voice`). One with a text of its own names values
//! as other templates do; they are read in words, because a voice reads figures as it likes.

use domain::notice::{VOICE_CHARS_MAX, Wording, spoken};
use domain::template_field::{FIELDS_MAX, FieldError, SmsField, SmsVendor, ValueName};

/// The whole text that is read aloud.
const WHOLE_TEXT: &str = "voice";

/// What fills a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Whole,
    Value(ValueName),
}

impl Said {
    fn parse(word: &str) -> Option<Self> {
        if word == WHOLE_TEXT { Some(Self::Whole) } else { ValueName::parse(word).map(Self::Value) }
    }

    fn words(self, wording: &Wording) -> String {
        match self {
            Self::Whole => wording.voice.clone(),
            Self::Value(ValueName::Phone) => spoken::phone(wording.value(ValueName::Phone)),
            Self::Value(name) => spoken::text(wording.value(name)),
        }
    }
}

/// What is wrong with the map of a voice template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpokenError {
    /// None, or too many.
    #[error("语音模板应有 1 至 {FIELDS_MAX} 个变量，现有 {fields} 个")]
    Count {
        /// How many were given.
        fields: usize,
    },
    /// The vendor takes no variable of this name.
    #[error(transparent)]
    Key(#[from] FieldError),
    /// A value nobody offers.
    #[error(
        "变量 {key} 对应的 {name} 不存在；可选：{WHOLE_TEXT}（播报全文）、{}",
        ValueName::ALL.map(ValueName::as_str).join("、")
    )]
    Name {
        /// The variable.
        key: String,
        /// As given.
        name: String,
    },
    /// The same variable twice.
    #[error("变量 {key} 重复")]
    Twice {
        /// The variable.
        key: String,
    },
    /// The sum or the date would not be said.
    #[error("语音模板没有说到金额和日期：请让一个变量填写 {WHOLE_TEXT}（播报全文），或同时填写 amount 和 due")]
    Missing,
}

/// Variable → what is read there, in the template's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpokenMap(Vec<(String, Said)>);

impl SpokenMap {
    pub fn parse<K: AsRef<str>, N: AsRef<str>>(vendor: SmsVendor, pairs: &[(K, N)]) -> Result<Self, SpokenError> {
        if pairs.is_empty() || pairs.len() > FIELDS_MAX {
            return Err(SpokenError::Count { fields: pairs.len() });
        }
        let field = SmsField::of(vendor);
        let mut places: Vec<(String, Said)> = Vec::with_capacity(pairs.len());
        for (key, name) in pairs {
            let (key, name) = (key.as_ref().to_owned(), name.as_ref());
            field.check_name(&key)?;
            if places.iter().any(|(known, _)| *known == key) {
                return Err(SpokenError::Twice { key });
            }
            let said =
                Said::parse(name).ok_or_else(|| SpokenError::Name { key: key.clone(), name: name.to_owned() })?;
            places.push((key, said));
        }
        Ok(Self(places))
    }

    /// A call about a bill says the sum and the date.
    pub fn check(&self) -> Result<(), SpokenError> {
        let says = |wanted: Said| self.0.iter().any(|(_, said)| *said == wanted);
        let facts = [ValueName::Amount, ValueName::Due].into_iter().all(|name| says(Said::Value(name)));
        if says(Said::Whole) || facts { Ok(()) } else { Err(SpokenError::Missing) }
    }

    /// What is read in each place. Together at most [`VOICE_CHARS_MAX`] characters, which both vendors read out.
    pub fn fill(&self, wording: &Wording) -> Result<Vec<(String, String)>, FieldError> {
        let mut chars = 0;
        let mut filled = Vec::with_capacity(self.0.len());
        for (key, said) in &self.0 {
            let words = said.words(wording);
            if words.is_empty() {
                return Err(FieldError::Empty { key: key.clone() });
            }
            chars += words.chars().count();
            if chars > VOICE_CHARS_MAX {
                return Err(FieldError::TooLong { key: key.clone(), chars_max: VOICE_CHARS_MAX, chars });
            }
            filled.push((key.clone(), words));
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording() -> Wording {
        Wording {
            amount: "185.29元".to_owned(),
            due: "2026年11月26日".to_owned(),
            house: "1-1-102".to_owned(),
            service_phone: "0512-00001234".to_owned(),
            voice: "您好，这里是翠湖花园物业服务中心。".to_owned(),
            ..Wording::default()
        }
    }

    #[test]
    fn a_call_says_the_whole_text_or_at_least_the_sum_and_the_date() {
        let map = |pairs: &[(&str, &str)]| SpokenMap::parse(SmsVendor::Tencent, pairs).unwrap().check();
        assert_eq!(map(&[("1", "voice")]), Ok(()));
        assert_eq!(map(&[("1", "house"), ("2", "amount"), ("3", "due")]), Ok(()));
        assert_eq!(map(&[("1", "house"), ("2", "amount")]), Err(SpokenError::Missing));
        let unknown = SpokenMap::parse(SmsVendor::Tencent, &[("1", "name")]).unwrap_err();
        assert!(unknown.to_string().contains("voice"), "{unknown}");
        assert!(SpokenMap::parse(SmsVendor::Aliyun, &[("1", "voice")]).is_err(), "names of variables are Latin there");
    }

    #[test]
    fn figures_are_read_in_words() {
        let pairs = [("a", "house"), ("b", "amount"), ("c", "due"), ("d", "phone")];
        let filled = SpokenMap::parse(SmsVendor::Aliyun, &pairs).unwrap().fill(&wording()).unwrap();
        let words: Vec<&str> = filled.iter().map(|(_, words)| words.as_str()).collect();
        let expected =
            ["一杠一杠一零二", "一百八十五点二九元", "二零二六年十一月二十六日", "零五幺二，零零零零幺二三四"];
        assert_eq!(words, expected);
        assert!(words.iter().all(|words| !words.chars().any(|c| c.is_ascii())));
    }

    #[test]
    fn an_old_row_without_a_voice_is_not_read_as_silence() {
        let map = SpokenMap::parse(SmsVendor::Tencent, &[("1", "voice")]).unwrap();
        let old = Wording { voice: String::new(), ..wording() };
        assert_eq!(map.fill(&old), Err(FieldError::Empty { key: "1".to_owned() }));
    }
}
