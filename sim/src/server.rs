//! Starting and stopping the outside world: one HTTP server with a port for each host.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpServer};
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::error::SimError;
use crate::http;
use crate::outbox::{self, Family, PUMP_AT_ONCE};
use crate::pay::keys::PlatformKeys;
use crate::sms::limits::Limits;
use crate::world::World;

/// How often the background pump looks at the clock.
const PUMP_EVERY: Duration = Duration::from_millis(200);
/// Connections waiting to be accepted on each port.
const BACKLOG: u32 = 1024;

/// How the outside world behaves. `SimConfig::default()` is as real as it gets without waiting.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// Address of all ports.
    pub bind: IpAddr,
    /// First of seven consecutive ports, or 0 for any seven.
    pub first_port: u16,
    /// Start with a clock that stands at this time (milliseconds); nothing follows the system.
    pub frozen_at_ms: Option<i64>,
    /// Threads that answer.
    pub workers: usize,
    /// Deliver notifies, pushes and reports in the background as they fall due.
    pub auto_pump: bool,
    /// How long an answer that "times out" is held, in milliseconds of real time.
    pub hold_ms: u64,
    /// How long a call-back waits for our answer, in milliseconds of real time.
    pub callback_timeout_ms: u64,
    /// Daily template messages of one service account.
    pub template_daily_quota: u32,
    /// Daily subscribe messages of one mini program, and 订阅通知 of one service account.
    pub subscribe_daily_quota: u32,
    /// Openids of one page of `user/get`.
    pub user_page: usize,
    /// From acceptance of a template message to its TEMPLATESENDJOBFINISH, or of a subscribe message to the event of
    /// its failure, in milliseconds.
    pub template_receipt_ms: i64,
    /// From acceptance of a refund to its end, in milliseconds.
    pub refund_takes_ms: i64,
    /// Least time between two refunds of one order, in milliseconds; WeChat Pay asks for a minute.
    pub refund_gap_ms: i64,
    /// From acceptance of a text to its report, in milliseconds.
    pub sms_receipt_ms: i64,
    /// From acceptance of a call to its report, in milliseconds.
    pub call_takes_ms: i64,
    /// Frequency limits of texts, per vendor and number.
    pub sms_limits: Limits,
    /// Frequency limits of calls through Alibaba Cloud, per number.
    pub voice_limits: Limits,
    /// Frequency limits of calls through Tencent Cloud, per number.
    pub tencent_voice_limits: Limits,
    /// What url_links begin with; by default `{wechat}/wxaurl/`, so that a browser can follow them.
    pub url_link_prefix: Option<String>,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            first_port: 0,
            frozen_at_ms: None,
            workers: 2,
            auto_pump: false,
            hold_ms: 3000,
            callback_timeout_ms: 5000,
            template_daily_quota: 100_000,
            subscribe_daily_quota: 10_000_000,
            user_page: 10_000,
            template_receipt_ms: 2000,
            refund_takes_ms: 1000,
            refund_gap_ms: 60_000,
            sms_receipt_ms: 2000,
            call_takes_ms: 20_000,
            sms_limits: Limits::SMS,
            voice_limits: Limits::VOICE,
            tencent_voice_limits: Limits::TENCENT_VOICE,
            url_link_prefix: None,
        }
    }
}

/// The hosts, in the order of their ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Wechat,
    Pay,
    PayFailover,
    TencentSms,
    TencentVoice,
    AliyunSms,
    AliyunVoice,
}

const HOSTS: [Host; 7] = [
    Host::Wechat,
    Host::Pay,
    Host::PayFailover,
    Host::TencentSms,
    Host::TencentVoice,
    Host::AliyunSms,
    Host::AliyunVoice,
];

/// Base addresses without a trailing slash. Paths below them are the real ones.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SimUrls {
    /// For `api.weixin.qq.com`; also `/wxaurl/…` and the control surface `/_sim/…`.
    pub wechat: String,
    /// For `api.mch.weixin.qq.com`.
    pub pay: String,
    /// For `api2.mch.weixin.qq.com`: the same state.
    pub pay_failover: String,
    /// For `sms.tencentcloudapi.com`.
    pub tencent_sms: String,
    /// For `vms.tencentcloudapi.com`.
    pub tencent_voice: String,
    /// For `dysmsapi.aliyuncs.com`.
    pub aliyun_sms: String,
    /// For `dyvmsapi.aliyuncs.com`.
    pub aliyun_voice: String,
}

#[derive(Default)]
struct Holds {
    waiting: usize,
    released: u64,
}

/// What all handlers share.
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) clock: Clock,
    pub(crate) keys: PlatformKeys,
    pub(crate) config: SimConfig,
    pub(crate) http: reqwest::Client,
    pub(crate) urls: SimUrls,
    ports: Vec<(u16, Host)>,
    holds: watch::Sender<Holds>,
}

impl Shared {
    /// The state, locked. Never kept over an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn host_of(&self, port: u16) -> Option<Host> {
        self.ports.iter().find(|(known, _)| *known == port).map(|(_, host)| *host)
    }

    /// Waits until somebody releases the holds.
    pub(crate) async fn hold(&self) {
        let mut watcher = self.holds.subscribe();
        let before = watcher.borrow().released;
        self.holds.send_modify(|holds| holds.waiting = holds.waiting.saturating_add(1));
        let _ = watcher.wait_for(|holds| holds.released != before).await;
        self.holds.send_modify(|holds| holds.waiting = holds.waiting.saturating_sub(1));
    }
}

/// The outside world, running. Stops when dropped.
pub struct Sim {
    pub(crate) shared: Arc<Shared>,
    server: ServerHandle,
    pump: Option<JoinHandle<()>>,
}

impl Sim {
    /// Binds the ports, makes the platform's keys (RSA-2048) and starts to answer.
    /// Must be called within a Tokio runtime.
    pub async fn start(config: SimConfig) -> Result<Self, SimError> {
        let listeners = bind(&config)?;
        let mut ports = Vec::with_capacity(listeners.len());
        for (listener, host) in listeners.iter().zip(HOSTS) {
            ports.push((listener.local_addr()?.port(), host));
        }
        let clock = Clock::default();
        if let Some(at_ms) = config.frozen_at_ms {
            clock.freeze_at_ms(at_ms);
        }
        let now_ms = clock.now_ms();
        let keys = tokio::task::spawn_blocking(move || PlatformKeys::generate(now_ms))
            .await
            .map_err(|_| SimError::BadKey("key generation was stopped"))??;
        let http = reqwest::Client::builder()
            .timeout(Duration::from_millis(config.callback_timeout_ms))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("Mozilla/4.0")
            .build()?;
        let shared = Arc::new(Shared {
            world: Mutex::new(World::new(clock.clone(), config.clone())),
            urls: urls(&config, &ports),
            clock,
            keys,
            http,
            ports,
            holds: watch::Sender::new(Holds::default()),
            config,
        });
        let server = listen(&shared, listeners)?;
        let pump = shared.config.auto_pump.then(|| tokio::spawn(pump(Arc::clone(&shared))));
        Ok(Self { shared, server, pump })
    }

    /// Base addresses.
    pub fn urls(&self) -> SimUrls {
        self.shared.urls.clone()
    }

    /// The movable clock of the outside world.
    pub fn clock(&self) -> Clock {
        self.shared.clock.clone()
    }

    /// How many answers are being held.
    pub fn held(&self) -> usize {
        self.shared.holds.borrow().waiting
    }

    /// Waits until at least so many answers are being held.
    pub async fn until_held(&self, count: usize) {
        let mut watcher = self.shared.holds.subscribe();
        let _ = watcher.wait_for(|holds| holds.waiting >= count).await;
    }

    /// Lets all held answers go.
    pub fn release_holds(&self) {
        self.shared.holds.send_modify(|holds| holds.released = holds.released.saturating_add(1));
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        if let Some(pump) = &self.pump {
            pump.abort();
        }
        // The command is sent at once; only the wait for its end is given up.
        drop(self.server.stop(false));
    }
}

fn bind(config: &SimConfig) -> Result<Vec<TcpListener>, SimError> {
    let mut listeners = Vec::with_capacity(HOSTS.len());
    for offset in 0_u16.. {
        if listeners.len() == HOSTS.len() {
            break;
        }
        let port = if config.first_port == 0 { 0 } else { config.first_port.saturating_add(offset) };
        listeners.push(TcpListener::bind((config.bind, port))?);
    }
    Ok(listeners)
}

fn urls(config: &SimConfig, ports: &[(u16, Host)]) -> SimUrls {
    let url = |wanted: Host| {
        let port = ports.iter().find(|(_, host)| *host == wanted).map_or(0, |(port, _)| *port);
        format!("http://{}:{port}", config.bind)
    };
    SimUrls {
        wechat: url(Host::Wechat),
        pay: url(Host::Pay),
        pay_failover: url(Host::PayFailover),
        tencent_sms: url(Host::TencentSms),
        tencent_voice: url(Host::TencentVoice),
        aliyun_sms: url(Host::AliyunSms),
        aliyun_voice: url(Host::AliyunVoice),
    }
}

fn listen(shared: &Arc<Shared>, listeners: Vec<TcpListener>) -> Result<ServerHandle, SimError> {
    let data = Data::new(Arc::clone(shared));
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .app_data(PayloadConfig::new(http::BODY_BYTES_MAX))
            .default_service(web::to(http::serve))
    })
    .workers(shared.config.workers.max(1))
    .backlog(BACKLOG)
    .disable_signals();
    for listener in listeners {
        server = server.listen(listener)?;
    }
    let running = server.run();
    let handle = running.handle();
    tokio::spawn(async move {
        if let Err(error) = running.await {
            tracing::error!(%error, "simulator stopped");
        }
    });
    Ok(handle)
}

async fn pump(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(PUMP_EVERY).await;
        for family in [Family::Notify, Family::Push, Family::Receipt] {
            outbox::deliver(&shared, family, PUMP_AT_ONCE, i64::MIN).await;
        }
    }
}
