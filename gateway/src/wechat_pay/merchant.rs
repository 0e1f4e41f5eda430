//! For whom keys speak: a merchant that asks for itself, or a service provider that asks for one of its merchants.
//!
//! The two differ in paths and in the names of fields. That difference ends here: whoever calls names the mini
//! program, the payer within it and the order, and never asks which of the two it is.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::keys::{KeyError, is_mchid};

const APPID_CHARS_MAX: usize = 32;

/// For whom keys speak.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Merchant {
    /// For the merchant that owns them.
    #[default]
    Direct,
    /// For a merchant of the service provider that owns them.
    Sub(SubMerchant),
}

/// A merchant (特约商户) that a service provider asks for. The money goes to it, the provider signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubMerchant {
    sub_mchid: String,
    sp_appid: Option<String>,
}

impl SubMerchant {
    /// `sub_mchid` is its number. `sp_appid` is the provider's own app when the mini program belongs to the
    /// sub-merchant, and `None` when the mini program is the provider's.
    ///
    /// # Errors
    /// [`KeyError::BadMchid`], [`KeyError::BadAppid`].
    pub fn new(sub_mchid: &str, sp_appid: Option<&str>) -> Result<Self, KeyError> {
        if !is_mchid(sub_mchid) {
            return Err(KeyError::BadMchid);
        }
        if sp_appid.is_some_and(|appid| appid.is_empty() || appid.len() > APPID_CHARS_MAX) {
            return Err(KeyError::BadAppid);
        }
        Ok(Self { sub_mchid: sub_mchid.to_owned(), sp_appid: sp_appid.map(str::to_owned) })
    }

    /// Its number.
    #[must_use]
    pub fn sub_mchid(&self) -> &str {
        &self.sub_mchid
    }
}

impl Merchant {
    /// The number of the merchant that is asked for by a provider.
    #[must_use]
    pub fn sub_mchid(&self) -> Option<&str> {
        match self {
            Self::Direct => None,
            Self::Sub(sub) => Some(&sub.sub_mchid),
        }
    }

    /// Where order calls live: `/v3/pay/transactions/…` or `/v3/pay/partner/transactions/…`.
    pub(super) fn order_path<'p>(&self, rest: &[&'p str]) -> Vec<&'p str> {
        let start: &[&str] = match self {
            Self::Direct => &["v3", "pay", "transactions"],
            Self::Sub(_) => &["v3", "pay", "partner", "transactions"],
        };
        [start, rest].concat()
    }

    /// Who asks and who gets the money, in the body of an order of the app `appid`.
    pub(super) fn name_parties(&self, signer_mchid: &str, appid: &str, body: &mut Map<String, Value>) {
        let mut put = |name: &str, value: &str| body.insert(name.to_owned(), json!(value));
        match self {
            Self::Direct => {
                put("appid", appid);
                put("mchid", signer_mchid);
            }
            Self::Sub(sub) => {
                put("sp_mchid", signer_mchid);
                put("sub_mchid", &sub.sub_mchid);
                match &sub.sp_appid {
                    Some(sp_appid) => {
                        put("sp_appid", sp_appid);
                        put("sub_appid", appid);
                    }
                    None => {
                        put("sp_appid", appid);
                    }
                }
            }
        }
    }

    /// The same in the names of the older API.
    pub(super) fn v2_parties(&self, signer_mchid: &str, appid: &str) -> BTreeMap<String, String> {
        let mut names = vec![("mch_id", signer_mchid)];
        match self {
            Self::Direct => names.push(("appid", appid)),
            Self::Sub(SubMerchant { sub_mchid, sp_appid: None }) => {
                names.extend([("appid", appid), ("sub_mch_id", sub_mchid)]);
            }
            Self::Sub(SubMerchant { sub_mchid, sp_appid: Some(sp_appid) }) => {
                names.extend([("appid", sp_appid.as_str()), ("sub_appid", appid), ("sub_mch_id", sub_mchid)]);
            }
        }
        names.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The payer of an order, under the name that belongs to the app's owner.
    pub(super) fn payer(&self, openid: &str) -> Value {
        match self {
            Self::Direct => json!({ "openid": openid }),
            Self::Sub(SubMerchant { sp_appid: None, .. }) => json!({ "sp_openid": openid }),
            Self::Sub(SubMerchant { sp_appid: Some(_), .. }) => json!({ "sub_openid": openid }),
        }
    }

    /// The query of a question about an order.
    pub(super) fn order_query<'q>(&'q self, signer_mchid: &'q str) -> Vec<(&'static str, &'q str)> {
        match self {
            Self::Direct => vec![("mchid", signer_mchid)],
            Self::Sub(sub) => vec![("sp_mchid", signer_mchid), ("sub_mchid", &sub.sub_mchid)],
        }
    }

    /// The body of a close, which names the parties and nothing else.
    pub(super) fn close_body(&self, signer_mchid: &str) -> String {
        match self {
            Self::Direct => json!({ "mchid": signer_mchid }).to_string(),
            Self::Sub(sub) => json!({ "sp_mchid": signer_mchid, "sub_mchid": sub.sub_mchid }).to_string(),
        }
    }

    /// The query of calls that are the same for both kinds but for the sub-merchant: refunds and bills.
    pub(super) fn sub_query(&self) -> Vec<(&'static str, &str)> {
        self.sub_mchid().map(|sub_mchid| ("sub_mchid", sub_mchid)).into_iter().collect()
    }

    /// The same as a field of a body.
    pub(super) fn name_sub(&self, body: &mut Map<String, Value>) {
        if let Some(sub_mchid) = self.sub_mchid() {
            body.insert("sub_mchid".to_owned(), json!(sub_mchid));
        }
    }

    /// Whether what WeChat Pay says of a sub-merchant is about this merchant.
    pub(super) fn is_sub(&self, sub_mchid: Option<&str>) -> bool {
        self.sub_mchid() == sub_mchid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parties(merchant: &Merchant) -> Value {
        let mut body = Map::new();
        merchant.name_parties("1900000001", "wx1", &mut body);
        Value::Object(body)
    }

    #[test]
    fn a_direct_merchant_names_itself() {
        let direct = Merchant::Direct;
        assert_eq!(parties(&direct), json!({ "appid": "wx1", "mchid": "1900000001" }));
        assert_eq!(direct.payer("o1"), json!({ "openid": "o1" }));
        assert_eq!(direct.order_path(&["jsapi"]), ["v3", "pay", "transactions", "jsapi"]);
        assert_eq!(direct.order_query("1900000001"), [("mchid", "1900000001")]);
        assert!(direct.sub_query().is_empty() && direct.is_sub(None) && !direct.is_sub(Some("1900000109")));
    }

    #[test]
    fn a_provider_with_its_own_mini_program_asks_by_sp_appid_and_sp_openid() {
        let sub = Merchant::Sub(SubMerchant::new("1900000109", None).unwrap());
        assert_eq!(parties(&sub), json!({ "sp_appid": "wx1", "sp_mchid": "1900000001", "sub_mchid": "1900000109" }));
        assert_eq!(sub.payer("o1"), json!({ "sp_openid": "o1" }));
        assert_eq!(sub.order_path(&["jsapi"]), ["v3", "pay", "partner", "transactions", "jsapi"]);
        assert_eq!(sub.order_query("1900000001"), [("sp_mchid", "1900000001"), ("sub_mchid", "1900000109")]);
        assert!(sub.is_sub(Some("1900000109")) && !sub.is_sub(None));
    }

    #[test]
    fn a_sub_merchant_with_its_own_mini_program_adds_sub_appid_and_sub_openid() {
        let sub = Merchant::Sub(SubMerchant::new("1900000109", Some("wxsp")).unwrap());
        assert_eq!(
            parties(&sub),
            json!({ "sp_appid": "wxsp", "sub_appid": "wx1", "sp_mchid": "1900000001", "sub_mchid": "1900000109" })
        );
        assert_eq!(sub.payer("o1"), json!({ "sub_openid": "o1" }));
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        for bad in ["", "19\r\n", "abc", "190000000119000000011900000001190"] {
            assert_eq!(SubMerchant::new(bad, None), Err(KeyError::BadMchid));
        }
        assert_eq!(SubMerchant::new("19", Some("")), Err(KeyError::BadAppid));
    }
}
