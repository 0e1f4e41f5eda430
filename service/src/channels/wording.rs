//! Which approved template an account uses, and which of our words fills which of its fields.

use domain::notice::Wording;

use crate::store::StoreError;
use crate::tenancy::ControlDb;

/// The purpose under which the template of bill notices is registered.
pub(super) const BILL_NOTICE: &str = "bill_notice";

/// An account's template with its fields filled.
pub(super) struct Filled {
    pub template_id: String,
    pub fields: Vec<(String, String)>,
}

#[derive(sea_orm::FromQueryResult)]
struct TemplateRow {
    template_id: String,
    fields: String,
}

/// Fills the account's template. `None` when no template is registered.
pub(super) async fn fill(control: &ControlDb, account: &str, wording: &Wording) -> Result<Option<Filled>, StoreError> {
    let row: Option<TemplateRow> = control
        .read("channels.template", async |tx| {
            tx.row(
                "SELECT template_id, fields FROM message_template WHERE account = $1 AND purpose = $2",
                vec![account.into(), BILL_NOTICE.into()],
            )
            .await
        })
        .await?;
    let Some(row) = row else { return Ok(None) };
    let map: Vec<(String, String)> =
        serde_json::from_str(&row.fields).map_err(|_| StoreError::bad_row("message_template", account))?;
    let fields = map
        .into_iter()
        .map(|(field, name)| {
            let value = value_of(wording, &name)
                .ok_or_else(|| StoreError::bad_row("message_template", format!("{account}: no value {name}")))?;
            Ok((field, value.to_owned()))
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Some(Filled { template_id: row.template_id, fields }))
}

fn value_of<'a>(wording: &'a Wording, name: &str) -> Option<&'a str> {
    match name {
        "house" => Some(&wording.house),
        "amount" => Some(&wording.amount),
        "due" => Some(&wording.due),
        "note" => Some(&wording.note),
        _ => None,
    }
}
