//! Making and listing fee items.

use chrono::{DateTime, Utc};
use domain::billing::{FeeRule, Prorate};
use domain::ids::FeeItemId;
use domain::money::Rounding;
use serde_json::json;

use super::FeesError;
use super::repo::{self, FeeItem, rounding_word};
use super::view::FeeItemView;
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Characters of a code.
const CODE_CHARS_MAX: usize = 32;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 40;
/// Days from the bill day to the due day.
const DUE_AFTER_DAYS_MAX: u64 = 365;

/// What is needed to charge for something.
#[derive(Debug, Clone)]
pub struct NewFeeItem {
    /// `[a-z0-9_]`, at most 32 characters.
    pub code: String,
    /// The name on bills, at most 40 characters.
    pub name: String,
    /// 1, 3, 6 or 12.
    pub period_months: u32,
    /// Of each bill line.
    pub rounding: Rounding,
    /// Of parts of months.
    pub prorate: Prorate,
    /// At most 365.
    pub due_after_days: u64,
}

impl NewFeeItem {
    fn check(&self) -> Result<(), FeesError> {
        let code_fits = !self.code.is_empty()
            && self.code.len() <= CODE_CHARS_MAX
            && self.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let name_fits = !self.name.trim().is_empty() && self.name.chars().count() <= NAME_CHARS_MAX;
        let rules = [
            ("code", code_fits, "编码请用小写字母、数字和下划线，最多 32 个字符"),
            ("name", name_fits, "请填写名称，最多 40 个字"),
            ("period_months", matches!(self.period_months, 1 | 3 | 6 | 12), "账期只能是 1、3、6 或 12 个月"),
            ("due_after_days", self.due_after_days <= DUE_AFTER_DAYS_MAX, "缴费期限最多 365 天"),
        ];
        match rules.into_iter().find(|(_, fits, _)| !fits) {
            Some((field, _, words)) => Err(FeesError::Invalid { field, words }),
            None => Ok(()),
        }
    }
}

/// Makes a fee item.
///
/// # Errors
/// [`FeesError::Invalid`], [`FeesError::CodeTaken`].
pub async fn create_fee_item(
    db: &ProjectDb,
    new: &NewFeeItem,
    by: &By,
    now: DateTime<Utc>,
) -> Result<FeeItemView, FeesError> {
    new.check()?;
    let item = FeeItem {
        id: FeeItemId::new(),
        code: new.code.clone(),
        name: new.name.trim().to_owned(),
        period_months: new.period_months,
        rule: FeeRule { rounding: new.rounding, prorate: new.prorate },
        due_after_days: new.due_after_days,
        is_retired: false,
    };
    let now_ms = now.timestamp_millis();
    let due_after_days = i64::try_from(new.due_after_days).unwrap_or(i64::MAX);
    let done = db.transact("fees.create_item", async |tx| {
        tx.execute(
            "INSERT INTO fee_item (id, code, name, period_months, rounding, prorate, due_after_days, created_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            vec![
                item.id.uuid().into(),
                item.code.as_str().into(),
                item.name.as_str().into(),
                i64::from(item.period_months).into(),
                rounding_word(new.rounding).into(),
                new.prorate.as_str().into(),
                due_after_days.into(),
                now_ms.into(),
            ],
        )
        .await?;
        let detail = json!({ "code": item.code, "name": item.name, "period_months": item.period_months });
        audit::append(tx, by, "fee_item.create", &format!("fee_item:{}", item.id), &detail, now_ms).await
    });
    match done.await {
        Ok(()) => Ok(item.view()),
        Err(StoreError::Conflict { .. }) => Err(FeesError::CodeTaken(item.code)),
        Err(error) => Err(error.into()),
    }
}

/// One fee item.
///
/// # Errors
/// [`FeesError::NotFound`].
pub async fn fee_item(tx: &ProjectTx<'_>, id: FeeItemId) -> Result<FeeItem, FeesError> {
    repo::item(tx, id).await?.ok_or(FeesError::NotFound)
}

/// All fee items, the oldest first; at most 200.
///
/// # Errors
/// [`FeesError::Store`].
pub async fn fee_items(tx: &ProjectTx<'_>) -> Result<Vec<FeeItem>, FeesError> {
    Ok(repo::items(tx).await?)
}
