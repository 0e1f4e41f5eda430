//! Sample rows, loaded on the way to the head of a history.

use std::collections::BTreeMap;
use std::path::Path;

use migration::{MigratorTrait, dialect};

use super::super::sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use super::tables;

/// The sample files of a history by the number of the migration after which they are loaded.
fn samples(history: &str) -> BTreeMap<usize, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migration/samples");
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let (of, number) = stem.split_once('_').expect("a sample file is called like control_0001.sql");
        if of == history {
            found.insert(number.parse().unwrap(), std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// Applies one migration after the other and loads each one's rows before the next.
pub async fn over_rows<M: MigratorTrait>(db: &DatabaseConnection, history: &str) {
    let names: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let mut samples = samples(history);
    for name in &names {
        M::up(db, Some(1)).await.unwrap();
        if let Some(script) = samples.remove(&number_of(name)) {
            dialect::execute(db, &script).await.unwrap_or_else(|error| panic!("samples after {name}: {error}"));
        }
        for table in tables(db).await {
            assert!(count(db, &table).await > 0, "after {name} no sample row is in {table}");
        }
    }
    assert!(samples.is_empty(), "samples for migrations that are not there: {:?}", samples.keys());
    assert!(M::get_pending_migrations_read_only(db).await.unwrap().is_empty());
}

/// The number in a migration's name: `m20261123_000001_project_spine` is 1.
fn number_of(name: &str) -> usize {
    name.split('_')
        .nth(1)
        .and_then(|digits| digits.parse().ok())
        .expect("a migration is called like m20261123_000001_…")
}

/// How many rows a table has.
pub async fn count(db: &DatabaseConnection, table: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), format!("SELECT count(*) AS n FROM {table}"));
    db.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
}
