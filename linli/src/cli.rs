//! The commands.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Parser, Subcommand};
use service::clock::Clock;

use crate::config::Config;
use crate::roles::{self, Roles};
use crate::{commands, demo, import, start};

/// 邻里：物业收费后台。
#[derive(Debug, Parser)]
#[command(name = "linli", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 演示：一条命令跑起整套系统（含模拟的微信、短信），不需要任何凭证
    Demo {
        /// 演示页面的地址
        #[arg(long, default_value = "127.0.0.1:8088")]
        bind: String,
    },
    /// 接口与定时任务同在一个进程
    Serve,
    /// 只跑接口
    Api,
    /// 只跑定时任务
    Jobs,
    /// 升级控制库与所有项目库的结构
    Migrate,
    /// 核对账本：哈希链与所有不变量；有问题时退出码为 1
    Verify {
        /// 只核对这个项目（代码）
        #[arg(long)]
        project: Option<String>,
    },
    /// 导入表格
    #[command(subcommand)]
    Import(Import),
    /// 登记公司、商户号、小程序、短信账户与项目
    Setup {
        /// 说明文件（JSON），格式见 docs/OPERATIONS.md
        file: PathBuf,
    },
    /// 员工账号
    #[command(subcommand)]
    Staff(Staff),
    /// 密钥轮换
    #[command(subcommand)]
    Keys(Keys),
}

/// What to import.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// 房屋与业主资料；不加 --apply 时只试算
    Houses {
        /// .xlsx 文件
        file: PathBuf,
        /// 项目代码
        #[arg(long)]
        project: String,
        /// 确认写入
        #[arg(long)]
        apply: bool,
    },
    /// 一个月的抄表读数；不加 --apply 时只试算
    Readings {
        /// .xlsx 文件
        file: PathBuf,
        /// 项目代码
        #[arg(long)]
        project: String,
        /// 抄表月份的任意一天，例如 2026-10-01
        #[arg(long)]
        month: NaiveDate,
        /// 确认写入
        #[arg(long)]
        apply: bool,
    },
    /// 期初欠费、预存与押金；不加 --apply 时只试算
    Opening {
        /// .xlsx 文件
        file: PathBuf,
        /// 项目代码
        #[arg(long)]
        project: String,
        /// 确认写入
        #[arg(long)]
        apply: bool,
    },
}

/// Staff accounts.
#[derive(Debug, Subcommand)]
pub enum Staff {
    /// 建立公司的第一个管理员；密码从标准输入读取
    CreateAdministrator {
        /// 项目代码，用来找到公司
        #[arg(long)]
        project: String,
        /// 登录名
        #[arg(long)]
        login: String,
        /// 姓名
        #[arg(long)]
        name: String,
    },
}

/// Key rotation.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// 换数据密钥并重新加密；不加 --project 时换控制库的
    Rotate {
        /// 项目代码
        #[arg(long)]
        project: Option<String>,
    },
    /// 换主密钥：新主密钥从环境变量 LINLI_NEW_MASTER_KEY 读取
    Rewrap,
}

/// Runs a command; the exit code says whether all was well.
///
/// # Errors
/// What stopped it, in words.
pub async fn run(cli: Cli) -> Result<ExitCode, Box<dyn std::error::Error>> {
    if let Command::Demo { bind } = &cli.command {
        return demo::run(bind).await;
    }
    let config = Config::from_env()?;
    if matches!(cli.command, Command::Migrate) {
        return commands::migrate(&config).await;
    }
    let installation = start::installation(&config, Clock::system()).await?;
    match cli.command {
        Command::Demo { .. } | Command::Migrate => Ok(ExitCode::SUCCESS),
        Command::Serve => with_roles(&config, installation, Roles { api: true, jobs: true }).await,
        Command::Api => with_roles(&config, installation, Roles { api: true, jobs: false }).await,
        Command::Jobs => with_roles(&config, installation, Roles { api: false, jobs: true }).await,
        Command::Verify { project } => commands::verify(&installation, project.as_deref()).await,
        Command::Import(Import::Houses { file, project, apply }) => {
            commands::import_houses(&installation, &file, &project, apply).await
        }
        Command::Import(Import::Readings { file, project, month, apply }) => {
            import::readings(&installation, &file, &project, month, apply).await
        }
        Command::Import(Import::Opening { file, project, apply }) => {
            import::opening(&installation, &file, &project, apply).await
        }
        Command::Setup { file } => commands::setup(&installation, &file).await,
        Command::Staff(Staff::CreateAdministrator { project, login, name }) => {
            commands::create_administrator(&installation, &project, &login, &name).await
        }
        Command::Keys(Keys::Rotate { project }) => commands::rotate(&config, &installation, project.as_deref()).await,
        Command::Keys(Keys::Rewrap) => commands::rewrap(&config, &installation).await,
    }
}

async fn with_roles(
    config: &Config,
    installation: service::installation::Installation,
    roles: Roles,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    roles::run(config, installation, roles).await?;
    Ok(ExitCode::SUCCESS)
}
