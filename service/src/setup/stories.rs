//! Stories of accounts, their templates and limits, and what silences them.

use chrono::{DateTime, Days, Utc};
use domain::ids::{CompanyId, SmsAccountId, VoiceAccountId};
use domain::reminder::Channel;
use secrecy::SecretString;

use super::*;
use crate::fixture::{self, Fixture};

struct Scene {
    fixture: Fixture,
    sms: [SmsAccountId; 2],
    voice: VoiceAccountId,
}

/// Fields with the values that fill them.
type Pairs = &'static [(&'static str, &'static str)];

const MINI: &str = "wx_mini";
const SERVICE: &str = "wx_service";

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

impl Scene {
    async fn new() -> Self {
        let fixture = fixture::project().await;
        let (control, company_id, by, now_ms) = parts(&fixture);
        let mut sms = Vec::new();
        for vendor in ["tencent", "aliyun"] {
            let new = NewSmsAccount {
                company_id,
                vendor,
                secret_id: secret("id"),
                secret_key: secret("key"),
                sdk_app_id: "1".to_owned(),
                sign_name: "翠湖物业".to_owned(),
                report_token: secret(&format!("sms-{vendor}")),
            };
            sms.push(register_sms_account(control, &new, &by, now_ms).await.unwrap());
        }
        let new = NewVoiceAccount {
            company_id,
            vendor: "tencent",
            secret_id: secret("id"),
            secret_key: secret("key"),
            sdk_app_id: "2".to_owned(),
            show_number: String::new(),
            report_token: secret("voice"),
        };
        let voice = register_voice_account(control, &new, &by, now_ms).await.unwrap();
        for (app_id, kind) in [(MINI, AppKind::MiniProgram), (SERVICE, AppKind::ServiceAccount)] {
            let new = NewApp { company_id, app_id: app_id.to_owned(), kind, secret: secret("s"), push: None };
            register_app(control, &new, &by, now_ms).await.unwrap();
        }
        Self { fixture, sms: [sms[0], sms[1]], voice }
    }

    async fn template(&self, account: &str, purpose: &str, fields: &[(&str, &str)]) -> Result<(), SetupError> {
        let (control, _, by, now_ms) = parts(&self.fixture);
        set_template(control, account, purpose, "T1", fields, &by, now_ms).await
    }

    async fn limits(&self, account: &str, channel: Channel, quota: i64, reserve: i64) -> Result<(), SetupError> {
        let limits = SendingLimits {
            account: account.to_owned(),
            channel,
            daily_quota: Some(quota),
            overdue_reserve: Some(reserve),
            cost_fen: 5,
        };
        let (control, company, by, now_ms) = parts(&self.fixture);
        set_sending_limits(control, company, &limits, &by, now_ms).await
    }

    async fn attach(&self, backup: SmsAccountId) -> Result<(), SetupError> {
        let channels = ProjectChannels {
            mini_program_app_id: Some(MINI.to_owned()),
            service_account_app_id: Some(SERVICE.to_owned()),
            merchant_id: None,
            sms_account_id: Some(self.sms[0]),
            sms_backup_account_id: Some(backup),
            voice_account_id: Some(self.voice),
            voice_backup_account_id: None,
        };
        let (control, _, by, now_ms) = parts(&self.fixture);
        attach(control, self.fixture.project_id, &channels, &by, now_ms).await?;
        self.fixture.projects.forget(self.fixture.project_id).await;
        Ok(())
    }

    async fn state(&self) -> SendingState {
        let db = self.fixture.projects.open(self.fixture.project_id).await.unwrap();
        sending_state(&self.fixture.control, db.info(), self.now()).await.unwrap()
    }

    fn now(&self) -> DateTime<Utc> {
        self.fixture.clock.now()
    }

    async fn acts(&self) -> Vec<String> {
        #[derive(sea_orm::FromQueryResult)]
        struct Act {
            action: String,
        }
        let sql = "SELECT action FROM audit_log ORDER BY at_ms, id";
        let rows: Result<Vec<Act>, StoreError> =
            self.fixture.control.read("story.acts", async |tx| tx.rows(sql, vec![]).await).await;
        rows.unwrap().into_iter().map(|act| act.action).collect()
    }
}

fn parts(fixture: &Fixture) -> (&ControlDb, CompanyId, By, i64) {
    (&fixture.control, fixture.company_id, By::operator(), fixture.clock.now_ms())
}

#[tokio::test]
async fn a_template_that_cannot_say_what_a_bill_notice_must_say_is_refused_with_the_reason() {
    let scene = Scene::new().await;
    let good = [("thing1", "house"), ("amount2", "amount"), ("date3", "due")];
    for (account, purpose) in [(MINI, "bill_notice"), (SERVICE, "bill_notice"), (SERVICE, "bill_notice_notify")] {
        scene.template(account, purpose, &good).await.unwrap();
    }
    let (sms, aliyun, voice) = (scene.sms[0].to_string(), scene.sms[1].to_string(), scene.voice.to_string());
    scene.template(&sms, "bill_notice", &[("1", "amount"), ("2", "due")]).await.unwrap();
    scene.template(&voice, "bill_notice", &[("1", "voice")]).await.unwrap();

    let wrong: [(&str, Pairs, &str); 6] = [
        (MINI, &[("thing1", "house"), ("amount2", "amount")], "日期"),
        (SERVICE, &[("amount1", "house"), ("amount2", "amount"), ("date3", "due")], "amount1"),
        (SERVICE, &[("first", "house"), ("amount2", "amount"), ("date3", "due")], "first"),
        (&sms, &[("1", "amount"), ("2", "duedate")], "duedate"),
        (&aliyun, &[("1", "amount"), ("2", "due")], "变量名"),
        (&voice, &[("1", "house")], "voice"),
    ];
    for (account, fields, said) in wrong {
        let error = scene.template(account, "bill_notice", fields).await.unwrap_err();
        assert_eq!(error.code(), "template_fields_invalid", "{fields:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
    let not_there = scene.template("wx_other", "bill_notice", &good).await.unwrap_err();
    assert_eq!(not_there.code(), "sending_account_not_found");
    for (account, purpose) in [(MINI, "bill_notice_notify"), (SERVICE, "Bill Notice"), (SERVICE, "")] {
        let error = scene.template(account, purpose, &good).await.unwrap_err();
        assert_eq!(error.code(), "template_purpose_invalid", "{purpose}");
    }
    assert_eq!(
        scene.acts().await.iter().filter(|act| *act == "set.template").count(),
        5,
        "what is refused is not done"
    );
}

#[tokio::test]
async fn limits_are_of_one_account_and_channel_of_the_company() {
    let scene = Scene::new().await;
    scene.attach(scene.sms[1]).await.unwrap();
    scene.limits(SERVICE, Channel::WechatTemplate, 1_000, 200).await.unwrap();
    scene.limits(SERVICE, Channel::WechatTemplate, 2_000, 300).await.unwrap();
    let state = scene.state().await;
    let names: Vec<(&str, bool)> = state.accounts.iter().map(|one| (one.channel, one.is_backup)).collect();
    let expected = [
        ("wechat_template", false),
        ("wechat_subscribe", false),
        ("wechat_notify", false),
        ("sms", false),
        ("sms", true),
        ("voice", false),
    ];
    assert_eq!(names, expected);
    let first = &state.accounts[0];
    assert_eq!((first.daily_quota, first.overdue_reserve, first.cost_fen), (Some(2_000), Some(300), 5));
    assert_eq!((first.taken_today, first.failures, first.stopped_until), (0, 0, None));
    assert_eq!((first.effective_daily_quota, first.effective_overdue_reserve), (2_000, 300));
    let texts = &state.accounts[3];
    assert_eq!((texts.daily_quota, texts.overdue_reserve), (None, None), "nobody set anything");
    assert_eq!((texts.effective_daily_quota, texts.effective_overdue_reserve), (200_000, 40_000));

    let code = |error: SetupError| error.code();
    let sms = scene.sms[0].to_string();
    assert_eq!(code(scene.limits(&sms, Channel::Voice, 1, 0).await.unwrap_err()), "wrong_channel");
    assert_eq!(code(scene.limits(&sms, Channel::Sms, 10, 11).await.unwrap_err()), "sending_limit_invalid");
    assert_eq!(code(scene.limits(&sms, Channel::Sms, -1, 0).await.unwrap_err()), "sending_limit_invalid");
    let limits =
        SendingLimits { account: sms, channel: Channel::Sms, daily_quota: None, overdue_reserve: None, cost_fen: 0 };
    let (control, _, by, now_ms) = parts(&scene.fixture);
    let foreign = set_sending_limits(control, CompanyId::new(), &limits, &by, now_ms).await.unwrap_err();
    assert_eq!(foreign.code(), "sending_account_not_found", "another company's account is not there");
    assert_eq!(scene.acts().await.iter().filter(|act| *act == "set.sending_limits").count(), 2);
}

#[tokio::test]
async fn an_account_cannot_stand_in_for_itself() {
    let scene = Scene::new().await;
    assert_eq!(scene.attach(scene.sms[0]).await.unwrap_err().code(), "backup_is_first");
    scene.attach(scene.sms[1]).await.unwrap();
}

#[tokio::test]
async fn a_company_rests_until_a_day_with_a_reason_and_a_project_only_tries() {
    let scene = Scene::new().await;
    let (control, company, by, now_ms) = parts(&scene.fixture);
    let today = scene.fixture.db.info().today(scene.now());
    let pause = async |until, reason: &str| set_company_pause(control, company, until, reason, &by, scene.now()).await;
    let code = |error: SetupError| error.code();
    assert_eq!(code(pause(Some(today - Days::new(1)), "春节").await.unwrap_err()), "pause_day_invalid");
    assert_eq!(code(pause(Some(today + Days::new(400)), "春节").await.unwrap_err()), "pause_day_invalid");
    assert_eq!(code(pause(Some(today), " ").await.unwrap_err()), "pause_reason_missing");
    pause(Some(today), "春节期间不打扰业主").await.unwrap();
    let paused = scene.state().await.company_pause.unwrap();
    assert_eq!((paused.until, paused.reason.as_str()), (today, "春节期间不打扰业主"));
    pause(None, "").await.unwrap();
    assert_eq!(scene.state().await.company_pause, None);

    set_dry_run(control, scene.fixture.project_id, true, &by, now_ms).await.unwrap();
    assert!(scene.state().await.is_dry_run);
    set_dry_run(control, scene.fixture.project_id, false, &by, now_ms).await.unwrap();
    assert!(!scene.state().await.is_dry_run);
    let acts = scene.acts().await;
    assert_eq!(acts[acts.len() - 4..], ["pause.company", "resume.company", "set.dry_run", "set.dry_run"]);
}
