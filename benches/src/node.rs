//! `start` and `footprint`: the program as it is shipped, on an installation of 1,000 projects.
//!
//! `start` is the time from starting the process to its first healthy answer: nothing is cached, no project is open.
//! `footprint` is what it keeps in memory when 50 projects have been opened, its jobs have had their turn, and it has
//! become quiet.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::ids::ProjectId;

use crate::bar::{Bar, Claim};
use crate::choice::Size;
use crate::measure::median;
use crate::world::{Engine, OPEN_PROJECTS, World};
use crate::{Failure, client, projects};

const START: Claim = Claim::at_most("start", "s", 1.0, 0.3);
const FOOTPRINT: Claim = Claim::at_most("footprint", "MB", 1.0, 0.53);

const PROJECTS: u64 = 1_000;
const PROJECTS_SMALL: u64 = 60;
const START_LIMIT_S: f64 = 1.0;
const FOOTPRINT_LIMIT_MB: f64 = 150.0;

/// A process that gives no healthy answer by then is not starting.
const START_MAX: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_millis(1);
/// A process is quiet when it used at most so much of a core over so long; if it never is, it is measured as it is.
const QUIET_OVER: Duration = Duration::from_secs(2);
const QUIET_TICKS: u64 = 4;
const QUIET_MAX: Duration = Duration::from_secs(120);
const SAMPLES: usize = 5;

/// Measures both.
///
/// # Errors
/// The databases', and when the program does not come up.
pub async fn run(engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    let program = program()?;
    let world = World::build(engine).await?;
    let count = if size == Size::Small { PROJECTS_SMALL } else { PROJECTS };
    let projects = projects::register(&world, count, OPEN_PROJECTS).await?;

    let mut starts_s = Vec::new();
    for _ in 1..size.rounds() {
        let (node, took) = Node::start(&program, &world)?;
        starts_s.push(took.as_secs_f64());
        drop(node);
    }
    let (node, took) = Node::start(&program, &world)?;
    starts_s.push(took.as_secs_f64());
    for project in projects.iter().take(usize::try_from(OPEN_PROJECTS)?) {
        node.open(*project)?;
    }
    let quiet = node.wait_until_quiet()?;
    // What the jobs opened meanwhile took the place of what was open.
    for project in projects.iter().take(usize::try_from(OPEN_PROJECTS)?) {
        node.open(*project)?;
    }
    let mut resident_mb = Vec::new();
    for _ in 0..SAMPLES {
        resident_mb.push(node.resident_mb()?);
        std::thread::sleep(ASK_EVERY);
    }
    drop(node);
    world.clear().await?;
    if !quiet {
        println!("footprint/{}: the process was never quiet", engine.name());
    }
    Ok(vec![
        START.measured(engine.name(), "", median(&starts_s), START_LIMIT_S),
        FOOTPRINT.measured(engine.name(), "", median(&resident_mb), FOOTPRINT_LIMIT_MB),
    ])
}

/// The program that is shipped, built as this one was.
fn program() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let folder = own.parent().ok_or("no folder")?;
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Both packages together, so that what they share is built once, with the same features.
    build.args(["build", "--quiet", "--package", "linli", "--package", "benches", "--bins"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    if !build.current_dir(env!("CARGO_MANIFEST_DIR")).status()?.success() {
        return Err("linli does not build".into());
    }
    Ok(folder.join("linli"))
}

/// A process of the program.
struct Node {
    process: Child,
    address: SocketAddr,
}

impl Node {
    /// Starts one and waits for its first healthy answer; answers how long that took.
    fn start(program: &PathBuf, world: &World) -> Result<(Self, Duration), Failure> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(program);
        command
            .arg("serve")
            .env("LINLI_MASTER_KEY", &world.master_text)
            .env("LINLI_CONTROL_DATABASE", world.control_placement.expose())
            .env("LINLI_PUBLIC_URL", "https://bench.example")
            .env("LINLI_BIND", address.to_string())
            .env("LINLI_OPEN_PROJECTS", OPEN_PROJECTS.to_string())
            .env_remove("REDIS_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let begun = Instant::now();
        let mut node = Self { process: command.spawn()?, address };
        let request = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        loop {
            if client::ask(address, request).is_ok_and(|status| status == 200) {
                let took = begun.elapsed();
                return Ok((node, took));
            }
            if node.process.try_wait()?.is_some() || begun.elapsed() > START_MAX {
                return Err("linli serve does not come up".into());
            }
            std::thread::sleep(ASK_EVERY);
        }
    }

    /// A notice that proves nothing makes the server open its project and refuse it.
    fn open(&self, project: ProjectId) -> Result<(), Failure> {
        let path = format!("/callback/wechatpay/{project}/payment");
        let request = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
        match client::ask(self.address, request.as_bytes())? {
            404 => Err("WRONG: a registered project is not known".into()),
            _ => Ok(()),
        }
    }

    fn stat(&self, file: &str) -> Result<String, Failure> {
        Ok(std::fs::read_to_string(format!("/proc/{}/{file}", self.process.id()))?)
    }

    /// Hundredths of a second of all its threads.
    fn ticks(&self) -> Result<u64, Failure> {
        let stat = self.stat("stat")?;
        // After the name in brackets, which may hold blanks: utime and stime are the 12th and 13th.
        let (_, after) = stat.rsplit_once(')').ok_or("/proc/PID/stat")?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let field = |place: usize| fields.get(place).and_then(|text| text.parse::<u64>().ok()).ok_or("/proc/PID/stat");
        Ok(field(11)? + field(12)?)
    }

    fn wait_until_quiet(&self) -> Result<bool, Failure> {
        let begun = Instant::now();
        let mut before = self.ticks()?;
        while begun.elapsed() < QUIET_MAX {
            std::thread::sleep(QUIET_OVER);
            let ticks = self.ticks()?;
            if ticks - before <= QUIET_TICKS {
                return Ok(true);
            }
            before = ticks;
        }
        Ok(false)
    }

    fn resident_mb(&self) -> Result<f64, Failure> {
        let status = self.stat("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes / 1_024.0)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
