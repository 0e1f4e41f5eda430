//! Why a cloud says no, in words common to both.

/// What to do about a refused message or call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmsRefusal {
    /// Too many to this number lately: later.
    Frequency,
    /// Too many from this account today: tomorrow, or the other cloud.
    AccountLimit,
    /// No money or package left: alert, other cloud.
    Arrears,
    /// Not at this hour.
    QuietHours,
    /// The number does not exist.
    BadNumber,
    /// The number refuses messages: mark it.
    Blocked,
    /// Our sign, template, parameters, keys, clock or address: alert, no retry.
    OurConfig,
    /// The cloud asks to try again.
    Busy,
    /// Not in the tables: no retry, alert.
    Other,
}

impl SmsRefusal {
    /// Reads a code of either cloud, for messages and for calls. `None` for codes under which it may have been sent
    /// after all.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        if code.starts_with("isv.") || code.starts_with("isp.") || !code.contains('.') {
            return Some(Self::of_aliyun(code));
        }
        Self::of_tencent(code)
    }

    fn of_tencent(code: &str) -> Option<Self> {
        let last = code.split_once('.').map_or(code, |(_, last)| last);
        let kind = match last {
            "Timeout" | "SendAndRecvFail" | "OtherError" if code.starts_with("InternalError") => return None,
            "PhoneNumberThirtySecondLimit"
            | "PhoneNumberOneHourLimit"
            | "PhoneNumberDailyLimit"
            | "PhoneNumberSameContentDailyLimit"
            | "DeliveryFrequencyLimit"
            | "TemplateIdFrequencyLimit"
            | "FrequencyLimit" => Self::Frequency,
            "AppDailyLimit" | "AppMainlandChinaDailyLimit" | "AppGlobalDailyLimit" | "DailyLimit" => Self::AccountLimit,
            "InsufficientBalanceInSmsPackage" | "InsufficientBalance" | "ServiceSuspendDueToArrears" => Self::Arrears,
            "MarketingSendTimeConstraint" => Self::QuietHours,
            "IncorrectPhoneNumber" | "CalledNumberVerifyFail" => Self::BadNumber,
            "PhoneNumberInBlacklist" => Self::Blocked,
            _ if code.starts_with("RequestLimitExceeded") => Self::Busy,
            _ if [
                "FailedOperation.",
                "InvalidParameter",
                "UnauthorizedOperation",
                "AuthFailure",
                "LimitExceeded.",
                "MissingParameter",
                "UnsupportedOperation",
            ]
            .iter()
            .any(|prefix| code.starts_with(prefix)) =>
            {
                Self::OurConfig
            }
            // The clock and the signature are ours, though told as internal.
            "RequestTimeException" | "SigVerificationFail" => Self::OurConfig,
            _ if code.starts_with("InternalError") => return None,
            _ => Self::Other,
        };
        Some(kind)
    }

    fn of_aliyun(code: &str) -> Self {
        match code {
            "isv.BUSINESS_LIMIT_CONTROL" | "isv.BUSINESS_LIMIT_CONTRO" => Self::Frequency,
            "isv.DAY_LIMIT_CONTROL" | "isv.MONTH_LIMIT_CONTROL" => Self::AccountLimit,
            "isv.AMOUNT_NOT_ENOUGH" | "isv.OUT_OF_SERVICE" => Self::Arrears,
            "isv.MOBILE_NUMBER_ILLEGAL" | "isv.INVALID_PHONE_NUMBER" => Self::BadNumber,
            "isv.BLACK_KEY_CONTROL_LIMIT"
            | "isv.SMS_SIGNATURE_ILLEGAL"
            | "isv.SMS_TEMPLATE_ILLEGAL"
            | "isv.TEMPLATE_MISSING_PARAMETERS"
            | "isv.INVALID_PARAMETERS"
            | "isv.PARAM_LENGTH_LIMIT"
            | "isv.TTS_TEMPLATE_ILLEGAL" => Self::OurConfig,
            "isp.SYSTEM_ERROR" => Self::Busy,
            _ if code.starts_with("Signature") || code.starts_with("InvalidAccessKey") || code.starts_with("isv.") => {
                Self::OurConfig
            }
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_codes_of_both_clouds_have_their_kind() {
        let table = [
            ("LimitExceeded.PhoneNumberThirtySecondLimit", Some(SmsRefusal::Frequency)),
            ("LimitExceeded.PhoneNumberDailyLimit", Some(SmsRefusal::Frequency)),
            ("LimitExceeded.AppDailyLimit", Some(SmsRefusal::AccountLimit)),
            ("LimitExceeded.PhoneNumberCountLimit", Some(SmsRefusal::OurConfig)),
            ("FailedOperation.InsufficientBalanceInSmsPackage", Some(SmsRefusal::Arrears)),
            ("UnauthorizedOperation.ServiceSuspendDueToArrears", Some(SmsRefusal::Arrears)),
            ("FailedOperation.TemplateIncorrectOrUnapproved", Some(SmsRefusal::OurConfig)),
            ("FailedOperation.ContainSensitiveWord", Some(SmsRefusal::OurConfig)),
            ("FailedOperation.PhoneNumberInBlacklist", Some(SmsRefusal::Blocked)),
            ("FailedOperation.MarketingSendTimeConstraint", Some(SmsRefusal::QuietHours)),
            ("InvalidParameterValue.IncorrectPhoneNumber", Some(SmsRefusal::BadNumber)),
            ("UnauthorizedOperation.RequestIpNotInWhitelist", Some(SmsRefusal::OurConfig)),
            ("InternalError.SigVerificationFail", Some(SmsRefusal::OurConfig)),
            ("InternalError.RequestTimeException", Some(SmsRefusal::OurConfig)),
            ("InternalError.Timeout", None),
            ("InternalError.SendAndRecvFail", None),
            ("InternalError.OtherError", None),
            ("isv.BUSINESS_LIMIT_CONTROL", Some(SmsRefusal::Frequency)),
            ("isv.AMOUNT_NOT_ENOUGH", Some(SmsRefusal::Arrears)),
            ("isv.MOBILE_NUMBER_ILLEGAL", Some(SmsRefusal::BadNumber)),
            ("isv.SMS_TEMPLATE_ILLEGAL", Some(SmsRefusal::OurConfig)),
            ("isp.SYSTEM_ERROR", Some(SmsRefusal::Busy)),
            ("SignatureDoesNotMatch", Some(SmsRefusal::OurConfig)),
        ];
        for (code, kind) in table {
            assert_eq!(SmsRefusal::of(code), kind, "{code}");
        }
    }
}
