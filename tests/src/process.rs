//! The real program as a process of its own, to be killed.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::World;
use crate::world::MASTER_KEY;

/// How often a condition outside this process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Looks before a condition is given up: 60 seconds.
const LOOKS_MAX: usize = 1_200;

/// Waits for something another process does.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..LOOKS_MAX {
        if holds().await {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    panic!("waited in vain until {what}");
}

/// A running `linli`. Killed when dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
    /// Where it serves, if it does.
    pub url: String,
}

/// The program beside this test's executable: `cargo build --bin linli` makes it.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let target = here.parent().and_then(|deps| deps.parent()).unwrap();
    let program = target.join("linli");
    assert!(program.exists(), "{} is not there: cargo build --bin linli", program.display());
    program
}

impl Process {
    /// Starts a role (`serve`, `api`, `jobs`) over the world's databases. `bind` is where it serves; `kill_at` the
    /// point at which it kills itself.
    pub async fn start(world: &World, role: &str, bind: &str, kill_at: Option<&str>) -> Self {
        let node = format!("process-{}", Uuid::new_v4().simple());
        let log = world.databases.folder().join(format!("{node}.log"));
        let addresses = &world.config.addresses;
        let mut command = Command::new(program());
        command
            .arg(role)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LINLI_MASTER_KEY", MASTER_KEY)
            .env("LINLI_CONTROL_DATABASE", &world.control_url)
            .env("LINLI_PUBLIC_URL", &world.public_url)
            .env("LINLI_BIND", bind)
            .env("LINLI_NODE", &node)
            .env("LINLI_WECHAT_URL", &addresses.wechat)
            .env("LINLI_WECHAT_PAY_URL", &addresses.wechat_pay)
            .env("LINLI_WECHAT_PAY_FAILOVER_URL", &addresses.wechat_pay_failover)
            .env("LINLI_TENCENT_SMS_URL", &addresses.tencent_sms)
            .env("LINLI_ALIYUN_SMS_URL", &addresses.aliyun_sms)
            .env("LINLI_TENCENT_VOICE_URL", &addresses.tencent_voice)
            .env("LINLI_ALIYUN_VOICE_URL", &addresses.aliyun_voice)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap());
        if let Some(url) = &world.config.redis_url {
            command.env("REDIS_URL", url.expose_secret());
        }
        if let Some(edge) = kill_at {
            command.env("LINLI_KILL_AT", edge);
        }
        let mut process = Self { child: command.spawn().unwrap(), log, url: format!("http://{bind}") };
        if role != "jobs" {
            process.until_serving(world).await;
        }
        process
    }

    async fn until_serving(&mut self, world: &World) {
        let url = format!("{}/healthz", self.url);
        for _ in 0..LOOKS_MAX {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the program ended with {status}: {}", self.log());
            }
            if world.http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("the program does not serve: {}", self.log());
    }

    /// Whether it has ended.
    pub fn is_dead(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended by itself.
    pub async fn until_dead(&mut self) -> ExitStatus {
        for _ in 0..LOOKS_MAX {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("the program lives on: {}", self.log());
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Tells it to stop, as a supervisor does, and waits until it has.
    pub async fn stop(&mut self) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(told.success());
        let status = self.until_dead().await;
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// Kill -9.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
