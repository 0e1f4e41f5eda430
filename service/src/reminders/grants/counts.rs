//! What a batch of grants takes of accounts, contacts and credits, or gives back: one statement each.

use std::collections::{BTreeMap, BTreeSet};

use domain::reminder::Channel;

use super::quota_key;
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::tenancy::ControlTx;

/// App, openid, template.
pub(super) type CreditKey = (String, String, String);

const QUOTA: [Column; 3] = [column("account", Kind::Text), column("day", Kind::Int), column("taken", Kind::Int)];
const CONTACT: [Column; 3] =
    [column("contact_hash", Kind::Bytes), column("day", Kind::Int), column("taken", Kind::Int)];
const CREDIT: [Column; 4] = [
    column("app_id", Kind::Text),
    column("openid", Kind::Text),
    column("template_id", Kind::Text),
    column("credits", Kind::Int),
];

/// To or from the grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// Messages are counted, credits are spent. The rows of accounts and contacts need not be there.
    Take,
    /// The other way round; every row is there.
    GiveBack,
}

/// Messages by account and day, and by contact and day; credits by whose they are. In the order of locks.
#[derive(Debug, Default)]
pub(super) struct Counts {
    accounts: BTreeMap<(String, i64), i64>,
    contacts: BTreeMap<(Vec<u8>, i64), i64>,
    credits: BTreeMap<CreditKey, i64>,
}

impl Counts {
    /// Counts a message of a day.
    pub fn add(&mut self, account: &str, channel: &str, day: i64, contact_hash: &[u8], credit: Option<CreditKey>) {
        *self.accounts.entry((quota_key(account, channel), day)).or_default() += 1;
        *self.contacts.entry((contact_hash.to_vec(), day)).or_default() += 1;
        if let Some(key) = credit {
            *self.credits.entry(key).or_default() += 1;
        }
    }

    /// Makes the rows that are missing, with nothing taken, and holds all of them until the end of the transaction.
    pub async fn hold(
        tx: &ControlTx<'_>,
        accounts: &BTreeSet<(String, Channel)>,
        contacts: &BTreeSet<Vec<u8>>,
        day: i64,
    ) -> Result<(), StoreError> {
        let keys: Vec<String> =
            accounts.iter().map(|(account, channel)| quota_key(account, channel.as_str())).collect();
        let tail = "ON CONFLICT (account, day) DO UPDATE SET taken = account_quota.taken";
        let into = Target { table: "account_quota", columns: &QUOTA, shared: vec![], tail };
        bulk::insert(tx, &into, keys.iter().map(|key| [Cell::Text(key), Cell::Int(day), Cell::Int(0)])).await?;
        let tail = "ON CONFLICT (contact_hash, day) DO UPDATE SET taken = contact_count.taken";
        let into = Target { table: "contact_count", columns: &CONTACT, shared: vec![], tail };
        bulk::insert(tx, &into, contacts.iter().map(|hash| [Cell::Bytes(hash), Cell::Int(day), Cell::Int(0)])).await?;
        Ok(())
    }

    /// Writes them.
    pub async fn write(&self, tx: &ControlTx<'_>, to: Move, now_ms: i64) -> Result<(), StoreError> {
        let [quota, contact, credit] = match to {
            Move::Take => [
                "ON CONFLICT (account, day) DO UPDATE SET taken = account_quota.taken + excluded.taken",
                "ON CONFLICT (contact_hash, day) DO UPDATE SET taken = contact_count.taken + excluded.taken",
                // The rows are there and locked, or nothing would have been granted; the check on credits holds the rest.
                "ON CONFLICT (app_id, openid, template_id) DO UPDATE SET \
                 credits = consent_credit.credits - excluded.credits, updated_at_ms = excluded.updated_at_ms",
            ],
            Move::GiveBack => [
                "ON CONFLICT (account, day) DO UPDATE SET taken = account_quota.taken - excluded.taken",
                "ON CONFLICT (contact_hash, day) DO UPDATE SET taken = contact_count.taken - excluded.taken",
                "ON CONFLICT (app_id, openid, template_id) DO UPDATE SET \
                 credits = consent_credit.credits + excluded.credits, updated_at_ms = excluded.updated_at_ms",
            ],
        };
        let into = Target { table: "account_quota", columns: &QUOTA, shared: vec![], tail: quota };
        let rows = self.accounts.iter().map(|((key, day), n)| [Cell::Text(key), Cell::Int(*day), Cell::Int(*n)]);
        bulk::insert(tx, &into, rows).await?;
        let into = Target { table: "contact_count", columns: &CONTACT, shared: vec![], tail: contact };
        let rows = self.contacts.iter().map(|((hash, day), n)| [Cell::Bytes(hash), Cell::Int(*day), Cell::Int(*n)]);
        bulk::insert(tx, &into, rows).await?;
        let shared = vec![(column("updated_at_ms", Kind::Int), now_ms.into())];
        let into = Target { table: "consent_credit", columns: &CREDIT, shared, tail: credit };
        let rows = self.credits.iter().map(|((app, openid, template), n)| {
            [Cell::Text(app), Cell::Text(openid), Cell::Text(template), Cell::Int(*n)]
        });
        bulk::insert(tx, &into, rows).await?;
        Ok(())
    }
}
