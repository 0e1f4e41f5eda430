//! Importing readings and opening balances from the command line.

use std::path::Path;
use std::process::ExitCode;

use chrono::{Datelike as _, NaiveDate};
use domain::period::Period;
use service::audit::By;
use service::houses::{self, ImportMode, RowRemark, SourceFile};
use service::installation::Installation;
use service::meters::{self, ReadingReport};
use service::opening::{self, OpeningReport};
use service::vault::sha256_hex;

use crate::commands::{LINES_MAX, say};

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

/// A file with its bytes, and whether it is to be kept.
struct Given {
    bytes: Vec<u8>,
    source: SourceFile,
    mode: ImportMode,
}

fn given(file: &Path, apply: bool) -> Result<Given, std::io::Error> {
    let bytes = std::fs::read(file)?;
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let source = SourceFile { name, sha256: sha256_hex(&bytes) };
    Ok(Given { bytes, source, mode: if apply { ImportMode::Apply } else { ImportMode::DryRun } })
}

/// Imports the readings of a month, or tries it.
///
/// # Errors
/// When the file cannot be read or nothing of it can be imported.
pub async fn readings(installation: &Installation, file: &Path, project: &str, month: NaiveDate, apply: bool) -> Done {
    let given = given(file, apply)?;
    let month = Period::containing(month, 1)?;
    let info = installation.projects.by_code(project).await?;
    let db = installation.projects.open(info.id).await?;
    let known = houses::known_keys(&db).await?;
    let book = meters::read_workbook(&given.bytes, month.start().year(), &known)
        .map_err(|error| format!("{error}。{}", error.remedy()))?;
    let (by, now) = (By::operator(), installation.now());
    let report = meters::import(&db, &month, &book, &given.source, given.mode, &by, now).await?;
    print_readings(&report, apply);
    Ok(ExitCode::SUCCESS)
}

fn verb(applied: bool) -> &'static str {
    if applied { "已导入" } else { "试算（未写入）" }
}

fn print_readings(report: &ReadingReport, applied: bool) {
    say(format!(
        "{verb}：{} 接受 {} 条读数，其中新增 {}，替换 {}，不变 {}；新表 {} 块；待核实 {} 条",
        report.period,
        report.accepted,
        report.new_readings,
        report.replaced,
        report.unchanged,
        report.new_meters,
        report.with_anomalies,
        verb = verb(applied),
    ));
    for sum in &report.sums {
        say(format!(
            "  {}：户表 {} 块，用量 {}；公共表 {} 块，用量 {}",
            sum.kind, sum.house_readings, sum.house_usage, sum.public_readings, sum.public_usage
        ));
    }
    print_rows(report.rejected_rows, report.warnings_count, &report.rejected);
}

fn print_rows(rejected: usize, warnings: usize, rows: &[RowRemark]) {
    say(format!("拒绝 {rejected} 行，提醒 {warnings} 处"));
    for row in rows.iter().take(LINES_MAX) {
        say(format!("  {} 第 {} 行 [{}] {} {}。{}", row.sheet, row.row, row.code, row.value, row.words, row.remedy));
    }
}

/// Imports opening balances, or tries it. Exit code 1 when something does not tie.
///
/// # Errors
/// When the file cannot be read, nothing of it can be imported, or it is to be applied and does not tie.
pub async fn opening(installation: &Installation, file: &Path, project: &str, apply: bool) -> Done {
    let given = given(file, apply)?;
    let info = installation.projects.by_code(project).await?;
    let db = installation.projects.open(info.id).await?;
    let known = houses::known_keys(&db).await?;
    let now = installation.now();
    let book = opening::read_workbook(&given.bytes, info.today(now).year(), &known)
        .map_err(|error| format!("{error}。{}", error.remedy()))?;
    let report = opening::import(&db, &book, &given.source, given.mode, &By::operator(), now).await?;
    print_opening(&report, apply);
    let ties = report.sums.ties && report.ties.iter().all(|tie| tie.holds);
    Ok(if ties { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_opening(report: &OpeningReport, applied: bool) {
    say(format!("{}：新增 {} 行，不变 {} 行", verb(applied), report.new_lines, report.unchanged));
    let yuan = |fen: i64| format!("{}.{:02}", fen / 100, (fen % 100).abs());
    for tie in &report.ties {
        let printed = tie.printed_fen.map_or_else(|| "无".to_owned(), yuan);
        let (accepted, rejected) = (yuan(tie.accepted_fen), yuan(tie.rejected_fen));
        let holds = if tie.holds { "相符" } else { "不符" };
        say(format!("  {} {}：表上合计 {printed}，接受 {accepted}，拒绝 {rejected}，{holds}", tie.sheet, tie.column));
    }
    for section in &report.sums.sections {
        let (total, ledger) = (yuan(section.total_fen), yuan(section.ledger_fen));
        say(format!("  {}：{} 行，{} 户，合计 {total}，账上 {ledger}", section.section, section.lines, section.houses));
    }
    print_rows(report.rejected_rows, report.warnings_count, &report.rejected);
}
