//! A project with everything its company has registered outside.

use chrono_tz::Asia::Shanghai;
use domain::ids::{CompanyId, MerchantId, ProjectId, SmsAccountId, VoiceAccountId};
use secrecy::SecretString;
use service::audit::By;
use service::installation::Installation;
use service::setup::{
    self, AppKind, NewApp, NewMerchant, NewSmsAccount, NewVerifier, NewVoiceAccount, ProjectChannels, PushSecrets,
};
use service::store::Placement;
use service::tenancy::NewProject;
use sim::Sim;

use crate::outside::{
    Registered, SMS_BACKUP_FIELDS, SMS_BACKUP_TEMPLATE, SMS_FIELDS, SMS_SIGN, SMS_TEMPLATE, TEMPLATE, TEMPLATE_FIELDS,
    VOICE_FIELDS, VOICE_TEMPLATE,
};

/// A project and its company.
#[derive(Clone)]
pub struct Community {
    /// The project.
    pub id: ProjectId,
    /// Its code.
    pub code: String,
    /// Its company.
    pub company: CompanyId,
    /// The company's merchant.
    pub merchant: MerchantId,
    /// What the company has registered outside.
    pub outside: Registered,
    /// The URL of its database.
    pub database_url: String,
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

impl Community {
    /// A company of its own with one project in the database at `database_url`.
    pub async fn found(
        installation: &Installation,
        sim: &Sim,
        outside: Registered,
        code: &str,
        database_url: String,
    ) -> Self {
        let (control, by, now_ms) = (&installation.control, By::operator(), installation.clock.now_ms());
        let company = setup::create_company(control, "测试物业", &by, now_ms).await.unwrap();
        let merchant = merchant(installation, sim, company, &outside).await;
        let channels = channels(installation, company, merchant, &outside).await;
        let new = NewProject {
            company_id: company,
            code: code.to_owned(),
            name: "翠湖花园".to_owned(),
            zone: Shanghai,
            service_phone: "0512-00000000".to_owned(),
            placement: Placement::parse(&database_url).unwrap(),
        };
        let id = installation.projects.create(new, now_ms).await.unwrap();
        setup::attach(control, id, &channels, &by, now_ms).await.unwrap();
        installation.projects.forget(id).await;
        Self { id, code: code.to_owned(), company, merchant, outside, database_url }
    }

    /// One more project of the same company, with the same merchant, apps and texts.
    pub async fn found_sister(&self, installation: &Installation, code: &str, database_url: String) -> Self {
        let (control, by, now_ms) = (&installation.control, By::operator(), installation.clock.now_ms());
        let info = installation.projects.by_code(&self.code).await.unwrap();
        let new = NewProject {
            company_id: self.company,
            code: code.to_owned(),
            name: "翠湖花园二期".to_owned(),
            zone: Shanghai,
            service_phone: "0512-00000000".to_owned(),
            placement: Placement::parse(&database_url).unwrap(),
        };
        let id = installation.projects.create(new, now_ms).await.unwrap();
        let channels = ProjectChannels {
            mini_program_app_id: info.mini_program_app_id,
            service_account_app_id: info.service_account_app_id,
            merchant_id: info.merchant_id,
            sms_account_id: info.sms_account_id,
            sms_backup_account_id: info.sms_backup_account_id,
            voice_account_id: info.voice_account_id,
            voice_backup_account_id: info.voice_backup_account_id,
        };
        setup::attach(control, id, &channels, &by, now_ms).await.unwrap();
        installation.projects.forget(id).await;
        Self { id, code: code.to_owned(), database_url, ..self.clone() }
    }

    /// Where WeChat Pay tells of its payments.
    pub fn notify_path(&self) -> String {
        format!("/callback/wechatpay/{}/payment", self.id)
    }

    /// A path of owners in this project.
    pub fn owner_path(&self, rest: &str) -> String {
        format!("/api/owner/v1/projects/{}{rest}", self.id)
    }

    /// A path of staff in this project.
    pub fn staff_path(&self, rest: &str) -> String {
        format!("/api/staff/v1/projects/{}{rest}", self.id)
    }
}

async fn merchant(installation: &Installation, sim: &Sim, company: CompanyId, outside: &Registered) -> MerchantId {
    let (public_id, public_pem) = sim.platform_public_key();
    let (certificate_serial, certificate_pem) = sim.platform_certificate();
    let new = NewMerchant {
        company_id: company,
        mchid: outside.mchid.clone(),
        serial_no: outside.merchant_serial.clone(),
        private_key_pem: secret(&outside.merchant_private_key_pem),
        api_v3_key: secret(&outside.api_v3_key),
        verifiers: vec![
            NewVerifier { serial: public_id, is_certificate: false, pem: public_pem },
            NewVerifier { serial: certificate_serial, is_certificate: true, pem: certificate_pem },
        ],
    };
    let now_ms = installation.clock.now_ms();
    setup::register_merchant(&installation.control, &new, &By::operator(), now_ms).await.unwrap()
}

async fn channels(
    installation: &Installation,
    company: CompanyId,
    merchant: MerchantId,
    outside: &Registered,
) -> ProjectChannels {
    let (control, by, now_ms) = (&installation.control, By::operator(), installation.clock.now_ms());
    for (app_id, kind) in [(&outside.mini, AppKind::MiniProgram), (&outside.official, AppKind::ServiceAccount)] {
        let new = NewApp {
            company_id: company,
            app_id: app_id.clone(),
            kind,
            secret: secret(&outside.app_secret),
            push: Some(PushSecrets {
                token: secret(&outside.push_token),
                aes_key: Some(secret(&outside.push_aes_key)),
            }),
        };
        setup::register_app(control, &new, &by, now_ms).await.unwrap();
    }
    let notice = "bill_notice";
    setup::set_template(control, &outside.official, notice, TEMPLATE, &TEMPLATE_FIELDS, &by, now_ms).await.unwrap();
    let (sms, sms_backup) = text_accounts(installation, company, outside).await;
    let (id, id_backup) = (&outside.voice_secret_id, &outside.voice_backup_secret_id);
    let (key, key_backup) = (&outside.voice_secret_key, &outside.voice_backup_secret_key);
    let (token, token_backup) = (&outside.voice_report_token, &outside.voice_backup_report_token);
    let voice = voice_account(installation, company, outside, [id, key, token]).await;
    let voice_backup = voice_account(installation, company, outside, [id_backup, key_backup, token_backup]).await;
    ProjectChannels {
        mini_program_app_id: Some(outside.mini.clone()),
        service_account_app_id: Some(outside.official.clone()),
        merchant_id: Some(merchant),
        sms_account_id: Some(sms),
        sms_backup_account_id: Some(sms_backup),
        voice_account_id: Some(voice),
        voice_backup_account_id: Some(voice_backup),
    }
}

/// The first account for texts and, at another vendor, the second.
async fn text_accounts(
    installation: &Installation,
    company: CompanyId,
    outside: &Registered,
) -> (SmsAccountId, SmsAccountId) {
    let (control, by, now_ms) = (&installation.control, By::operator(), installation.clock.now_ms());
    let first = NewSmsAccount {
        company_id: company,
        vendor: "tencent",
        secret_id: secret(&outside.sms_secret_id),
        secret_key: secret(&outside.sms_secret_key),
        sdk_app_id: outside.sms_app_id.clone(),
        sign_name: SMS_SIGN.to_owned(),
        report_token: secret(&outside.report_token),
    };
    let first = setup::register_sms_account(control, &first, &by, now_ms).await.unwrap();
    let notice = "bill_notice";
    setup::set_template(control, &first.to_string(), notice, SMS_TEMPLATE, &SMS_FIELDS, &by, now_ms).await.unwrap();
    let second = NewSmsAccount {
        company_id: company,
        vendor: "aliyun",
        secret_id: secret(&outside.sms_backup_key_id),
        secret_key: secret(&outside.sms_backup_key_secret),
        sdk_app_id: String::new(),
        sign_name: SMS_SIGN.to_owned(),
        report_token: secret(&outside.sms_backup_report_token),
    };
    let second = setup::register_sms_account(control, &second, &by, now_ms).await.unwrap();
    let (id, fields) = (second.to_string(), SMS_BACKUP_FIELDS);
    setup::set_template(control, &id, notice, SMS_BACKUP_TEMPLATE, &fields, &by, now_ms).await.unwrap();
    (first, second)
}

/// An account for calls with its key's id, its key and the end of its report address.
async fn voice_account(
    installation: &Installation,
    company: CompanyId,
    outside: &Registered,
    [id, key, token]: [&str; 3],
) -> VoiceAccountId {
    let (control, by, now_ms) = (&installation.control, By::operator(), installation.clock.now_ms());
    let new = NewVoiceAccount {
        company_id: company,
        vendor: "tencent",
        secret_id: secret(id),
        secret_key: secret(key),
        sdk_app_id: outside.voice_app_id.clone(),
        show_number: String::new(),
        report_token: secret(token),
    };
    let voice = setup::register_voice_account(control, &new, &by, now_ms).await.unwrap();
    let notice = "bill_notice";
    setup::set_template(control, &voice.to_string(), notice, VOICE_TEMPLATE, &VOICE_FIELDS, &by, now_ms).await.unwrap();
    voice
}
