//! Fresh databases: SQLite files in a temporary folder, or PostgreSQL databases cloned from a migrated template.

use std::env;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, Statement};
use service::store::Placement;
use tempfile::TempDir;
use uuid::Uuid;

/// Keeps two test processes from making one template: `test` in ASCII.
const TEMPLATE_LOCK: i64 = 0x7465_7374;

/// True when `LINLI_TEST_DB=postgres`.
pub fn is_postgres() -> bool {
    env::var("LINLI_TEST_DB").as_deref() == Ok("postgres")
}

/// Which schema a database gets.
#[derive(Clone, Copy)]
enum Schema {
    Control,
    Project,
}

/// The databases of one story.
pub struct Databases {
    folder: TempDir,
    made: Mutex<Vec<String>>,
}

impl Default for Databases {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), made: Mutex::default() }
    }
}

impl Databases {
    /// The folder the SQLite files are in, for other files of the story too.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The URL of a fresh control database.
    pub async fn control(&self) -> String {
        self.fresh("control", Schema::Control).await
    }

    /// The URL of a fresh project database.
    pub async fn project(&self, code: &str) -> String {
        self.fresh(code, Schema::Project).await
    }

    async fn fresh(&self, name: &str, schema: Schema) -> String {
        if !is_postgres() {
            let url = format!("sqlite:{}", self.folder().join(format!("{name}.db")).display());
            migrate(schema, &url).await;
            return url;
        }
        let database = format!("linli_story_{}", Uuid::now_v7().simple());
        clone_template(schema, &database).await;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(database.clone());
        url_of(&database)
    }

    /// Drops what was made on PostgreSQL, whoever is still connected.
    pub async fn drop_all(&self) {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        if made.is_empty() {
            return;
        }
        let server = server().await;
        for database in made {
            server.execute_unprepared(&format!("DROP DATABASE {database} WITH (FORCE)")).await.unwrap();
        }
    }
}

async fn migrate(schema: Schema, url: &str) {
    let placement = Placement::parse(url).unwrap();
    match schema {
        Schema::Control => linli::start::migrate_control(&placement).await.unwrap(),
        Schema::Project => linli::start::migrate_project(&placement).await.unwrap(),
    }
}

fn server_url() -> String {
    env::var("LINLI_TEST_PG_URL").expect("LINLI_TEST_DB=postgres needs LINLI_TEST_PG_URL")
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
    let template = format!("linli_template_{word}_{head}");
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
