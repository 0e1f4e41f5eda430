//! Fresh databases for a seed: copies of migrated files in memory, or clones of migrated templates on PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, Statement};
use service::store::{Database, Placement};
use tempfile::TempDir;
use uuid::Uuid;

/// Keeps two processes from making one template: `seed` in ASCII.
const TEMPLATE_LOCK: i64 = 0x7365_6564;
/// Where files cost no disk.
const IN_MEMORY: &str = "/dev/shm";

/// Which schema a database gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// The control database.
    Control,
    /// A project's.
    Project,
}

/// True when `LINLI_TEST_DB=postgres`.
#[must_use]
pub fn is_postgres() -> bool {
    std::env::var("LINLI_TEST_DB").as_deref() == Ok("postgres")
}

/// The databases of one seed; they end with it.
#[derive(Debug)]
pub struct Databases {
    folder: TempDir,
    made: Vec<String>,
}

impl Default for Databases {
    fn default() -> Self {
        Self { folder: folder(), made: Vec::new() }
    }
}

fn folder() -> TempDir {
    if Path::new(IN_MEMORY).is_dir() { tempfile::tempdir_in(IN_MEMORY).unwrap() } else { tempfile::tempdir().unwrap() }
}

impl Databases {
    /// The URL of a fresh database.
    pub async fn fresh(&mut self, name: &str, schema: Schema) -> String {
        if !is_postgres() {
            let path = self.folder.path().join(format!("{name}.db"));
            std::fs::copy(template_file(schema).await, &path).unwrap();
            return format!("sqlite:{}", path.display());
        }
        let database = format!("linli_seed_{}", Uuid::now_v7().simple());
        clone_template(schema, &database).await;
        self.made.push(database.clone());
        url_of(&database)
    }

    /// Drops what was made on PostgreSQL, whoever is still connected.
    pub async fn drop_all(self) {
        if self.made.is_empty() {
            return;
        }
        let server = server().await;
        for database in &self.made {
            server.execute_unprepared(&format!("DROP DATABASE {database} WITH (FORCE)")).await.unwrap();
        }
        server.close().await.unwrap();
    }
}

async fn migrate(schema: Schema, url: &str) {
    let connection = Database::connect_for_migration(&Placement::parse(url).unwrap()).await.unwrap();
    match schema {
        Schema::Control => migration::migrate_control(&connection).await.unwrap(),
        Schema::Project => migration::migrate_project(&connection).await.unwrap(),
    };
    connection.close().await.unwrap();
}

/// A migrated file, made once in a process. Its write-ahead log has been folded into it when it was closed.
async fn template_file(schema: Schema) -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let name = if schema == Schema::Control { "control" } else { "project" };
    let path = FOLDER.get_or_init(folder).path().join(format!("{name}.db"));
    if !path.exists() {
        let making = path.with_extension(format!("{}", Uuid::now_v7().simple()));
        migrate(schema, &format!("sqlite:{}", making.display())).await;
        std::fs::rename(&making, &path).unwrap();
    }
    path
}

fn server_url() -> String {
    std::env::var("LINLI_TEST_PG_URL").expect("LINLI_TEST_DB=postgres needs LINLI_TEST_PG_URL")
}

fn url_of(database: &str) -> String {
    let server = server_url();
    format!("{}/{database}", server.rsplit_once('/').unwrap().0)
}

async fn server() -> DatabaseConnection {
    let mut options = ConnectOptions::new(server_url());
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap()
}

/// Every clone is made under the lock: a template that is being migrated or copied has no other connection.
async fn clone_template(schema: Schema, database: &str) {
    let (word, head) = match schema {
        Schema::Control => ("control", migration::CONTROL_HEAD),
        Schema::Project => ("project", migration::PROJECT_HEAD),
    };
    let template = format!("linli_seeds_{word}_{head}");
    let server = server().await;
    server.execute_unprepared(&format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await.unwrap();
    let known = Statement::from_string(
        server.get_database_backend(),
        format!("SELECT 1 FROM pg_database WHERE datname = '{template}'"),
    );
    if server.query_one_raw(known).await.unwrap().is_none() {
        let making = format!("linli_making_{}", Uuid::now_v7().simple());
        server.execute_unprepared(&format!("CREATE DATABASE {making}")).await.unwrap();
        migrate(schema, &url_of(&making)).await;
        server.execute_unprepared(&format!("ALTER DATABASE {making} RENAME TO {template}")).await.unwrap();
    }
    server.execute_unprepared(&format!("CREATE DATABASE {database} TEMPLATE {template}")).await.unwrap();
    server.execute_unprepared(&format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await.unwrap();
    server.close().await.unwrap();
}
