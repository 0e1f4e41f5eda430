//! The settlement's statements by pgbench, PostgreSQL's own client: prepared once, a connection for each at once.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use super::orders::{FIRST_NUMBER, ORDER_PREFIX};
use super::statements::{Answer, SETTLEMENT};
use crate::Failure;
use crate::world::now;

/// Threads of pgbench: one for each core is enough.
const THREADS_MAX: usize = 2;

/// Settles orders over `at_once` connections; answers how long it took without connecting.
///
/// # Errors
/// When pgbench is not there or failed.
pub async fn settle_all(url: &str, first: u64, count: u64, at_once: usize) -> Result<Duration, Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("settle.sql");
    std::fs::write(&path, script())?;
    let clients = at_once as u64;
    if !count.is_multiple_of(clients) {
        return Err("pgbench settles the same number on every connection".into());
    }
    let output = tokio::process::Command::new(pgbench()?)
        .args(["--no-vacuum", "--protocol=prepared", "--file"])
        .arg(&path)
        .args(["--client", &at_once.to_string(), "--jobs", &at_once.min(THREADS_MAX).to_string()])
        .args(["--transactions", &(count / clients).to_string()])
        .args(["-D", &format!("first={}", FIRST_NUMBER + first), "-D", &format!("clients={clients}"), "-D", "k=-1"])
        .args(["-D", &format!("now_ms={}", now().timestamp_millis())])
        .arg(url)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let per_second = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
    match per_second.filter(|_| output.status.success()) {
        Some(per_second) => Ok(Duration::from_secs_f64(count as f64 / per_second)),
        None => Err(format!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

fn script() -> String {
    let mut script = String::from("\\set k :k + 1\n\\set n :first + :k * :clients + :client_id\nBEGIN;\n");
    for step in SETTLEMENT {
        let sql = step
            .sql
            .replace("{lock}", " FOR UPDATE")
            .replace(":account_code", "'receivable:' || CAST(:payer_party_id AS TEXT)")
            .replace(":out_trade_no", &format!("'{ORDER_PREFIX}' || CAST(:n AS TEXT)"))
            .replace("|| :n", "|| CAST(:n AS TEXT)")
            // Ids are made where nothing else can make them.
            .replace(":payment_id", "CAST(lpad('70' || CAST(:n AS TEXT), 32, '0') AS UUID)")
            .replace(":receipt_id", "CAST(lpad('80' || CAST(:n AS TEXT), 32, '0') AS UUID)");
        let end = if matches!(step.answer, Answer::Row(_)) { " \\gset" } else { ";" };
        let _ = writeln!(script, "{sql}{end}");
    }
    script.push_str("COMMIT;\n");
    script
}

/// Where Debian puts it, or on the path.
fn pgbench() -> Result<PathBuf, Failure> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin/pgbench")).filter(|path| path.exists()).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found
        .pop()
        .or_else(|| std::env::split_paths(&path).map(|dir| dir.join("pgbench")).find(|path| path.exists()))
        .ok_or_else(|| "pgbench is not installed: it comes with postgresql".into())
}
