//! Commands for operators: migrate, import, verify, set up, rotate keys.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use chrono::Datelike as _;
use secrecy::{ExposeSecret, SecretString};
use service::audit::By;
use service::houses::{self, ImportMode, ImportReport, SourceFile};
use service::installation::Installation;
use service::ledger;
use service::rotation;
use service::staff::{self, NewStaff, Role};
use service::tenancy::{CONTROL_SCOPE, ProjectInfo};
use service::vault::{MasterKey, sha256_hex};

use crate::config::{Config, ConfigError};
use crate::start;

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

/// The longest password line read from standard input.
const PASSWORD_BYTES_MAX: usize = 1_024;
/// Rows of a report that are printed one by one.
pub(crate) const LINES_MAX: usize = 50;

/// Prints for the person at the terminal.
pub(crate) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Brings the control database and every project's database to this program's schema. A project that cannot be
/// reached is named and does not stop the others.
///
/// # Errors
/// When the control database cannot be migrated or opened.
pub async fn migrate(config: &Config) -> Done {
    start::migrate_control(&config.control).await?;
    say("控制库已是最新结构");
    let installation = start::installation(config, service::clock::Clock::system()).await?;
    let mut code = ExitCode::SUCCESS;
    for (info, placement) in installation.projects.placements().await? {
        match start::migrate_project(&placement).await {
            Ok(()) => say(format!("项目 {} {} 已是最新结构", info.code, info.name)),
            Err(error) => {
                say(format!("项目 {} {} 未能升级：{error}", info.code, info.name));
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// Checks the books of one project or of all; exit code 1 when anything is wrong.
///
/// # Errors
/// When the projects cannot be listed.
pub async fn verify(installation: &Installation, project: Option<&str>) -> Done {
    let projects = match project {
        Some(code) => vec![installation.projects.by_code(code).await?],
        None => installation.projects.list().await?,
    };
    let mut code = ExitCode::SUCCESS;
    for info in projects {
        if !verify_one(installation, &info).await {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

async fn verify_one(installation: &Installation, info: &ProjectInfo) -> bool {
    let checked = async {
        Ok::<_, Box<dyn std::error::Error>>(ledger::verify(&installation.projects.open(info.id).await?).await?)
    };
    match checked.await {
        Ok(report) if report.findings.is_empty() => {
            say(format!("{} {}：{} 笔记账，全部相符", info.code, info.name, report.postings));
            true
        }
        Ok(report) => {
            say(format!("{} {}：{} 笔记账，{} 处不符", info.code, info.name, report.postings, report.findings.len()));
            for finding in report.findings.iter().take(LINES_MAX) {
                say(format!("  {} {} {}", finding.invariant, finding.subject, finding.detail));
            }
            false
        }
        Err(error) => {
            say(format!("{} {}：无法核对：{error}", info.code, info.name));
            false
        }
    }
}

/// Imports a house workbook, or tries it.
///
/// # Errors
/// When the file cannot be read or nothing of it can be imported.
pub async fn import_houses(installation: &Installation, file: &Path, project: &str, apply: bool) -> Done {
    let bytes = std::fs::read(file)?;
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mode = if apply { ImportMode::Apply } else { ImportMode::DryRun };
    let info = installation.projects.by_code(project).await?;
    let report = import(installation, &info, &bytes, &name, mode).await?;
    print_import(&report, apply);
    Ok(ExitCode::SUCCESS)
}

/// Reads a workbook and imports it.
///
/// # Errors
/// As [`import_houses`].
pub async fn import(
    installation: &Installation,
    info: &ProjectInfo,
    bytes: &[u8],
    file_name: &str,
    mode: ImportMode,
) -> Result<ImportReport, Box<dyn std::error::Error>> {
    let now = installation.now();
    let records =
        houses::read_workbook(bytes, info.today(now).year()).map_err(|error| format!("{error}。{}", error.remedy()))?;
    let source = SourceFile { name: file_name.to_owned(), sha256: sha256_hex(bytes) };
    let db = installation.projects.open(info.id).await?;
    Ok(houses::import(&db, &records, &source, mode, &By::operator(), now).await?)
}

fn print_import(report: &ImportReport, applied: bool) {
    let verb = if applied { "已导入" } else { "试算（未写入）" };
    say(format!(
        "{verb}：接受 {} 套，其中新增 {}，变更 {}，不变 {}；新增人员 {}；面积合计 {}.{:02} ㎡",
        report.accepted,
        report.new_houses,
        report.changed_houses,
        report.unchanged,
        report.persons_new,
        report.area_centi / 100,
        report.area_centi % 100
    ));
    say(format!(
        "拒绝 {} 行，提醒 {} 处，差异 {} 处",
        report.rejected_rows, report.warnings_count, report.differences_count
    ));
    for row in report.rejected.iter().take(LINES_MAX) {
        say(format!("  {} 第 {} 行 [{}] {} {}。{}", row.sheet, row.row, row.code, row.value, row.words, row.remedy));
    }
    for difference in report.differences.iter().take(LINES_MAX) {
        say(format!("  {} {}。{}", difference.key, difference.words, difference.remedy));
    }
}

/// Makes a company's first administrator; the password is the first line of standard input.
///
/// # Errors
/// When the login or the password is not acceptable.
pub async fn create_administrator(installation: &Installation, project: &str, login: &str, name: &str) -> Done {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    if line.len() > PASSWORD_BYTES_MAX {
        return Err("密码太长".into());
    }
    let password = SecretString::from(line.trim_end_matches(['\r', '\n']).to_owned());
    let info = installation.projects.by_code(project).await?;
    let new = NewStaff { company_id: info.company_id, login: login.to_owned(), name: name.to_owned(), password };
    add_administrator(installation, new).await?;
    say(format!("已建立管理员 {login}"));
    Ok(ExitCode::SUCCESS)
}

/// Adds a member of staff who administers the whole company.
///
/// # Errors
/// What the staff rules say.
pub async fn add_administrator(installation: &Installation, new: NewStaff) -> Result<(), Box<dyn std::error::Error>> {
    let (company, now) = (new.company_id, installation.now());
    let id = staff::create_staff(&installation.control, new, &By::operator(), now).await?;
    let _ =
        staff::grant_role(&installation.control, company, id, None, Role::Administrator, &By::operator(), now).await?;
    Ok(())
}

/// Changes the data key of a project, or of the control database, and seals everything anew.
///
/// # Errors
/// When a value does not open; run again after the cause is mended, nothing is lost.
pub async fn rotate(config: &Config, installation: &Installation, project: Option<&str>) -> Done {
    let now_ms = installation.clock.now_ms();
    let control = &installation.control;
    let scope = match project {
        Some(code) => installation.projects.by_code(code).await?.id.to_string(),
        None => CONTROL_SCOPE.to_owned(),
    };
    rotation::new_key(control, &config.master_key, &scope, &By::operator(), now_ms).await?;
    // Opened anew, so that the new key is in use.
    let fresh = start::installation(config, installation.clock.clone()).await?;
    let report = match project {
        Some(code) => {
            let id = fresh.projects.by_code(code).await?.id;
            rotation::reseal_project(&fresh.projects.open(id).await?).await?
        }
        None => rotation::reseal_control(&fresh.control).await?,
    };
    say(format!(
        "已换到第 {} 版密钥，重新加密 {} 个字段。请重启所有进程，然后运行 linli verify；旧密钥仍可解密。",
        report.version, report.resealed
    ));
    Ok(ExitCode::SUCCESS)
}

/// Wraps every data key under `LINLI_NEW_MASTER_KEY`.
///
/// # Errors
/// When the variable is missing or wrong.
pub async fn rewrap(config: &Config, installation: &Installation) -> Done {
    const NAME: &str = "LINLI_NEW_MASTER_KEY";
    let text = std::env::var(NAME).map_err(|_| ConfigError::Missing { name: NAME, what: "新的主密钥" })?;
    let text = SecretString::from(text);
    let new = MasterKey::parse(text.expose_secret())
        .map_err(|error| ConfigError::Wrong { name: NAME, why: error.to_string() })?;
    let keys = rotation::new_master_key(
        &installation.control,
        &config.master_key,
        &new,
        &By::operator(),
        installation.clock.now_ms(),
    )
    .await?;
    say(format!("{keys} 把数据密钥已改用新主密钥。请把 LINLI_MASTER_KEY 换成新的值并重启所有进程。"));
    Ok(ExitCode::SUCCESS)
}

/// Registers what a setup file describes.
///
/// # Errors
/// When the file cannot be read or something in it is refused.
pub async fn setup(installation: &Installation, file: &Path) -> Done {
    let text = std::fs::read_to_string(file)?;
    let plan: crate::setup_file::SetupFile = serde_json::from_str(&text)?;
    for line in crate::setup_file::apply(installation, &plan, file.parent()).await? {
        say(line);
    }
    Ok(ExitCode::SUCCESS)
}
