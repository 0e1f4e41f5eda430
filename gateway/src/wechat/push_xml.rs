//! XML of message push as the JSON tree its JSON form would have, so that one parser serves both.

use quick_xml::events::Event;
use quick_xml::reader::Reader;
use serde_json::{Map, Value};

use crate::xml_entity;

/// `xml > SubscribeMsgPopupEvent > List > TemplateId` is four; nothing published is deeper.
const DEPTH_MAX: usize = 6;
/// A popup event lists at most five templates; leaves room for ordinary messages.
const ELEMENTS_MAX: usize = 300;

struct Open {
    name: String,
    text: String,
    children: Map<String, Value>,
}

/// `None` for anything that is not a small, plain document. A DOCTYPE and any entity of one's own are refused.
pub fn to_json(xml: &str) -> Option<Value> {
    let mut reader = Reader::from_str(xml);
    let mut stack: Vec<Open> = Vec::new();
    let mut elements = 0;
    let mut root = None;
    loop {
        match reader.read_event().ok()? {
            Event::DocType(_) | Event::PI(_) => return None,
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Start(tag) => {
                elements += 1;
                if stack.len() >= DEPTH_MAX || elements > ELEMENTS_MAX || root.is_some() {
                    return None;
                }
                stack.push(open(tag.name().as_ref()));
            }
            Event::Empty(tag) => {
                elements += 1;
                let parent = stack.last_mut().filter(|_| elements <= ELEMENTS_MAX)?;
                add(&mut parent.children, open(tag.name().as_ref()).name, Value::String(String::new()));
            }
            Event::Text(text) => append(stack.last_mut(), &text.xml10_content())?,
            Event::CData(text) => append(stack.last_mut(), &text.xml10_content())?,
            Event::GeneralRef(entity) => append(stack.last_mut(), &xml_entity::resolve(&entity)?)?,
            Event::End(_) => {
                let done = stack.pop()?;
                let (name, value) = close(done);
                match stack.last_mut() {
                    Some(parent) => add(&mut parent.children, name, value),
                    None => root = Some(value),
                }
            }
            Event::Eof => break,
        }
    }
    root.filter(|_| stack.is_empty()).filter(Value::is_object)
}

fn open(name: impl AsRef<[u8]>) -> Open {
    let name = String::from_utf8_lossy(name.as_ref()).into_owned();
    Open { name, text: String::new(), children: Map::new() }
}

fn close(element: Open) -> (String, Value) {
    let value = if element.children.is_empty() {
        Value::String(element.text.trim().to_owned())
    } else {
        Value::Object(element.children)
    };
    (element.name, value)
}

/// A name that comes again makes a list, as `List` does.
fn add(children: &mut Map<String, Value>, name: String, value: Value) {
    match children.get_mut(&name) {
        None => {
            children.insert(name, value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

/// Text outside the root may only be blank.
fn append(element: Option<&mut Open>, text: &str) -> Option<()> {
    match element {
        Some(element) => {
            element.text.push_str(text);
            Some(())
        }
        None => text.trim().is_empty().then_some(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_lists_become_arrays() {
        let xml =
            "<xml><A><![CDATA[a&b]]></A><B>1 &lt; 2</B><E><List><T>1</T></List><List><T>2</T></List></E><F/></xml>";
        let tree = to_json(xml).unwrap();
        assert_eq!(tree, json!({"A":"a&b","B":"1 < 2","E":{"List":[{"T":"1"},{"T":"2"}]},"F":""}));
    }

    #[test]
    fn a_doctype_an_entity_or_endless_nesting_is_refused() {
        let bad = [
            "<!DOCTYPE xml [<!ENTITY a \"b\">]><xml><A>&a;</A></xml>",
            "<!DOCTYPE xml SYSTEM \"http://127.0.0.1/x.dtd\"><xml><A>1</A></xml>",
            "<xml><A>&a;</A></xml>",
            "<xml><A>1</B></xml>",
            "<xml><A>1</A>",
            "<xml>1</xml>",
            "not xml",
            "",
        ];
        for xml in bad {
            assert_eq!(to_json(xml), None, "{xml}");
        }
        assert_eq!(to_json(&format!("{}1{}", "<a>".repeat(50), "</a>".repeat(50))), None);
        assert_eq!(to_json(&format!("<xml>{}</xml>", "<a>1</a>".repeat(1000))), None);
    }
}
