//! The `Authorization` header of requests to WeChat Pay, checked in full.

use super::keys::Signer;
use super::refusal::{Refusal, TAIL_SIGNATURE};
use crate::crypto;
use crate::http::Incoming;
use crate::server::Shared;

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
/// Furthest a timestamp may be from the platform's clock.
const SKEW_S: i64 = 300;

#[derive(Debug, Default, PartialEq, Eq)]
struct Fields<'a> {
    mchid: &'a str,
    nonce: &'a str,
    signature: &'a str,
    timestamp: &'a str,
    serial: &'a str,
}

/// Who asks, and how to sign the answer.
pub(crate) struct Caller {
    pub(crate) mchid: String,
    pub(crate) signer: Signer,
}

fn parse(header: &str) -> Option<Fields<'_>> {
    let (scheme, rest) = header.split_once(' ')?;
    if scheme != SCHEME {
        return None;
    }
    let mut fields = Fields::default();
    for part in rest.split(',') {
        let (name, quoted) = part.trim().split_once('=')?;
        let value = quoted.strip_prefix('"')?.strip_suffix('"')?;
        match name {
            "mchid" => fields.mchid = value,
            "nonce_str" => fields.nonce = value,
            "signature" => fields.signature = value,
            "timestamp" => fields.timestamp = value,
            "serial_no" => fields.serial = value,
            _ => {}
        }
    }
    let given = [fields.mchid, fields.nonce, fields.signature, fields.timestamp, fields.serial];
    given.iter().all(|value| !value.is_empty()).then_some(fields)
}

fn sign_error(message: &str) -> Refusal {
    Refusal::new(401, "SIGN_ERROR", message).tail(TAIL_SIGNATURE)
}

/// Checks format, merchant, serial, clock, signature over the exact bytes, and that the nonce is new.
pub(crate) fn check(shared: &Shared, incoming: &Incoming<'_>) -> Result<Caller, Refusal> {
    if incoming.header("User-Agent").is_empty() || incoming.header("Accept").is_empty() {
        return Err(Refusal::new(400, "PARAM_ERROR", "Http头缺少Accept或User-Agent"));
    }
    let fields = parse(incoming.header("Authorization")).ok_or_else(|| sign_error("Http头Authorization值格式错误"))?;
    let now_ms = shared.clock.now_ms();
    let (key, signer, serial) = {
        let world = shared.world();
        let merchant = world.merchants.get(fields.mchid).ok_or_else(|| sign_error("商户号不存在"))?;
        let signer = merchant.answer_signer(incoming.header("Wechatpay-Serial"));
        (merchant.key.clone(), signer, merchant.config.merchant_cert_serial.clone())
    };
    if !serial.eq_ignore_ascii_case(fields.serial) {
        return Err(sign_error("商户证书序列号有误"));
    }
    let at_s: i64 = fields.timestamp.parse().map_err(|_| sign_error("时间戳格式错误"))?;
    if (now_ms / 1000).saturating_sub(at_s).abs() > SKEW_S {
        return Err(sign_error("时间戳已过期"));
    }
    let head = format!("{}\n{}\n{}\n{}\n", incoming.method(), incoming.target(), fields.timestamp, fields.nonce);
    let message = [head.as_bytes(), incoming.body, b"\n"].concat();
    if !crypto::verifies(&key, &message, fields.signature) {
        return Err(sign_error("签名错误"));
    }
    let mut world = shared.world();
    let fresh =
        world.merchants.get_mut(fields.mchid).is_some_and(|merchant| merchant.nonces.take(fields.nonce, now_ms));
    if !fresh {
        return Err(sign_error("请求重放：随机串已使用"));
    }
    Ok(Caller { mchid: fields.mchid.to_owned(), signer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_in_any_order_and_only_when_whole() {
        let header = r#"WECHATPAY2-SHA256-RSA2048 serial_no="S",mchid="1900000001", nonce_str="N",timestamp="1554208460",signature="c2ln=""#;
        let fields = parse(header).unwrap();
        assert_eq!((fields.mchid, fields.serial, fields.signature), ("1900000001", "S", "c2ln="));
        assert_eq!(parse(&header.replace("nonce_str", "nonce")), None);
        assert_eq!(parse(&header.replace("WECHATPAY2", "WECHATPAY1")), None);
    }
}
