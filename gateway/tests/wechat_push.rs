//! Server message push: what is believed, and what it says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::digest;
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::wechat::{
    PushError, PushEvent, PushKeys, PushMode, PushQuery, PushSecret, SubscribeItem, TemplateJobStatus, open_push,
    verify_url,
};
use serde_json::{Value, json};

const TOKEN: &str = "tok";
const APP: &str = "wx1";
/// Ends in `G`: the last character carries bits that belong to no byte.
const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OTHER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn secret(token: &str, key: Option<&str>) -> PushSecret {
    PushSecret::parse(token.into(), key.map(Into::into).as_ref()).unwrap()
}

fn keys(mode: PushMode) -> PushKeys {
    PushKeys::new(APP.into(), mode, secret(TOKEN, Some(AES_KEY)), None).unwrap()
}

fn sha1(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    hex::encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes()))
}

fn plain_query(token: &str) -> PushQuery {
    PushQuery {
        signature: sha1(&[token, "1714037059", "n1"]),
        timestamp: "1714037059".into(),
        nonce: "n1".into(),
        ..PushQuery::default()
    }
}

fn sealed_query(token: &str, sealed: &str) -> PushQuery {
    PushQuery {
        encrypt_type: Some("aes".into()),
        msg_signature: Some(sha1(&[token, "1714037059", "n1", sealed])),
        ..plain_query(token)
    }
}

fn seal(key: &str, message: &str, app: &str) -> String {
    // A strict decoder does not take the spare bits; clearing them gives the same 32 bytes.
    let cleared = format!("{}{}=", &key[..42], if key.ends_with('G') { "E" } else { &key[42..] });
    let key = STANDARD.decode(cleared).unwrap();
    let mut text = b"0123456789abcdef".to_vec();
    text.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    text.extend_from_slice(message.as_bytes());
    text.extend_from_slice(app.as_bytes());
    let pad = 32 - text.len() % 32;
    text.extend(std::iter::repeat_n(u8::try_from(pad).unwrap(), pad));
    let iv: [u8; 16] = key[..16].try_into().unwrap();
    let cipher = EncryptingKey::cbc(UnboundCipherKey::new(&AES_256, &key).unwrap()).unwrap();
    cipher.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::from(iv))).unwrap();
    STANDARD.encode(text)
}

fn event(extra: Value) -> Value {
    let mut body = json!({"ToUserName":"gh_1","FromUserName":"o-person","CreateTime":1714037059,"MsgType":"event"});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

fn read(body: &str) -> Result<PushEvent, PushError> {
    open_push(&plain_query(TOKEN), body.as_bytes(), &keys(PushMode::Plain)).map(|message| message.event)
}

#[test]
fn the_address_check_returns_the_text_only_when_signed() {
    let file: Value = serde_json::from_str(include_str!("vectors/wechat_message_push.json")).unwrap();
    let vector = file["vectors"].as_array().unwrap().iter().find(|v| v["id"] == "push-echostr-plain").unwrap();
    let of = |key: &str| vector[key].as_str().unwrap().to_owned();
    let query = PushQuery {
        signature: of("expect_signature"),
        timestamp: of("timestamp"),
        nonce: of("nonce"),
        echostr: Some(of("echostr")),
        ..PushQuery::default()
    };
    let account = |token: &str| PushKeys::new(APP.into(), PushMode::Plain, secret(token, None), None).unwrap();
    assert_eq!(verify_url(&query, &account(&of("token"))), Ok(of("echostr")));
    assert_eq!(verify_url(&query, &account("other")), Err(PushError::BadSignature));
    assert_eq!(verify_url(&PushQuery { echostr: None, ..query }, &account("AAAAA")), Err(PushError::Malformed));
}

#[test]
fn the_documented_safe_message_is_opened_and_read() {
    let file: Value = serde_json::from_str(include_str!("vectors/wechat_message_push.json")).unwrap();
    let vector = file["vectors"].as_array().unwrap().iter().find(|v| v["id"] == "push-safe-json").unwrap();
    let of = |key: &str| vector[key].as_str().unwrap().to_owned();
    let current = secret(&of("token"), Some(&of("encoding_aes_key")));
    let account = PushKeys::new(of("appid"), PushMode::Safe, current, None).unwrap();
    let query = PushQuery {
        timestamp: of("timestamp"),
        nonce: of("nonce"),
        msg_signature: Some(of("expect_msg_signature")),
        ..PushQuery::default()
    };
    let body = json!({"ToUserName": "gh_97417a04a28d", "Encrypt": of("encrypt")}).to_string();
    let message = open_push(&query, body.as_bytes(), &account).unwrap();
    assert_eq!(message.event, PushEvent::Other { msg_type: "event".into(), event: "debug_demo".into() });
    assert_eq!((message.to_user.as_str(), message.create_time_s), ("gh_97417a04a28d", 1_714_112_445));
}

#[test]
fn a_safe_account_takes_no_plain_body_and_no_changed_one() {
    let plain = event(json!({"Event":"unsubscribe"})).to_string();
    for mode in [PushMode::Safe, PushMode::Compatible] {
        assert_eq!(open_push(&plain_query(TOKEN), plain.as_bytes(), &keys(mode)), Err(PushError::NotEncrypted));
        let sealed = seal(AES_KEY, &plain, APP);
        let query = sealed_query(TOKEN, &sealed);
        let body = json!({ "Encrypt": sealed }).to_string();
        assert_eq!(open_push(&query, body.as_bytes(), &keys(mode)).unwrap().event, PushEvent::Unsubscribe);
        let changed = body.replacen(&sealed[..4], "AAAA", 1);
        assert_eq!(open_push(&query, changed.as_bytes(), &keys(mode)), Err(PushError::BadSignature));
        let unsigned = PushQuery { msg_signature: None, ..query };
        assert_eq!(open_push(&unsigned, body.as_bytes(), &keys(mode)), Err(PushError::NotEncrypted));
    }
}

#[test]
fn in_compatible_mode_the_encrypted_part_counts() {
    let sealed = seal(AES_KEY, &event(json!({"Event":"unsubscribe"})).to_string(), APP);
    let mut body = event(json!({"Event":"subscribe"}));
    body["Encrypt"] = json!(sealed);
    let message = open_push(&sealed_query(TOKEN, &sealed), body.to_string().as_bytes(), &keys(PushMode::Compatible));
    assert_eq!(message.unwrap().event, PushEvent::Unsubscribe);
}

#[test]
fn a_message_sealed_for_another_app_is_refused() {
    let sealed = seal(AES_KEY, &event(json!({"Event":"unsubscribe"})).to_string(), "wx2");
    let body = json!({ "Encrypt": sealed }).to_string();
    let opened = open_push(&sealed_query(TOKEN, &sealed), body.as_bytes(), &keys(PushMode::Safe));
    assert_eq!(opened, Err(PushError::Undecryptable));
}

#[test]
fn the_previous_token_and_key_are_believed_while_they_change() {
    let message = event(json!({"Event":"unsubscribe"})).to_string();
    let rotating = || {
        let previous = Some(secret("old", Some(OTHER_KEY)));
        PushKeys::new(APP.into(), PushMode::Safe, secret(TOKEN, Some(AES_KEY)), previous).unwrap()
    };
    for (token, key) in [(TOKEN, AES_KEY), ("old", OTHER_KEY), (TOKEN, OTHER_KEY)] {
        let sealed = seal(key, &message, APP);
        let body = json!({ "Encrypt": sealed }).to_string();
        assert!(open_push(&sealed_query(token, &sealed), body.as_bytes(), &rotating()).is_ok());
        if token == "old" {
            let after = open_push(&sealed_query(token, &sealed), body.as_bytes(), &keys(PushMode::Safe));
            assert_eq!(after, Err(PushError::BadSignature));
        }
    }
}

#[test]
fn an_encrypted_mode_without_a_key_cannot_be_configured() {
    let built = PushKeys::new(APP.into(), PushMode::Safe, secret(TOKEN, None), None);
    assert!(matches!(built, Err(PushError::BadKey)));
    assert!(matches!(PushSecret::parse("".into(), None), Err(PushError::BadKey)));
    assert!(matches!(PushSecret::parse("t".into(), Some(&"short".into())), Err(PushError::BadKey)));
}

#[test]
fn a_sealed_xml_message_is_read_and_a_doctype_is_refused() {
    let xml = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o-person]]></FromUserName>\
        <CreateTime>1714037059</CreateTime><MsgType><![CDATA[event]]></MsgType>\
        <Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>200163836</MsgID>\
        <Status><![CDATA[failed: user block]]></Status></xml>";
    let sealed = seal(AES_KEY, xml, APP);
    let body = format!("<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>");
    let message = open_push(&sealed_query(TOKEN, &sealed), body.as_bytes(), &keys(PushMode::Safe)).unwrap();
    let PushEvent::TemplateJobFinished { openid, msg_id, status } = message.event else { panic!("not a job") };
    assert_eq!((openid.as_str(), msg_id.as_str(), status), ("o-person", "200163836", TemplateJobStatus::UserBlocked));
    assert_eq!(read(&format!("<!DOCTYPE xml [<!ENTITY a \"b\">]>{xml}")), Err(PushError::Malformed));
}

#[test]
fn a_template_job_ends_in_three_ways() {
    for (status, expected) in [
        ("success", TemplateJobStatus::Delivered),
        ("failed:user block", TemplateJobStatus::UserBlocked),
        ("failed: user block", TemplateJobStatus::UserBlocked),
        ("failed:system failed", TemplateJobStatus::SystemFailed),
        ("failed: system failed", TemplateJobStatus::SystemFailed),
    ] {
        let body = event(json!({"Event":"TEMPLATESENDJOBFINISH","MsgID":200163836,"Status":status})).to_string();
        let PushEvent::TemplateJobFinished { status: got, .. } = read(&body).unwrap() else { panic!("not a job") };
        assert_eq!(got, expected, "{status}");
    }
}

#[test]
fn a_consent_list_is_read_single_or_several_json_or_xml() {
    let accepted =
        |id: &str, yes: bool| SubscribeItem { template_id: id.into(), is_accepted: yes, popup_scene: Some("0".into()) };
    let one = json!({"TemplateId":"T1","SubscribeStatusString":"accept","PopupScene":"0"});
    let two = json!({"TemplateId":"T2","SubscribeStatusString":"reject","PopupScene":"0"});
    let single = event(json!({"Event":"subscribe_msg_popup_event","List":one})).to_string();
    assert_eq!(read(&single), Ok(PushEvent::SubscribePopup(vec![accepted("T1", true)])));
    let both = PushEvent::SubscribePopup(vec![accepted("T1", true), accepted("T2", false)]);
    let several = event(json!({"Event":"subscribe_msg_popup_event","List":[one, two]})).to_string();
    assert_eq!(read(&several), Ok(both.clone()));
    let item = |id: &str, word: &str| {
        format!(
            "<List><TemplateId>{id}</TemplateId><SubscribeStatusString>{word}</SubscribeStatusString><PopupScene>0</PopupScene></List>"
        )
    };
    let xml = format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>o</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType>\
         <Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent>{}{}</SubscribeMsgPopupEvent></xml>",
        item("T1", "accept"),
        item("T2", "reject")
    );
    assert_eq!(read(&xml), Ok(both));
}

#[test]
fn follow_scan_change_and_late_failures_are_read() {
    let subscribe = event(json!({"Event":"subscribe","EventKey":"qrscene_h1","Ticket":"t"})).to_string();
    assert!(matches!(read(&subscribe), Ok(PushEvent::Subscribe { event_key: Some(key), .. }) if key == "qrscene_h1"));
    let bare = event(json!({"Event":"subscribe","EventKey":""})).to_string();
    assert_eq!(read(&bare), Ok(PushEvent::Subscribe { event_key: None, ticket: None }));
    let scan = event(json!({"Event":"SCAN","EventKey":"h1"})).to_string();
    assert!(matches!(read(&scan), Ok(PushEvent::Scan { event_key: Some(key), .. }) if key == "h1"));
    let change = event(json!({"Event":"subscribe_msg_change_event",
        "List":{"TemplateId":"T1","SubscribeStatusString":"reject"}}));
    assert!(matches!(read(&change.to_string()), Ok(PushEvent::SubscribeChange(list)) if !list[0].is_accepted));
    let sent = event(json!({"Event":"subscribe_msg_sent_event",
        "List":{"TemplateId":"T1","MsgID":"1864323726461255680","ErrorCode":"43101","ErrorStatus":"user refuse"}}));
    let Ok(PushEvent::SubscribeSent(list)) = read(&sent.to_string()) else { panic!("not a result") };
    assert_eq!((list[0].msg_id.as_str(), list[0].error_code.as_str()), ("1864323726461255680", "43101"));
    assert!(matches!(read(&event(json!({"Event":"user_info_modified"})).to_string()), Ok(PushEvent::Other { .. })));
    for bad in [json!({"Event":"TEMPLATESENDJOBFINISH"}), json!({"Event":"subscribe_msg_popup_event"})] {
        assert_eq!(read(&event(bad).to_string()), Err(PushError::Malformed));
    }
    assert_eq!(read("[]"), Err(PushError::Malformed));
}

#[test]
fn who_takes_back_an_authorization_is_named_inside_the_event_and_not_as_its_sender() {
    let told = |name: &str, fields: Value| {
        let mut all = event(json!({ "Event": name, "OpenID": "oWhose", "AppID": APP }));
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        read(&all.to_string()).unwrap()
    };
    let revoked = |info: Value| match told("user_authorization_revoke", info) {
        PushEvent::AuthorizationRevoked { openid, kinds } => (openid, kinds),
        other => panic!("{other:?}"),
    };
    let whose = "oWhose".to_owned();
    assert_eq!(revoked(json!({ "RevokeInfo": "8" })), (whose.clone(), vec![8]));
    assert_eq!(revoked(json!({ "RevokeInfo": "1, 8,13" })), (whose.clone(), vec![1, 8, 13]));
    for unclear in [json!({}), json!({ "RevokeInfo": "" }), json!({ "RevokeInfo": "all" })] {
        assert_eq!(revoked(unclear), (whose.clone(), vec![]), "WeChat does not say which");
    }
    let left = told("user_authorization_cancellation", json!({}));
    assert_eq!(left, PushEvent::AuthorizationCancelled { openid: whose });
    assert!(!format!("{left:?}").contains("oWhose"), "{left:?}");
}

#[test]
fn a_repeat_has_the_same_key_and_another_event_of_that_second_has_not() {
    let key = |body: &Value| {
        open_push(&plain_query(TOKEN), body.to_string().as_bytes(), &keys(PushMode::Plain)).unwrap().dedup_key
    };
    let job = |id: u64| event(json!({"Event":"TEMPLATESENDJOBFINISH","MsgID":id,"Status":"success"}));
    assert_eq!(key(&job(1)), key(&job(1)));
    assert_ne!(key(&job(1)), key(&job(2)));
    assert_ne!(key(&event(json!({"Event":"subscribe"}))), key(&event(json!({"Event":"unsubscribe"}))));
    let text = |id: u64, content: &str| {
        let mut body = event(json!({"MsgId": id, "Content": content}));
        body["MsgType"] = json!("text");
        body
    };
    assert_eq!(key(&text(9, "a")), key(&text(9, "b")));
    assert_ne!(key(&text(9, "a")), key(&text(8, "a")));
    assert_eq!(key(&job(1)).len(), 64);
}

#[test]
fn nobody_is_named_in_a_log_line() {
    let body = event(json!({"Event":"TEMPLATESENDJOBFINISH","MsgID":1,"Status":"success"})).to_string();
    let message = open_push(&plain_query(TOKEN), body.as_bytes(), &keys(PushMode::Plain)).unwrap();
    assert!(!format!("{message:?} {:?}", keys(PushMode::Safe)).contains("o-person"));
}
