//! Configuration by environment variables. A missing or wrong one stops the start with its name.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use service::store::Placement;
use service::vault::MasterKey;

/// Where the outside world is. The defaults are the vendors' own addresses.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `LINLI_WECHAT_URL`
    pub wechat: String,
    /// `LINLI_WECHAT_PAY_URL`
    pub wechat_pay: String,
    /// `LINLI_WECHAT_PAY_FAILOVER_URL`
    pub wechat_pay_failover: String,
    /// `LINLI_TENCENT_SMS_URL`
    pub tencent_sms: String,
    /// `LINLI_ALIYUN_SMS_URL`
    pub aliyun_sms: String,
    /// `LINLI_TENCENT_VOICE_URL`
    pub tencent_voice: String,
    /// `LINLI_ALIYUN_VOICE_URL`
    pub aliyun_voice: String,
}

impl Default for Addresses {
    fn default() -> Self {
        Self {
            wechat: "https://api.weixin.qq.com".to_owned(),
            wechat_pay: "https://api.mch.weixin.qq.com".to_owned(),
            wechat_pay_failover: "https://api2.mch.weixin.qq.com".to_owned(),
            tencent_sms: "https://sms.tencentcloudapi.com".to_owned(),
            aliyun_sms: "https://dysmsapi.aliyuncs.com".to_owned(),
            tencent_voice: "https://vms.tencentcloudapi.com".to_owned(),
            aliyun_voice: "https://dyvmsapi.aliyuncs.com".to_owned(),
        }
    }
}

/// What every role needs.
#[derive(Debug, Clone)]
pub struct Config {
    /// `LINLI_MASTER_KEY`: 32 bytes in base64; wraps every data key.
    pub master_key: MasterKey,
    /// `LINLI_CONTROL_DATABASE`: `sqlite:PATH` or `postgres://…`.
    pub control: Placement,
    /// `LINLI_PUBLIC_URL`: where WeChat and the vendors reach this installation.
    pub public_url: String,
    /// `LINLI_BIND`, default `127.0.0.1:8080`.
    pub bind: String,
    /// `LINLI_WORKERS`, default 2.
    pub workers: usize,
    /// `LINLI_OPEN_PROJECTS`, default 50: project databases kept open at once.
    pub open_projects: u64,
    /// `LINLI_NODE`, default the process id: the name in job runs.
    pub node: String,
    /// `REDIS_URL`, optional.
    pub redis_url: Option<SecretString>,
    /// Where the outside world is.
    pub addresses: Addresses,
}

/// A variable that stops the start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not set.
    #[error("缺少环境变量 {name}：{what}")]
    Missing {
        /// Its name.
        name: &'static str,
        /// What it is for.
        what: &'static str,
    },
    /// Set to something impossible.
    #[error("环境变量 {name} 不正确：{why}")]
    Wrong {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// The first variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Reads variables from anywhere.
    ///
    /// # Errors
    /// As [`Self::from_env`].
    pub fn read(look_up: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &'static str| look_up(name).filter(|value| !value.trim().is_empty());
        let needed = |name, what| get(name).ok_or(ConfigError::Missing { name, what });
        let master_key = SecretString::from(needed("LINLI_MASTER_KEY", "主密钥，openssl rand -base64 32")?);
        let master_key = MasterKey::parse(master_key.expose_secret()).map_err(|e| wrong("LINLI_MASTER_KEY", e))?;
        let control = needed("LINLI_CONTROL_DATABASE", "控制库位置，如 sqlite:/var/lib/linli/control.db")?;
        let control = Placement::parse(&control).map_err(|e| wrong("LINLI_CONTROL_DATABASE", e))?;
        let public_url = needed("LINLI_PUBLIC_URL", "微信与短信平台访问本系统的网址，如 https://pay.example.com")?;
        if !(public_url.starts_with("https://") || public_url.starts_with("http://127.0.0.1")) {
            return Err(wrong("LINLI_PUBLIC_URL", "必须是 https:// 网址"));
        }
        let defaults = Addresses::default();
        Ok(Self {
            master_key,
            control,
            public_url,
            bind: get("LINLI_BIND").unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            workers: number("LINLI_WORKERS", get("LINLI_WORKERS"), 2)?,
            open_projects: number("LINLI_OPEN_PROJECTS", get("LINLI_OPEN_PROJECTS"), 50)?,
            node: get("LINLI_NODE").unwrap_or_else(|| format!("node-{}", std::process::id())),
            redis_url: get("REDIS_URL").map(SecretString::from),
            addresses: Addresses {
                wechat: get("LINLI_WECHAT_URL").unwrap_or(defaults.wechat),
                wechat_pay: get("LINLI_WECHAT_PAY_URL").unwrap_or(defaults.wechat_pay),
                wechat_pay_failover: get("LINLI_WECHAT_PAY_FAILOVER_URL").unwrap_or(defaults.wechat_pay_failover),
                tencent_sms: get("LINLI_TENCENT_SMS_URL").unwrap_or(defaults.tencent_sms),
                aliyun_sms: get("LINLI_ALIYUN_SMS_URL").unwrap_or(defaults.aliyun_sms),
                tencent_voice: get("LINLI_TENCENT_VOICE_URL").unwrap_or(defaults.tencent_voice),
                aliyun_voice: get("LINLI_ALIYUN_VOICE_URL").unwrap_or(defaults.aliyun_voice),
            },
        })
    }
}

/// The folder for SQLite files of new projects: `LINLI_DATA`, default `data`.
#[must_use]
pub fn data_folder() -> PathBuf {
    std::env::var_os("LINLI_DATA").map_or_else(|| PathBuf::from("data"), PathBuf::from)
}

fn wrong(name: &'static str, why: impl std::fmt::Display) -> ConfigError {
    ConfigError::Wrong { name, why: why.to_string() }
}

fn number<T: std::str::FromStr>(name: &'static str, text: Option<String>, default: T) -> Result<T, ConfigError> {
    match text {
        None => Ok(default),
        Some(text) => text.trim().parse().map_err(|_| wrong(name, "应为正整数")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let map: HashMap<String, String> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::read(&|name| map.get(name).cloned())
    }

    const GOOD: [(&str, &str); 3] = [
        ("LINLI_MASTER_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
        ("LINLI_CONTROL_DATABASE", "sqlite:/tmp/control.db"),
        ("LINLI_PUBLIC_URL", "https://pay.example.com"),
    ];

    #[test]
    fn three_variables_are_enough() {
        let config = read(&GOOD).unwrap();
        assert_eq!(config.addresses.wechat, "https://api.weixin.qq.com");
        assert!(config.redis_url.is_none());
    }

    #[test]
    fn each_missing_variable_stops_the_start_with_its_name() {
        for (name, _) in GOOD {
            let rest: Vec<_> = GOOD.into_iter().filter(|(other, _)| *other != name).collect();
            let error = read(&rest).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_wrong_variable_is_named_and_its_value_is_not_shown() {
        let mut bad = GOOD;
        bad[0].1 = "c2VjcmV0LXRvby1zaG9ydA==";
        let error = read(&bad).unwrap_err().to_string();
        assert!(error.contains("LINLI_MASTER_KEY") && !error.contains("c2Vj"), "{error}");
        let mut bad = GOOD;
        bad[2].1 = "http://pay.example.com";
        assert!(read(&bad).unwrap_err().to_string().contains("LINLI_PUBLIC_URL"));
    }
}
