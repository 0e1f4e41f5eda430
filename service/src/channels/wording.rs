//! Which approved template an account uses, and which of our words fills which of its fields.

use std::sync::Arc;
use std::time::Duration;

use domain::notice::Wording;
use domain::template_field::{Carrier, FieldError, MapError, Purpose, SmsField, SmsVendor, TemplateMap};

use gateway::Now;
use moka::future::Cache;

use super::spoken::{SpokenError, SpokenMap};
use crate::reminders::{Message, Outcome, Refusal};
use crate::store::StoreError;
use crate::tenancy::ControlDb;

/// A template that staff exchange is used so many seconds later at most, by the clock that messages go by.
const FRESH_SECONDS: i64 = 10;
/// What nobody asked for so long is forgotten.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// Templates kept.
const TEMPLATES_MAX: u64 = 1_000;

/// Whose template it is: that decides what its fields may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TemplateOwner {
    /// A mini program or a service account.
    Wechat,
    /// An SMS account at this vendor.
    Sms(SmsVendor),
    /// A voice account at this vendor.
    Voice(SmsVendor),
}

/// Why a map of fields cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldsError {
    /// Of a message that is read.
    #[error(transparent)]
    Written(#[from] MapError),
    /// Of a message that is heard.
    #[error(transparent)]
    Spoken(#[from] SpokenError),
}

/// Field → our value, as an account's template has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fields {
    Written(TemplateMap),
    Spoken(SpokenMap),
}

impl Fields {
    /// Reads pairs of a field and the name of a value.
    pub fn parse<K: AsRef<str>, N: AsRef<str>>(owner: TemplateOwner, pairs: &[(K, N)]) -> Result<Self, FieldsError> {
        Ok(match owner {
            TemplateOwner::Wechat => Self::Written(TemplateMap::parse(Carrier::Wechat, pairs)?),
            TemplateOwner::Sms(vendor) => Self::Written(TemplateMap::parse(Carrier::Sms(SmsField::of(vendor)), pairs)?),
            TemplateOwner::Voice(vendor) => Self::Spoken(SpokenMap::parse(vendor, pairs)?),
        })
    }

    /// Whether messages of this purpose can be sent with it at all.
    pub fn check(&self, purpose: Purpose) -> Result<(), FieldsError> {
        match self {
            Self::Written(map) => Ok(map.check(purpose)?),
            Self::Spoken(map) => Ok(map.check()?),
        }
    }

    fn fill(&self, wording: &Wording) -> Result<Vec<(String, String)>, FieldError> {
        match self {
            Self::Written(map) => map.fill(wording),
            Self::Spoken(map) => map.fill(wording),
        }
    }
}

/// An account's template with its fields filled.
pub(super) struct Filled {
    pub template_id: String,
    pub fields: Vec<(String, String)>,
}

struct Template {
    template_id: String,
    fields: Fields,
}

#[derive(sea_orm::FromQueryResult)]
struct TemplateRow {
    template_id: String,
    fields: String,
}

/// The templates of accounts, read when a message needs one and used for a moment.
pub(super) struct Templates {
    control: ControlDb,
    now: Now,
    read: Cache<String, Arc<Template>>,
}

impl Templates {
    /// Reads from `control`.
    pub fn new(control: ControlDb, now: Now) -> Self {
        Self { control, now, read: Cache::builder().max_capacity(TEMPLATES_MAX).time_to_idle(KEPT_FOR).build() }
    }

    /// Fills the account's template with the message's words.
    ///
    /// # Errors
    /// What becomes of the message instead: without a template, with a map that cannot be used, or with a value that
    /// does not fit, nobody would get it ([`Refusal::OurConfig`]; the code names the field). A database that does not
    /// answer keeps it for later.
    pub async fn fill(&self, owner: TemplateOwner, account: &str, message: &Message) -> Result<Filled, Outcome> {
        let purpose = message.template.as_str();
        let moment = (self.now)().timestamp().div_euclid(FRESH_SECONDS);
        let key = format!("{account} {purpose} {moment}");
        // Only what can be used is kept: what is put right works at once.
        let read = self.read.try_get_with(key, self.load(owner, account, purpose)).await;
        let template = read.map_err(|outcome| (*outcome).clone())?;
        let fields = template.fields.fill(&message.wording).map_err(|error| our_config(&unfit_code(&error)))?;
        Ok(Filled { template_id: template.template_id.clone(), fields })
    }

    async fn load(&self, owner: TemplateOwner, account: &str, purpose: &str) -> Result<Arc<Template>, Outcome> {
        let row = match read(&self.control, account, purpose).await {
            Ok(Some(row)) => row,
            Ok(None) => return Err(our_config("no_template")),
            Err(error) => return Err(Outcome::NotSent { reason: error.to_string() }),
        };
        let pairs: Vec<(String, String)> =
            serde_json::from_str(&row.fields).map_err(|_| our_config("template_unreadable"))?;
        let fields = Fields::parse(owner, &pairs).map_err(|error| {
            tracing::error!(account, purpose, %error, "a stored template cannot be used");
            our_config("template_unusable")
        })?;
        Ok(Arc::new(Template { template_id: row.template_id, fields }))
    }
}

/// `field_too_long:thing1`.
fn unfit_code(error: &FieldError) -> String {
    format!("{}:{}", error.code(), error.key())
}

fn our_config(code: &str) -> Outcome {
    Outcome::Refused { reason: Refusal::OurConfig, code: code.to_owned() }
}

async fn read(control: &ControlDb, account: &str, purpose: &str) -> Result<Option<TemplateRow>, StoreError> {
    control
        .read("channels.template", async |tx| {
            tx.row(
                "SELECT template_id, fields FROM message_template WHERE account = $1 AND purpose = $2",
                vec![account.into(), purpose.into()],
            )
            .await
        })
        .await
}
