//! Codes a phone hands to a mini program: `wx.login` and the phone number button.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::http::WxError;
use crate::crypto;
use crate::error::SimError;
use crate::http::text;
use crate::mischief::{Endpoint, Trick};
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::World;

/// Life of a code.
const CODE_LIFE_MS: i64 = 5 * 60 * 1000;
/// appid in the watermark of a phone number that was meant for another app.
const OTHER_APPID: &str = "wx0000000000000000";

#[derive(Clone)]
struct Code {
    /// Nothing for phone codes: they belong to whichever mini program's token redeems them.
    appid: Option<String>,
    person: PersonId,
    issued_ms: i64,
    used: bool,
}

#[derive(Default)]
pub(crate) struct Codes {
    login: HashMap<String, Code>,
    phone: HashMap<String, Code>,
}

impl World {
    /// `GET /sns/jscode2session`.
    pub(crate) fn code_to_session(&mut self, appid: &str, secret: &str, js_code: &str) -> Result<Value, WxError> {
        self.check_secret(appid, secret)?;
        let now_ms = self.clock.now_ms();
        let invalid = || WxError::new(40029, "invalid code");
        let code = self.codes.login.get_mut(js_code).ok_or_else(invalid)?;
        if code.appid.as_deref() != Some(appid) || now_ms.saturating_sub(code.issued_ms) > CODE_LIFE_MS {
            return Err(invalid());
        }
        if code.used {
            return Err(WxError::new(40163, "code been used"));
        }
        code.used = true;
        let person = self.people.get(code.person).ok_or_else(invalid)?;
        let mut answer = json!({
            "openid": person.openids.get(appid),
            "session_key": crypto::b64(&crypto::random_bytes::<16>()),
        });
        if self.apps.get(appid).is_some_and(|app| app.config.in_open_platform)
            && let Some(fields) = answer.as_object_mut()
        {
            fields.insert("unionid".to_owned(), json!(person.unionid));
        }
        Ok(answer)
    }

    /// `POST /wxa/business/getuserphonenumber`.
    pub(crate) fn phone_number(&mut self, appid: &str, body: &Value) -> Result<Value, WxError> {
        let now_ms = self.clock.now_ms();
        let invalid = || WxError::new(40029, "invalid code");
        let code = self.codes.phone.get_mut(text(body, "/code")).ok_or_else(invalid)?;
        if code.used || now_ms.saturating_sub(code.issued_ms) > CODE_LIFE_MS {
            return Err(invalid());
        }
        code.used = true;
        let person = self.people.get(code.person).ok_or_else(invalid)?;
        let stamped_other = self.mischief.takes(Endpoint::PhoneNumber, &[&person.phone], &Trick::OtherWatermark);
        Ok(json!({
            "errcode": 0,
            "errmsg": "ok",
            "phone_info": {
                "phoneNumber": person.phone,
                "purePhoneNumber": person.phone,
                "countryCode": "86",
                "watermark": {
                    "timestamp": now_ms / 1000,
                    "appid": if stamped_other { OTHER_APPID } else { appid },
                },
            },
        }))
    }
}

impl World {
    pub(crate) fn new_login_code(&mut self, appid: &str, person: PersonId) -> Result<String, SimError> {
        if !self.apps.contains_key(appid) {
            return Err(SimError::UnknownApp(appid.to_owned()));
        }
        self.people.get(person).ok_or(SimError::UnknownPerson)?;
        let code = format!("0{}", crypto::random_text(31));
        let issued_ms = self.clock.now_ms();
        let entry = Code { appid: Some(appid.to_owned()), person, issued_ms, used: false };
        self.codes.login.insert(code.clone(), entry);
        Ok(code)
    }

    pub(crate) fn new_phone_code(&mut self, person: PersonId) -> Result<String, SimError> {
        self.people.get(person).ok_or(SimError::UnknownPerson)?;
        let code = format!("p{}", crypto::random_text(63));
        let issued_ms = self.clock.now_ms();
        self.codes.phone.insert(code.clone(), Code { appid: None, person, issued_ms, used: false });
        Ok(code)
    }
}

impl Sim {
    /// What `wx.login` gives the mini program on the person's phone: single use, 5 minutes.
    pub fn issue_login_code(&self, appid: &str, person: PersonId) -> Result<String, SimError> {
        self.world().new_login_code(appid, person)
    }

    /// What the phone number button gives: single use, 5 minutes, not a login code.
    pub fn issue_phone_code(&self, person: PersonId) -> Result<String, SimError> {
        self.world().new_phone_code(person)
    }
}
