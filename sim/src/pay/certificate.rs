//! A self-signed X.509 certificate around the platform's key, written as plain DER.

use chrono::DateTime;

use crate::crypto::SigningKey;

/// Platform certificates live five years.
pub(crate) const LIFE_MS: i64 = 5 * 365 * 24 * 3600 * 1000;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTF8_STRING: u8 = 0x0c;
const GENERALIZED_TIME: u8 = 0x18;
const UTC_TIME: u8 = 0x17;
const EXPLICIT_0: u8 = 0xa0;

/// AlgorithmIdentifier sha256WithRSAEncryption (1.2.840.113549.1.1.11) with NULL parameters.
const SHA256_RSA: [u8; 15] = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00];
/// OID 2.5.4.3, commonName.
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];
/// OID 2.5.4.10, organizationName.
const ORGANIZATION: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x0a];

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    match (high, low) {
        (0, low) if low < 0x80 => out.push(low),
        (0, low) => out.extend([0x81, low]),
        (high, low) => out.extend([0x82, high, low]),
    }
    out.extend(content);
    out
}

fn name() -> Vec<u8> {
    let attribute = |oid: &[u8], text: &str| {
        let pair = der(SEQUENCE, &[oid, &der(UTF8_STRING, &[text.as_bytes()])]);
        der(SET, &[&pair])
    };
    der(SEQUENCE, &[&attribute(&ORGANIZATION, "Tenpay.com"), &attribute(&COMMON_NAME, "Tenpay.com sign")])
}

fn time(at_ms: i64) -> Vec<u8> {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    // RFC 5280: two-digit years up to 2049, four-digit years from 2050.
    let year: u32 = at.format("%Y").to_string().parse().unwrap_or(0);
    if year >= 2050 {
        return der(GENERALIZED_TIME, &[at.format("%Y%m%d%H%M%SZ").to_string().as_bytes()]);
    }
    der(UTC_TIME, &[at.format("%y%m%d%H%M%SZ").to_string().as_bytes()])
}

/// DER of a certificate with the given serial number (hex), valid from the given time for five years.
pub(crate) fn self_signed(key: &SigningKey, serial_hex: &str, from_ms: i64) -> Vec<u8> {
    let serial = hex::decode(serial_hex).unwrap_or_default();
    let validity = der(SEQUENCE, &[&time(from_ms), &time(from_ms.saturating_add(LIFE_MS))]);
    let version_3 = der(EXPLICIT_0, &[&der(INTEGER, &[&[2]])]);
    let body = der(
        SEQUENCE,
        &[&version_3, &der(INTEGER, &[&serial]), &SHA256_RSA, &name(), &validity, &name(), &key.spki_der()],
    );
    let signature = der(BIT_STRING, &[&[0], &key.sign_raw(&body)]);
    der(SEQUENCE, &[&body, &SHA256_RSA, &signature])
}
