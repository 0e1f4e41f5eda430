//! The keys of all houses, page by page: what a book is checked against.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Rows of one page.
const PAGE: i64 = 10_000;

#[derive(sea_orm::FromQueryResult)]
struct KeyRow {
    id: Uuid,
    house_key: String,
}

/// Every house of the project by its key.
pub(crate) async fn keys(tx: &ProjectTx<'_>) -> Result<HashMap<String, Uuid>, StoreError> {
    let mut found = HashMap::new();
    let mut after = Uuid::nil();
    loop {
        let sql = "SELECT id, house_key FROM house WHERE id > $1 ORDER BY id LIMIT $2";
        let rows: Vec<KeyRow> = tx.rows(sql, vec![after.into(), PAGE.into()]).await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = last.id;
        found.extend(rows.into_iter().map(|row| (row.house_key, row.id)));
    }
}

/// The keys of every house of the project.
///
/// # Errors
/// [`StoreError`].
pub async fn known_keys(db: &ProjectDb) -> Result<HashSet<String>, StoreError> {
    db.read("houses.keys", async |tx| Ok(keys(tx).await?.into_keys().collect())).await
}
