//! All followers of a service account, read page by page, so that a lost event does not stay a wrong belief.
//!
//! Where a pass stands is a row: after a crash the next run goes on with the page that was not written. Nobody counts as
//! gone before a pass is complete, and then only who was not on it and did not begin to follow since it started.
//! Events tell of people while a pass runs; whichever of the two WeChat said later is believed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use gateway::wechat::{USER_INFO_BATCH_MAX, UserList, WechatErrorKind};
use serde::Serialize;

use super::follow_call::Followers;
use super::repo::numbered;
use crate::clock::Clock;
use crate::store::bulk::{self, Cell, Kind, Target, column};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ControlTx};
use crate::wechat_apps::WechatAppError;

/// A new pass begins when the last one began longer ago than this.
const PASS_EVERY: TimeDelta = TimeDelta::hours(12);
/// A pass that was left lying for longer begins anew: what it saw at its start says little by now.
const PASS_LASTS_MAX: TimeDelta = TimeDelta::days(3);
/// Accounts looked at in one run.
const ACCOUNTS_MAX: usize = 1_000;
/// Openids in one statement.
const IDS_PER_QUERY: usize = 5_000;
/// WeChat's clock and ours may differ by this much.
const CLOCKS_APART: TimeDelta = TimeDelta::minutes(1);
/// A pass may miss so many of the followers WeChat counts, or a tenth of them: people leave while it runs.
const MISSED_MAX: i64 = 10;

/// What a run did, over all accounts. All zero when every pass is recent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FollowerReport {
    /// Accounts whose pass was begun or went on.
    pub accounts: u64,
    /// Pages written.
    pub pages: u64,
    /// Followers written.
    pub seen: u64,
    /// People found to follow no longer.
    pub gone: u64,
    /// Passes completed.
    pub completed: u64,
    /// Passes whose list was much shorter than WeChat's own count: nobody was marked as gone.
    pub doubtful: u64,
    /// Accounts that another node is reading.
    pub elsewhere: u64,
    /// Accounts WeChat did not answer for; they go on where they are.
    pub failed: u64,
}

/// Reads the followers of every service account in use, up to `pages_max` pages in all. An account that fails is
/// logged, counted and leaves the others alone.
///
/// # Errors
/// [`StoreError`].
pub async fn sync_followers(
    control: &ControlDb,
    followers: &dyn Followers,
    clock: &Clock,
    pages_max: u64,
) -> Result<FollowerReport, StoreError> {
    let mut report = FollowerReport::default();
    for app_id in accounts(control).await? {
        let Some(pass) = begin(control, &app_id, clock.now()).await? else { continue };
        report.accounts += 1;
        match read_on(control, followers, clock, pass, pages_max, &mut report).await {
            Ok(()) => {}
            Err(SyncError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::error!(alarm = "followers_unread", app_id, %error, "followers could not be read");
                report.failed += 1;
            }
        }
    }
    Ok(report)
}

#[derive(Debug, thiserror::Error)]
enum SyncError {
    #[error(transparent)]
    Wechat(#[from] WechatAppError),
    #[error("the list of followers leads back to where it was")]
    Circle,
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(sea_orm::FromQueryResult)]
struct AppRow {
    app_id: String,
}

async fn accounts(control: &ControlDb) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT service_account_app_id AS app_id FROM project \
         WHERE service_account_app_id IS NOT NULL AND state = 'active' ORDER BY app_id LIMIT {ACCOUNTS_MAX}"
    );
    let rows: Vec<AppRow> = control.read("owners.service_accounts", async |tx| tx.rows(&sql, vec![]).await).await?;
    Ok(rows.into_iter().map(|row| row.app_id).collect())
}

/// A pass under way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pass {
    app_id: String,
    started_at_ms: i64,
    /// Empty before the first page.
    next_openid: String,
    seen: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct PassRow {
    started_at_ms: i64,
    next_openid: String,
    seen: i64,
    finished_at_ms: Option<i64>,
}

/// The pass to go on with, a new one, or nothing when the last one is recent.
async fn begin(control: &ControlDb, app_id: &str, now: DateTime<Utc>) -> Result<Option<Pass>, StoreError> {
    let now_ms = now.timestamp_millis();
    control
        .transact("owners.begin_follower_pass", async |tx| {
            let inserted = tx
                .execute(
                    "INSERT INTO follower_sync (app_id, started_at_ms, next_openid, seen) VALUES ($1, $2, '', 0) \
                     ON CONFLICT (app_id) DO NOTHING",
                    vec![app_id.into(), now_ms.into()],
                )
                .await?;
            let sql = format!(
                "SELECT started_at_ms, next_openid, seen, finished_at_ms FROM follower_sync WHERE app_id = $1{}",
                tx.for_update()
            );
            let row: Option<PassRow> = tx.row(&sql, vec![app_id.into()]).await?;
            let row = row.ok_or_else(|| StoreError::bad_row("follower_sync", app_id))?;
            let age_ms = now_ms.saturating_sub(row.started_at_ms).saturating_abs();
            let lasts = if row.finished_at_ms.is_some() { PASS_EVERY } else { PASS_LASTS_MAX };
            let (pass, is_old) = (Pass::of(app_id, &row), age_ms >= lasts.num_milliseconds());
            match (inserted == 0 && is_old, row.finished_at_ms) {
                (true, _) => restart(tx, &pass, now_ms).await.map(Some),
                (false, Some(_)) => Ok(None),
                (false, None) => Ok(Some(pass)),
            }
        })
        .await
}

impl Pass {
    fn of(app_id: &str, row: &PassRow) -> Self {
        Self {
            app_id: app_id.to_owned(),
            started_at_ms: row.started_at_ms,
            next_openid: row.next_openid.clone(),
            seen: row.seen,
        }
    }

    fn after(&self) -> Option<&str> {
        Some(self.next_openid.as_str()).filter(|openid| !openid.is_empty())
    }
}

/// Begins anew in place of `pass`, at a later instant than it did: what was seen in one pass is not seen in another.
async fn restart(tx: &ControlTx<'_>, pass: &Pass, now_ms: i64) -> Result<Pass, StoreError> {
    let started_at_ms = if now_ms == pass.started_at_ms { now_ms + 1 } else { now_ms };
    tx.execute(
        "UPDATE follower_sync SET started_at_ms = $1, next_openid = '', seen = 0, finished_at_ms = NULL \
         WHERE app_id = $2 AND started_at_ms = $3",
        vec![started_at_ms.into(), pass.app_id.as_str().into(), pass.started_at_ms.into()],
    )
    .await?;
    Ok(Pass { app_id: pass.app_id.clone(), started_at_ms, next_openid: String::new(), seen: 0 })
}

/// Reads and writes page after page.
async fn read_on(
    control: &ControlDb,
    followers: &dyn Followers,
    clock: &Clock,
    mut pass: Pass,
    pages_max: u64,
    report: &mut FollowerReport,
) -> Result<(), SyncError> {
    let mut has_restarted = false;
    while report.pages < pages_max {
        let list = match followers.page(&pass.app_id, pass.after()).await {
            Ok(list) => list,
            // Whoever the last page ended with has left, and WeChat no longer knows the place.
            Err(WechatAppError::Wechat(error))
                if error.kind() == WechatErrorKind::BadOpenid && pass.after().is_some() && !has_restarted =>
            {
                has_restarted = true;
                let now_ms = clock.now_ms();
                pass = control
                    .transact("owners.restart_follower_pass", async |tx| restart(tx, &pass, now_ms).await)
                    .await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if list.next_openid.is_some() && list.next_openid.as_deref() == pass.after() {
            return Err(SyncError::Circle);
        }
        let asked_at_ms = clock.now_ms();
        let page = people(followers, &pass.app_id, &list).await?;
        let turned = control
            .transact("owners.follower_page", async |tx| turn(tx, &pass, &list, &page, asked_at_ms).await)
            .await?;
        let Some(turned) = turned else {
            report.elsewhere += 1;
            return Ok(());
        };
        report.pages += 1;
        report.seen += u64::try_from(page.len()).unwrap_or(0);
        match (turned, list.next_openid) {
            (Turned::Completed { gone, is_doubtful }, _) => {
                report.gone += gone;
                report.completed += 1;
                report.doubtful += u64::from(is_doubtful);
                return Ok(());
            }
            (Turned::GoesOn { seen }, next) => {
                pass.next_openid = next.unwrap_or_default();
                pass.seen = seen;
            }
        }
    }
    Ok(())
}

/// What WeChat tells of a follower.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Follower {
    union_id: Option<String>,
    followed_at_ms: Option<i64>,
}

/// Asks who the people of a page are, by openid. Who has left since the page was made is not among them; whom WeChat
/// says nothing of is on its list all the same.
async fn people(
    followers: &dyn Followers,
    app_id: &str,
    list: &UserList,
) -> Result<BTreeMap<String, Follower>, WechatAppError> {
    let wanted: Vec<String> = list.openids.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let mut page: BTreeMap<String, Follower> =
        wanted.iter().map(|openid| (openid.clone(), Follower::default())).collect();
    for chunk in wanted.chunks(USER_INFO_BATCH_MAX) {
        for told in followers.people(app_id, chunk).await? {
            if !told.is_subscribed {
                page.remove(&told.openid);
            } else if let Some(known) = page.get_mut(&told.openid) {
                known.union_id = told.unionid;
                known.followed_at_ms = told.subscribe_time_s.map(|seconds| seconds.saturating_mul(1_000));
            }
        }
    }
    Ok(page)
}

/// What writing a page led to.
enum Turned {
    GoesOn { seen: i64 },
    Completed { gone: u64, is_doubtful: bool },
}

/// Writes a page and where the pass goes on, or that it is complete. `None` when another node wrote the page first.
async fn turn(
    tx: &ControlTx<'_>,
    pass: &Pass,
    list: &UserList,
    page: &BTreeMap<String, Follower>,
    asked_at_ms: i64,
) -> Result<Option<Turned>, StoreError> {
    let seen = pass.seen + i64::try_from(page.len()).unwrap_or(0);
    let finished_at_ms = list.next_openid.is_none().then_some(asked_at_ms);
    let mine = tx
        .execute(
            "UPDATE follower_sync SET next_openid = $1, seen = $2, finished_at_ms = $3 WHERE app_id = $4 \
             AND started_at_ms = $5 AND next_openid = $6 AND finished_at_ms IS NULL",
            vec![
                list.next_openid.clone().unwrap_or_default().into(),
                seen.into(),
                finished_at_ms.into(),
                pass.app_id.as_str().into(),
                pass.started_at_ms.into(),
                pass.next_openid.as_str().into(),
            ],
        )
        .await?;
    if mine == 0 {
        return Ok(None);
    }
    write(tx, pass, page, asked_at_ms).await?;
    join(tx, &pass.app_id, page).await?;
    if finished_at_ms.is_none() {
        return Ok(Some(Turned::GoesOn { seen }));
    }
    let is_doubtful = list.total - seen > MISSED_MAX.max(list.total / 10);
    if is_doubtful {
        tracing::error!(alarm = "followers_missing", seen, total = list.total, "a list of followers is too short");
    }
    let gone = if is_doubtful { 0 } else { mark_gone(tx, pass).await? };
    Ok(Some(Turned::Completed { gone, is_doubtful }))
}

/// Of what is known: the time of a follow or an unfollow that WeChat told of later than this page stands. The time of
/// asking is `excluded.created_at_ms`.
const UPSERT: &str = "ON CONFLICT (app_id, openid) DO UPDATE SET seen_at_ms = excluded.seen_at_ms, \
     union_id = COALESCE(excluded.union_id, person_wechat.union_id), \
     followed = CASE WHEN person_wechat.followed OR person_wechat.followed_at_ms IS NULL \
     OR excluded.followed_at_ms >= person_wechat.followed_at_ms \
     OR person_wechat.followed_at_ms <= excluded.created_at_ms - 60000 THEN TRUE ELSE FALSE END, \
     followed_at_ms = CASE WHEN excluded.followed_at_ms IS NULL \
     OR person_wechat.followed_at_ms > excluded.followed_at_ms THEN person_wechat.followed_at_ms \
     ELSE excluded.followed_at_ms END";
const _: () = assert!(CLOCKS_APART.num_milliseconds() == 60_000);

async fn write(
    tx: &ControlTx<'_>,
    pass: &Pass,
    page: &BTreeMap<String, Follower>,
    asked_at_ms: i64,
) -> Result<u64, StoreError> {
    let target = Target {
        table: "person_wechat",
        columns: &[column("openid", Kind::Text), column("union_id", Kind::Text), column("followed_at_ms", Kind::Int)],
        shared: vec![
            (column("app_id", Kind::Text), pass.app_id.as_str().into()),
            (column("followed", Kind::Bool), true.into()),
            (column("created_at_ms", Kind::Int), asked_at_ms.into()),
            // A clock put back must not make the people of this pass look unseen.
            (column("seen_at_ms", Kind::Int), asked_at_ms.max(pass.started_at_ms).into()),
        ],
        tail: UPSERT,
    };
    let rows = page.iter().map(|(openid, follower)| {
        [Cell::Text(openid), Cell::from(follower.union_id.as_deref()), Cell::from(follower.followed_at_ms)]
    });
    bulk::insert(tx, &target, rows).await
}

/// Joins the followers of a page to the people their union ids lead to.
async fn join(tx: &ControlTx<'_>, app_id: &str, page: &BTreeMap<String, Follower>) -> Result<(), StoreError> {
    const PERSON: &str = "COALESCE((SELECT p.id FROM person p WHERE p.union_id = person_wechat.union_id \
         AND p.erased_at_ms IS NULL), (SELECT o.person_id FROM person_wechat o \
         WHERE o.union_id = person_wechat.union_id AND o.person_id IS NOT NULL ORDER BY o.created_at_ms LIMIT 1))";
    let with_union: Vec<&String> =
        page.iter().filter(|(_, follower)| follower.union_id.is_some()).map(|(openid, _)| openid).collect();
    for chunk in with_union.chunks(IDS_PER_QUERY) {
        let sql = format!(
            "UPDATE person_wechat SET person_id = {PERSON} WHERE app_id = $1 AND person_id IS NULL \
             AND union_id IS NOT NULL AND {PERSON} IS NOT NULL AND openid IN ({})",
            numbered(2, chunk.len())
        );
        let mut values: Values = vec![app_id.into()];
        values.extend(chunk.iter().map(|openid| openid.as_str().into()));
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// Who was not on the complete list follows no longer, unless they began since it was begun.
async fn mark_gone(tx: &ControlTx<'_>, pass: &Pass) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE person_wechat SET followed = FALSE, followed_at_ms = $1 WHERE app_id = $2 AND followed \
         AND (seen_at_ms IS NULL OR seen_at_ms < $1) AND (followed_at_ms IS NULL OR followed_at_ms < $3)",
        vec![
            pass.started_at_ms.into(),
            pass.app_id.as_str().into(),
            (pass.started_at_ms - CLOCKS_APART.num_milliseconds()).into(),
        ],
    )
    .await
}
