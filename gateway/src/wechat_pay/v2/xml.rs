//! The flat document of the older API: `<xml><name>value</name>…</xml>`. Values are kept to the byte: they are signed.

use std::collections::BTreeMap;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use crate::xml_entity;

/// Far above any published answer; a query of an order with coupons has some forty.
const FIELDS_MAX: usize = 200;

/// Writes the fields. What closes a CDATA section is split over two.
pub(super) fn write(fields: &BTreeMap<String, String>) -> String {
    let mut text = String::from("<xml>");
    for (name, value) in fields {
        let value = value.replace("]]>", "]]]]><![CDATA[>");
        text.push_str(&format!("<{name}><![CDATA[{value}]]></{name}>"));
    }
    text.push_str("</xml>");
    text
}

/// Reads the fields. `None` for anything that is not flat and small; a DOCTYPE, an entity of one's own and a field that
/// comes twice are refused.
pub(super) fn read(xml: &str) -> Option<BTreeMap<String, String>> {
    let mut reader = Reader::from_str(xml);
    let mut fields = BTreeMap::new();
    let mut depth = 0_u8;
    let mut open: Option<(String, String)> = None;
    loop {
        match reader.read_event().ok()? {
            Event::DocType(_) | Event::PI(_) => return None,
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Start(tag) => {
                depth += 1;
                let name = String::from_utf8_lossy(tag.name().as_ref().as_ref()).into_owned();
                match depth {
                    1 if name == "xml" && fields.is_empty() => {}
                    2 => open = Some((name, String::new())),
                    _ => return None,
                }
            }
            Event::Empty(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref().as_ref()).into_owned();
                (depth == 1).then_some(())?;
                add(&mut fields, name, String::new())?;
            }
            Event::Text(text) => append(open.as_mut(), &text.xml10_content())?,
            Event::CData(text) => append(open.as_mut(), &text.xml10_content())?,
            Event::GeneralRef(entity) => append(open.as_mut(), &xml_entity::resolve(&entity)?)?,
            Event::End(_) => {
                depth = depth.checked_sub(1)?;
                if let Some((name, value)) = open.take() {
                    add(&mut fields, name, value)?;
                }
            }
            Event::Eof => break,
        }
    }
    (depth == 0 && !fields.is_empty()).then_some(fields)
}

fn add(fields: &mut BTreeMap<String, String>, name: String, value: String) -> Option<()> {
    (fields.len() < FIELDS_MAX && fields.insert(name, value).is_none()).then_some(())
}

/// Text outside a field may only be blank.
fn append(open: Option<&mut (String, String)>, text: &str) -> Option<()> {
    match open {
        Some((_, value)) => {
            value.push_str(text);
            Some(())
        }
        None => text.trim().is_empty().then_some(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_to_the_byte() {
        let fields: BTreeMap<String, String> = [("body", " 物业费 <1> & ]]> "), ("attach", ""), ("total_fee", "888")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        assert_eq!(read(&write(&fields)), Some(fields));
    }

    #[test]
    fn the_published_answer_is_read() {
        let xml =
            "<xml>\n  <return_code><![CDATA[SUCCESS]]></return_code>\n  <total_fee>888</total_fee>\n  <a/>\n</xml>";
        let fields = read(xml).unwrap();
        assert_eq!(
            (fields["return_code"].as_str(), fields["total_fee"].as_str(), fields["a"].as_str()),
            ("SUCCESS", "888", "")
        );
    }

    #[test]
    fn a_doctype_an_entity_a_nest_a_repeat_or_a_fragment_is_refused() {
        for bad in [
            "<!DOCTYPE xml [<!ENTITY a \"b\">]><xml><A>&a;</A></xml>",
            "<xml><A>&a;</A></xml>",
            "<xml><A><B>1</B></A></xml>",
            "<xml><A>1</A><A>2</A></xml>",
            "<xml><A>1</A>",
            "<other><A>1</A></other>",
            "<xml></xml>",
            "",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(
            read(&format!("<xml>{}</xml>", (0..300).map(|n| format!("<a{n}>1</a{n}>")).collect::<String>())),
            None
        );
    }
}
