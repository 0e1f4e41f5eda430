//! A customer of both clouds: signs, asks, and has its accounts and templates.

use aws_lc_rs::{digest, hmac};
use chrono::DateTime;
use serde_json::Value;
use sim::{AliyunAccount, SimConfig, TencentAccount, Vendor};

use super::Scene;

pub const SECRET: &str = "vendor-secret";

fn utc(at_s: i64, format: &str) -> String {
    DateTime::from_timestamp(at_s, 0).unwrap().format(format).to_string()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

pub async fn scene() -> Scene {
    scene_with(SimConfig { hold_ms: 20, ..SimConfig::default() }).await
}

pub async fn scene_with(config: SimConfig) -> Scene {
    let scene = Scene::with(config, sim::SignMode::PublicKey).await;
    let (signs, url) = (vec!["邻里物业".to_owned()], Some(scene.listener.url.clone()));
    scene.sim.add_tencent_account(TencentAccount {
        secret_id: "AKID".to_owned(),
        secret_key: SECRET.to_owned(),
        sms_sdk_app_id: "1400000001".to_owned(),
        voice_sdk_app_id: "1400000002".to_owned(),
        signs: signs.clone(),
        sms_callback: url.clone(),
        voice_callback: url.clone(),
    });
    scene.sim.add_aliyun_account(AliyunAccount {
        access_key_id: "LTAI".to_owned(),
        access_key_secret: SECRET.to_owned(),
        signs,
        sms_report: url.clone(),
        voice_report: url,
    });
    scene.sim.add_telecom_template(Vendor::Tencent, "T1", "{1}账单{2}元，点击查看 wxaurl.cn/{3}");
    scene.sim.add_telecom_template(Vendor::Tencent, "V1", "您好，{1}物业账单{2}元。");
    scene.sim.add_telecom_template(Vendor::Aliyun, "SMS_1", "${month}账单${amount}元");
    scene.sim.add_telecom_template(Vendor::Aliyun, "TTS_1", "您好，${month}账单${amount}元");
    scene
}

pub async fn tencent(scene: &Scene, base: &str, action: &str, body: &Value, secret: &str) -> Value {
    let (service, version) = if action == "SendTtsVoice" { ("vms", "2020-09-02") } else { ("sms", "2021-01-11") };
    let (host, body) = (base.strip_prefix("http://").unwrap(), body.to_string());
    let headers = format!("content-type:application/json; charset=utf-8\nhost:{host}\n");
    let canonical = format!("POST\n/\n\n{headers}\ncontent-type;host\n{}", sha256(body.as_bytes()));
    let at_s = scene.sim.clock().now_s();
    let date = utc(at_s, "%Y-%m-%d");
    let scope = format!("{date}/{service}/tc3_request");
    let text = format!("TC3-HMAC-SHA256\n{at_s}\n{scope}\n{}", sha256(canonical.as_bytes()));
    let key = mac(&mac(&mac(format!("TC3{secret}").as_bytes(), &date), service), "tc3_request");
    let signature = hex::encode(mac(&key, &text));
    let authorization =
        format!("TC3-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders=content-type;host, Signature={signature}");
    let request = scene.http.post(format!("{base}/")).header("Authorization", authorization);
    let request = request.header("Content-Type", "application/json; charset=utf-8").header("X-TC-Action", action);
    let request = request.header("X-TC-Version", version).header("X-TC-Timestamp", at_s.to_string());
    answered(request.body(body)).await["Response"].clone()
}

/// Null when the answer is not JSON: a proxy spoke.
async fn answered(request: reqwest::RequestBuilder) -> Value {
    serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap_or(Value::Null)
}

pub async fn aliyun(scene: &Scene, base: &str, action: &str, params: &[(&str, &str)], nonce: &str) -> Value {
    aliyun_signed(scene, base, action, params, nonce, SECRET, scene.sim.clock().now_s()).await
}

pub async fn aliyun_signed(
    scene: &Scene,
    base: &str,
    action: &str,
    params: &[(&str, &str)],
    nonce: &str,
    secret: &str,
    at_s: i64,
) -> Value {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |out, byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out + &char::from(byte).to_string(),
            _ => out + &format!("%{byte:02X}"),
        })
    };
    let mut pairs: Vec<String> =
        params.iter().map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect();
    pairs.sort();
    let (query, host, empty) = (pairs.join("&"), base.strip_prefix("http://").unwrap(), sha256(b""));
    let date = utc(at_s, "%Y-%m-%dT%H:%M:%SZ");
    let headers = [
        ("host", host),
        ("x-acs-action", action),
        ("x-acs-content-sha256", empty.as_str()),
        ("x-acs-date", date.as_str()),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-version", "2017-05-25"),
    ];
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let signed = names.join(";");
    let canonical = sha256(format!("POST\n/\n{query}\n{lines}\n{signed}\n{empty}").as_bytes());
    let signature = hex::encode(mac(secret.as_bytes(), &format!("ACS3-HMAC-SHA256\n{canonical}")));
    let authorization = format!("ACS3-HMAC-SHA256 Credential=LTAI,SignedHeaders={signed},Signature={signature}");
    let mut request = scene.http.post(format!("{base}/?{query}")).header("Authorization", authorization);
    for (name, value) in &headers[1..] {
        request = request.header(*name, *value);
    }
    answered(request).await
}
