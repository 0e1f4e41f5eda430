//! A release build takes the console's files in: built anew, they are taken in anew.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "cargo::rerun-if-changed=build.rs")?;
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        writeln!(out, "cargo::rerun-if-changed=../console/dist")?;
    }
    Ok(())
}
