//! The demo's world: a community with its workbook imported and a month of bills issued, and the vendors around it.

use std::io::Write as _;
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate, NaiveTime};
use domain::billing::Prorate;
use domain::ids::{CompanyId, ProjectId};
use domain::money::Rounding;
use domain::period::Period;
use secrecy::SecretString;
use service::audit::By;
use service::bills::{self, RunMode, RunOrigin, RunRequest};
use service::clock::Clock;
use service::fees::{NewFeeItem, NewTariff, create_fee_item, create_tariff};
use service::houses::ImportMode;
use service::installation::Installation;
use service::setup::{self, AppKind, NewApp, NewMerchant, NewSmsAccount, NewVerifier, ProjectChannels, PushSecrets};
use service::staff::{self, NewStaff, Role};
use service::store::Placement;
use service::tenancy::{NewProject, ProjectDb};
use service::vault::{MasterKey, random};
use sim::{PersonId, Sim, SimConfig};
use uuid::Uuid;

use super::households::{self, Household};
use super::vendors::{
    ASK_TEMPLATE, MCHID, MERCHANT_SERIAL, MINI_PROGRAM, SERVICE_ACCOUNT, SMS_APP, SMS_SIGN, SMS_TEMPLATE, Secrets,
    TEMPLATE, furnish_vendors,
};
use crate::commands;
use crate::config::{Addresses, Config};
use crate::start;

type Failure = Box<dyn std::error::Error>;

/// The community's house workbook.
const WORKBOOK: &[u8] = include_bytes!("../../demo/houses.xlsx");
/// The bills of the demo are due this many days after today, so that three days before lies ahead.
const DUE_AFTER_DAYS: u64 = 7;

/// The community's time zone.
const ZONE: chrono_tz::Tz = chrono_tz::Asia::Shanghai;
/// The time of day at which the demo begins.
const OPENS_AT: NaiveTime = match NaiveTime::from_hms_opt(10, 30, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// The demo's people at the desk.
pub const STAFF_LOGIN: &str = "demo";
/// Their password: this installation holds nothing and is reachable from this machine only.
pub const STAFF_PASSWORD: &str = "linli-demo-only";

/// A household with its phone in the simulator.
#[derive(Debug, Clone)]
pub struct Phone {
    /// The household.
    pub household: Household,
    /// Who holds the phone.
    pub person: PersonId,
    /// Their house.
    pub house_id: Uuid,
}

/// Everything the demo runs on.
#[derive(Clone)]
pub struct DemoWorld {
    /// The system.
    pub installation: Installation,
    /// The outside world.
    pub sim: Arc<Sim>,
    /// The community.
    pub project: ProjectId,
    /// The phones that are shown.
    pub phones: Arc<Vec<Phone>>,
    /// The day the demo's bills are due.
    pub due_day: NaiveDate,
    /// What was set up, in words.
    pub story: Arc<Vec<String>>,
    _folder: Arc<tempfile::TempDir>,
}

impl DemoWorld {
    /// Builds it from nothing: databases in a temporary folder, the community imported and billed.
    ///
    /// # Errors
    /// What the set-up says.
    pub async fn build(bind: &str) -> Result<Self, Failure> {
        let folder = Arc::new(tempfile::tempdir()?);
        let sim = Sim::start(SimConfig { auto_pump: true, ..SimConfig::default() }).await?;
        let secrets = Secrets::make()?;
        let clock = Clock::system();
        start_the_day(&clock, &sim);
        let config = config(bind, folder.path(), &sim)?;
        start::migrate_control(&config.control).await?;
        let installation = start::installation(&config, clock).await?;
        furnish_vendors(&sim, &secrets, &config.public_url)?;
        let project = furnish_installation(&installation, &sim, &secrets, folder.path()).await?;
        let mut story = vec!["已建立项目 翠湖花园；数据放在临时目录，退出即清除".to_owned()];
        let (phones, due_day) = open_doors(&installation, &sim, project, &mut story).await?;
        Ok(Self {
            installation,
            sim: Arc::new(sim),
            project,
            phones: Arc::new(phones),
            due_day,
            story: Arc::new(story),
            _folder: folder,
        })
    }

    /// The owners who follow the service account do so now: WeChat tells us, and who they are is looked up. Those who
    /// use the mini program sign in once, so that their house is bound by its phone number.
    ///
    /// # Errors
    /// What the simulator or the system says.
    pub async fn greet_owners(&self) -> Result<(), Failure> {
        for phone in self.phones.iter().filter(|phone| phone.household.follows) {
            let now = self.installation.now();
            let code = self.sim.issue_login_code(MINI_PROGRAM, phone.person)?;
            let signed_in = service::wechat_login::sign_in(&self.installation, MINI_PROGRAM, &code, now).await?;
            let session = service::owners::OwnerSession {
                person_id: signed_in.person_id,
                app_id: MINI_PROGRAM.to_owned(),
                openid: self.sim.openid(phone.person, MINI_PROGRAM)?,
            };
            let code = self.sim.issue_phone_code(phone.person)?;
            service::wechat_login::take_phone(&self.installation, &session, &code, now).await?;
            self.sim.follow(phone.person, SERVICE_ACCOUNT)?;
        }
        Ok(())
    }

    /// Tells the person at the terminal where to look.
    pub fn announce(&self, address: &str) {
        let mut out = std::io::stdout();
        for line in self.story.iter() {
            let _ = writeln!(out, "{line}");
        }
        let _ = writeln!(out, "\n演示页面   http://{address}/demo");
        let _ = writeln!(out, "员工后台   http://{address}/console/");
        let _ = writeln!(out, "接口说明   http://{address}/openapi.json");
        if !super::mini::is_built() {
            let _ = writeln!(out, "{}", super::mini::HOW_TO_BUILD);
        }
        let _ = writeln!(out, "员工账号   {STAFF_LOGIN} / {STAFF_PASSWORD}");
        let _ = writeln!(out, "按 Ctrl-C 结束");
    }

    /// The mini program's app id.
    #[must_use]
    pub const fn mini_program(&self) -> &'static str {
        MINI_PROGRAM
    }
}

/// Both clocks show the same morning: messages go out at ten, and a demo at midnight should not wait for them.
fn start_the_day(clock: &Clock, sim: &Sim) {
    let local = clock.now().with_timezone(&ZONE).time();
    let by_ms = OPENS_AT.signed_duration_since(local).num_milliseconds();
    clock.advance_ms(by_ms);
    sim.clock().set_ms(clock.now_ms());
}

fn config(bind: &str, folder: &std::path::Path, sim: &Sim) -> Result<Config, Failure> {
    use base64::Engine as _;
    let urls = sim.urls();
    let master = base64::engine::general_purpose::STANDARD.encode(random::<32>()?);
    Ok(Config {
        master_key: MasterKey::parse(&master)?,
        control: Placement::parse(&format!("sqlite:{}", folder.join("control.db").display()))?,
        public_url: format!("http://{bind}"),
        bind: bind.to_owned(),
        workers: 2,
        open_projects: 8,
        node: "demo".to_owned(),
        redis_url: None,
        addresses: Addresses {
            wechat: urls.wechat,
            wechat_pay: urls.pay,
            wechat_pay_failover: urls.pay_failover,
            tencent_sms: urls.tencent_sms,
            aliyun_sms: urls.aliyun_sms,
            tencent_voice: urls.tencent_voice,
            aliyun_voice: urls.aliyun_voice,
        },
    })
}

/// The company, its accounts and its project.
async fn furnish_installation(
    installation: &Installation,
    sim: &Sim,
    secrets: &Secrets,
    folder: &std::path::Path,
) -> Result<ProjectId, Failure> {
    let (control, by, now_ms) = (&installation.control, By::operator(), installation.clock.now_ms());
    let company_id = setup::create_company(control, "翠湖物业服务有限公司", &by, now_ms).await?;
    let (serial, pem) = sim.platform_public_key();
    let merchant = NewMerchant {
        company_id,
        mchid: MCHID.to_owned(),
        serial_no: MERCHANT_SERIAL.to_owned(),
        private_key_pem: SecretString::from(secrets.merchant.private_key_pem.clone()),
        api_v3_key: SecretString::from(secrets.api_v3_key.clone()),
        verifiers: vec![NewVerifier { serial, is_certificate: false, pem }],
    };
    let merchant_id = setup::register_merchant(control, &merchant, &by, now_ms).await?;
    for (app_id, kind) in [(MINI_PROGRAM, AppKind::MiniProgram), (SERVICE_ACCOUNT, AppKind::ServiceAccount)] {
        let push = PushSecrets {
            token: SecretString::from(secrets.push_token.clone()),
            aes_key: Some(SecretString::from(secrets.push_aes_key.clone())),
        };
        let secret = SecretString::from(secrets.app_secret.clone());
        let app = NewApp { company_id, app_id: app_id.to_owned(), kind, secret, push: Some(push) };
        setup::register_app(control, &app, &by, now_ms).await?;
    }
    let sms = NewSmsAccount {
        company_id,
        vendor: "tencent",
        secret_id: SecretString::from("AKIDdemo".to_owned()),
        secret_key: SecretString::from(secrets.sms_secret.clone()),
        sdk_app_id: SMS_APP.to_owned(),
        sign_name: SMS_SIGN.to_owned(),
        report_token: SecretString::from(secrets.report_token.clone()),
    };
    let sms_account_id = setup::register_sms_account(control, &sms, &by, now_ms).await?;
    let fields = [("thing1", "house"), ("amount2", "amount"), ("time3", "due"), ("thing4", "note")];
    for (app, template) in [(SERVICE_ACCOUNT, TEMPLATE), (MINI_PROGRAM, ASK_TEMPLATE)] {
        setup::set_template(control, app, "bill_notice", template, &fields, &by, now_ms).await?;
    }
    let fields = [("1", "house"), ("2", "amount"), ("3", "due")];
    setup::set_template(control, &sms_account_id.to_string(), "bill_notice", SMS_TEMPLATE, &fields, &by, now_ms)
        .await?;
    let new = NewProject {
        company_id,
        code: "cuihu".to_owned(),
        name: "翠湖花园".to_owned(),
        zone: ZONE,
        service_phone: "0512-00000000".to_owned(),
        placement: Placement::parse(&format!("sqlite:{}", folder.join("cuihu.db").display()))?,
    };
    let project = start::create_project(&installation.projects, new, now_ms).await?;
    let channels = ProjectChannels {
        mini_program_app_id: Some(MINI_PROGRAM.to_owned()),
        service_account_app_id: Some(SERVICE_ACCOUNT.to_owned()),
        merchant_id: Some(merchant_id),
        sms_account_id: Some(sms_account_id),
        ..ProjectChannels::default()
    };
    setup::attach(control, project, &channels, &by, now_ms).await?;
    employ(installation, company_id).await?;
    Ok(project)
}

/// One member of staff who may do everything, in every project.
async fn employ(installation: &Installation, company_id: CompanyId) -> Result<(), Failure> {
    let (control, by, now) = (&installation.control, By::operator(), installation.now());
    let password = SecretString::from(STAFF_PASSWORD.to_owned());
    let new = NewStaff { company_id, login: STAFF_LOGIN.to_owned(), name: "演示员工".to_owned(), password };
    let id = staff::create_staff(control, new, &by, now).await?;
    for role in [Role::Administrator, Role::ProjectManager, Role::Finance] {
        let _ = staff::grant_role(control, company_id, id, None, role, &by, now).await?;
    }
    Ok(())
}

/// Imports the workbook, issues this month's bills, and gives the shown households their phones.
async fn open_doors(
    installation: &Installation,
    sim: &Sim,
    project: ProjectId,
    story: &mut Vec<String>,
) -> Result<(Vec<Phone>, NaiveDate), Failure> {
    let now = installation.now();
    let db = installation.projects.open(project).await?;
    let info = db.info().clone();
    let name = "翠湖花园-房屋业主资料.xlsx";
    let report = commands::import(installation, &info, WORKBOOK, name, ImportMode::Apply).await?;
    story.push(format!(
        "导入《{name}》：接受 {} 套房屋，拒绝 {} 行（逐行写明原因），{} 位业主与租户",
        report.accepted, report.rejected_rows, report.persons_new
    ));
    let by = By::operator();
    let today = info.today(now);
    let item = NewFeeItem {
        code: "property_fee".to_owned(),
        name: "物业费".to_owned(),
        period_months: 1,
        rounding: Rounding::FenHalfUp,
        prorate: Prorate::CalendarDays,
        due_after_days: DUE_AFTER_DAYS,
    };
    let item = create_fee_item(&db, &item, &by, now).await?;
    let period = Period::new(today.year(), today.month(), 1)?;
    let tariff =
        NewTariff {
            formula: "建筑面积 * 单价".to_owned(), effective_from: period.start(), ..NewTariff::default()
        };
    let fee_item = domain::ids::FeeItemId(item.id);
    create_tariff(&db, fee_item, &tariff, &by, now).await?;
    let request = RunRequest { fee_item, period, bill_day: today, origin: RunOrigin::Staff };
    let run = bills::run(&db, &request, RunMode::Publish, &by, now).await?;
    story.push(format!(
        "{}物业费已出账：{} 张账单，合计 {}，应缴日期 {}；{} 套房屋未出账（逐户写明原因）",
        request.period,
        run.bills,
        yuan_words(run.total_fen)?,
        run.due_day.format("%-m月%-d日"),
        run.exception_counts.iter().map(|count| count.houses).sum::<u64>()
    ));
    let records = service::houses::read_workbook(WORKBOOK, today.year())?;
    let mut phones = Vec::new();
    for household in households::pick(&records) {
        let person = sim.add_person(Some(&format!("{} 业主", household.house)), &household.phone);
        let house_id = house_id(&db, &household.house).await?;
        phones.push(Phone { household, person, house_id });
    }
    Ok((phones, run.due_day))
}

/// `¥104,786.79`.
fn yuan_words(fen: i64) -> Result<String, Failure> {
    let yuan = domain::money::Fen::new(fen)?.to_yuan().to_string();
    let (whole, cents) = yuan.split_once('.').unwrap_or((&yuan, "00"));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    Ok(format!("¥{grouped}.{cents}"))
}

async fn house_id(db: &ProjectDb, key: &str) -> Result<Uuid, Failure> {
    let sql = "SELECT id FROM house WHERE house_key = $1";
    let id: Option<Uuid> = db.read("demo.house", async |tx| tx.value(sql, vec![key.into()]).await).await?;
    id.ok_or_else(|| format!("演示房屋 {key} 没有导入").into())
}
