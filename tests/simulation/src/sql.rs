//! Literals, as each database spells them.

use uuid::Uuid;

use crate::databases::is_postgres;

/// A UUID.
#[must_use]
pub fn id(id: Uuid) -> String {
    if is_postgres() { format!("'{id}'") } else { format!("X'{}'", id.simple()) }
}

/// A UUID or nothing.
#[must_use]
pub fn maybe_id(of: Option<Uuid>) -> String {
    of.map_or_else(|| "NULL".to_owned(), id)
}

/// Bytes.
#[must_use]
pub fn bytes(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if is_postgres() { format!("'\\x{hex}'") } else { format!("X'{hex}'") }
}

/// Text without quotes in it.
#[must_use]
pub fn text(text: &str) -> String {
    assert!(!text.contains('\''), "{text}");
    format!("'{text}'")
}

/// Text or nothing.
#[must_use]
pub fn maybe_text(of: Option<&str>) -> String {
    of.map_or_else(|| "NULL".to_owned(), text)
}
