//! The setup file: one JSON document that says which company, accounts and projects there are. Secrets stay in files
//! of their own, named here, so that the document can be shown to others.

mod document;

use std::path::Path;

use domain::ids::{CompanyId, MerchantId, SmsAccountId, VoiceAccountId};
use domain::reminder::Channel;
use secrecy::SecretString;
use service::audit::By;
use service::installation::Installation;
use service::setup::{
    self, AppKind, NewApp, NewMerchant, NewSmsAccount, NewVerifier, NewVoiceAccount, ProjectChannels, SendingLimits,
    attach, create_company, register_app, register_merchant, register_sms_account, register_voice_account,
    set_sending_limits, set_template,
};
use service::store::Placement;
use service::tenancy::NewProject;

pub use document::{App, Limits, Merchant, Project, PublicKey, SetupFile, Sms, Template, Vendor, Voice};

use crate::start::create_project;

/// The purpose of templates of bill notices.
const BILL_NOTICE: &str = "bill_notice";
/// The same as 订阅通知.
const BILL_NOTICE_NOTIFY: &str = "bill_notice_notify";

type Failure = Box<dyn std::error::Error>;

/// Registers everything and answers what to tell the operator. Relative file names are below `folder`.
///
/// # Errors
/// The first thing that is refused; what was registered before it stays.
pub async fn apply(
    installation: &Installation,
    plan: &SetupFile,
    folder: Option<&Path>,
) -> Result<Vec<String>, Failure> {
    let control = &installation.control;
    let (by, now_ms) = (By::operator(), installation.clock.now_ms());
    let company = create_company(control, &plan.company, &by, now_ms).await?;
    let mut said = vec![format!("公司 {} {company}", plan.company)];
    let accounts = Registrar { installation, company, folder };
    let merchant_id = match &plan.merchant {
        Some(merchant) => Some(add_merchant(installation, company, merchant, folder).await?),
        None => None,
    };
    for (app, kind) in [(&plan.mini_program, AppKind::MiniProgram), (&plan.service_account, AppKind::ServiceAccount)] {
        if let Some(app) = app {
            accounts.app(app, kind).await?;
            said.push(format!("消息推送网址 {}/callback/wechat/{}", installation.public_url, app.app_id));
        }
    }
    let channels = ProjectChannels {
        mini_program_app_id: plan.mini_program.as_ref().map(|app| app.app_id.clone()),
        service_account_app_id: plan.service_account.as_ref().map(|app| app.app_id.clone()),
        merchant_id,
        sms_account_id: accounts.sms(plan.sms.as_ref()).await?,
        sms_backup_account_id: accounts.sms(plan.sms_backup.as_ref()).await?,
        voice_account_id: accounts.voice(plan.voice.as_ref()).await?,
        voice_backup_account_id: accounts.voice(plan.voice_backup.as_ref()).await?,
    };
    for project in &plan.projects {
        let new = NewProject {
            company_id: company,
            code: project.code.clone(),
            name: project.name.clone(),
            zone: chrono_tz::Asia::Shanghai,
            service_phone: project.service_phone.clone(),
            placement: Placement::parse(&project.placement)?,
        };
        let id = create_project(&installation.projects, new, now_ms).await?;
        attach(control, id, &channels, &by, now_ms).await?;
        said.push(format!("项目 {} {} {id}", project.code, project.name));
    }
    Ok(said)
}

fn secret(file: &Path, folder: Option<&Path>) -> Result<SecretString, Failure> {
    let path = folder.map_or_else(|| file.to_path_buf(), |folder| folder.join(file));
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}：{error}", path.display()))?;
    Ok(SecretString::from(text.trim().to_owned()))
}

fn text(file: &Path, folder: Option<&Path>) -> Result<String, Failure> {
    let path = folder.map_or_else(|| file.to_path_buf(), |folder| folder.join(file));
    Ok(std::fs::read_to_string(&path).map_err(|error| format!("{}：{error}", path.display()))?)
}

async fn add_merchant(
    installation: &Installation,
    company_id: CompanyId,
    merchant: &Merchant,
    folder: Option<&Path>,
) -> Result<MerchantId, Failure> {
    let mut verifiers = Vec::new();
    for (keys, is_certificate) in [(&merchant.public_keys, false), (&merchant.platform_certificates, true)] {
        for key in keys {
            verifiers.push(NewVerifier { serial: key.serial.clone(), is_certificate, pem: text(&key.file, folder)? });
        }
    }
    let new = NewMerchant {
        company_id,
        mchid: merchant.mchid.clone(),
        serial_no: merchant.serial_no.clone(),
        private_key_pem: secret(&merchant.private_key_file, folder)?,
        api_v3_key: secret(&merchant.api_v3_key_file, folder)?,
        verifiers,
    };
    let now_ms = installation.clock.now_ms();
    Ok(register_merchant(&installation.control, &new, &By::operator(), now_ms).await?)
}

/// Registers the accounts of one company.
struct Registrar<'a> {
    installation: &'a Installation,
    company: CompanyId,
    folder: Option<&'a Path>,
}

impl Registrar<'_> {
    fn now_ms(&self) -> i64 {
        self.installation.clock.now_ms()
    }

    async fn app(&self, app: &App, kind: AppKind) -> Result<(), Failure> {
        let push = match &app.push_token_file {
            Some(token) => {
                let aes_key = app.push_aes_key_file.as_ref().map(|file| secret(file, self.folder)).transpose()?;
                Some(setup::PushSecrets { token: secret(token, self.folder)?, aes_key })
            }
            None => None,
        };
        let new = NewApp {
            company_id: self.company,
            app_id: app.app_id.clone(),
            kind,
            secret: secret(&app.secret_file, self.folder)?,
            push,
        };
        register_app(&self.installation.control, &new, &By::operator(), self.now_ms()).await?;
        for (purpose, template) in [(BILL_NOTICE, &app.bill_notice), (BILL_NOTICE_NOTIFY, &app.bill_notice_notify)] {
            if let Some(template) = template {
                self.template(&app.app_id, purpose, template).await?;
            }
        }
        let channel = match kind {
            AppKind::MiniProgram => Channel::WechatSubscribe,
            AppKind::ServiceAccount => Channel::WechatTemplate,
        };
        self.limits(&app.app_id, channel, app.limits).await?;
        self.limits(&app.app_id, Channel::WechatNotify, app.notify_limits).await
    }

    async fn sms(&self, sms: Option<&Sms>) -> Result<Option<SmsAccountId>, Failure> {
        let Some(sms) = sms else { return Ok(None) };
        let new = NewSmsAccount {
            company_id: self.company,
            vendor: sms.vendor.as_str(),
            secret_id: secret(&sms.secret_id_file, self.folder)?,
            secret_key: secret(&sms.secret_key_file, self.folder)?,
            sdk_app_id: sms.sdk_app_id.clone(),
            sign_name: sms.sign_name.clone(),
            report_token: secret(&sms.report_token_file, self.folder)?,
        };
        let id = register_sms_account(&self.installation.control, &new, &By::operator(), self.now_ms()).await?;
        self.template(&id.to_string(), BILL_NOTICE, &sms.bill_notice).await?;
        self.limits(&id.to_string(), Channel::Sms, sms.limits).await?;
        Ok(Some(id))
    }

    async fn voice(&self, voice: Option<&Voice>) -> Result<Option<VoiceAccountId>, Failure> {
        let Some(voice) = voice else { return Ok(None) };
        let new = NewVoiceAccount {
            company_id: self.company,
            vendor: voice.vendor.as_str(),
            secret_id: secret(&voice.secret_id_file, self.folder)?,
            secret_key: secret(&voice.secret_key_file, self.folder)?,
            sdk_app_id: voice.sdk_app_id.clone(),
            show_number: voice.show_number.clone(),
            report_token: secret(&voice.report_token_file, self.folder)?,
        };
        let id = register_voice_account(&self.installation.control, &new, &By::operator(), self.now_ms()).await?;
        self.template(&id.to_string(), BILL_NOTICE, &voice.bill_notice).await?;
        self.limits(&id.to_string(), Channel::Voice, voice.limits).await?;
        Ok(Some(id))
    }

    async fn template(&self, account: &str, purpose: &str, template: &Template) -> Result<(), Failure> {
        let fields: Vec<(&str, &str)> =
            template.fields.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect();
        let (control, by) = (&self.installation.control, By::operator());
        let stored = set_template(control, account, purpose, &template.template_id, &fields, &by, self.now_ms()).await;
        Ok(stored.map_err(|error| format!("模板 {}：{error}", template.template_id))?)
    }

    async fn limits(&self, account: &str, channel: Channel, limits: Option<Limits>) -> Result<(), Failure> {
        let Some(Limits { daily_quota, overdue_reserve, cost_fen }) = limits else { return Ok(()) };
        let limits = SendingLimits { account: account.to_owned(), channel, daily_quota, overdue_reserve, cost_fen };
        let (control, by) = (&self.installation.control, By::operator());
        Ok(set_sending_limits(control, self.company, &limits, &by, self.now_ms()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_in_the_manual_is_understood() {
        let manual = include_str!("../../docs/OPERATIONS.md");
        let form = manual.split("```json").nth(1).unwrap().split("```").next().unwrap();
        let plan: SetupFile = serde_json::from_str(form).unwrap();
        assert_eq!(plan.voice.unwrap().bill_notice.fields, [("1".to_owned(), "voice".to_owned())]);
        assert!(plan.sms_backup.unwrap().limits.is_some());
        assert!(plan.service_account.unwrap().bill_notice_notify.is_some());
    }
}
