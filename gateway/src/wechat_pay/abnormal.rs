//! A refund that could not go back the way it came (ABNORMAL: the card is closed, the account is frozen), sent another
//! way.

use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::client::{LOCAL_CHECK, WechatPayHttp};
use super::exchange::Call;
use super::refund::is_out_refund_no;
use super::{MerchantKeys, RefundGateway, RefundOutcome};

/// WeChat Pay numbers refunds with fewer.
const REFUND_ID_CHARS_MAX: usize = 32;
const BANK_TYPE_CHARS_MAX: usize = 16;

/// Where the money is to go instead.
#[derive(Clone)]
pub enum AbnormalRoute {
    /// To a bank card of the payer.
    PayerCard {
        /// `ICBC_DEBIT` and others, from WeChat Pay's list of banks.
        bank_type: String,
        /// Number of the card.
        bank_account: SecretString,
        /// Who holds it.
        real_name: SecretString,
    },
    /// To the merchant's own bank account, which then pays the payer outside of WeChat.
    MerchantAccount,
}

impl fmt::Debug for AbnormalRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PayerCard { .. } => "PayerCard(…)",
            Self::MerchantAccount => "MerchantAccount",
        })
    }
}

/// A refund in state ABNORMAL that is sent another way.
#[derive(Debug, Clone)]
pub struct AbnormalRefund {
    /// WeChat Pay's number of the refund.
    pub refund_id: String,
    /// Ours.
    pub out_refund_no: String,
    /// Where the money goes.
    pub route: AbnormalRoute,
}

impl AbnormalRefund {
    /// The body and the serial of the key it is encrypted with, or the name of what is wrong with it.
    fn to_body<'k>(&self, keys: &'k MerchantKeys) -> Result<(String, Option<&'k str>), &'static str> {
        if !(1..=REFUND_ID_CHARS_MAX).contains(&self.refund_id.len()) {
            return Err("refund_id");
        }
        if !is_out_refund_no(&self.out_refund_no) {
            return Err("out_refund_no");
        }
        let mut body = Map::new();
        keys.merchant.name_sub(&mut body);
        body.insert("out_refund_no".to_owned(), json!(self.out_refund_no));
        let AbnormalRoute::PayerCard { bank_type, bank_account, real_name } = &self.route else {
            body.insert("type".to_owned(), json!("MERCHANT_BANK_CARD"));
            return Ok((Value::Object(body).to_string(), None));
        };
        if !(1..=BANK_TYPE_CHARS_MAX).contains(&bank_type.len()) {
            return Err("bank_type");
        }
        let encryptor = keys.verifiers.encryptor().ok_or("wechatpay_serial")?;
        body.insert("type".to_owned(), json!("USER_BANK_CARD"));
        body.insert("bank_type".to_owned(), json!(bank_type));
        let sealed = encryptor.seal(bank_account.expose_secret()).ok_or("bank_account")?;
        body.insert("bank_account".to_owned(), json!(sealed));
        let sealed = encryptor.seal(real_name.expose_secret()).ok_or("real_name")?;
        body.insert("real_name".to_owned(), json!(sealed));
        Ok((Value::Object(body).to_string(), Some(encryptor.serial())))
    }
}

#[async_trait]
impl RefundGateway for WechatPayHttp {
    async fn apply_abnormal_refund(&self, keys: &MerchantKeys, refund: &AbnormalRefund) -> RefundOutcome {
        let (body, serial) = match refund.to_body(keys) {
            Ok(ready) => ready,
            Err(field) => return RefundOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: field.to_owned() },
        };
        let segments = ["v3", "refund", "domestic", "refunds", &refund.refund_id, "apply-abnormal-refund"];
        let call = Call { serial, ..Call::post(&segments, body) };
        let reply = self.unless_sent(keys, &call).await;
        RefundOutcome::read(reply, |found| {
            found.refund_id == refund.refund_id && found.out_refund_no == refund.out_refund_no
        })
    }
}
