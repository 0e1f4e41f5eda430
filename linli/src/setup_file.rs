//! The setup file: one JSON document that says which company, accounts and projects there are. Secrets stay in files
//! of their own, named here, so that the document can be shown to others.

use std::path::{Path, PathBuf};

use domain::ids::{CompanyId, MerchantId, SmsAccountId};
use secrecy::SecretString;
use serde::Deserialize;
use service::audit::By;
use service::installation::Installation;
use service::setup::{
    self, AppKind, NewApp, NewMerchant, NewSmsAccount, NewVerifier, ProjectChannels, attach, create_company,
    register_app, register_merchant, register_sms_account, set_template,
};
use service::store::Placement;
use service::tenancy::NewProject;

use crate::start::create_project;

/// The document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupFile {
    /// The company's name.
    pub company: String,
    /// Its merchant number.
    pub merchant: Option<Merchant>,
    /// Its mini program.
    pub mini_program: Option<App>,
    /// Its service account.
    pub service_account: Option<App>,
    /// Its SMS account.
    pub sms: Option<Sms>,
    /// Its projects.
    pub projects: Vec<Project>,
}

/// A merchant number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merchant {
    /// The number.
    pub mchid: String,
    /// Serial of the API certificate.
    pub serial_no: String,
    /// File with the private key, PKCS#8 PEM.
    pub private_key_file: PathBuf,
    /// File with the APIv3 key.
    pub api_v3_key_file: PathBuf,
    /// `PUB_KEY_ID_…` and the file with WeChat Pay's public key.
    #[serde(default)]
    pub public_keys: Vec<PublicKey>,
    /// Files with platform certificates, with their serials.
    #[serde(default)]
    pub platform_certificates: Vec<PublicKey>,
}

/// A key WeChat Pay signs with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// Its id or serial.
    pub serial: String,
    /// File with the PEM.
    pub file: PathBuf,
}

/// A WeChat app.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// `wx…`
    pub app_id: String,
    /// File with the AppSecret.
    pub secret_file: PathBuf,
    /// File with the push token, if pushes are configured.
    pub push_token_file: Option<PathBuf>,
    /// File with the EncodingAESKey; without it the push is in plain mode.
    pub push_aes_key_file: Option<PathBuf>,
    /// The template of bill notices.
    pub bill_notice: Option<Template>,
}

/// An approved template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its id.
    pub template_id: String,
    /// Its fields in order, each with one of `house`, `amount`, `due`, `note`.
    pub fields: Vec<(String, String)>,
}

/// An SMS account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// `tencent` or `aliyun`.
    pub vendor: Vendor,
    /// File with the access key's id.
    pub secret_id_file: PathBuf,
    /// File with the access key.
    pub secret_key_file: PathBuf,
    /// Tencent's SmsSdkAppId.
    #[serde(default)]
    pub sdk_app_id: String,
    /// The approved signature.
    pub sign_name: String,
    /// File with the unguessable end of the report address.
    pub report_token_file: PathBuf,
    /// The template of bill notices.
    pub bill_notice: Template,
}

/// An SMS vendor.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// Tencent Cloud.
    Tencent,
    /// Alibaba Cloud.
    Aliyun,
}

/// A project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// 2–6 characters of `[0-9a-z]`.
    pub code: String,
    /// The name owners know.
    pub name: String,
    /// Whom owners call.
    pub service_phone: String,
    /// `sqlite:PATH` or `postgres://…`.
    pub placement: String,
}

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
    let merchant_id = match &plan.merchant {
        Some(merchant) => Some(add_merchant(installation, company, merchant, folder).await?),
        None => None,
    };
    for (app, kind) in [(&plan.mini_program, AppKind::MiniProgram), (&plan.service_account, AppKind::ServiceAccount)] {
        if let Some(app) = app {
            add_app(installation, company, app, kind, folder).await?;
            said.push(format!("消息推送网址 {}/callback/wechat/{}", installation.public_url, app.app_id));
        }
    }
    let sms_account_id = match &plan.sms {
        Some(sms) => Some(add_sms(installation, company, sms, folder).await?),
        None => None,
    };
    let channels = ProjectChannels {
        mini_program_app_id: plan.mini_program.as_ref().map(|app| app.app_id.clone()),
        service_account_app_id: plan.service_account.as_ref().map(|app| app.app_id.clone()),
        merchant_id,
        sms_account_id,
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

async fn add_app(
    installation: &Installation,
    company_id: CompanyId,
    app: &App,
    kind: AppKind,
    folder: Option<&Path>,
) -> Result<(), Failure> {
    let push = match &app.push_token_file {
        Some(token) => {
            let aes_key = app.push_aes_key_file.as_ref().map(|file| secret(file, folder)).transpose()?;
            Some(setup::PushSecrets { token: secret(token, folder)?, aes_key })
        }
        None => None,
    };
    let new = NewApp { company_id, app_id: app.app_id.clone(), kind, secret: secret(&app.secret_file, folder)?, push };
    let now_ms = installation.clock.now_ms();
    register_app(&installation.control, &new, &By::operator(), now_ms).await?;
    if let Some(template) = &app.bill_notice {
        add_template(installation, &app.app_id, template).await?;
    }
    Ok(())
}

async fn add_sms(
    installation: &Installation,
    company_id: CompanyId,
    sms: &Sms,
    folder: Option<&Path>,
) -> Result<SmsAccountId, Failure> {
    let new = NewSmsAccount {
        company_id,
        vendor: match sms.vendor {
            Vendor::Tencent => "tencent",
            Vendor::Aliyun => "aliyun",
        },
        secret_id: secret(&sms.secret_id_file, folder)?,
        secret_key: secret(&sms.secret_key_file, folder)?,
        sdk_app_id: sms.sdk_app_id.clone(),
        sign_name: sms.sign_name.clone(),
        report_token: secret(&sms.report_token_file, folder)?,
    };
    let now_ms = installation.clock.now_ms();
    let id = register_sms_account(&installation.control, &new, &By::operator(), now_ms).await?;
    add_template(installation, &id.to_string(), &sms.bill_notice).await?;
    Ok(id)
}

async fn add_template(installation: &Installation, account: &str, template: &Template) -> Result<(), Failure> {
    let fields: Vec<(&str, &str)> =
        template.fields.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect();
    let now_ms = installation.clock.now_ms();
    set_template(
        &installation.control,
        account,
        "bill_notice",
        &template.template_id,
        &fields,
        &By::operator(),
        now_ms,
    )
    .await?;
    Ok(())
}
