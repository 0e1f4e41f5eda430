//! Bills as files: asked for, then downloaded within minutes.

use std::io::Write;

use chrono::{Days, NaiveDate};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::bill::{Kind, trade_bill};
use super::flow::fund_flow_bill;
use super::order::unknown_merchant;
use super::refusal::Refusal;
use crate::clock;
use crate::crypto;
use crate::mischief::{Endpoint, Trick};
use crate::world::World;

/// A download link lives this long.
const LINK_MS: i64 = 5 * 60 * 1000;
/// From midnight to when the bill of the day before is ready.
const READY_MS: i64 = 9 * 3600 * 1000;
const MONTHS_BACK_DAYS: u64 = 92;

/// What is asked for.
pub(crate) struct BillAsked {
    pub(crate) is_flow: bool,
    pub(crate) date: String,
    /// `bill_type` or `account_type`.
    pub(crate) kind: String,
    pub(crate) tar_type: String,
    pub(crate) sub_mchid: String,
}

/// A file behind a link.
pub(crate) struct BillFile {
    bytes: Vec<u8>,
    until_ms: i64,
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).ok()?;
    packer.finish().ok()
}

impl World {
    /// `GET /v3/bill/tradebill` and `/v3/bill/fundflowbill`; `base` is the address the download link begins with.
    pub(crate) fn ask_bill(&mut self, signer: &str, asked: &BillAsked, base: &str) -> Result<Value, Refusal> {
        let now_ms = self.clock.now_ms();
        let day = ready_day(&asked.date, now_ms)?;
        let text = self.bill_text(signer, asked, &day)?;
        let hash = crypto::sha1_hex(text.as_bytes());
        let mut bytes = text.into_bytes();
        let keys = [asked.date.as_str(), signer];
        if self.mischief.takes(Endpoint::PayBill, &keys, &Trick::BillShort) {
            bytes.truncate(bytes.len() / 2);
        }
        if self.mischief.takes(Endpoint::PayBill, &keys, &Trick::BillAltered)
            && let Some(digit) = bytes.iter_mut().rev().find(|byte| byte.is_ascii_digit())
        {
            *digit = if *digit == b'9' { b'8' } else { b'9' };
        }
        if asked.tar_type == "GZIP" {
            bytes = gzip(&bytes).ok_or_else(|| Refusal::new(500, "SYSTEM_ERROR", "系统异常"))?;
        } else if !asked.tar_type.is_empty() {
            return Err(Refusal::param("/tar_type", "压缩格式不支持"));
        }
        let token = crypto::random_text(48);
        let merchant = self.merchants.get_mut(signer).ok_or_else(unknown_merchant)?;
        let file = BillFile { bytes, until_ms: now_ms.saturating_add(LINK_MS) };
        merchant.bills.insert(token.clone(), file);
        Ok(json!({
            "hash_type": "SHA1",
            "hash_value": hash,
            "download_url": format!("{base}/v3/billdownload/file?token={token}"),
        }))
    }

    fn bill_text(&mut self, signer: &str, asked: &BillAsked, day: &str) -> Result<String, Refusal> {
        self.settle_refunds();
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        let text = if asked.is_flow {
            match asked.kind.as_str() {
                "" | "BASIC" => {
                    let mchid = if asked.sub_mchid.is_empty() { signer } else { &asked.sub_mchid };
                    fund_flow_bill(&self.book, mchid, day)
                }
                // Nothing ever happens on these accounts here.
                "OPERATION" | "FEES" => None,
                _ => return Err(Refusal::param("/account_type", "资金账户类型不支持")),
            }
        } else {
            let kind = match asked.kind.as_str() {
                "" | "ALL" => Kind::All,
                "SUCCESS" => Kind::Success,
                "REFUND" => Kind::Refund,
                _ => return Err(Refusal::param("/bill_type", "账单类型不支持")),
            };
            trade_bill(merchant, &asked.sub_mchid, day, kind)
        };
        text.ok_or_else(|| Refusal::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"))
    }

    /// `GET /v3/billdownload/file?token=`: the file, unsigned.
    pub(crate) fn download_bill(&self, signer: &str, token: &str) -> Result<Vec<u8>, Refusal> {
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        match merchant.bills.get(token) {
            Some(file) if self.clock.now_ms() < file.until_ms => Ok(file.bytes.clone()),
            _ => Err(Refusal::new(403, "NO_AUTH", "下载链接已失效")),
        }
    }
}

/// The day as `YYYYMMDD`, when its bill is made and still kept.
fn ready_day(date: &str, now_ms: i64) -> Result<String, Refusal> {
    let day = NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| Refusal::param("/bill_date", "日期格式错误"))?;
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    let midnight_ms = clock::parse_rfc3339(&format!("{next}T00:00:00+08:00")).unwrap_or(i64::MAX);
    if now_ms < midnight_ms.saturating_add(READY_MS) {
        return Err(Refusal::new(400, "STATEMENT_CREATING", "账单生成中，请稍后再试"));
    }
    let oldest = NaiveDate::parse_from_str(&clock::day(now_ms), "%Y%m%d")
        .ok()
        .and_then(|today| today.checked_sub_days(Days::new(MONTHS_BACK_DAYS)));
    if oldest.is_some_and(|oldest| day < oldest) {
        return Err(Refusal::param("/bill_date", "只能下载近三个月的账单"));
    }
    Ok(day.format("%Y%m%d").to_string())
}
