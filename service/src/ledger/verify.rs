//! Checking the books: the chain of hashes, and every invariant between money and bills.

use domain::ledger::{GENESIS, chain_hash};
use serde::Serialize;

use super::desk::DESK_INVARIANTS;
use super::invariants::INVARIANTS;
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Postings read at a time.
const PAGE: i64 = 2_000;
/// Findings reported of one kind: enough to act on, bounded when everything is wrong.
const FINDINGS_MAX: i64 = 100;

/// Something in the books that must not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Finding {
    /// Which invariant, a stable word.
    pub invariant: String,
    /// Which row breaks it.
    pub subject: String,
    /// The figures, in fen where they are money.
    pub detail: String,
}

/// What a check of one project's books found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct VerifyReport {
    /// Postings walked.
    pub postings: i64,
    /// Every breach; empty when the books are sound.
    pub findings: Vec<Finding>,
}

#[derive(sea_orm::FromQueryResult)]
struct BreachRow {
    subject: String,
    detail: String,
}

#[derive(sea_orm::FromQueryResult)]
struct PostingRow {
    seq: i64,
    natural_key: String,
    kind: String,
    at_ms: i64,
    hash: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct EntryRow {
    posting_seq: i64,
    code: String,
    amount_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct BalanceRow {
    code: String,
    balance_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct OutstandingRow {
    payer_party_id: uuid::Uuid,
    outstanding_fen: i64,
}

/// Walks the chain and checks every invariant over one consistent reading.
///
/// # Errors
/// [`StoreError`].
pub async fn verify(db: &ProjectDb) -> Result<VerifyReport, StoreError> {
    db.read("ledger.verify", async |tx| {
        // Money goes on coming in: without one snapshot for all statements, a payment between two of them is a finding.
        if tx.is_postgres() {
            tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", vec![]).await?;
        }
        let (postings, mut findings) = walk_chain(tx).await?;
        for (name, sql) in INVARIANTS.iter().map(|one| (one.name, one.sql)).chain(DESK_INVARIANTS.iter().copied()) {
            let sql = format!("{sql} LIMIT {FINDINGS_MAX}");
            let rows: Vec<BreachRow> = tx.rows(&sql, vec![]).await?;
            findings.extend(rows.into_iter().map(|row| finding(name, row.subject, row.detail)));
        }
        findings.extend(receivables(tx).await?);
        Ok(VerifyReport { postings, findings })
    })
    .await
}

fn finding(invariant: &str, subject: impl ToString, detail: impl ToString) -> Finding {
    Finding { invariant: invariant.to_owned(), subject: subject.to_string(), detail: detail.to_string() }
}

/// Recomputes every hash from the first posting to the head.
async fn walk_chain(tx: &ProjectTx<'_>) -> Result<(i64, Vec<Finding>), StoreError> {
    let mut findings = Vec::new();
    let mut previous = GENESIS;
    let mut seq = 0_i64;
    loop {
        let postings: Vec<PostingRow> = tx
            .rows(
                "SELECT seq, natural_key, kind, at_ms, hash FROM posting WHERE seq > $1 ORDER BY seq LIMIT $2",
                vec![seq.into(), PAGE.into()],
            )
            .await?;
        let Some(last) = postings.last() else { break };
        let mut entries = entries_between(tx, seq, last.seq).await?.into_iter().peekable();
        for posting in postings {
            seq += 1;
            if posting.seq != seq {
                findings.push(finding("posting_numbers_have_no_gap", seq, posting.seq));
                seq = posting.seq;
            }
            let mut own = Vec::new();
            while let Some(entry) = entries.next_if(|e| e.posting_seq == posting.seq) {
                own.push((entry.code, entry.amount_fen));
            }
            let hash = chain_hash(&previous, posting.seq, &posting.natural_key, &posting.kind, posting.at_ms, own);
            if posting.hash != hash {
                findings.push(finding("hash_chain", posting.seq, &posting.natural_key));
            }
            previous = posting.hash.try_into().unwrap_or(hash);
        }
    }
    let head: Option<Vec<u8>> = tx.value("SELECT hash FROM ledger_head WHERE id = 1", vec![]).await?;
    if head.as_deref() != Some(previous.as_slice()) {
        findings.push(finding("hash_chain", "head", "the head is not the last posting"));
    }
    findings.truncate(usize::try_from(FINDINGS_MAX).unwrap_or(0));
    Ok((seq, findings))
}

async fn entries_between(tx: &ProjectTx<'_>, after: i64, until: i64) -> Result<Vec<EntryRow>, StoreError> {
    tx.rows(
        "SELECT e.posting_seq, a.code, e.amount_fen FROM entry e JOIN account a ON a.id = e.account_id \
         WHERE e.posting_seq > $1 AND e.posting_seq <= $2 ORDER BY e.posting_seq, e.line_no",
        vec![after.into(), until.into()],
    )
    .await
}

/// What each payer owes in the ledger is what their open bills add up to.
async fn receivables(tx: &ProjectTx<'_>) -> Result<Vec<Finding>, StoreError> {
    let balances: Vec<BalanceRow> = tx
        .rows(
            "SELECT a.code AS code, CAST(SUM(e.amount_fen) AS BIGINT) AS balance_fen FROM entry e \
             JOIN account a ON a.id = e.account_id WHERE a.code LIKE 'receivable:%' GROUP BY a.code",
            vec![],
        )
        .await?;
    let outstanding: Vec<OutstandingRow> = tx
        .rows(
            "SELECT payer_party_id, CAST(SUM(total_fen - paid_fen) AS BIGINT) AS outstanding_fen FROM bill \
             WHERE voided_at_ms IS NULL GROUP BY payer_party_id",
            vec![],
        )
        .await?;
    let mut owed: std::collections::HashMap<String, i64> = outstanding
        .into_iter()
        .map(|row| (format!("receivable:{}", row.payer_party_id), row.outstanding_fen))
        .collect();
    let mut findings = Vec::new();
    for row in balances {
        let bills_fen = owed.remove(&row.code).unwrap_or(0);
        if bills_fen != row.balance_fen {
            findings.push(finding(
                "receivable_is_open_bills",
                &row.code,
                format!("{} <> {bills_fen}", row.balance_fen),
            ));
        }
    }
    findings.extend(
        owed.into_iter()
            .filter(|(_, fen)| *fen != 0)
            .map(|(code, fen)| finding("receivable_is_open_bills", code, format!("0 <> {fen}"))),
    );
    Ok(findings)
}
