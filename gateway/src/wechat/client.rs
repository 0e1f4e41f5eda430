//! The wire of `api.weixin.qq.com`: JSON over HTTPS, errors inside HTTP 200.

use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::quota::BLOCKED_PAGE_MAX;
use super::{
    AccessToken, ApiQuota, AppCredential, BizMessage, BlockedMessage, CodeSession, MsgId, PhoneNumber, QrCode,
    QrRequest, ShippingInfo, SubscribeMessage, TemplateMessage, USER_INFO_BATCH_MAX, UserInfo, UserList, WechatApi,
    WechatError,
};
use crate::http::{BaseUrl, HttpClient, Outgoing};

/// WeChat refuses longer lives of a link.
const URLLINK_DAYS_MAX: u8 = 30;

/// [`WechatApi`] over HTTP.
#[derive(Debug, Clone)]
pub struct WechatHttp {
    http: HttpClient,
    base_url: BaseUrl,
}

impl WechatHttp {
    /// Speaks to the API at `base_url`.
    #[must_use]
    pub const fn new(http: HttpClient, base_url: BaseUrl) -> Self {
        Self { http, base_url }
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, WechatError> {
        let url = self.base_url.at_with(path, query);
        self.call(path, Outgoing { method: Method::GET, url, headers: vec![], body: None }).await
    }

    async fn post(&self, path: &[&str], token: Option<&SecretString>, body: &Value) -> Result<Value, WechatError> {
        let url = match token {
            Some(token) => self.base_url.at_with(path, &[("access_token", token.expose_secret())]),
            None => self.base_url.at(path),
        };
        let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        self.call(path, Outgoing { method: Method::POST, url, headers, body: Some(body.to_string()) }).await
    }

    async fn call(&self, path: &[&str], out: Outgoing) -> Result<Value, WechatError> {
        let answer = self.http.exchange(out).await?;
        // The content type may say text/plain: the body decides.
        let parsed = serde_json::from_slice::<Value>(&answer.body).ok().filter(Value::is_object);
        let errcode = parsed.as_ref().and_then(|body| whole(body, "errcode")).unwrap_or(0);
        match parsed {
            Some(body) if answer.status < 500 && errcode != 0 => {
                let error = WechatError::refused(errcode, text(&body, "errmsg").unwrap_or_default());
                if let WechatError::Refused { errcode, rid, .. } = &error {
                    tracing::warn!(api = path.join("/"), errcode, rid = rid.as_deref(), "wechat refused");
                }
                Err(error)
            }
            Some(body) if answer.is_success() => Ok(body),
            _ => {
                tracing::warn!(api = path.join("/"), status = answer.status, "wechat answer is not usable");
                Err(WechatError::Unknown(format!("HTTP {}", answer.status)))
            }
        }
    }
}

#[async_trait]
impl WechatApi for WechatHttp {
    async fn code2session(&self, app: &AppCredential, js_code: &str) -> Result<CodeSession, WechatError> {
        let query = [
            ("appid", app.app_id.as_str()),
            ("secret", app.app_secret.expose_secret()),
            ("js_code", js_code),
            ("grant_type", "authorization_code"),
        ];
        let body = self.get(&["sns", "jscode2session"], &query).await?;
        Ok(CodeSession {
            openid: required(&body, "openid")?,
            unionid: text(&body, "unionid").map(str::to_owned),
            session_key: required(&body, "session_key")?.into(),
        })
    }

    async fn stable_token(&self, app: &AppCredential, force_refresh: bool) -> Result<AccessToken, WechatError> {
        let request = json!({
            "grant_type": "client_credential",
            "appid": app.app_id,
            "secret": app.app_secret.expose_secret(),
            "force_refresh": force_refresh,
        });
        let body = self.post(&["cgi-bin", "stable_token"], None, &request).await?;
        Ok(AccessToken {
            token: required(&body, "access_token")?.into(),
            expires_in_s: whole(&body, "expires_in").ok_or_else(|| missing("expires_in"))?,
        })
    }

    async fn phone_number(&self, token: &SecretString, app_id: &str, code: &str) -> Result<PhoneNumber, WechatError> {
        let path = ["wxa", "business", "getuserphonenumber"];
        let body = self.post(&path, Some(token), &json!({ "code": code })).await?;
        let info = body.get("phone_info").ok_or_else(|| missing("phone_info"))?;
        let marked_for = info.pointer("/watermark/appid").and_then(Value::as_str);
        if marked_for != Some(app_id) {
            return Err(WechatError::Unknown("phone number is marked for another app".to_owned()));
        }
        Ok(PhoneNumber {
            pure_phone_number: required(info, "purePhoneNumber")?,
            country_code: id_text(info, "countryCode").ok_or_else(|| missing("countryCode"))?,
        })
    }

    async fn send_template(&self, token: &SecretString, message: &TemplateMessage) -> Result<MsgId, WechatError> {
        let body = self.post(&["cgi-bin", "message", "template", "send"], Some(token), &message.to_body()).await?;
        id_text(&body, "msgid").map(MsgId).ok_or_else(|| missing("msgid"))
    }

    async fn send_subscribe(
        &self,
        token: &SecretString,
        message: &SubscribeMessage,
    ) -> Result<Option<MsgId>, WechatError> {
        let body = self.post(&["cgi-bin", "message", "subscribe", "send"], Some(token), &message.to_body()).await?;
        Ok(id_text(&body, "msgid").map(MsgId))
    }

    async fn send_biz_subscribe(
        &self,
        token: &SecretString,
        message: &BizMessage,
    ) -> Result<Option<MsgId>, WechatError> {
        let body = self.post(&["cgi-bin", "message", "subscribe", "bizsend"], Some(token), &message.to_body()).await?;
        Ok(id_text(&body, "msgid").map(MsgId))
    }

    async fn generate_urllink(
        &self,
        token: &SecretString,
        path: &str,
        query: &str,
        expire_days: u8,
    ) -> Result<String, WechatError> {
        let request = json!({
            "path": path,
            "query": query,
            "expire_type": 1,
            "expire_interval": expire_days.clamp(1, URLLINK_DAYS_MAX),
            "env_version": "release",
        });
        let body = self.post(&["wxa", "generate_urllink"], Some(token), &request).await?;
        required(&body, "url_link")
    }

    async fn user_info(&self, token: &SecretString, openid: &str) -> Result<UserInfo, WechatError> {
        let query = [("access_token", token.expose_secret()), ("openid", openid), ("lang", "zh_CN")];
        let body = self.get(&["cgi-bin", "user", "info"], &query).await?;
        person(&body)
    }

    async fn user_infos(&self, token: &SecretString, openids: &[String]) -> Result<Vec<UserInfo>, WechatError> {
        if openids.is_empty() {
            return Ok(Vec::new());
        }
        if openids.len() > USER_INFO_BATCH_MAX {
            return Err(WechatError::NotSent(format!("more than {USER_INFO_BATCH_MAX} people at once")));
        }
        let list: Vec<Value> = openids.iter().map(|openid| json!({ "openid": openid, "lang": "zh_CN" })).collect();
        let path = ["cgi-bin", "user", "info", "batchget"];
        let body = self.post(&path, Some(token), &json!({ "user_list": list })).await?;
        let told = body.get("user_info_list").and_then(Value::as_array).ok_or_else(|| missing("user_info_list"))?;
        told.iter().map(person).collect()
    }

    async fn user_list(&self, token: &SecretString, next_openid: Option<&str>) -> Result<UserList, WechatError> {
        let mut query = vec![("access_token", token.expose_secret())];
        query.extend(next_openid.map(|openid| ("next_openid", openid)));
        let body = self.get(&["cgi-bin", "user", "get"], &query).await?;
        let page = body.pointer("/data/openid").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let openids: Vec<String> = page.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let next = text(&body, "next_openid").filter(|next| !next.is_empty() && !openids.is_empty());
        Ok(UserList {
            total: whole(&body, "total").ok_or_else(|| missing("total"))?,
            next_openid: next.map(str::to_owned),
            openids,
        })
    }

    async fn create_qr(&self, token: &SecretString, request: &QrRequest) -> Result<QrCode, WechatError> {
        let body = self.post(&["cgi-bin", "qrcode", "create"], Some(token), &request.to_body()).await?;
        Ok(QrCode {
            ticket: required(&body, "ticket")?,
            url: required(&body, "url")?,
            expires_in_s: whole(&body, "expire_seconds"),
        })
    }

    async fn blocked_messages(
        &self,
        token: &SecretString,
        template_id: &str,
        largest_id: i64,
        limit: u8,
    ) -> Result<Vec<BlockedMessage>, WechatError> {
        let request = json!({
            "tmpl_msg_id": template_id,
            "largest_id": largest_id,
            "limit": limit.clamp(1, BLOCKED_PAGE_MAX),
        });
        let body = self.post(&["wxa", "sec", "queryblocktmplmsg"], Some(token), &request).await?;
        BlockedMessage::read_all(&body).ok_or_else(|| missing("msginfo"))
    }

    async fn api_quota(&self, token: &SecretString, cgi_path: &str) -> Result<ApiQuota, WechatError> {
        let path = ["cgi-bin", "openapi", "quota", "get"];
        let body = self.post(&path, Some(token), &json!({ "cgi_path": cgi_path })).await?;
        ApiQuota::read(&body).ok_or_else(|| missing("quota"))
    }

    async fn is_trade_managed(&self, token: &SecretString, app_id: &str) -> Result<bool, WechatError> {
        let path = ["wxa", "sec", "order", "is_trade_managed"];
        let body = self.post(&path, Some(token), &json!({ "appid": app_id })).await?;
        body.get("is_trade_managed").and_then(Value::as_bool).ok_or_else(|| missing("is_trade_managed"))
    }

    async fn upload_shipping_info(&self, token: &SecretString, info: &ShippingInfo) -> Result<(), WechatError> {
        self.post(&["wxa", "sec", "order", "upload_shipping_info"], Some(token), &info.to_body()).await.map(drop)
    }
}

/// One person of `user/info` or `user/info/batchget`.
fn person(body: &Value) -> Result<UserInfo, WechatError> {
    let optional = |key: &str| text(body, key).filter(|t| !t.is_empty()).map(str::to_owned);
    Ok(UserInfo {
        is_subscribed: whole(body, "subscribe").ok_or_else(|| missing("subscribe"))? == 1,
        openid: required(body, "openid")?,
        unionid: optional("unionid"),
        subscribe_time_s: whole(body, "subscribe_time"),
        subscribe_scene: optional("subscribe_scene"),
        qr_scene: optional("qr_scene_str"),
    })
}

fn text<'a>(body: &'a Value, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Value::as_str)
}

fn whole(body: &Value, key: &str) -> Option<i64> {
    let value = body.get(key)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// An id that may come as a number or as text; kept as text, because it can exceed what other languages hold.
fn id_text(body: &Value, key: &str) -> Option<String> {
    match body.get(key)? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn required(body: &Value, key: &'static str) -> Result<String, WechatError> {
    text(body, key).filter(|t| !t.is_empty()).map(str::to_owned).ok_or_else(|| missing(key))
}

fn missing(key: &str) -> WechatError {
    WechatError::Unknown(format!("answer lacks {key}"))
}
