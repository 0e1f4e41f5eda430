//! References in XML from outside: only what XML itself defines, so that no document can grow by its own entities.

use quick_xml::events::BytesRef;

/// The five entities of XML itself and character references.
pub fn resolve(entity: &BytesRef<'_>) -> Option<String> {
    if entity.is_char_ref() {
        return entity.resolve_char_ref().ok()?.map(String::from);
    }
    let text = match entity.xml10_content().as_ref() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    };
    Some(text.to_owned())
}
