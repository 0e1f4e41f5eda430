//! What the check of the archive learned on the way: which part is which sheet, and the merged ranges of each.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};

use super::merge_scan::Rectangle;

/// The part that lists the sheets.
pub(super) const WORKBOOK: &str = "xl/workbook.xml";
/// The part that says where they are.
pub(super) const RELATIONS: &str = "xl/_rels/workbook.xml.rels";

/// Merged ranges by part, and the texts needed to find a sheet's part.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub merges: HashMap<String, Vec<Rectangle>>,
    pub workbook: String,
    pub relations: String,
}

impl Parts {
    /// The merged ranges of each sheet that can be told for sure; the parser is asked about the others.
    pub fn merges_by_sheet(mut self) -> HashMap<String, Vec<Rectangle>> {
        let targets = pairs(&self.relations, "Relationship", "Id", "Target");
        let sheets = pairs(&self.workbook, "sheet", "name", "id");
        let targets: HashMap<String, String> = targets.into_iter().collect();
        let mut by_sheet = HashMap::new();
        for (name, id) in sheets {
            let Some(target) = targets.get(&id) else { continue };
            let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            if let Some(ranges) = self.merges.remove(&path) {
                by_sheet.insert(name, ranges);
            }
        }
        by_sheet
    }
}

/// Two attributes of every element of a name. Local names: any namespace prefix will do.
fn pairs(xml: &str, element: &str, first: &str, second: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = Vec::new();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == element => {
                found.extend(attribute(&start, first).zip(attribute(&start, second)));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found.normalized_value(quick_xml::XmlVersion::Explicit1_0).ok().map(std::borrow::Cow::into_owned)
}
