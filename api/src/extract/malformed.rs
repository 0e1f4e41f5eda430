//! What a reader says of a value that does not fit, in words for people.

use crate::error::ApiError;

/// The answer to a value that does not fit. `path` is where it stands (`.` for the whole), `said` what the reader said.
/// Words of our own types are Chinese already and pass as they are.
pub(super) fn malformed(path: &str, said: &str) -> ApiError {
    let said = said.rsplit_once(" at line ").map_or(said, |(words, _)| words);
    let field = if path == "." { "" } else { path };
    if let Some(name) = said.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let field = if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
        return ApiError::bad_field(field, "必填，请补充");
    }
    let words = if said.starts_with("unknown variant") {
        format!("只能填写：{}", allowed(said).join("、"))
    } else if said.is_ascii() {
        "格式不正确，请检查后重填".to_owned()
    } else {
        said.to_owned()
    };
    ApiError::bad_field(if field.is_empty() { "body" } else { field }, words)
}

/// The quoted words after the first, which is the one that was refused.
fn allowed(said: &str) -> Vec<&str> {
    let after = said.split_once("expected").map_or("", |(_, after)| after);
    after.split('`').skip(1).step_by(2).collect()
}
