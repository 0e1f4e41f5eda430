//! Appending postings: numbered and chained in the order the head of the ledger is taken.

use std::collections::HashMap;

use domain::ledger::{LedgerError, Posting};

use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// Account codes looked up in one statement.
const CODES_PER_STATEMENT: usize = 500;

/// Why postings could not be appended.
#[derive(Debug, thiserror::Error)]
pub enum LedgerStoreError {
    /// The database failed. A conflict means that a natural key is booked already.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The posting itself is impossible.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

#[derive(sea_orm::FromQueryResult)]
struct Head {
    seq: i64,
    hash: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct AccountRow {
    id: i64,
    code: String,
}

/// Takes the head of the ledger for this transaction: whoever moves money in this project waits here first, so money
/// transactions have one lock order and cannot deadlock.
///
/// # Errors
/// [`StoreError`].
pub async fn lock_head(tx: &ProjectTx<'_>) -> Result<(), StoreError> {
    head(tx).await.map(|_| ())
}

async fn head(tx: &ProjectTx<'_>) -> Result<(i64, [u8; 32]), StoreError> {
    let sql = format!("SELECT seq, hash FROM ledger_head WHERE id = 1{}", tx.for_update());
    let row: Head = tx.row(&sql, vec![]).await?.ok_or_else(|| StoreError::bad_row("ledger_head", "missing"))?;
    let hash = row.hash.try_into().map_err(|_| StoreError::bad_row("ledger_head", "hash is not 32 bytes"))?;
    Ok((row.seq, hash))
}

/// Appends postings in the order given. A natural key that is booked already makes the whole transaction fail:
/// callers look first, under [`lock_head`].
///
/// # Errors
/// [`LedgerStoreError`].
pub async fn append(tx: &ProjectTx<'_>, postings: &[Posting]) -> Result<(), LedgerStoreError> {
    if postings.is_empty() {
        return Ok(());
    }
    let (mut seq, mut hash) = head(tx).await?;
    let accounts = account_ids(tx, postings).await?;
    let mut posting_rows: Vec<Values> = Vec::with_capacity(postings.len());
    let mut entry_rows: Vec<Values> = Vec::with_capacity(postings.len() * 2);
    for posting in postings {
        seq += 1;
        hash = posting.chained(seq, &hash);
        posting_rows.push(vec![
            seq.into(),
            posting.natural_key().into(),
            posting.kind().into(),
            posting.at().timestamp_millis().into(),
            hash.to_vec().into(),
        ]);
        for (line, entry) in posting.entries().iter().enumerate() {
            let code = entry.account.to_string();
            let account = accounts.get(&code).ok_or_else(|| StoreError::bad_row("account", &code))?;
            let line_no = i64::try_from(line).map_err(|_| LedgerError::TooMany)?;
            entry_rows.push(vec![seq.into(), line_no.into(), (*account).into(), entry.amount.get().into()]);
        }
    }
    tx.insert_many("posting", &["seq", "natural_key", "kind", "at_ms", "hash"], posting_rows, "").await?;
    tx.insert_many("entry", &["posting_seq", "line_no", "account_id", "amount_fen"], entry_rows, "").await?;
    tx.execute("UPDATE ledger_head SET seq = $1, hash = $2 WHERE id = 1", vec![seq.into(), hash.to_vec().into()])
        .await?;
    Ok(())
}

/// The ids of every account the postings name; accounts seen for the first time are opened. Safe under the head's lock.
async fn account_ids(tx: &ProjectTx<'_>, postings: &[Posting]) -> Result<HashMap<String, i64>, StoreError> {
    let mut codes: Vec<String> =
        postings.iter().flat_map(|p| p.entries().iter().map(|e| e.account.to_string())).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut ids = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(CODES_PER_STATEMENT) {
        let marks: Vec<String> = (1..=chunk.len()).map(|n| format!("${n}")).collect();
        let sql = format!("SELECT id, code FROM account WHERE code IN ({})", marks.join(", "));
        let rows: Vec<AccountRow> = tx.rows(&sql, chunk.iter().map(|c| c.as_str().into()).collect()).await?;
        ids.extend(rows.into_iter().map(|row| (row.code, row.id)));
    }
    let missing: Vec<String> = codes.into_iter().filter(|code| !ids.contains_key(code)).collect();
    if missing.is_empty() {
        return Ok(ids);
    }
    let newest: Option<i64> = tx.value("SELECT COALESCE(MAX(id), 0) FROM account", vec![]).await?;
    let mut id = newest.unwrap_or(0);
    let mut rows: Vec<Values> = Vec::with_capacity(missing.len());
    for code in missing {
        id += 1;
        rows.push(vec![id.into(), code.as_str().into()]);
        ids.insert(code, id);
    }
    tx.insert_many("account", &["id", "code"], rows, "").await?;
    Ok(ids)
}
