//! Events before they are written as XML or JSON.

/// One entry of an event's list.
#[derive(Clone, Debug)]
pub(crate) struct EventItem(pub(crate) Vec<(String, String)>);

impl EventItem {
    pub(crate) fn new(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }
}

/// An event before it is addressed.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) openid: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) list: Option<(String, Vec<EventItem>)>,
}

impl Event {
    pub(crate) fn new(name: &str, openid: &str) -> Self {
        Self { name: name.to_owned(), openid: openid.to_owned(), fields: Vec::new(), list: None }
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.fields.push((key.to_owned(), value.to_owned()));
        self
    }

    /// A list that XML nests under `parent` and JSON calls `List`.
    pub(crate) fn with_list(mut self, parent: &str, items: Vec<EventItem>) -> Self {
        self.list = Some((parent.to_owned(), items));
        self
    }
}
