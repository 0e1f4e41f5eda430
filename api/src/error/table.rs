//! The table from the use cases' errors to what leaves.

use actix_web::http::StatusCode;
use domain::period::PeriodError;
use service::bills::BillsError;
use service::fees::FeesError;
use service::formulas::FormulasError;
use service::holidays::HolidaysError;
use service::house_fields::HouseFieldError;
use service::houses::{BookError, HousesError};
use service::owners::{FollowQrError, OwnerError};
use service::reminders::{EffectError, EvidenceError, ExportError, HoldError, ReminderError};
use service::setup::SetupError;
use service::staff::StaffError;
use service::store::StoreError;
use service::tenancy::TenancyError;
use service::wechat_apps::WechatAppError;
use service::wechat_login::LoginError;

use super::ApiError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<TenancyError> for ApiError {
    fn from(error: TenancyError) -> Self {
        match error {
            TenancyError::NotFound => Self::not_found(),
            TenancyError::SchemaBehind { .. } | TenancyError::WrongDatabase { .. } | TenancyError::Unreachable(_) => {
                tracing::error!(alarm = "project_unavailable", cause = %super::Chain(&error), "refused");
                Self::unavailable("project_unavailable", "该项目暂时无法使用，请稍后再试或联系物业服务中心")
            }
        }
    }
}

impl From<OwnerError> for ApiError {
    fn from(error: OwnerError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            OwnerError::Store(_) | OwnerError::Vault(_) => Self::internal(&error),
            OwnerError::Tenancy(error) => error.into(),
            OwnerError::NotFound => Self::not_found(),
            OwnerError::HouseNotFound | OwnerError::HouseAmbiguous => {
                Self::bad_request(code, words.clone()).with_field("house", words)
            }
            OwnerError::BadName => Self::bad_request(code, words.clone()).with_field("name", words),
            OwnerError::BadPhoneTail => Self::bad_request(code, words.clone()).with_field("phone_tail", words),
            OwnerError::ReasonRequired => Self::bad_request(code, words.clone()).with_field("reason", words),
            OwnerError::TooManyPending | OwnerError::TooManyClaims => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, code, words)
            }
            OwnerError::AlreadyDecided => Self::conflict(code, words),
        }
    }
}

impl From<StaffError> for ApiError {
    fn from(error: StaffError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            StaffError::Store(_) | StaffError::Vault(_) | StaffError::Hashing(_) => Self::internal(&error),
            StaffError::BadCredentials => Self::new(StatusCode::UNAUTHORIZED, code, words),
            StaffError::WeakPassword => Self::bad_request(code, words.clone()).with_field("password", words),
            StaffError::BadLogin => Self::bad_request(code, words.clone()).with_field("login", words),
            StaffError::BadName => Self::bad_request(code, words.clone()).with_field("name", words),
            StaffError::LoginTaken => Self::conflict(code, words.clone()).with_field("login", words),
            StaffError::NotFound => Self::not_found(),
            StaffError::Forbidden => Self::new(StatusCode::FORBIDDEN, code, words),
            StaffError::LastAdministrator => Self::conflict(code, words),
        }
    }
}

impl From<HousesError> for ApiError {
    fn from(error: HousesError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            HousesError::NotFound => Self::not_found(),
            HousesError::NothingToImport | HousesError::TooMany => Self::bad_request(code, words),
            HousesError::Busy => Self::conflict(code, words),
            HousesError::Store(_) | HousesError::Vault(_) => Self::internal(&error),
        }
    }
}

impl From<BookError> for ApiError {
    fn from(error: BookError) -> Self {
        let words = format!("{error}。{}", error.remedy());
        Self::bad_request(error.code(), words.clone()).with_field("file", words)
    }
}

impl From<FeesError> for ApiError {
    fn from(error: FeesError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            FeesError::NotFound => Self::not_found(),
            FeesError::Invalid { field, words } => Self::bad_field(field, words),
            FeesError::CodeTaken(_) => Self::conflict(code, words.clone()).with_field("code", words),
            FeesError::Formula(mistakes) => mistakes.iter().fold(Self::bad_request(code, words), |error, mistake| {
                error.with_field("formula", mistake.to_string())
            }),
            FeesError::Field(_) => Self::bad_request(code, words.clone()).with_field("inputs", words),
            FeesError::NoTemplate => Self::bad_request(code, words.clone()).with_field("template", words),
            FeesError::Template(_) => Self::internal(&error),
            FeesError::ScopesCross { .. } => Self::conflict(code, words.clone()).with_field("building", words),
            FeesError::PurposeDiffers => Self::conflict(code, words.clone()).with_field("purpose", words),
            FeesError::Constants(_) => Self::bad_request(code, words.clone()).with_field("constants", words),
            FeesError::Overlap { .. } | FeesError::AlreadyBilled { .. } => {
                Self::conflict(code, words.clone()).with_field("effective_from", words)
            }
            FeesError::Retired | FeesError::TooMany => Self::conflict(code, words),
            FeesError::Store(error) => error.into(),
        }
    }
}

impl From<FormulasError> for ApiError {
    fn from(error: FormulasError) -> Self {
        match error {
            FormulasError::Fees(error) => error.into(),
            FormulasError::Input(error) => {
                Self::bad_request(error.code(), error.to_string()).with_field("values", error.to_string())
            }
            FormulasError::Store(error) => error.into(),
        }
    }
}

impl From<HouseFieldError> for ApiError {
    fn from(error: HouseFieldError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            HouseFieldError::NotFound => Self::not_found(),
            HouseFieldError::NameTaken(_) => Self::conflict(code, words.clone()).with_field("field.name", words),
            HouseFieldError::TooMany => Self::conflict(code, words),
            HouseFieldError::Table | HouseFieldError::Field(_) => {
                Self::bad_request(code, words.clone()).with_field("field", words)
            }
            HouseFieldError::TooManyValues => Self::bad_request(code, words.clone()).with_field("values", words),
            HouseFieldError::NoHouse { row } => {
                Self::bad_request(code, words.clone()).with_field(format!("values[{}].house_id", row - 1), words)
            }
            HouseFieldError::Value { row, .. } | HouseFieldError::Twice { row } => {
                Self::bad_request(code, words.clone()).with_field(format!("values[{}].value", row - 1), words)
            }
            HouseFieldError::Store(error) => error.into(),
        }
    }
}

impl From<HolidaysError> for ApiError {
    fn from(error: HolidaysError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            HolidaysError::BadYear => Self::bad_request(code, words.clone()).with_field("year", words),
            HolidaysError::SourceMissing => Self::bad_request(code, words.clone()).with_field("source", words),
            HolidaysError::Year(_) => Self::bad_request(code, words.clone()).with_field("holidays", words),
            HolidaysError::Store(error) => error.into(),
        }
    }
}

impl From<PeriodError> for ApiError {
    fn from(error: PeriodError) -> Self {
        Self::bad_field("month", error.to_string())
    }
}

impl From<BillsError> for ApiError {
    fn from(error: BillsError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            BillsError::NotFound | BillsError::RunNotFound => Self::not_found(),
            BillsError::ReasonMissing => Self::bad_request(code, words.clone()).with_field("reason", words),
            BillsError::TooManyHouses => Self::bad_request(code, words.clone()).with_field("house", words),
            BillsError::WrongPeriod { .. } => Self::bad_request(code, words.clone()).with_field("month", words),
            BillsError::Retired
            | BillsError::NoTariff
            | BillsError::RunCancelled
            | BillsError::Voided
            | BillsError::NoNewBill { .. }
            | BillsError::Paid
            | BillsError::Reserved
            | BillsError::Busy
            | BillsError::Money(_) => Self::conflict(code, words),
            BillsError::Stopped => Self::unavailable(code, words),
            BillsError::Fees(error) => error.into(),
            BillsError::Store(error) => error.into(),
            BillsError::Ledger(_) => Self::internal(&error),
        }
    }
}

impl From<ReminderError> for ApiError {
    fn from(error: ReminderError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            ReminderError::Policy(mistakes) => mistakes
                .into_iter()
                .fold(Self::bad_request(code, "提醒策略有误，请按提示修改"), |error, mistake| {
                    error.with_field(mistake.field, mistake.words)
                }),
            ReminderError::NotFound => Self::not_found(),
            ReminderError::PolicyMoved => Self::conflict(code, words),
            ReminderError::PreviewTooFar => Self::bad_request(code, words.clone()).with_field("at", words),
            ReminderError::PromiseWithoutDate => Self::bad_request(code, words.clone()).with_field("until", words),
            ReminderError::DayPast => Self::bad_request(code, words.clone()).with_field("until", words),
            ReminderError::BuildingNotFound => {
                Self::bad_request(code, words.clone()).with_field("target.subject", words)
            }
            ReminderError::AlreadyEnded => Self::conflict(code, words),
            ReminderError::Store(StoreError::Conflict { .. }) => {
                Self::conflict("changed_meanwhile", "刚刚有人改过，请刷新后重试")
            }
            ReminderError::Store(_) | ReminderError::Vault(_) => Self::internal(&error),
        }
    }
}

impl From<SetupError> for ApiError {
    fn from(error: SetupError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            SetupError::ProjectNotFound | SetupError::CompanyNotFound | SetupError::AccountNotFound => {
                Self::not_found()
            }
            SetupError::WrongChannel => Self::bad_request(code, words.clone()).with_field("channel", words),
            SetupError::BadPurpose => Self::bad_request(code, words.clone()).with_field("purpose", words),
            SetupError::Template(_) => Self::bad_request(code, words.clone()).with_field("fields", words),
            SetupError::BadLimit(_) => Self::bad_request(code, words),
            SetupError::PauseDay => Self::bad_request(code, words.clone()).with_field("until", words),
            SetupError::PauseReason => Self::bad_request(code, words.clone()).with_field("reason", words),
            SetupError::BackupIsFirst => Self::conflict(code, words),
            SetupError::SchemaBehind { .. } | SetupError::Key(_) | SetupError::Vault(_) | SetupError::Store(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<HoldError> for ApiError {
    fn from(error: HoldError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            HoldError::NotFound => Self::not_found(),
            HoldError::BadWords => Self::bad_request(code, words.clone()).with_field("words", words),
            HoldError::DayPast | HoldError::DayTooFar => {
                Self::bad_request(code, words.clone()).with_field("until", words)
            }
            HoldError::BillClosed
            | HoldError::AlreadyDisputed
            | HoldError::TooManyDisputes
            | HoldError::TooManyPromises => Self::conflict(code, words),
            HoldError::Vault(_) | HoldError::Store(_) => Self::internal(&error),
        }
    }
}

impl From<FollowQrError> for ApiError {
    fn from(error: FollowQrError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            FollowQrError::NoAccount => Self::conflict(code, words),
            FollowQrError::NotFound => Self::not_found(),
            FollowQrError::Wechat(error) => error.into(),
            FollowQrError::Vault(_) | FollowQrError::Address(_) | FollowQrError::Store(_) => Self::internal(&error),
        }
    }
}

impl From<ExportError> for ApiError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::TooManyRows => Self::conflict(error.code(), error.to_string()),
            ExportError::Reminder(error) => error.into(),
            ExportError::Sheet(_) | ExportError::File(_) | ExportError::Interrupted(_) => Self::internal(&error),
        }
    }
}

impl From<EffectError> for ApiError {
    fn from(error: EffectError) -> Self {
        match error {
            EffectError::BadRange => {
                Self::bad_request(error.code(), error.to_string()).with_field("to", error.to_string())
            }
            EffectError::Reminder(error) => error.into(),
        }
    }
}

impl From<EvidenceError> for ApiError {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::NotFound => Self::not_found(),
            EvidenceError::TooMuch | EvidenceError::TooLarge => {
                Self::bad_request(error.code(), error.to_string()).with_field("since", error.to_string())
            }
            EvidenceError::Reminder(error) => error.into(),
            EvidenceError::Paper(_) | EvidenceError::Money(_) | EvidenceError::Interrupted(_) => Self::internal(&error),
        }
    }
}

impl From<WechatAppError> for ApiError {
    fn from(error: WechatAppError) -> Self {
        match error {
            WechatAppError::Unknown => Self::bad_field("app_id", error.to_string()),
            WechatAppError::Wechat(_) => {
                tracing::warn!(cause = %super::Chain(&error), "wechat did not answer as hoped");
                Self::unavailable("wechat_unavailable", "微信暂时没有响应，请稍后再试")
            }
            WechatAppError::Vault(_) | WechatAppError::Store(_) => Self::internal(&error),
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        let words = error.to_string();
        match error {
            LoginError::BadCode => Self::bad_request("bad_code", words.clone()).with_field("code", words),
            LoginError::Phone(_) => Self::bad_request("bad_phone", words),
            LoginError::Wechat(error) => error.into(),
            LoginError::Owner(error) => error.into(),
        }
    }
}
