//! The simulation's own look into the databases, with plain SQL on connections the product knows nothing of, and a
//! journal that triggers write in commit order.
//!
//! Asking blocks the thread that asks: nothing of the product moves meanwhile.

use std::sync::mpsc;
use std::thread::JoinHandle;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement, TryGetable};

/// The place of the control database.
pub const CONTROL: usize = 0;

/// The journal: what became of bills, notices and reminders, in the order of commits.
const JOURNAL_SQLITE: &str = "
    CREATE TABLE sim_log (seq INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, id BLOB NOT NULL, stage TEXT,
        state TEXT, reason TEXT, lease_no INTEGER);
    CREATE TRIGGER sim_bill AFTER INSERT ON bill BEGIN
        INSERT INTO sim_log (what, id) VALUES ('bill', NEW.id); END;
    CREATE TRIGGER sim_settled AFTER UPDATE OF settled_at_ms ON bill
        WHEN OLD.settled_at_ms IS NULL AND NEW.settled_at_ms IS NOT NULL BEGIN
        INSERT INTO sim_log (what, id) VALUES ('settled', NEW.id); END;
    CREATE TRIGGER sim_voided AFTER UPDATE OF voided_at_ms ON bill
        WHEN OLD.voided_at_ms IS NULL AND NEW.voided_at_ms IS NOT NULL BEGIN
        INSERT INTO sim_log (what, id) VALUES ('voided', NEW.id); END;
    CREATE TRIGGER sim_notice AFTER INSERT ON notice BEGIN
        INSERT INTO sim_log (what, id, stage, state, reason, lease_no)
        VALUES ('notice', NEW.id, NEW.stage, NEW.state, NEW.reason, NEW.lease_no); END;
    CREATE TRIGGER sim_notice_moved AFTER UPDATE ON notice WHEN OLD.state <> NEW.state OR OLD.reason IS NOT NEW.reason
        OR OLD.lease_no <> NEW.lease_no BEGIN
        INSERT INTO sim_log (what, id, stage, state, reason, lease_no)
        VALUES ('notice', NEW.id, NEW.stage, NEW.state, NEW.reason, NEW.lease_no); END;
    CREATE TRIGGER sim_seen AFTER UPDATE ON notice
        WHEN (OLD.opened_at_ms IS NULL AND NEW.opened_at_ms IS NOT NULL)
        OR (OLD.acknowledged_at_ms IS NULL AND NEW.acknowledged_at_ms IS NOT NULL) BEGIN
        INSERT INTO sim_log (what, id) VALUES ('seen', NEW.id); END;
    CREATE TRIGGER sim_pause AFTER INSERT ON reminder_pause BEGIN
        INSERT INTO sim_log (what, id) VALUES ('pause', NEW.id); END;
    CREATE TRIGGER sim_resume AFTER UPDATE OF ended_at_ms ON reminder_pause BEGIN
        INSERT INTO sim_log (what, id) VALUES ('resume', NEW.id); END;
    CREATE TRIGGER sim_reminder AFTER INSERT ON reminder BEGIN
        INSERT INTO sim_log (what, id, stage, state, reason) VALUES ('reminder', NEW.bill_id, NEW.stage, NEW.state, NEW.reason); END;
    CREATE TRIGGER sim_reminder_moved AFTER UPDATE OF state ON reminder WHEN OLD.state <> NEW.state BEGIN
        INSERT INTO sim_log (what, id, stage, state, reason) VALUES ('reminder', NEW.bill_id, NEW.stage, NEW.state, NEW.reason); END;";

const JOURNAL_POSTGRES: &str = "
    CREATE TABLE sim_log (seq BIGSERIAL PRIMARY KEY, what TEXT NOT NULL, id UUID NOT NULL, stage TEXT,
        state TEXT, reason TEXT, lease_no BIGINT);
    CREATE FUNCTION sim_bill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'INSERT' THEN INSERT INTO sim_log (what, id) VALUES ('bill', NEW.id); RETURN NULL; END IF;
        IF OLD.settled_at_ms IS NULL AND NEW.settled_at_ms IS NOT NULL THEN
            INSERT INTO sim_log (what, id) VALUES ('settled', NEW.id); END IF;
        IF OLD.voided_at_ms IS NULL AND NEW.voided_at_ms IS NOT NULL THEN
            INSERT INTO sim_log (what, id) VALUES ('voided', NEW.id); END IF;
        RETURN NULL; END $$;
    CREATE TRIGGER sim_bill AFTER INSERT OR UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION sim_bill();
    CREATE FUNCTION sim_notice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'INSERT' OR OLD.state <> NEW.state OR OLD.reason IS DISTINCT FROM NEW.reason
            OR OLD.lease_no <> NEW.lease_no THEN
            INSERT INTO sim_log (what, id, stage, state, reason, lease_no)
            VALUES ('notice', NEW.id, NEW.stage, NEW.state, NEW.reason, NEW.lease_no); END IF;
        IF TG_OP = 'UPDATE' AND ((OLD.opened_at_ms IS NULL AND NEW.opened_at_ms IS NOT NULL)
            OR (OLD.acknowledged_at_ms IS NULL AND NEW.acknowledged_at_ms IS NOT NULL)) THEN
            INSERT INTO sim_log (what, id) VALUES ('seen', NEW.id); END IF;
        RETURN NULL; END $$;
    CREATE TRIGGER sim_notice AFTER INSERT OR UPDATE ON notice FOR EACH ROW EXECUTE FUNCTION sim_notice();
    CREATE FUNCTION sim_pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO sim_log (what, id) VALUES (CASE WHEN TG_OP = 'INSERT' THEN 'pause' ELSE 'resume' END, NEW.id);
        RETURN NULL; END $$;
    CREATE TRIGGER sim_pause AFTER INSERT OR UPDATE ON reminder_pause FOR EACH ROW EXECUTE FUNCTION sim_pause();
    CREATE FUNCTION sim_reminder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'INSERT' OR OLD.state <> NEW.state THEN
            INSERT INTO sim_log (what, id, stage, state, reason)
            VALUES ('reminder', NEW.bill_id, NEW.stage, NEW.state, NEW.reason); END IF;
        RETURN NULL; END $$;
    CREATE TRIGGER sim_reminder AFTER INSERT OR UPDATE ON reminder FOR EACH ROW EXECUTE FUNCTION sim_reminder();";

enum Wish {
    Rows(usize, String, mpsc::Sender<Result<Vec<QueryResult>, String>>),
    Execute(usize, String, mpsc::Sender<Result<(), String>>),
}

/// Connections of the simulation's own, held by a thread of its own.
#[derive(Debug)]
pub struct Desk {
    wishes: Option<tokio::sync::mpsc::UnboundedSender<Wish>>,
    thread: Option<JoinHandle<()>>,
}

impl Desk {
    /// Opens the control database and the projects', and installs the journal in the projects'.
    #[must_use]
    pub fn open(urls: Vec<String>) -> Self {
        let (wishes, mut received) = tokio::sync::mpsc::unbounded_channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let mut open = Vec::with_capacity(urls.len());
                for (place, url) in urls.iter().enumerate() {
                    let connection = connect(url).await;
                    if place != CONTROL {
                        install_journal(&connection).await;
                    }
                    open.push(connection);
                }
                while let Some(wish) = received.recv().await {
                    serve(&open, wish).await;
                }
                for connection in open {
                    connection.close().await.unwrap();
                }
            });
        });
        Self { wishes: Some(wishes), thread: Some(thread) }
    }

    fn ask(&self, wish: Wish) {
        assert!(self.wishes.as_ref().unwrap().send(wish).is_ok(), "the desk is closed");
    }

    /// All rows of a query.
    #[must_use]
    pub fn rows(&self, place: usize, sql: &str) -> Vec<QueryResult> {
        let (answer, answered) = mpsc::channel();
        self.ask(Wish::Rows(place, sql.to_owned(), answer));
        answered.recv().unwrap().unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The only value of a query.
    #[must_use]
    pub fn one<T: TryGetable>(&self, place: usize, sql: &str) -> T {
        let rows = self.rows(place, sql);
        assert_eq!(rows.len(), 1, "one row: {sql}");
        rows[0].try_get_by_index(0).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    /// Runs statements.
    pub fn execute(&self, place: usize, sql: &str) {
        let (answer, answered) = mpsc::channel();
        self.ask(Wish::Execute(place, sql.to_owned(), answer));
        answered.recv().unwrap().unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// How far the journal of a project's database has come.
    #[must_use]
    pub fn position(&self, place: usize) -> i64 {
        self.one(place, "SELECT COALESCE(MAX(seq), 0) FROM sim_log")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(self.wishes.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap()
}

async fn install_journal(connection: &DatabaseConnection) {
    let is_postgres = connection.get_database_backend() == DbBackend::Postgres;
    connection.execute_unprepared(if is_postgres { JOURNAL_POSTGRES } else { JOURNAL_SQLITE }).await.unwrap();
}

async fn serve(open: &[DatabaseConnection], wish: Wish) {
    match wish {
        Wish::Rows(place, sql, answer) => {
            let statement = Statement::from_string(open[place].get_database_backend(), sql);
            let _ = answer.send(open[place].query_all_raw(statement).await.map_err(|error| error.to_string()));
        }
        Wish::Execute(place, sql, answer) => {
            let done = open[place].execute_unprepared(&sql).await;
            let _ = answer.send(done.map(|_| ()).map_err(|error| error.to_string()));
        }
    }
}
