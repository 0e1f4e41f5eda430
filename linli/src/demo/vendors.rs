//! The vendors around the demo: what they know of the company, and the secrets both sides share.

use service::vault::random;
use sim::{AppConfig, MerchantConfig, PushMode, SignMode, Sim, TencentAccount, Vendor};

type Failure = Box<dyn std::error::Error>;

pub(super) const MINI_PROGRAM: &str = "wxdemominiprogram1";
pub(super) const SERVICE_ACCOUNT: &str = "wxdemoserviceaccnt";
pub(super) const MCHID: &str = "1900000109";
pub(super) const MERCHANT_SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
pub(super) const TEMPLATE: &str = "demo-bill-notice";
pub(super) const ASK_TEMPLATE: &str = "demo-bill-subscribe";
pub(super) const SMS_TEMPLATE: &str = "1000001";
pub(super) const SMS_SIGN: &str = "翠湖花园物业";
pub(super) const SMS_APP: &str = "1400000001";

/// The secrets of the demo's accounts, made anew at each start.
pub(super) struct Secrets {
    pub(super) api_v3_key: String,
    pub(super) app_secret: String,
    pub(super) push_token: String,
    pub(super) push_aes_key: String,
    pub(super) sms_secret: String,
    pub(super) report_token: String,
    pub(super) merchant: sim::MerchantKeys,
}

impl Secrets {
    pub(super) fn make() -> Result<Self, Failure> {
        let word = || random::<16>().map(hex_text);
        Ok(Self {
            api_v3_key: word()?,
            app_secret: word()?,
            push_token: word()?,
            push_aes_key: format!("{}{}", word()?, &word()?.get(..11).unwrap_or_default()),
            sms_secret: word()?,
            report_token: word()?,
            merchant: sim::MerchantKeys::generate()?,
        })
    }
}

fn hex_text(bytes: [u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Tells the vendors of the company.
pub(super) fn furnish_vendors(sim: &Sim, secrets: &Secrets, public_url: &str) -> Result<(), Failure> {
    sim.add_app(AppConfig::new(MINI_PROGRAM, &secrets.app_secret, sim::AppKind::MiniProgram));
    sim.add_app(AppConfig::new(SERVICE_ACCOUNT, &secrets.app_secret, sim::AppKind::ServiceAccount));
    for (app, template) in [(SERVICE_ACCOUNT, TEMPLATE), (MINI_PROGRAM, ASK_TEMPLATE)] {
        let fields = [("thing1", "房屋"), ("amount2", "金额"), ("time3", "应缴日期"), ("thing4", "说明")];
        sim.add_template(app, sim::Template::new(template, "账单通知", &fields))?;
    }
    sim.configure_push(
        SERVICE_ACCOUNT,
        &format!("{public_url}/callback/wechat/{SERVICE_ACCOUNT}"),
        &secrets.push_token,
        &secrets.push_aes_key,
        PushMode::Safe,
    )?;
    sim.add_merchant(MerchantConfig {
        mchid: MCHID.to_owned(),
        appids: vec![MINI_PROGRAM.to_owned()],
        api_v3_key: secrets.api_v3_key.clone(),
        merchant_public_key_pem: secrets.merchant.public_key_pem.clone(),
        merchant_cert_serial: MERCHANT_SERIAL.to_owned(),
        mode: SignMode::PublicKey,
    })?;
    sim.add_tencent_account(TencentAccount {
        secret_id: "AKIDdemo".to_owned(),
        secret_key: secrets.sms_secret.clone(),
        sms_sdk_app_id: SMS_APP.to_owned(),
        voice_sdk_app_id: SMS_APP.to_owned(),
        signs: vec![SMS_SIGN.to_owned()],
        sms_callback: Some(format!("{public_url}/callback/sms/{}", secrets.report_token)),
        voice_callback: None,
    });
    let text = "账单通知：{1}物业账单合计{2}，应缴日期{3}。打开微信小程序即可查看缴纳。";
    sim.add_telecom_template(Vendor::Tencent, SMS_TEMPLATE, text);
    Ok(())
}
