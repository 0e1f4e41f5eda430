//! Appending postings: numbered and chained in the order the head of the ledger is taken.

use std::collections::HashMap;

use domain::ledger::{LedgerError, Posting};

use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::tenancy::ProjectTx;

/// Postings that go in by a plain list of values.
const FEW: usize = 8;
/// Account codes looked up in one statement.
const CODES_PER_STATEMENT: usize = 500;

const POSTING: [Column; 5] = [
    column("seq", Kind::Int),
    column("natural_key", Kind::Text),
    column("kind", Kind::Text),
    column("at_ms", Kind::Int),
    column("hash", Kind::Bytes),
];
const ENTRY: [Column; 4] = [
    column("posting_seq", Kind::Int),
    column("line_no", Kind::Int),
    column("account_id", Kind::Int),
    column("amount_fen", Kind::Int),
];
const ACCOUNT: [Column; 2] = [column("id", Kind::Int), column("code", Kind::Text)];

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
    let first = seq + 1;
    let mut hashes: Vec<[u8; 32]> = Vec::with_capacity(postings.len());
    let mut entries: Vec<[i64; 4]> = Vec::with_capacity(postings.len() * 2);
    for posting in postings {
        seq += 1;
        hash = posting.chained(seq, &hash);
        hashes.push(hash);
        for (line, entry) in posting.entries().iter().enumerate() {
            let code = entry.account.to_string();
            let account = accounts.get(&code).ok_or_else(|| StoreError::bad_row("account", &code))?;
            let line_no = i64::try_from(line).map_err(|_| LedgerError::TooMany)?;
            entries.push([seq, line_no, *account, entry.amount.get()]);
        }
    }
    if postings.len() <= FEW {
        insert_few(tx, first, postings, &hashes, &entries).await?;
    } else {
        insert_many(tx, first, postings, &hashes, entries).await?;
    }
    tx.execute("UPDATE ledger_head SET seq = $1, hash = $2 WHERE id = 1", vec![seq.into(), hash.to_vec().into()])
        .await?;
    Ok(())
}

/// A payment's one posting: the statement stays the same, so it is prepared once.
async fn insert_few(
    tx: &ProjectTx<'_>,
    first: i64,
    postings: &[Posting],
    hashes: &[[u8; 32]],
    entries: &[[i64; 4]],
) -> Result<(), StoreError> {
    let rows = (first..).zip(postings).zip(hashes).map(|((seq, posting), hash)| {
        vec![
            seq.into(),
            posting.natural_key().into(),
            posting.kind().into(),
            posting.at().timestamp_millis().into(),
            hash.to_vec().into(),
        ]
    });
    tx.insert_many("posting", &POSTING.map(Column::name), rows.collect(), "").await?;
    let rows = entries.iter().map(|row| row.map(Into::into).to_vec());
    tx.insert_many("entry", &ENTRY.map(Column::name), rows.collect(), "").await?;
    Ok(())
}

/// A bill run's thousands.
async fn insert_many(
    tx: &ProjectTx<'_>,
    first: i64,
    postings: &[Posting],
    hashes: &[[u8; 32]],
    entries: Vec<[i64; 4]>,
) -> Result<(), StoreError> {
    let rows = (first..).zip(postings).zip(hashes).map(|((seq, posting), hash)| {
        [
            Cell::Int(seq),
            Cell::Text(posting.natural_key()),
            Cell::Text(posting.kind()),
            Cell::Int(posting.at().timestamp_millis()),
            Cell::Bytes(hash),
        ]
    });
    bulk::insert(tx, &Target { table: "posting", columns: &POSTING, shared: vec![], tail: "" }, rows).await?;
    let rows = entries.into_iter().map(|row| row.map(Cell::Int));
    bulk::insert(tx, &Target { table: "entry", columns: &ENTRY, shared: vec![], tail: "" }, rows).await?;
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
    let opened = || (newest.unwrap_or(0) + 1..).zip(&missing);
    let rows = opened().map(|(id, code)| [Cell::Int(id), Cell::Text(code)]);
    bulk::insert(tx, &Target { table: "account", columns: &ACCOUNT, shared: vec![], tail: "" }, rows).await?;
    ids.extend(opened().map(|(id, code)| (code.clone(), id)));
    Ok(ids)
}
