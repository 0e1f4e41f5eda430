//! A world: databases, the outside, one node, and the clock they share.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Asia::Shanghai;
use domain::ids::ProjectId;
use linli::config::{Addresses, Config};
use secrecy::SecretString;
use serde_json::{Value, json};
use service::audit::By;
use service::clock::Clock;
use service::staff::{self, NewStaff, Role};
use service::store::Placement;
use service::tenancy::ProjectDb;
use service::vault::MasterKey;
use sim::Sim;

use crate::databases::Databases;
use crate::oracle::{self, Expectations};
use crate::ports::reserved_address;
use crate::{Client, Community, Node, Raw, outside};

/// 2026-11-23 10:00 in Shanghai.
const START_S: i64 = 1_795_399_200;
/// Wraps every data key of a story.
pub const MASTER_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// The password of every employee.
pub const STAFF_PASSWORD: &str = "correct horse battery";
/// Where employees sign in.
pub const STAFF_SESSIONS: &str = "/api/staff/v1/sessions";
/// The jobs that send messages.
const REMINDING: [&str; 6] = [
    "plan_reminders",
    "start_campaigns",
    "dispatch_reminders",
    "escalate_reminders",
    "dispatch_reminders",
    "start_campaigns",
];

/// How a world begins.
pub struct WorldBuilder {
    system_time: bool,
    serves: bool,
    redis_url: Option<String>,
}

impl WorldBuilder {
    /// The clock follows the system: for stories with processes of their own.
    #[must_use]
    pub fn system_time(self) -> Self {
        Self { system_time: true, ..self }
    }

    /// Nobody serves the public address but who a story starts there.
    #[must_use]
    pub fn without_api(self) -> Self {
        Self { serves: false, ..self }
    }

    /// Nodes share state through Redis.
    #[must_use]
    pub fn redis(self, url: &str) -> Self {
        Self { redis_url: Some(url.to_owned()), ..self }
    }

    /// Begins.
    pub async fn start(self) -> World {
        let frozen_at_ms = (!self.system_time).then_some(START_S * 1_000);
        let clock = match frozen_at_ms {
            Some(_) => Clock::frozen(DateTime::from_timestamp(START_S, 0).unwrap()),
            None => Clock::system(),
        };
        let databases = Databases::default();
        let sim = outside::start(frozen_at_ms).await;
        let control_url = databases.control().await;
        let bind = reserved_address();
        let public_url = format!("http://{bind}");
        let config = config(&sim, &control_url, &public_url, &bind, self.redis_url);
        let node = if self.serves { Node::serving(&config, &clock).await } else { Node::silent(&config, &clock).await };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut world = World {
            communities: Vec::new(),
            expectations: Expectations::default(),
            finished: false,
            databases,
            control_url,
            public_url,
            config,
            clock,
            http,
            node,
            sim,
        };
        world.add_project("ch").await;
        world
    }
}

fn config(sim: &Sim, control_url: &str, public_url: &str, bind: &str, redis_url: Option<String>) -> Config {
    let urls = sim.urls();
    Config {
        master_key: MasterKey::parse(MASTER_KEY).unwrap(),
        control: Placement::parse(control_url).unwrap(),
        public_url: public_url.to_owned(),
        bind: bind.to_owned(),
        workers: 2,
        open_projects: 8,
        node: "node-1".to_owned(),
        redis_url: redis_url.map(SecretString::from),
        addresses: Addresses {
            wechat: urls.wechat,
            wechat_pay: urls.pay,
            wechat_pay_failover: urls.pay_failover,
            tencent_sms: urls.tencent_sms,
            aliyun_sms: urls.aliyun_sms,
            tencent_voice: urls.tencent_voice,
            aliyun_voice: urls.aliyun_voice,
        },
    }
}

/// The body of an employee's sign-in.
pub fn sign_in(login: &str, password: &str) -> Value {
    json!({ "login": login, "password": password })
}

/// A whole installation with its outside. [`World::finish`] must be called: the oracle speaks there.
pub struct World {
    /// WeChat, WeChat Pay, the SMS vendor and the people.
    pub sim: Sim,
    /// The time of every node.
    pub clock: Clock,
    /// The first node.
    pub node: Node,
    /// Projects, the first one made at the start.
    pub communities: Vec<Community>,
    /// What the oracle may find, because the story wants it so.
    pub expectations: Expectations,
    /// Where the outside reaches us.
    pub public_url: String,
    /// The configuration of the first node.
    pub config: Config,
    /// The URL of the control database.
    pub control_url: String,
    /// The databases.
    pub databases: Databases,
    /// For calls of the story's own.
    pub http: reqwest::Client,
    finished: bool,
}

impl World {
    /// The usual world.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Another world than the usual.
    pub fn builder() -> WorldBuilder {
        WorldBuilder { system_time: false, serves: true, redis_url: None }
    }

    /// Another company with a project of its own; answers its place in [`World::communities`].
    pub async fn add_project(&mut self, code: &str) -> usize {
        let number = self.communities.len();
        let registered = outside::register(&self.sim, number + 1, &self.public_url);
        let url = self.databases.project(code).await;
        let community = Community::found(&self.node.installation, &self.sim, registered, code, url).await;
        self.communities.push(community);
        number
    }

    /// One more project of the first company; answers its place in [`World::communities`].
    pub async fn add_sister_project(&mut self, code: &str) -> usize {
        let url = self.databases.project(code).await;
        let sister = self.communities[0].found_sister(&self.node.installation, code, url).await;
        self.communities.push(sister);
        self.communities.len() - 1
    }

    /// Stops the first node and starts it anew: keys, settings and databases are opened as at any start.
    pub async fn restart(&mut self) {
        self.node.stop().await;
        self.node = Node::serving(&self.config, &self.clock).await;
    }

    /// An employee of the first company with these roles in one of its projects, or in all, who has signed in.
    pub async fn staff(&self, login: &str, roles: &[Role], project: Option<ProjectId>) -> Client {
        let (control, by, now) = (&self.node.installation.control, By::operator(), self.now());
        let company_id = self.community().company;
        let password = SecretString::from(STAFF_PASSWORD);
        let new = NewStaff { company_id, login: login.to_owned(), name: "测试员工".to_owned(), password };
        let id = staff::create_staff(control, new, &by, now).await.unwrap();
        for role in roles {
            let _ = staff::grant_role(control, company_id, id, project, *role, &by, now).await.unwrap();
        }
        self.client().with_token(&self.sign_in_again(login).await)
    }

    /// The token of a new session of an employee.
    pub async fn sign_in_again(&self, login: &str) -> String {
        let session = self.client().post(201, STAFF_SESSIONS, &sign_in(login, STAFF_PASSWORD)).await;
        session["token"].as_str().unwrap().to_owned()
    }

    /// One more serving node over the same databases and the same outside.
    pub async fn second_node(&self) -> Node {
        let config = Config { bind: reserved_address(), node: "node-2".to_owned(), ..self.config.clone() };
        Node::serving(&config, &self.clock).await
    }

    /// The first project.
    pub fn community(&self) -> &Community {
        &self.communities[0]
    }

    /// The first project's database, as the product opens it.
    pub async fn project(&self) -> ProjectDb {
        self.node.installation.projects.open(self.community().id).await.unwrap()
    }

    /// The first project's database, with plain SQL.
    pub async fn raw(&self) -> Raw {
        Raw::open(&self.community().database_url).await
    }

    /// The control database, with plain SQL.
    pub async fn control_raw(&self) -> Raw {
        Raw::open(&self.control_url).await
    }

    /// A caller nobody knows.
    pub fn client(&self) -> Client {
        Client::new(&self.http, &self.public_url)
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The day it is in the project.
    pub fn today(&self) -> NaiveDate {
        self.now().with_timezone(&Shanghai).date_naive()
    }

    /// Moves every clock, ours and the outside's.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance_ms(by.num_milliseconds());
        self.sim.clock().advance_ms(by.num_milliseconds());
    }

    /// Moves every clock to a minute past ten, the hour of reminders, of a day not yet over.
    pub fn advance_to(&self, day: NaiveDate) {
        let at = day.and_time(NaiveTime::from_hms_opt(10, 1, 0).unwrap());
        let at = at.and_local_timezone(Shanghai).unwrap().with_timezone(&Utc);
        assert!(at >= self.now(), "{day} is over");
        self.advance(at - self.now());
    }

    /// Fetches access tokens anew. They are kept by the system's own clock, which stories do not move: after days WeChat
    /// would refuse the first call as expired, and a fault at that call would lose nothing.
    pub async fn renew_tokens(&self) {
        let (apps, outside) = (&self.node.installation.apps, &self.community().outside);
        for app_id in [&outside.mini, &outside.official] {
            if let Ok(token) = apps.token(app_id).await {
                apps.forget(app_id, &token).await;
            }
        }
    }

    /// Runs a job of the first project on the first node; answers its report.
    pub async fn run(&self, job: &str) -> Value {
        self.node.run(job, self.community().id).await
    }

    /// Everything reminders do in a quarter of an hour, in the order of the catalogue; what follows up is sent at once.
    pub async fn remind(&self) {
        for job in REMINDING {
            self.run(job).await;
        }
    }

    /// What WeChat and the vendors tell of messages, brought to us and applied.
    pub async fn hear(&self) {
        self.advance(TimeDelta::seconds(3));
        self.deliver_pushes().await;
        let reports = self.sim.deliver_receipts().await;
        assert!(reports.iter().all(|report| report.acknowledged), "{reports:?}");
        self.run("apply_deliveries").await;
    }

    /// Brings every push that is due; each must be taken.
    pub async fn deliver_pushes(&self) {
        let pushes = self.sim.deliver_pushes().await;
        assert!(pushes.iter().all(|push| push.acknowledged), "{pushes:?}");
    }

    /// Brings every payment notice that is due; answers the statuses we answered with.
    pub async fn deliver_notifies(&self) -> Vec<Option<u16>> {
        self.sim.deliver_notifies().await.into_iter().map(|notify| notify.status).collect()
    }

    /// The end of the story: whatever happened, what must hold does.
    pub async fn finish(mut self) {
        self.finished = true;
        oracle::examine(&self).await;
        self.databases.drop_all().await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "a story ends with world.finish()");
    }
}
