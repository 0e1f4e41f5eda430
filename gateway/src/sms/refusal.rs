//! Why a cloud says no, in words common to both.

/// How the codes of Alibaba Cloud begin, those of its products and those of the gateway before them.
const ALIYUN_PREFIXES: [&str; 6] =
    ["isv.", "isp.", "Throttling", "InvalidAccessKeyId", "InvalidTimeStamp", "InvalidAction"];

/// How codes begin that tell of our keys, parameters or rights, where the cloud gives no second half.
const OUR_FAULT: [&str; 9] = [
    "Signature",
    "IncompleteSignature",
    "Invalid",
    "Missing",
    "NoSuchVersion",
    "UnauthorizedOperation",
    "UnsupportedOperation",
    "isv.",
    "isp.RAM_PERMISSION_DENY",
];

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
        match code {
            // Both clouds have it, and neither says how far it got.
            "InternalError" => return None,
            "RequestLimitExceeded" => return Some(Self::Busy),
            _ => {}
        }
        if ALIYUN_PREFIXES.iter().any(|prefix| code.starts_with(prefix)) || !code.contains('.') {
            return Some(Self::of_aliyun(code));
        }
        Self::of_tencent(code)
    }

    fn of_tencent(code: &str) -> Option<Self> {
        let last = code.split_once('.').map_or(code, |(_, last)| last);
        let kind = match last {
            "Timeout" | "SendAndRecvFail" | "OtherError" if code.starts_with("InternalError") => return None,
            // Voice: the line behind the cloud did not answer in time, or with something the cloud does not know.
            "AccessUpstreamTimeout" | "ParametersOtherError" => return None,
            "PhoneNumberThirtySecondLimit"
            | "PhoneNumberOneHourLimit"
            | "PhoneNumberDailyLimit"
            | "PhoneNumberSameContentDailyLimit"
            | "DeliveryFrequencyLimit"
            | "TemplateIdFrequencyLimit"
            | "FrequencyLimit" => Self::Frequency,
            "AppDailyLimit" | "AppMainlandChinaDailyLimit" | "AppGlobalDailyLimit" | "DailyLimit" => Self::AccountLimit,
            "InsufficientBalanceInSmsPackage"
            | "InsufficientBalanceInVoicePackage"
            | "InsufficientBalance"
            | "ServiceSuspendDueToArrears" => Self::Arrears,
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
            "RequestTimeException" | "SigVerificationFail" | "RestApiInterfaceNotExist" => Self::OurConfig,
            _ if code.starts_with("InternalError") => return None,
            _ => Self::Other,
        };
        Some(kind)
    }

    fn of_aliyun(code: &str) -> Self {
        match code {
            "isv.BUSINESS_LIMIT_CONTROL" | "isv.BUSINESS_LIMIT_CONTRO" => Self::Frequency,
            "isv.DAY_LIMIT_CONTROL" | "isv.MONTH_LIMIT_CONTROL" => Self::AccountLimit,
            "isv.AMOUNT_NOT_ENOUGH" | "isv.OUT_OF_SERVICE" | "isv.ACCOUNT_ABNORMAL" => Self::Arrears,
            "isv.VOICE_ROBOT_NOT_PERIOD" | "isv.VOICE_CALL_PERIOD_ERROR" => Self::QuietHours,
            // The callee is on a list against nuisance calls.
            "isv.COMPLAINT_REJECT" => Self::Blocked,
            "isv.MOBILE_NUMBER_ILLEGAL" | "isv.INVALID_PHONE_NUMBER" => Self::BadNumber,
            "isv.BLACK_KEY_CONTROL_LIMIT"
            | "isv.SMS_SIGNATURE_ILLEGAL"
            | "isv.SMS_TEMPLATE_ILLEGAL"
            | "isv.TEMPLATE_MISSING_PARAMETERS"
            | "isv.INVALID_PARAMETERS"
            | "isv.PARAM_LENGTH_LIMIT"
            | "isv.TTS_TEMPLATE_ILLEGAL" => Self::OurConfig,
            "isp.SYSTEM_ERROR" | "isv.VOICE_CALL_FAIL" => Self::Busy,
            _ if code.starts_with("Throttling") => Self::Busy,
            _ if OUR_FAULT.iter().any(|prefix| code.starts_with(prefix)) => Self::OurConfig,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_codes_of_calls_have_their_kind() {
        let table = [
            ("FailedOperation.InsufficientBalanceInVoicePackage", Some(SmsRefusal::Arrears)),
            ("FailedOperation.PhonenumberUnappliedOrExpired", Some(SmsRefusal::OurConfig)),
            ("FailedOperation.AccessUpstreamTimeout", None),
            ("InternalError.AccessUpstreamTimeout", None),
            ("InternalError.SsoSendRecvFail", None),
            ("InternalError.UpstreamError", None),
            ("FailedOperation.ParametersOtherError", None),
            ("InternalError.RestApiInterfaceNotExist", Some(SmsRefusal::OurConfig)),
            ("InvalidParameterValue.CalledNumberVerifyFail", Some(SmsRefusal::BadNumber)),
            ("LimitExceeded.DeliveryFrequencyLimit", Some(SmsRefusal::Frequency)),
            ("UnauthorizedOperation.VoiceSdkAppidVerifyFail", Some(SmsRefusal::OurConfig)),
            ("isv.TTS_TEMPLATE_ILLEGAL", Some(SmsRefusal::OurConfig)),
            ("isv.PARAM_NOT_SUPPORT_URL", Some(SmsRefusal::OurConfig)),
            ("isv.DISPLAY_NUMBER_ILLEGAL", Some(SmsRefusal::OurConfig)),
            ("isv.COMPLAINT_REJECT", Some(SmsRefusal::Blocked)),
            ("isv.VOICE_CALL_PERIOD_ERROR", Some(SmsRefusal::QuietHours)),
            ("isv.ACCOUNT_ABNORMAL", Some(SmsRefusal::Arrears)),
            ("isv.OUT_OF_SERVICE", Some(SmsRefusal::Arrears)),
        ];
        for (code, kind) in table {
            assert_eq!(SmsRefusal::of(code), kind, "{code}");
        }
    }

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
            ("InvalidAccessKeyId.NotFound", Some(SmsRefusal::OurConfig)),
            ("InvalidTimeStamp.Expired", Some(SmsRefusal::OurConfig)),
            ("Throttling.User", Some(SmsRefusal::Busy)),
            ("RequestLimitExceeded", Some(SmsRefusal::Busy)),
            ("RequestLimitExceeded.UinLimitExceeded", Some(SmsRefusal::Busy)),
            ("InternalError", None),
            ("InvalidAction", Some(SmsRefusal::OurConfig)),
            ("UnauthorizedOperation", Some(SmsRefusal::OurConfig)),
            ("MissingAuthorization", Some(SmsRefusal::OurConfig)),
        ];
        for (code, kind) in table {
            assert_eq!(SmsRefusal::of(code), kind, "{code}");
        }
    }
}
