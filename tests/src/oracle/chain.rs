//! The chain of hashes, computed once more.
//!
//! SHA-256 over the hash before (32 zero bytes at the start), the number, the natural key, the kind, the instant, and
//! each entry's account and amount in line order. Numbers are 8 bytes big-endian, texts have their length in bytes in
//! 8 bytes before them.

use std::collections::BTreeMap;

use ring::digest::{Context, SHA256};

use super::Findings;
use crate::Raw;

pub(super) async fn examine(raw: &Raw, findings: &mut Findings) {
    let mut entries: BTreeMap<i64, Vec<(String, i64)>> = BTreeMap::new();
    let sql = "SELECT posting_seq, code, amount_fen FROM entry JOIN account ON account.id = account_id \
               ORDER BY posting_seq, line_no";
    for row in raw.rows(sql).await {
        let side = (row.try_get("", "code").unwrap(), row.try_get("", "amount_fen").unwrap());
        entries.entry(row.try_get("", "posting_seq").unwrap()).or_default().push(side);
    }
    let mut before = vec![0_u8; 32];
    let mut number = 0_i64;
    for row in raw.rows("SELECT seq, natural_key, kind, at_ms, hash FROM posting ORDER BY seq").await {
        number += 1;
        let seq: i64 = row.try_get("", "seq").unwrap();
        findings.same("number of a posting", &seq, &number);
        let (key, kind): (String, String) = (row.try_get("", "natural_key").unwrap(), row.try_get("", "kind").unwrap());
        let at_ms: i64 = row.try_get("", "at_ms").unwrap();
        let mut context = Context::new(&SHA256);
        context.update(&before);
        context.update(&seq.to_be_bytes());
        text(&mut context, &key);
        text(&mut context, &kind);
        context.update(&at_ms.to_be_bytes());
        for (account, amount_fen) in entries.remove(&seq).unwrap_or_default() {
            text(&mut context, &account);
            context.update(&amount_fen.to_be_bytes());
        }
        let hash: Vec<u8> = row.try_get("", "hash").unwrap();
        findings.check(context.finish().as_ref() == hash.as_slice(), || format!("hash of posting {key}"));
        before = hash;
    }
    let head: Vec<u8> = raw.one("SELECT hash FROM ledger_head").await;
    findings.check(head == before, || "the head of the chain is not its last posting".to_owned());
    findings.check(entries.is_empty(), || "entries without a posting".to_owned());
}

fn text(context: &mut Context, text: &str) {
    context.update(&u64::try_from(text.len()).unwrap().to_be_bytes());
    context.update(text.as_bytes());
}
