//! Direct merchants and service providers: who signs, who gets the money, in whose app it is paid.

use serde_json::{Map, Value, json};

use super::merchant::Merchant;
use super::refusal::{Refusal, TAIL_APPID_MCHID, optional, required};
use crate::error::SimError;
use crate::people::{People, PersonId};
use crate::server::Sim;

const ID_CHARS_MAX: usize = 32;
const OPENID_CHARS_MAX: usize = 128;

/// Which half of the API a call came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// `/v3/pay/transactions/…`
    Direct,
    /// `/v3/pay/partner/transactions/…`
    Partner,
}

/// Whose order it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Direct { appid: String },
    Sub { sp_appid: String, sub_mchid: String, sub_appid: Option<String> },
}

fn app_not_bound() -> Refusal {
    Refusal::new(400, "APPID_MCHID_NOT_MATCH", "商户号与appid不匹配").tail(TAIL_APPID_MCHID)
}

fn no_relation() -> Refusal {
    Refusal::new(403, "NO_AUTH", "特约商户与服务商没有受理关系")
}

impl Party {
    /// The parties an order names, checked against what is registered.
    pub(crate) fn read(merchant: &Merchant, body: &Value, side: Side) -> Result<Self, Refusal> {
        let bound = |appids: &[String], appid: &str| appids.iter().any(|known| known == appid);
        if side == Side::Direct {
            merchant.same_mchid(required(body, "/mchid", ID_CHARS_MAX)?)?;
            let appid = required(body, "/appid", ID_CHARS_MAX)?;
            let direct = bound(&merchant.config.appids, appid).then(|| Self::Direct { appid: appid.to_owned() });
            return direct.ok_or_else(app_not_bound);
        }
        merchant.same_mchid(required(body, "/sp_mchid", ID_CHARS_MAX)?)?;
        let sub_mchid = required(body, "/sub_mchid", ID_CHARS_MAX)?;
        let sub_appids = merchant.subs.get(sub_mchid).ok_or_else(no_relation)?;
        let sp_appid = required(body, "/sp_appid", ID_CHARS_MAX)?;
        let sub_appid = optional(body, "/sub_appid", ID_CHARS_MAX)?;
        if !bound(&merchant.config.appids, sp_appid) || sub_appid.is_some_and(|appid| !bound(sub_appids, appid)) {
            return Err(app_not_bound());
        }
        Ok(Self::Sub {
            sp_appid: sp_appid.to_owned(),
            sub_mchid: sub_mchid.to_owned(),
            sub_appid: sub_appid.map(str::to_owned),
        })
    }

    /// The app it is paid in.
    pub(crate) fn app(&self) -> &str {
        match self {
            Self::Direct { appid } => appid,
            Self::Sub { sp_appid, sub_appid, .. } => sub_appid.as_deref().unwrap_or(sp_appid),
        }
    }

    pub(crate) fn sub_mchid(&self) -> Option<&str> {
        match self {
            Self::Direct { .. } => None,
            Self::Sub { sub_mchid, .. } => Some(sub_mchid),
        }
    }

    /// Who gets the money.
    pub(crate) fn receiver<'a>(&'a self, signer: &'a str) -> &'a str {
        self.sub_mchid().unwrap_or(signer)
    }

    /// The parties as a query or a notify names them.
    pub(crate) fn tell(&self, signer: &str, told: &mut Map<String, Value>) {
        let mut put = |name: &str, value: &str| told.insert(name.to_owned(), json!(value));
        match self {
            Self::Direct { appid } => {
                put("appid", appid);
                put("mchid", signer);
            }
            Self::Sub { sp_appid, sub_mchid, sub_appid } => {
                put("sp_appid", sp_appid);
                put("sp_mchid", signer);
                put("sub_mchid", sub_mchid);
                if let Some(sub_appid) = sub_appid {
                    put("sub_appid", sub_appid);
                }
            }
        }
    }

    /// The payer as a query or a notify names them.
    pub(crate) fn tell_payer(&self, people: &People, payer: PersonId) -> Value {
        let openid = |appid: &str| people.openid(payer, appid).unwrap_or_default().to_owned();
        match self {
            Self::Direct { appid } => json!({ "openid": openid(appid) }),
            Self::Sub { sp_appid, sub_appid: None, .. } => json!({ "sp_openid": openid(sp_appid) }),
            Self::Sub { sp_appid, sub_appid: Some(sub_appid), .. } => {
                json!({ "sp_openid": openid(sp_appid), "sub_openid": openid(sub_appid) })
            }
        }
    }

    /// Whom an order is for: one openid, of the app that the name of the field says.
    pub(crate) fn read_payer<'a>(&self, people: &People, body: &'a Value) -> Result<&'a str, Refusal> {
        let (field, appid) = match self {
            Self::Direct { appid } => ("/payer/openid", appid),
            Self::Sub { sub_appid: Some(sub_appid), .. } if body.pointer("/payer/sub_openid").is_some() => {
                ("/payer/sub_openid", sub_appid)
            }
            Self::Sub { sp_appid, .. } => ("/payer/sp_openid", sp_appid),
        };
        let openid = required(body, field, OPENID_CHARS_MAX)?;
        match people.of_openid(openid) {
            Some((_, of_app)) if of_app == appid => Ok(openid),
            Some(_) => Err(Refusal::new(500, "OPENID_MISMATCH", "openid与appid不匹配")),
            None => Err(Refusal::param(field, "无效的openid")),
        }
    }
}

/// The parties a query, a close or a refund names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) mchid: String,
    pub(crate) sub_mchid: Option<String>,
}

impl Named {
    /// `of` finds a field of the body or of the query; empty when missing.
    pub(crate) fn read(side: Side, of: impl Fn(&str) -> String) -> Self {
        match side {
            Side::Direct => Self { mchid: of("mchid"), sub_mchid: None },
            Side::Partner => Self { mchid: of("sp_mchid"), sub_mchid: Some(of("sub_mchid")) },
        }
    }

    /// Whether the caller may speak for them.
    pub(crate) fn check(&self, merchant: &Merchant) -> Result<(), Refusal> {
        merchant.same_mchid(&self.mchid)?;
        match &self.sub_mchid {
            Some(sub_mchid) if !merchant.subs.contains_key(sub_mchid) => Err(no_relation()),
            _ => Ok(()),
        }
    }
}

impl Sim {
    /// Makes a registered merchant a service provider of `sub_mchid`, which has apps of its own (or none).
    pub fn add_sub_merchant(&self, sp_mchid: &str, sub_mchid: &str, sub_appids: &[&str]) -> Result<(), SimError> {
        let mut world = self.world();
        let provider =
            world.merchants.get_mut(sp_mchid).ok_or_else(|| SimError::UnknownMerchant(sp_mchid.to_owned()))?;
        let appids = sub_appids.iter().map(|appid| (*appid).to_owned()).collect();
        provider.subs.insert(sub_mchid.to_owned(), appids);
        Ok(())
    }
}
