//! Empty databases for tests: SQLite always, PostgreSQL where a server is given.
//!
//! `LINLI_TEST_PG_URL` is the URL of a PostgreSQL superuser. With `LINLI_TEST_DB=postgres` a missing URL is an error
//! and not a test that quietly did nothing.

pub mod samples;

use std::env;

use super::sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

const HISTORY_TABLE: &str = "seaql_migrations";

/// An empty SQLite database in memory.
pub async fn sqlite() -> DatabaseConnection {
    Database::connect("sqlite::memory:").await.unwrap()
}

/// A PostgreSQL database of its own for one test.
pub struct Postgres {
    server: DatabaseConnection,
    url: String,
    name: String,
}

impl Postgres {
    /// Makes an empty database, or nothing when no server is given. `story` is a word that no other test uses.
    pub async fn fresh(story: &str) -> Option<Self> {
        let server_url = server_url(env::var("LINLI_TEST_PG_URL").ok(), env::var("LINLI_TEST_DB").ok())?;
        let server = Database::connect(&server_url).await.unwrap();
        let name = format!("linli_test_{story}_{}", std::process::id());
        server.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        Some(Self { server, url: with_database(&server_url, &name), name })
    }

    /// A pool of one connection, so that what is `SET` stays set.
    pub async fn connect(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(1);
        Database::connect(options).await.unwrap()
    }

    /// Ends the database, whoever is still connected to it.
    pub async fn drop_database(self) {
        let name = self.name;
        self.server.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    }
}

/// The tables of a database without those of the database system and of the migrations.
pub async fn tables(db: &DatabaseConnection) -> Vec<String> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
        _ => r"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'",
    };
    let mut names = texts(db, sql, "name").await;
    names.retain(|name| name != HISTORY_TABLE);
    names.sort();
    names
}

/// One column of text of what a query returns.
pub async fn texts(db: &DatabaseConnection, sql: &str, column: &str) -> Vec<String> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", column).unwrap()).collect()
}

fn server_url(url: Option<String>, wanted: Option<String>) -> Option<String> {
    let is_wanted = wanted.as_deref() == Some("postgres");
    assert!(url.is_some() || !is_wanted, "LINLI_TEST_DB=postgres needs LINLI_TEST_PG_URL");
    url
}

/// The same server, another database.
fn with_database(server_url: &str, name: &str) -> String {
    let (before, query) = server_url.split_once('?').map_or((server_url, String::new()), |(b, q)| (b, format!("?{q}")));
    let (scheme, rest) = before.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap();
    format!("{scheme}://{host}/{name}{query}")
}

#[test]
fn a_wanted_server_that_is_not_given_is_an_error() {
    assert_eq!(server_url(None, None), None);
    assert_eq!(server_url(Some("url".to_owned()), None), Some("url".to_owned()));
    assert!(std::panic::catch_unwind(|| server_url(None, Some("postgres".to_owned()))).is_err());
}

#[test]
fn only_the_database_of_a_url_changes() {
    assert_eq!(with_database("postgres://u:p@h:5/postgres?a=b", "x"), "postgres://u:p@h:5/x?a=b");
    assert_eq!(with_database("postgres://u@h", "x"), "postgres://u@h/x");
}
