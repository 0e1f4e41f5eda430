//! Stories of single messages on their way out, with the vendors scripted at the wire.

mod cards;
mod outside;
mod two_accounts;

use std::sync::Arc;

use domain::ids::{SmsAccountId, VoiceAccountId};
use domain::notice::BillNotice;
use domain::person::Phone;
use gateway::Now;
use secrecy::SecretString;
use uuid::Uuid;

use self::outside::Outside;
use crate::audit::By;
use crate::fixture::{self, Fixture};
use crate::reminders::{Message, Outcome, Recipient, Refusal};
use crate::setup::{
    self, AppKind, NewApp, NewSmsAccount, NewVoiceAccount, ProjectChannels, attach, register_app, register_sms_account,
    register_voice_account,
};

const MINI: &str = "wx_mini";
const SERVICE: &str = "wx_service";

/// A project with two accounts for texts and calls, and with both apps.
struct Scene {
    fixture: Fixture,
    outside: Outside,
    sms: [SmsAccountId; 2],
    voice: [VoiceAccountId; 2],
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

impl Scene {
    async fn new() -> Self {
        let fixture = fixture::project().await;
        let (control, company_id, by) = (&fixture.control, fixture.company_id, By::operator());
        let now_ms = fixture.clock.now_ms();
        let (mut sms, mut voice) = (Vec::new(), Vec::new());
        for (vendor, fields) in [
            ("tencent", [("1", "house"), ("2", "amount"), ("3", "due")]),
            ("aliyun", [("house", "house"), ("sum", "amount"), ("day", "due")]),
        ] {
            let new = NewSmsAccount {
                company_id,
                vendor,
                secret_id: secret("id"),
                secret_key: secret("key"),
                sdk_app_id: "1400000001".to_owned(),
                sign_name: "翠湖物业".to_owned(),
                report_token: secret(&format!("sms-{vendor}")),
            };
            let id = register_sms_account(control, &new, &by, now_ms).await.unwrap();
            let template = format!("T-{vendor}");
            setup::set_template(control, &id.to_string(), "bill_notice", &template, &fields, &by, now_ms)
                .await
                .unwrap();
            sms.push(id);
            let new = NewVoiceAccount {
                company_id,
                vendor,
                secret_id: secret("id"),
                secret_key: secret("key"),
                sdk_app_id: "1400000002".to_owned(),
                show_number: String::new(),
                report_token: secret(&format!("voice-{vendor}")),
            };
            let id = register_voice_account(control, &new, &by, now_ms).await.unwrap();
            let (account, fields) = (id.to_string(), [("text", "voice")]);
            setup::set_template(control, &account, "bill_notice", &template, &fields, &by, now_ms).await.unwrap();
            voice.push(id);
        }
        for (app_id, kind) in [(MINI, AppKind::MiniProgram), (SERVICE, AppKind::ServiceAccount)] {
            let new = NewApp { company_id, app_id: app_id.to_owned(), kind, secret: secret("s"), push: None };
            register_app(control, &new, &by, now_ms).await.unwrap();
        }
        let fields = [("thing1", "house"), ("amount2", "amount"), ("date3", "due")];
        for (app_id, purpose) in [(MINI, "bill_notice"), (SERVICE, "bill_notice"), (SERVICE, "bill_notice_notify")] {
            let template = format!("{app_id}:{purpose}");
            setup::set_template(control, app_id, purpose, &template, &fields, &by, now_ms).await.unwrap();
        }
        let channels = ProjectChannels {
            mini_program_app_id: Some(MINI.to_owned()),
            service_account_app_id: Some(SERVICE.to_owned()),
            merchant_id: None,
            sms_account_id: Some(sms[0]),
            sms_backup_account_id: Some(sms[1]),
            voice_account_id: Some(voice[0]),
            voice_backup_account_id: Some(voice[1]),
        };
        attach(control, fixture.project_id, &channels, &by, now_ms).await.unwrap();
        fixture.projects.forget(fixture.project_id).await;
        let outside = Outside::start().await;
        Self { fixture, outside, sms: [sms[0], sms[1]], voice: [voice[0], voice[1]] }
    }

    fn now(&self) -> Now {
        let clock = self.fixture.clock.clone();
        Arc::new(move || clock.now())
    }

    /// A message about one bill of 185.29 yuan, due in three days.
    async fn message(&self, recipient: Recipient, template: &str) -> Message {
        let db = self.fixture.projects.open(self.fixture.project_id).await.unwrap();
        let notice_id = Uuid::now_v7();
        let bill = BillNotice {
            project: "翠湖花园".to_owned(),
            houses: vec!["1-1-102".to_owned()],
            bills: 1,
            amount: domain::money::Fen::new(18_529).unwrap(),
            due: "2026-11-26".parse().unwrap(),
            days_after_due: -3,
        };
        Message {
            project: Arc::new(db.info().clone()),
            notice_id,
            recipient,
            wording: bill.wording(),
            template: template.to_owned(),
            page: "pages/reminder/reminder?token=ch.1".to_owned(),
            client_msg_id: notice_id.simple().to_string(),
            may_stand_in: true,
        }
    }

    async fn to_phone(&self) -> Message {
        let phone = Recipient::Phone(Phone::parse("13800001234").unwrap());
        self.message(phone, "bill_notice").await
    }
}

fn accepted(receipt_id: &str, account: Option<String>) -> Outcome {
    Outcome::Accepted { receipt_id: receipt_id.to_owned(), account }
}

fn refused(reason: Refusal, code: &str) -> Outcome {
    Outcome::Refused { reason, code: code.to_owned() }
}
