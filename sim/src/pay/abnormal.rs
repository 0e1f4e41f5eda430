//! Refunds that got stuck (ABNORMAL) and are sent another way.

use serde_json::Value;

use super::keys::PlatformKeys;
use super::order::unknown_merchant;
use super::refund::{Refund, RefundState};
use super::refusal::{Refusal, required};
use crate::http::text;
use crate::mischief::Endpoint;
use crate::world::World;

const NUMBER_CHARS_MAX: usize = 64;
const BANK_TYPE_CHARS_MAX: usize = 16;
const SEALED_CHARS_MAX: usize = 1024;

/// A field encrypted to the platform, opened.
fn sealed(keys: &PlatformKeys, serial: &str, body: &Value, field: &str) -> Result<String, Refusal> {
    let text = required(body, field, SEALED_CHARS_MAX)?;
    let opened = keys.open_sealed(serial, text).filter(|plain| !plain.is_empty());
    opened.ok_or_else(|| Refusal::param(field, "敏感信息解密失败，请检查加密所用的公钥或证书"))
}

/// A card is checked to be one; the merchant's own account needs nothing.
fn check_route(keys: &PlatformKeys, serial: &str, body: &Value) -> Result<(), Refusal> {
    match text(body, "/type") {
        "MERCHANT_BANK_CARD" => Ok(()),
        "USER_BANK_CARD" => {
            required(body, "/bank_type", BANK_TYPE_CHARS_MAX)?;
            let account = sealed(keys, serial, body, "/bank_account")?;
            sealed(keys, serial, body, "/real_name")?;
            let is_account = account.len() >= 8 && account.bytes().all(|byte| byte.is_ascii_digit());
            if is_account { Ok(()) } else { Err(Refusal::param("/bank_account", "收款银行卡号格式错误")) }
        }
        _ => Err(Refusal::param("/type", "异常退款处理方式不支持")),
    }
}

impl World {
    /// `POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund`.
    pub(crate) fn apply_abnormal_refund(
        &mut self,
        signer: &str,
        refund_id: &str,
        body: &Value,
        (keys, serial): (&PlatformKeys, &str),
    ) -> Result<Value, Refusal> {
        self.settle_refunds();
        let number = required(body, "/out_refund_no", NUMBER_CHARS_MAX)?.to_owned();
        check_route(keys, serial, body)?;
        let now_ms = self.clock.now_ms();
        let ends_ms = now_ms.saturating_add(self.config.refund_takes_ms);
        let ends_as = self.refund_end(Endpoint::PayAbnormalRefund, &[&number, refund_id]);
        let merchant = self.merchants.get_mut(signer).ok_or_else(unknown_merchant)?;
        let sub_mchid = text(body, "/sub_mchid");
        let is_it = |refund: &&mut Refund| refund.refund_id() == refund_id && refund.is_of(sub_mchid);
        let refund = merchant.refunds.get_mut(&number).filter(is_it);
        let refund = refund.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"))?;
        if refund.state() != RefundState::Abnormal {
            return Err(Refusal::new(400, "INVALID_REQUEST", "退款单状态不是退款异常，不能发起异常退款"));
        }
        refund.start_again(ends_ms, ends_as);
        merchant.open_refunds.push(number);
        Ok(refund.told())
    }
}
