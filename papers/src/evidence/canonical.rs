//! The content of a pack as one text, and its digest: the same facts are always the same bytes.

use serde::Serialize;

use super::Evidence;
use crate::error::PaperError;

/// Names the rules below; any change to them is a new name.
const FORMAT: &str = "linli-evidence-1";

#[derive(Serialize)]
struct Canonical<'e> {
    format: &'static str,
    #[serde(flatten)]
    evidence: &'e Evidence,
}

/// The canonical text and its SHA-256 in hexadecimal.
///
/// JSON without blanks, fields in the order of [`Evidence`], amounts in whole fen, days as `2026-09-01`, instants as
/// RFC 3339 in UTC.
///
/// # Errors
/// [`PaperError::Canonical`] when JSON cannot be written, which no value of [`Evidence`] brings about.
pub fn canonical(evidence: &Evidence) -> Result<(Vec<u8>, String), PaperError> {
    let text = serde_json::to_vec(&Canonical { format: FORMAT, evidence })
        .map_err(|error| PaperError::Canonical(error.to_string()))?;
    let digest = hex::encode(ring::digest::digest(&ring::digest::SHA256, &text));
    Ok((text, digest))
}
