//! Which approved template an account uses for what.

use domain::template_field::Purpose;
use serde_json::json;

use super::SetupError;
use super::account::{self, AccountKind};
use crate::audit::{self, By};
use crate::channels::Fields;
use crate::tenancy::ControlDb;

/// Characters of a purpose: a stage's word for its template, and `_notify`.
const PURPOSE_CHARS_MAX: usize = 40;
/// A service account has one template for template messages and another for 订阅通知.
const NOTIFY: &str = "_notify";

/// Says which approved template an account uses for a purpose (`bill_notice`; `bill_notice_notify` for the 订阅通知 of a
/// service account), and which of our values fills which of its fields: `[("thing1", "house"), ("amount2", "amount")]`.
/// For texts and calls the order is the order of the parameters; what a call reads aloud is `voice`.
///
/// # Errors
/// [`SetupError::Template`] for a template that cannot say what a notice must say, with every field that is wrong;
/// [`SetupError::AccountNotFound`], [`SetupError::BadPurpose`], [`SetupError::Store`].
pub async fn set_template(
    control: &ControlDb,
    account: &str,
    purpose: &str,
    template_id: &str,
    fields: &[(&str, &str)],
    by: &By,
    now_ms: i64,
) -> Result<(), SetupError> {
    let stored = json!(fields).to_string();
    control
        .transact("setup.template", async |tx| {
            let owner = account::find(tx, account).await?.ok_or(SetupError::AccountNotFound)?;
            let meaning = meaning(purpose, owner.kind)?;
            Fields::parse(owner.kind.template_owner(), fields)?.check(meaning)?;
            tx.execute(
                "INSERT INTO message_template (account, purpose, template_id, fields) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (account, purpose) DO UPDATE SET template_id = excluded.template_id, \
                 fields = excluded.fields",
                vec![account.into(), purpose.into(), template_id.into(), stored.into()],
            )
            .await?;
            audit::append(tx, by, "set.template", &format!("account:{account}"), &json!({"purpose": purpose}), now_ms)
                .await?;
            Ok(())
        })
        .await
}

/// What messages of a purpose must say. A stage may name a template of its own; it speaks of bills all the same.
fn meaning(purpose: &str, kind: AccountKind) -> Result<Purpose, SetupError> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if purpose.is_empty() || purpose.len() > PURPOSE_CHARS_MAX || !purpose.chars().all(is_word) {
        return Err(SetupError::BadPurpose);
    }
    let base = match purpose.strip_suffix(NOTIFY) {
        Some(_) if kind != AccountKind::ServiceAccount => return Err(SetupError::BadPurpose),
        Some(base) => base,
        None => purpose,
    };
    Ok(Purpose::parse(base).unwrap_or(Purpose::BillNotice))
}
