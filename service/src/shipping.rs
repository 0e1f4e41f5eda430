//! Shipping reports: a mini program that trades has to tell WeChat of every paid order that it was delivered, or WeChat
//! may stop its payments.
//!
//! What is owed is found in the paid orders themselves, so booking a payment does nothing for it. A report repeated
//! after a lost answer only mends the first one. Each step is in the order's timeline.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use domain::ids::OrderId;
use gateway::wechat::{ShippedOrder, ShippingFailure, ShippingInfo, WechatError, WechatErrorKind};
use serde::Serialize;
use uuid::Uuid;

use crate::edge;
use crate::payments::remark_on_order;
use crate::store::StoreError;
use crate::tasks::{self, NewTask};
use crate::tenancy::{ProjectDb, ProjectTx};
use crate::wechat_apps::{WechatAppError, WechatApps};

/// Orders reported in one run of one project.
const REPORTS_PER_RUN: i64 = 100;
/// Newly paid orders noted in one run.
const NEW_PER_RUN: i64 = 1_000;
/// A payment that committed late is still found for this long.
const LOOK_BACK: TimeDelta = TimeDelta::hours(1);
/// When to try again, after so many tries; hourly after the last.
const RETRY_AFTER_S: [i64; 4] = [30, 120, 600, 1_800];
const RETRY_HOURLY_S: i64 = 3_600;
/// Tries before somebody is asked to look: about two days.
const ATTEMPTS_MAX: i64 = 50;
/// What every order pays for.
const ITEM: &str = "物业账单";

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ShippingReport {
    /// Taken by WeChat.
    pub reported: u64,
    /// Not to be reported: the app does not trade, or the money went back.
    pub skipped: u64,
    /// To be tried again.
    pub waiting: u64,
    /// Given up; staff are told.
    pub failed: u64,
}

#[derive(sea_orm::FromQueryResult)]
struct DueRow {
    order_id: Uuid,
    app_id: String,
    openid: String,
    transaction_id: Option<String>,
    out_trade_no: String,
    attempts: i64,
}

/// How one report ended.
enum End {
    Reported,
    Skipped(&'static str),
    Later(String),
    Failed(String),
}

/// Notes newly paid orders and reports those whose time has come.
///
/// # Errors
/// [`StoreError`].
pub async fn report(db: &ProjectDb, apps: &WechatApps, now: DateTime<Utc>) -> Result<ShippingReport, StoreError> {
    let due = db
        .transact("shipping.claim", async |tx| {
            note_new(tx, now).await?;
            claim(tx, now).await
        })
        .await?;
    let mut trades: BTreeMap<String, Result<bool, String>> = BTreeMap::new();
    let mut report = ShippingReport::default();
    for row in due {
        if !trades.contains_key(&row.app_id) {
            trades.insert(row.app_id.clone(), does_trade(apps, &row.app_id).await);
        }
        let end = match trades.get(&row.app_id) {
            Some(Ok(true)) => send(apps, &row, now).await,
            Some(Ok(false)) => End::Skipped("小程序未开通发货管理"),
            Some(Err(why)) => End::Later(why.clone()),
            None => End::Later(String::new()),
        };
        let end = match end {
            End::Later(why) if row.attempts + 1 >= ATTEMPTS_MAX => End::Failed(why),
            other => other,
        };
        match &end {
            End::Reported => report.reported += 1,
            End::Skipped(_) => report.skipped += 1,
            End::Later(_) => report.waiting += 1,
            End::Failed(_) => report.failed += 1,
        }
        record(db, &row, &end, now).await?;
    }
    Ok(report)
}

/// Paid orders that nothing is known of yet, the oldest first.
async fn note_new(tx: &ProjectTx<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO shipping_report (order_id, paid_at_ms, state, attempts, next_try_at_ms) \
         SELECT o.id, o.ended_at_ms, 'due', 0, CAST($1 AS BIGINT) FROM payment_order o \
         WHERE o.state = 'paid' AND o.ended_at_ms >= (SELECT COALESCE(MAX(s.paid_at_ms), 0) FROM shipping_report s) - $2 \
         AND NOT EXISTS (SELECT 1 FROM shipping_report s WHERE s.order_id = o.id) \
         ORDER BY o.ended_at_ms LIMIT $3 ON CONFLICT (order_id) DO NOTHING",
        vec![now.timestamp_millis().into(), LOOK_BACK.num_milliseconds().into(), NEW_PER_RUN.into()],
    )
    .await?;
    Ok(())
}

/// Takes the due reports by moving their next try forward: a second node finds nothing left.
async fn claim(tx: &ProjectTx<'_>, now: DateTime<Utc>) -> Result<Vec<DueRow>, StoreError> {
    let lock = if tx.is_postgres() { " FOR UPDATE OF s SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT s.order_id, o.app_id, o.openid, o.transaction_id, o.out_trade_no, s.attempts FROM shipping_report s \
         JOIN payment_order o ON o.id = s.order_id WHERE s.next_try_at_ms IS NOT NULL AND s.next_try_at_ms <= $1 \
         ORDER BY s.next_try_at_ms LIMIT $2{lock}"
    );
    let due: Vec<DueRow> = tx.rows(&sql, vec![now.timestamp_millis().into(), REPORTS_PER_RUN.into()]).await?;
    for row in &due {
        let tried = usize::try_from(row.attempts).unwrap_or(usize::MAX);
        let after_s = RETRY_AFTER_S.get(tried).copied().unwrap_or(RETRY_HOURLY_S);
        let next = now + TimeDelta::seconds(after_s);
        tx.execute(
            "UPDATE shipping_report SET next_try_at_ms = $1, attempts = attempts + 1 WHERE order_id = $2",
            vec![next.timestamp_millis().into(), row.order_id.into()],
        )
        .await?;
    }
    Ok(due)
}

async fn does_trade(apps: &WechatApps, app_id: &str) -> Result<bool, String> {
    let token = apps.token(app_id).await.map_err(|error| error.to_string())?;
    match apps.api().is_trade_managed(&token, app_id).await {
        Err(error) if error.kind() == WechatErrorKind::TokenStale => {
            apps.forget(app_id, &token).await;
            let token = apps.token(app_id).await.map_err(|error| error.to_string())?;
            apps.api().is_trade_managed(&token, app_id).await.map_err(|error| error.to_string())
        }
        answer => answer.map_err(|error| error.to_string()),
    }
}

async fn send(apps: &WechatApps, row: &DueRow, now: DateTime<Utc>) -> End {
    let Some(transaction_id) = row.transaction_id.clone() else {
        return End::Failed("已付款订单没有微信支付单号".to_owned());
    };
    let info = ShippingInfo {
        order: ShippedOrder::TransactionId(transaction_id),
        payer_openid: row.openid.clone(),
        item_desc: ITEM.to_owned(),
        upload_time: beijing(now),
    };
    edge::reach("shipping.report", "before_call");
    let answer = upload(apps, &row.app_id, &info).await;
    edge::reach("shipping.report", "after_call");
    let error = match answer {
        Ok(Ok(())) => return End::Reported,
        Ok(Err(error)) => error,
        Err(error) => return End::Later(error.to_string()),
    };
    match ShippingFailure::of(&error) {
        ShippingFailure::Reported => End::Reported,
        ShippingFailure::NotShippable => End::Skipped("微信侧订单已不可发货"),
        ShippingFailure::OurData => End::Failed(error.to_string()),
        ShippingFailure::NotVisibleYet | ShippingFailure::Later | ShippingFailure::Other => {
            End::Later(error.to_string())
        }
    }
}

/// The outer error: no token, so nothing was sent. A stale token is no answer: once more with a new one.
async fn upload(
    apps: &WechatApps,
    app_id: &str,
    info: &ShippingInfo,
) -> Result<Result<(), WechatError>, WechatAppError> {
    let token = apps.token(app_id).await?;
    match apps.api().upload_shipping_info(&token, info).await {
        Err(error) if error.kind() == WechatErrorKind::TokenStale => {
            apps.forget(app_id, &token).await;
            let token = apps.token(app_id).await?;
            Ok(apps.api().upload_shipping_info(&token, info).await)
        }
        answer => Ok(answer),
    }
}

/// WeChat writes its times with +08:00; so do we.
fn beijing(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    FixedOffset::east_opt(8 * 3_600).map_or_else(|| at.fixed_offset(), |offset| at.with_timezone(&offset))
}

async fn record(db: &ProjectDb, row: &DueRow, end: &End, now: DateTime<Utc>) -> Result<(), StoreError> {
    let (order, now_ms) = (OrderId(row.order_id), now.timestamp_millis());
    let (state, kind, words) = match end {
        End::Reported => ("reported", "shipping_reported", "已向微信上报发货"),
        End::Skipped(why) => ("skipped", "shipping_skipped", *why),
        End::Later(why) => ("due", "shipping_waiting", why.as_str()),
        End::Failed(why) => ("failed", "shipping_failed", why.as_str()),
    };
    db.transact("shipping.record", async |tx| {
        if !matches!(end, End::Later(_)) {
            tx.execute(
                "UPDATE shipping_report SET state = $1, next_try_at_ms = NULL, ended_at_ms = $2 \
                 WHERE order_id = $3 AND state = 'due'",
                vec![state.into(), now_ms.into(), row.order_id.into()],
            )
            .await?;
        }
        remark_on_order(tx, order, kind, words, now_ms).await?;
        if let End::Failed(why) = end {
            tracing::error!(alarm = "shipping_not_reported", order = %order, why, "WeChat may stop payments");
            metrics::counter!("linli_shipping_failed_total").increment(1);
            let (subject, key) = (format!("order:{}", row.out_trade_no), format!("shipping:{order}"));
            let words = format!("订单未能向微信上报发货（{why}），请在小程序后台「订单管理」处理，否则支付可能被限制");
            let task = NewTask { natural_key: &key, kind: "shipping_failed", subject: &subject, words: &words };
            tasks::raise(tx, task, now_ms).await?;
        }
        Ok(())
    })
    .await
}
