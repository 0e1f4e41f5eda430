//! One SQL text, spelt for SQLite or PostgreSQL.
//!
//! | written | SQLite | PostgreSQL |
//! |---|---|---|
//! | `UUID`, `BYTEA` | `BLOB` | as written |
//! | `BIGINT`, `BOOLEAN` | `INTEGER` | as written |
//! | `{strict}` | ` STRICT` | nothing |
//! | `{bytes:00ff}` | `X'00ff'` | `'\x00ff'::bytea` |
//! | `{uuid:0199…}` | `X'0199…'` | `'0199…'::uuid` |
//!
//! Types are whole words in capitals. `--` comments are dropped, statements end at `;`, and nothing inside quotes is
//! touched. SQLite keeps `STRICT` tables to the types they declare, as PostgreSQL does anyway.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DbErr};

/// The longest script that is read, in bytes. The whole first schema is about 25 kB.
pub const SCRIPT_BYTES_MAX: usize = 1_000_000;

/// Hexadecimal digits of a UUID.
const UUID_DIGITS: usize = 32;

/// Why a script cannot be spelt. Every one is a mistake in a file of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialectError {
    /// Neither SQLite nor PostgreSQL.
    #[error("no spelling for this database: {0}")]
    Database(&'static str),
    /// Longer than [`SCRIPT_BYTES_MAX`].
    #[error("a script of {0} bytes is too long")]
    TooLong(usize),
    /// A quote or a brace that is opened and never closed, with what follows it.
    #[error("never closed: {0}")]
    Open(String),
    /// A brace with a word that means nothing here.
    #[error("unknown placeholder {{{0}}}")]
    Placeholder(String),
    /// Not hexadecimal digits, or not as many as there have to be.
    #[error("bad digits in {{{0}}}")]
    Digits(String),
}

impl From<DialectError> for DbErr {
    fn from(error: DialectError) -> Self {
        Self::Migration(error.to_string())
    }
}

/// A database whose spelling is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.37 or newer, the first with `STRICT`.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl TryFrom<DbBackend> for Dialect {
    type Error = DialectError;

    fn try_from(backend: DbBackend) -> Result<Self, DialectError> {
        match backend {
            DbBackend::Sqlite => Ok(Self::Sqlite),
            DbBackend::Postgres => Ok(Self::Postgres),
            other => Err(DialectError::Database(other.as_str())),
        }
    }
}

impl Dialect {
    fn word(self, word: &str) -> &str {
        match (self, word) {
            (Self::Sqlite, "UUID" | "BYTEA") => "BLOB",
            (Self::Sqlite, "BIGINT" | "BOOLEAN") => "INTEGER",
            _ => word,
        }
    }

    fn placeholder(self, placeholder: &str) -> Result<String, DialectError> {
        let digits_wrong = || DialectError::Digits(placeholder.to_owned());
        let unknown = || DialectError::Placeholder(placeholder.to_owned());
        if placeholder == "strict" {
            return Ok(if self == Self::Sqlite { " STRICT" } else { "" }.to_owned());
        }
        let (kind, value) = placeholder.split_once(':').ok_or_else(unknown)?;
        let digits = match kind {
            "bytes" => value.to_owned(),
            "uuid" => value.replace('-', ""),
            _ => return Err(unknown()),
        };
        let whole = if kind == "uuid" { digits.len() == UUID_DIGITS } else { digits.len().is_multiple_of(2) };
        if !whole || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(digits_wrong());
        }
        Ok(match (self, kind) {
            (Self::Sqlite, _) => format!("X'{digits}'"),
            (Self::Postgres, "uuid") => format!("'{digits}'::uuid"),
            (Self::Postgres, _) => format!("'\\x{digits}'::bytea"),
        })
    }
}

/// Runs a script statement by statement.
///
/// # Errors
/// A [`DialectError`], or the database's own words with the number and first line of the statement it refused; the
/// statements before it have then been run, so the caller holds a transaction.
pub async fn execute<C: ConnectionTrait>(db: &C, script: &str) -> Result<(), DbErr> {
    let dialect = Dialect::try_from(db.get_database_backend())?;
    for (index, statement) in statements(dialect, script)?.iter().enumerate() {
        db.execute_unprepared(statement).await.map_err(|error| {
            let first_line = statement.lines().next().unwrap_or_default();
            DbErr::Migration(format!("statement {} ({first_line}): {error}", index + 1))
        })?;
    }
    Ok(())
}

/// The statements of a script, without comments, spelt for `dialect`.
///
/// # Errors
/// See [`DialectError`].
pub fn statements(dialect: Dialect, script: &str) -> Result<Vec<String>, DialectError> {
    if script.len() > SCRIPT_BYTES_MAX {
        return Err(DialectError::TooLong(script.len()));
    }
    let mut done = Vec::new();
    let mut statement = String::new();
    let mut rest = script;
    while let Some(piece) = Piece::first(rest)? {
        match piece {
            Piece::Comment(_) => {}
            Piece::Word(word) => statement.push_str(dialect.word(word)),
            Piece::Placeholder(text) => statement.push_str(&dialect.placeholder(text.trim_matches(['{', '}']))?),
            Piece::Other(";") => finish(&mut statement, &mut done),
            Piece::Quoted(text) | Piece::Other(text) => statement.push_str(text),
        }
        rest = rest.get(piece.text().len()..).unwrap_or_default();
    }
    finish(&mut statement, &mut done);
    Ok(done)
}

fn finish(statement: &mut String, done: &mut Vec<String>) {
    let text = statement.trim();
    if !text.is_empty() {
        done.push(text.to_owned());
    }
    statement.clear();
}

/// The first bit of a script that has to be looked at as a whole.
#[derive(Debug, Clone, Copy)]
enum Piece<'a> {
    /// From `--` to the end of the line, which stays.
    Comment(&'a str),
    /// A literal or a quoted name. A doubled quote reads as two literals side by side: the same text comes out.
    Quoted(&'a str),
    /// `{…}`
    Placeholder(&'a str),
    /// Letters, digits and `_`.
    Word(&'a str),
    /// Any other single character.
    Other(&'a str),
}

impl<'a> Piece<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Comment(text)
            | Self::Quoted(text)
            | Self::Placeholder(text)
            | Self::Word(text)
            | Self::Other(text) => text,
        }
    }

    fn first(rest: &'a str) -> Result<Option<Self>, DialectError> {
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let piece = match first {
            '-' if rest.starts_with("--") => Self::Comment(rest.split('\n').next().unwrap_or(rest)),
            '\'' | '"' => Self::Quoted(closed(rest, first)?),
            '{' => Self::Placeholder(closed(rest, '}')?),
            _ if is_of_word(first) => {
                let end = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len());
                Self::Word(rest.get(..end).unwrap_or(rest))
            }
            _ => Self::Other(rest.get(..first.len_utf8()).unwrap_or(rest)),
        };
        Ok(Some(piece))
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// From the first character, which opens, to the first `close` after it.
fn closed(rest: &str, close: char) -> Result<&str, DialectError> {
    let open = || DialectError::Open(rest.lines().next().unwrap_or_default().to_owned());
    let inside = rest.get(1..).ok_or_else(open)?;
    let end = inside.find(close).ok_or_else(open)?;
    rest.get(..end + 2).ok_or_else(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(script: &str) -> Vec<String> {
        statements(Dialect::Sqlite, script).unwrap()
    }

    fn postgres(script: &str) -> Vec<String> {
        statements(Dialect::Postgres, script).unwrap()
    }

    #[test]
    fn types_are_spelt_as_whole_words_only() {
        let script = "CREATE TABLE t (UUID_2 UUID, BYTEAS BYTEA, a BIGINT, b BOOLEAN, c TEXT){strict};";
        assert_eq!(sqlite(script), ["CREATE TABLE t (UUID_2 BLOB, BYTEAS BLOB, a INTEGER, b INTEGER, c TEXT) STRICT"]);
        assert_eq!(postgres(script), ["CREATE TABLE t (UUID_2 UUID, BYTEAS BYTEA, a BIGINT, b BOOLEAN, c TEXT)"]);
    }

    #[test]
    fn nothing_inside_quotes_is_touched() {
        let script = "INSERT INTO t VALUES ('a UUID; -- {strict} it''s', \"BIGINT\");";
        let same = ["INSERT INTO t VALUES ('a UUID; -- {strict} it''s', \"BIGINT\")"];
        assert_eq!(sqlite(script), same);
        assert_eq!(postgres(script), same);
    }

    #[test]
    fn comments_are_dropped_with_their_semicolons_and_quotes() {
        let script = "-- it's all here; or not\nSELECT 1; -- the end\n\n;;  -- nothing\nSELECT 2 - 1";
        assert_eq!(sqlite(script), ["SELECT 1", "SELECT 2 - 1"]);
    }

    #[test]
    fn bytes_and_uuids_are_literals_of_their_database() {
        let script = "SELECT {bytes:00ff}, {bytes:}, {uuid:01990000-0000-7000-8000-00000000000a}";
        assert_eq!(sqlite(script), ["SELECT X'00ff', X'', X'0199000000007000800000000000000a'"]);
        assert_eq!(
            postgres(script),
            [r"SELECT '\x00ff'::bytea, '\x'::bytea, '0199000000007000800000000000000a'::uuid"]
        );
    }

    #[test]
    fn a_mistake_in_a_script_is_named() {
        let wrong = |script: &str| statements(Dialect::Sqlite, script).unwrap_err();
        assert_eq!(wrong("SELECT 'x"), DialectError::Open("'x".to_owned()));
        assert_eq!(wrong("SELECT {uuid:01"), DialectError::Open("{uuid:01".to_owned()));
        assert_eq!(wrong("SELECT {bits:01}"), DialectError::Placeholder("bits:01".to_owned()));
        assert_eq!(wrong("SELECT {stirct}"), DialectError::Placeholder("stirct".to_owned()));
        assert_eq!(wrong("SELECT {bytes:0}"), DialectError::Digits("bytes:0".to_owned()));
        assert_eq!(wrong("SELECT {bytes:0g}"), DialectError::Digits("bytes:0g".to_owned()));
        assert_eq!(wrong("SELECT {uuid:0199}"), DialectError::Digits("uuid:0199".to_owned()));
        let long = " ".repeat(SCRIPT_BYTES_MAX + 1);
        assert_eq!(wrong(&long), DialectError::TooLong(SCRIPT_BYTES_MAX + 1));
    }

    #[test]
    fn chinese_text_comes_through_whole() {
        assert_eq!(sqlite("SELECT '翠湖花园' AS 名称;"), ["SELECT '翠湖花园' AS 名称"]);
    }

    #[test]
    fn a_database_without_a_spelling_is_refused() {
        assert_eq!(Dialect::try_from(DbBackend::MySql), Err(DialectError::Database("MySql")));
    }
}
