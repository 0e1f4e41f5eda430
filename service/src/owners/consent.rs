//! Consents to one-time subscribe messages, kept as a ledger: WeChat has no way to ask how many are left.
//!
//! One tap on 允许 is one message, without expiry, and they add up. A refusal in the window adds nothing and takes
//! nothing; a refusal in WeChat's settings takes everything given before it.
//!
//! Both the page and WeChat tell of a tap, either may be lost, repeated or late, and neither names the other: they only
//! agree on the time, roughly. So the ledger keeps every telling, and the taps are what is left when as many tellings of
//! the page as possible are each paired with one of WeChat within [`SAME_TAP`]. That number depends on what was told
//! and not on the order it came in, and grows by one or by nothing with each telling.

use chrono::{DateTime, TimeDelta, Utc};
use domain::applied::Applied;

use super::OwnerError;
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ControlTx};

/// The page's time and WeChat's of one tap are no further apart than this.
const SAME_TAP: TimeDelta = TimeDelta::minutes(2);
/// Tellings further away than this have no bearing on how those at hand are paired.
const NEIGHBOURHOOD: TimeDelta = TimeDelta::minutes(30);
/// Tellings read at once: nobody taps more often.
const TELLINGS_MAX: usize = 1_000;
/// What the keys of the three sources begin with.
const PAGE: &str = "page:";
const PUSH: &str = "push:";
const SETTINGS: &str = "change:";

/// What the owner answered to one template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentAnswer {
    /// 允许: one more message.
    Accept,
    /// 取消.
    Reject,
}

impl ConsentAnswer {
    const fn kind(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
        }
    }
}

/// Who tells of an answer, and by what a repeat of the same telling is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentSource<'a> {
    /// The mini program, with the id it gave the tap.
    Page(&'a str),
    /// WeChat's `subscribe_msg_popup_event`, with the push's own key.
    Push(&'a str),
}

/// One answer to one template, as one side tells it.
#[derive(Debug, Clone, Copy)]
pub struct Consent<'a> {
    /// The mini program or service account that asked.
    pub app_id: &'a str,
    /// Who answered.
    pub openid: &'a str,
    /// What they were asked for.
    pub template_id: &'a str,
    /// What they said.
    pub answer: ConsentAnswer,
    /// Who tells us.
    pub source: ConsentSource<'a>,
    /// When it was answered, as far as the source knows.
    pub at: DateTime<Utc>,
}

/// Records one telling of an answer and answers the credits there are now. The same telling again is `Already`.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn record_consent(control: &ControlDb, consent: &Consent<'_>) -> Result<Applied<i64>, OwnerError> {
    let Consent { openid, template_id, answer, at, .. } = *consent;
    let key = match consent.source {
        ConsentSource::Page(tap_id) => format!("{PAGE}{openid}:{template_id}:{tap_id}"),
        ConsentSource::Push(dedup_key) => format!("{PUSH}{dedup_key}:{template_id}"),
    };
    let account = Account { app_id: consent.app_id, openid, template_id };
    let at_ms = at.timestamp_millis();
    control
        .transact("owners.record_consent", async |tx| {
            let credits = account.lock(tx, at_ms).await?;
            let counts =
                answer == ConsentAnswer::Accept && account.refused_until_ms(tx).await?.is_none_or(|ms| ms < at_ms);
            let taps_before = if counts { account.taps_around(tx, at_ms).await? } else { 0 };
            if account.insert(tx, &key, answer.kind(), at_ms).await? == 0 {
                return Ok(Applied::Already(credits));
            }
            let taps = if counts { account.taps_around(tx, at_ms).await? } else { 0 };
            let credits = credits + taps - taps_before;
            if taps > taps_before {
                account.set_credits(tx, credits, at_ms).await?;
            }
            Ok(Applied::Done(credits))
        })
        .await
}

/// Records that the owner switched a template off in WeChat's settings (`subscribe_msg_change_event`), as of `at`:
/// what they had allowed before is gone, what they allow later counts. Answers the credits there are now. The same
/// push again is `Already`.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn record_refusal(
    control: &ControlDb,
    app_id: &str,
    openid: &str,
    template_id: &str,
    push_key: &str,
    at: DateTime<Utc>,
) -> Result<Applied<i64>, OwnerError> {
    let account = Account { app_id, openid, template_id };
    let at_ms = at.timestamp_millis();
    control
        .transact("owners.record_refusal", async |tx| {
            let credits = account.lock(tx, at_ms).await?;
            let key = format!("{SETTINGS}{push_key}:{template_id}");
            if account.insert(tx, &key, "reject", at_ms).await? == 0 {
                return Ok(Applied::Already(credits));
            }
            // The newest refusal decides, also when this one comes late.
            let until_ms = account.refused_until_ms(tx).await?.unwrap_or(at_ms);
            let left = credits.min(account.taps_between(tx, until_ms + 1, i64::MAX).await?);
            if left < credits {
                account.set_credits(tx, left, at_ms).await?;
            }
            Ok(Applied::Done(left))
        })
        .await
}

/// One line of the ledger: a person's credits for one template.
struct Account<'a> {
    app_id: &'a str,
    openid: &'a str,
    template_id: &'a str,
}

#[derive(sea_orm::FromQueryResult)]
struct TellingRow {
    dedup_key: String,
    at_ms: i64,
}

impl Account<'_> {
    fn key(&self) -> Values {
        vec![self.app_id.into(), self.openid.into(), self.template_id.into()]
    }

    /// Takes the line for this transaction: what is told at the same moment waits its turn.
    async fn lock(&self, tx: &ControlTx<'_>, at_ms: i64) -> Result<i64, StoreError> {
        let mut values = self.key();
        values.push(at_ms.into());
        tx.execute(
            "INSERT INTO consent_credit (app_id, openid, template_id, credits, updated_at_ms) \
             VALUES ($1, $2, $3, 0, $4) ON CONFLICT (app_id, openid, template_id) DO NOTHING",
            values,
        )
        .await?;
        let sql = format!(
            "SELECT credits FROM consent_credit WHERE app_id = $1 AND openid = $2 AND template_id = $3{}",
            tx.for_update()
        );
        Ok(tx.value(&sql, self.key()).await?.unwrap_or(0))
    }

    async fn insert(&self, tx: &ControlTx<'_>, key: &str, kind: &str, at_ms: i64) -> Result<u64, StoreError> {
        let mut values = self.key();
        values.extend([key.into(), kind.into(), at_ms.into()]);
        tx.execute(
            "INSERT INTO consent_event (app_id, openid, template_id, dedup_key, kind, at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (dedup_key) DO NOTHING",
            values,
        )
        .await
    }

    async fn set_credits(&self, tx: &ControlTx<'_>, credits: i64, at_ms: i64) -> Result<u64, StoreError> {
        let mut values = self.key();
        values.extend([credits.into(), at_ms.into()]);
        tx.execute(
            "UPDATE consent_credit SET credits = $4, updated_at_ms = $5 \
             WHERE app_id = $1 AND openid = $2 AND template_id = $3",
            values,
        )
        .await
    }

    /// When the template was last switched off in the settings.
    async fn refused_until_ms(&self, tx: &ControlTx<'_>) -> Result<Option<i64>, StoreError> {
        let sql = format!(
            "SELECT MAX(at_ms) FROM consent_event WHERE app_id = $1 AND openid = $2 AND template_id = $3 \
             AND kind = 'reject' AND dedup_key LIKE '{SETTINGS}%'"
        );
        Ok(tx.value::<Option<i64>>(&sql, self.key()).await?.flatten())
    }

    /// The taps near `at_ms`, without those that a refusal took.
    async fn taps_around(&self, tx: &ControlTx<'_>, at_ms: i64) -> Result<i64, StoreError> {
        let near_ms = NEIGHBOURHOOD.num_milliseconds();
        let refused_ms = self.refused_until_ms(tx).await?.unwrap_or(i64::MIN);
        self.taps_between(tx, (at_ms - near_ms).max(refused_ms.saturating_add(1)), at_ms + near_ms).await
    }

    async fn taps_between(&self, tx: &ControlTx<'_>, from_ms: i64, to_ms: i64) -> Result<i64, StoreError> {
        let sql = format!(
            "SELECT dedup_key, at_ms FROM consent_event WHERE app_id = $1 AND openid = $2 AND template_id = $3 \
             AND kind = 'accept' AND at_ms BETWEEN $4 AND $5 ORDER BY at_ms, dedup_key LIMIT {TELLINGS_MAX}"
        );
        let mut values = self.key();
        values.extend([from_ms.into(), to_ms.into()]);
        let rows: Vec<TellingRow> = tx.rows(&sql, values).await?;
        let of = |source: &str| -> Vec<i64> {
            rows.iter().filter(|row| row.dedup_key.starts_with(source)).map(|row| row.at_ms).collect()
        };
        let taps = taps(&of(PAGE), &of(PUSH));
        i64::try_from(taps).map_err(|_| StoreError::bad_row("consent_event", "too many"))
    }
}

/// How many taps these tellings are, each list in order of time: all of them, less the largest number of pairs of one
/// of each list within [`SAME_TAP`]. On a line, pairing the earliest two that fit is never worse than any other pair.
fn taps(page_ms: &[i64], push_ms: &[i64]) -> usize {
    let (mut page, mut push) = (page_ms.iter().peekable(), push_ms.iter().peekable());
    let mut pairs = 0;
    while let (Some(one), Some(other)) = (page.peek(), push.peek()) {
        let apart_ms = **one - **other;
        if apart_ms.abs() <= SAME_TAP.num_milliseconds() {
            pairs += 1;
            page.next();
            push.next();
        } else if apart_ms < 0 {
            page.next();
        } else {
            push.next();
        }
    }
    page_ms.len() + push_ms.len() - pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE_MS: i64 = 60_000;

    #[test]
    fn two_tellings_of_one_tap_are_one_tap_and_two_taps_are_two() {
        assert_eq!(taps(&[0], &[1_000]), 1, "the seconds differ");
        assert_eq!(taps(&[0], &[2 * MINUTE_MS]), 1);
        assert_eq!(taps(&[0], &[2 * MINUTE_MS + 1]), 2);
        assert_eq!(taps(&[0, 5_000], &[1_000, 6_000]), 2);
        assert_eq!(taps(&[0, 5_000], &[1_000]), 2, "WeChat's word of the second is still on its way");
        assert_eq!(taps(&[], &[]), 0);
    }

    /// The most pairs there can be, by trying all.
    fn most_pairs(page: &[i64], push: &[i64]) -> usize {
        let Some((first, rest)) = page.split_first() else { return 0 };
        let mut best = most_pairs(rest, push);
        for at in 0..push.len() {
            if (first - push[at]).abs() <= 2 * MINUTE_MS {
                let left: Vec<i64> = push.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, ms)| *ms).collect();
                best = best.max(1 + most_pairs(rest, &left));
            }
        }
        best
    }

    fn times() -> impl Strategy<Value = Vec<i64>> {
        prop::collection::vec(0..10 * MINUTE_MS, 0..6).prop_map(|mut times| {
            times.sort_unstable();
            times
        })
    }

    proptest! {
        #[test]
        fn no_other_pairing_finds_fewer_taps(page in times(), push in times()) {
            prop_assert_eq!(taps(&page, &push), page.len() + push.len() - most_pairs(&page, &push));
        }

        #[test]
        fn one_more_telling_is_one_more_tap_or_none(page in times(), push in times(), late in 0..10 * MINUTE_MS) {
            let mut more = page.clone();
            more.push(late);
            more.sort_unstable();
            let grown = taps(&more, &push) - taps(&page, &push);
            prop_assert!(grown <= 1);
        }
    }
}
