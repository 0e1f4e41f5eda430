//! The outside world of a story: what a company has registered with WeChat, WeChat Pay and an SMS vendor.

use sim::{
    AliyunAccount, AppConfig, AppKind, MerchantConfig, MerchantKeys, PushMode, SignMode, Sim, SimConfig, Template,
    TencentAccount, Vendor,
};

/// The template of bill notices, at WeChat and at the SMS vendor.
pub const TEMPLATE: &str = "bill-notice-template";
/// Its number at the SMS vendor.
pub const SMS_TEMPLATE: &str = "1234567";
/// The approved signature of texts.
pub const SMS_SIGN: &str = "翠湖物业";
/// Which of our values fills which field of the template.
pub const TEMPLATE_FIELDS: [(&str, &str); 4] =
    [("thing1", "house"), ("amount2", "amount"), ("time3", "due"), ("thing4", "note")];
/// The same for texts, in order.
pub const SMS_FIELDS: [(&str, &str); 3] = [("1", "house"), ("2", "amount"), ("3", "due")];
/// The template of texts at the second vendor, where variables have names.
pub const SMS_BACKUP_TEMPLATE: &str = "SMS_1234567";
/// Its fields.
pub const SMS_BACKUP_FIELDS: [(&str, &str); 3] = [("house", "house"), ("amount", "amount"), ("due", "due")];
/// The template of calls.
pub const VOICE_TEMPLATE: &str = "7654321";
/// What is read aloud.
pub const VOICE_FIELDS: [(&str, &str); 1] = [("1", "voice")];

/// Secrets and numbers of one company, all made of its number, so that two companies share nothing.
#[derive(Clone)]
pub struct Registered {
    /// The mini program.
    pub mini: String,
    /// The service account.
    pub official: String,
    /// The merchant number.
    pub mchid: String,
    /// 32 bytes.
    pub api_v3_key: String,
    /// The AppSecret of both apps.
    pub app_secret: String,
    /// Token of the message push.
    pub push_token: String,
    /// EncodingAESKey of the message push.
    pub push_aes_key: String,
    /// SecretId of the SMS account.
    pub sms_secret_id: String,
    /// SecretKey of the SMS account.
    pub sms_secret_key: String,
    /// SmsSdkAppId.
    pub sms_app_id: String,
    /// The unguessable end of the URL that reports come to.
    pub report_token: String,
    /// AccessKeyId of the second SMS account, at the other vendor.
    pub sms_backup_key_id: String,
    /// Its AccessKeySecret.
    pub sms_backup_key_secret: String,
    /// Where its reports come to.
    pub sms_backup_report_token: String,
    /// SecretId of the voice account.
    pub voice_secret_id: String,
    /// Its SecretKey.
    pub voice_secret_key: String,
    /// VoiceSdkAppid.
    pub voice_app_id: String,
    /// Where its reports come to.
    pub voice_report_token: String,
    /// SecretId of the second voice account.
    pub voice_backup_secret_id: String,
    /// Its SecretKey.
    pub voice_backup_secret_key: String,
    /// Where its reports come to.
    pub voice_backup_report_token: String,
    /// The merchant's API certificate.
    pub merchant_private_key_pem: String,
    /// Its serial number.
    pub merchant_serial: String,
}

/// A simulator that answers at once and stands still at `frozen_at_ms`, if given.
pub async fn start(frozen_at_ms: Option<i64>) -> Sim {
    let config = SimConfig { frozen_at_ms, hold_ms: 20, callback_timeout_ms: 20_000, ..SimConfig::default() };
    Sim::start(config).await.unwrap()
}

/// Registers company number `number`, which is reached under `public_url`.
pub fn register(sim: &Sim, number: usize, public_url: &str) -> Registered {
    // One key for all merchants of a process: making one takes longer than most stories.
    static KEYS: std::sync::OnceLock<MerchantKeys> = std::sync::OnceLock::new();
    let keys = KEYS.get_or_init(|| MerchantKeys::generate().unwrap());
    let registered = Registered {
        mini: format!("wxmini{number:012}"),
        official: format!("wxofficial{number:08}"),
        mchid: format!("19{number:08}"),
        api_v3_key: format!("apiv3-key-of-company-{number:011}"),
        app_secret: format!("app-secret-of-company-{number:04}"),
        push_token: format!("pushToken{number:04}"),
        push_aes_key: format!("{:A<43}", format!("pushAesKey{number:04}")),
        sms_secret_id: format!("AKIDsmsSecretId{number:04}"),
        sms_secret_key: format!("smsSecretKey{number:04}"),
        sms_app_id: format!("14000{number:05}"),
        report_token: format!("reportToken{number:04}abcdefghijklmnopqrstuvwxyz"),
        sms_backup_key_id: format!("LTAIsmsBackup{number:04}"),
        sms_backup_key_secret: format!("smsBackupSecret{number:04}"),
        sms_backup_report_token: format!("smsBackupReport{number:04}abcdefghijklmnopqrstuvwxyz"),
        voice_secret_id: format!("AKIDvoiceSecretId{number:04}"),
        voice_secret_key: format!("voiceSecretKey{number:04}"),
        voice_app_id: format!("14001{number:05}"),
        voice_report_token: format!("voiceReport{number:04}abcdefghijklmnopqrstuvwxyz"),
        voice_backup_secret_id: format!("AKIDvoiceBackup{number:04}"),
        voice_backup_secret_key: format!("voiceBackupKey{number:04}"),
        voice_backup_report_token: format!("voiceBackupReport{number:04}abcdefghijklmnopqrstuvwxyz"),
        merchant_private_key_pem: keys.private_key_pem.clone(),
        merchant_serial: keys.certificate_serial.clone(),
    };
    apps(sim, &registered, public_url);
    sim.add_merchant(MerchantConfig {
        mchid: registered.mchid.clone(),
        appids: vec![registered.mini.clone()],
        api_v3_key: registered.api_v3_key.clone(),
        merchant_public_key_pem: keys.public_key_pem.clone(),
        merchant_cert_serial: keys.certificate_serial.clone(),
        mode: SignMode::PublicKey,
    })
    .unwrap();
    telecom(sim, &registered, public_url);
    registered
}

fn apps(sim: &Sim, registered: &Registered, public_url: &str) {
    for (app, kind) in [(&registered.mini, AppKind::MiniProgram), (&registered.official, AppKind::ServiceAccount)] {
        sim.add_app(AppConfig::new(app, &registered.app_secret, kind));
        let url = format!("{public_url}/callback/wechat/{app}");
        sim.configure_push(app, &url, &registered.push_token, &registered.push_aes_key, PushMode::Safe).unwrap();
    }
    let labels = [("thing1", "房屋"), ("amount2", "金额"), ("time3", "应缴日期"), ("thing4", "说明")];
    sim.add_template(&registered.official, Template::new(TEMPLATE, "账单通知", &labels)).unwrap();
}

/// Two vendors for texts, two accounts at one of them for calls.
fn telecom(sim: &Sim, registered: &Registered, public_url: &str) {
    let signs = vec![SMS_SIGN.to_owned()];
    sim.add_tencent_account(TencentAccount {
        secret_id: registered.sms_secret_id.clone(),
        secret_key: registered.sms_secret_key.clone(),
        sms_sdk_app_id: registered.sms_app_id.clone(),
        voice_sdk_app_id: String::new(),
        signs: signs.clone(),
        sms_callback: Some(format!("{public_url}/callback/sms/{}", registered.report_token)),
        voice_callback: None,
    });
    sim.add_telecom_template(Vendor::Tencent, SMS_TEMPLATE, "{1}的账单{2}，应缴日期{3}，详见小程序。");
    sim.add_aliyun_account(AliyunAccount {
        access_key_id: registered.sms_backup_key_id.clone(),
        access_key_secret: registered.sms_backup_key_secret.clone(),
        signs,
        sms_report: Some(format!("{public_url}/callback/sms/{}", registered.sms_backup_report_token)),
        voice_report: None,
    });
    let text = "${house}的账单${amount}，应缴日期${due}，详见小程序。";
    sim.add_telecom_template(Vendor::Aliyun, SMS_BACKUP_TEMPLATE, text);
    for (id, key, token) in [
        (&registered.voice_secret_id, &registered.voice_secret_key, &registered.voice_report_token),
        (
            &registered.voice_backup_secret_id,
            &registered.voice_backup_secret_key,
            &registered.voice_backup_report_token,
        ),
    ] {
        sim.add_tencent_account(TencentAccount {
            secret_id: id.clone(),
            secret_key: key.clone(),
            sms_sdk_app_id: String::new(),
            voice_sdk_app_id: registered.voice_app_id.clone(),
            signs: Vec::new(),
            sms_callback: None,
            voice_callback: Some(format!("{public_url}/callback/voice/{token}")),
        });
    }
    sim.add_telecom_template(Vendor::Tencent, VOICE_TEMPLATE, "{1}");
}
