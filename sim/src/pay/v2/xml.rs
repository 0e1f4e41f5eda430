//! `<xml><name>value</name>…</xml>`, read by hand: this world shares no parser with who talks to it.

use std::collections::HashMap;

pub(super) type Fields = HashMap<String, String>;

/// Most fields of a request.
const FIELDS_MAX: usize = 100;
const CDATA: &str = "<![CDATA[";
const CDATA_END: &str = "]]>";

/// The fields; nothing when it is no such document.
pub(super) fn read(text: &str) -> Option<Fields> {
    let mut rest = text.trim().strip_prefix("<xml>")?.strip_suffix("</xml>")?.trim_start();
    let mut fields = Fields::new();
    while !rest.is_empty() {
        let (name, after) = rest.strip_prefix('<')?.split_once('>')?;
        let (value, after) = value(after, &format!("</{name}>"))?;
        if fields.len() >= FIELDS_MAX || fields.insert(name.to_owned(), value).is_some() {
            return None;
        }
        rest = after.trim_start();
    }
    Some(fields)
}

/// The value up to its end tag, and what follows that.
fn value<'a>(mut rest: &'a str, end: &str) -> Option<(String, &'a str)> {
    let mut value = String::new();
    loop {
        if let Some(after) = rest.strip_prefix(end) {
            return Some((value, after));
        }
        if let Some(after) = rest.strip_prefix(CDATA) {
            let (inside, after) = after.split_once(CDATA_END)?;
            value.push_str(inside);
            rest = after;
            continue;
        }
        let stop = rest.find('<')?;
        if stop == 0 {
            return None;
        }
        let (plain, after) = rest.split_at(stop);
        value.push_str(&plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"));
        rest = after;
    }
}

/// Numbers bare, everything else as CDATA, as the platform writes.
pub(super) fn write(fields: &[(String, String)]) -> String {
    let mut text = String::from("<xml>");
    for (name, value) in fields {
        let is_number = !value.is_empty() && value.len() < 16 && value.bytes().all(|byte| byte.is_ascii_digit());
        if is_number {
            text.push_str(&format!("<{name}>{value}</{name}>\n"));
        } else {
            text.push_str(&format!("<{name}>{CDATA}{}{CDATA_END}</{name}>\n", value.replace(CDATA_END, "]] >")));
        }
    }
    text.push_str("</xml>");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_whole_or_not_at_all() {
        let fields = read("<xml><a><![CDATA[1<2]]></a> <b>3&amp;4</b><c></c></xml>").unwrap();
        assert_eq!((fields["a"].as_str(), fields["b"].as_str(), fields["c"].as_str()), ("1<2", "3&4", ""));
        assert_eq!(read("<xml><a><![CDATA[x]]]]><![CDATA[>y]]></a></xml>").unwrap()["a"], "x]]>y");
        for bad in
            ["", "<xml><a>1</a>", "<xml><a>1</b></xml>", "<xml><a>1</a><a>2</a></xml>", "<xml><a><b>1</b></a></xml>"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
