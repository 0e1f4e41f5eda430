//! What can be done to the outside world.

use serde_json::{Value, json};

use super::{endpoint, value};
use crate::error::SimError;
use crate::http::text;
use crate::mischief::Rule;
use crate::people::{PersonId, bare_phone};
use crate::world::World;

type Done = Option<Result<Value, SimError>>;

/// Nothing when there is no such path, or its body cannot be understood.
pub(super) fn act(world: &mut World, path: &str, body: &Value) -> Done {
    let act = Act { world, body };
    match path {
        "people" | "pay" | "pay-order" | "login-code" | "phone-code" => act.person(path),
        "scan-to-pay" | "payment-code" | "enter-password" => act.counter(path),
        "follow" | "scan" | "block" | "popup" | "refuse" | "grant" | "reach" => act.phone(path),
        "mischief" | "clock" | "page-size" => act.world(path),
        "quota" | "minute-quota" | "block-template" | "kill-tokens" | "arrears" => act.account(path),
        _ => None,
    }
}

/// One request; what is read of the body does not borrow the world.
struct Act<'a> {
    world: &'a mut World,
    body: &'a Value,
}

impl<'a> Act<'a> {
    fn text(&self, name: &str) -> &'a str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// True unless told otherwise.
    fn flag(&self, name: &str) -> bool {
        self.body.get(name).and_then(Value::as_bool).unwrap_or(true)
    }

    fn count(&self, name: &str) -> Option<u32> {
        self.body.get(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
    }

    fn who(&self) -> PersonId {
        PersonId(self.count("person").unwrap_or(0))
    }

    /// People and their money.
    fn person(self, path: &str) -> Done {
        let person = self.who();
        let (appid, mchid, order) = (self.text("appid"), text(self.body, "/mchid"), text(self.body, "/out_trade_no"));
        Some(match path {
            "people" => {
                let appids: Vec<String> = self.world.apps.keys().cloned().collect();
                let name = Some(text(self.body, "/name")).filter(|name| !name.is_empty());
                Ok(json!({ "person": self.world.people.add(name, text(self.body, "/phone"), &appids) }))
            }
            "pay" => {
                let params = self.body.get("params").unwrap_or(&Value::Null);
                self.world.request_payment(person, params).map(|paid| value(&paid))
            }
            "pay-order" => self.world.pay_open_order(person, mchid, order).map(|paid| value(&paid)),
            "login-code" => self.world.new_login_code(appid, person).map(|code| json!({ "code": code })),
            _ => self.world.new_phone_code(person).map(|code| json!({ "code": code })),
        })
    }

    /// What a payer does at the counter: scans a code, shows one, confirms.
    fn counter(self, path: &str) -> Done {
        let person = self.who();
        let (mchid, order) = (text(self.body, "/mchid"), text(self.body, "/out_trade_no"));
        Some(match path {
            "scan-to-pay" => self.world.scan_code_url(person, self.text("code_url")).map(|paid| value(&paid)),
            "payment-code" => self.world.new_payment_code(person).map(|code| json!({ "code": code })),
            _ => self.world.enter_password(mchid, order).map(|paid| value(&paid)),
        })
    }

    /// What somebody does with the phone.
    fn phone(self, path: &str) -> Done {
        let (person, credits) = (self.who(), self.count("credits").unwrap_or(1));
        let (appid, template) = (self.text("appid"), self.text("template_id"));
        let done = match path {
            "follow" => {
                let (follows, scene) = (self.flag("follows"), self.text("scene"));
                self.world.set_follow(person, appid, follows, scene)
            }
            "scan" => {
                let code = self.text("code");
                self.world.scan(person, code)
            }
            "block" => {
                let blocks = self.flag("blocks");
                self.world.set_block(person, appid, blocks)
            }
            "popup" => {
                let answers = self.popup_answers();
                self.world.answer_popup(person, appid, &answers)
            }
            "refuse" => self.world.refuse_subscribe(person, appid, template),
            "grant" => self.world.grant_subscribe(person, appid, template, credits),
            _ => {
                let (phone, reachable, picks_up) = (self.text("phone"), self.flag("reachable"), self.flag("picks_up"));
                self.world.people.set_reachable(bare_phone(phone), reachable);
                self.world.people.set_picks_up(bare_phone(phone), picks_up);
                Ok(())
            }
        };
        Some(done.map(|()| json!({})))
    }

    /// One template, or a list of them as one pop-up shows.
    fn popup_answers(&self) -> Vec<(&'a str, bool)> {
        let Some(list) = self.body.get("templates").and_then(Value::as_array) else {
            return vec![(self.text("template_id"), self.flag("accept"))];
        };
        let accept = |entry: &Value| entry.get("accept").and_then(Value::as_bool).unwrap_or(true);
        list.iter().map(|entry| (text(entry, "/template_id"), accept(entry))).collect()
    }

    /// The simulator itself.
    fn world(self, path: &str) -> Done {
        let number = |name: &str| self.body.get(name).and_then(Value::as_i64);
        match path {
            "mischief" => {
                self.world.mischief.add(serde_json::from_value::<Rule>(self.body.clone()).ok()?);
                Some(Ok(json!({})))
            }
            "page-size" => {
                self.world.config.user_page = self.count("openids").and_then(|size| usize::try_from(size).ok())?;
                Some(Ok(json!({})))
            }
            _ => {
                if let Some(now_ms) = number("set_ms") {
                    self.world.clock.set_ms(now_ms);
                }
                self.world.clock.advance_ms(number("advance_ms").unwrap_or(0));
                Some(Ok(json!({ "now_ms": self.world.clock.now_ms() })))
            }
        }
    }

    /// What a platform does to an account.
    fn account(self, path: &str) -> Done {
        let (appid, template) = (self.text("appid"), self.text("template_id"));
        let done = match path {
            "quota" if self.body.get("exhausted").and_then(Value::as_bool) == Some(true) => {
                let at = endpoint(self.text("endpoint"))?;
                self.world.exhaust_quota(appid, at)
            }
            "quota" => {
                let (at, daily) = (endpoint(self.text("endpoint"))?, self.count("daily"));
                self.world.set_daily_quota(appid, at, daily)
            }
            "minute-quota" => {
                let calls = self.count("calls");
                self.world.set_minute_quota(appid, calls)
            }
            "block-template" => {
                let blocked = self.flag("blocked");
                self.world.set_blocked(appid, template, blocked)
            }
            "kill-tokens" => {
                self.world.tokens.kill(appid);
                Ok(())
            }
            _ => {
                let (account, arrears) = (self.text("account"), self.flag("arrears"));
                self.world.set_arrears(account, arrears);
                Ok(())
            }
        };
        Some(done.map(|()| json!({})))
    }
}
