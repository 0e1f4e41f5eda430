//! Who follows a service account, in the order in which they began to.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::http::WxError;
use crate::server::Sim;
use crate::world::World;

/// Openids of one page of the real platform; no page is longer.
const PAGE_MAX: usize = 10_000;

/// A place is never given twice, so a page that was begun goes on where it stopped, whoever leaves meanwhile.
#[derive(Default)]
pub(crate) struct Followers {
    last: u64,
    order: BTreeMap<u64, String>,
    places: HashMap<String, u64>,
}

impl Followers {
    pub(crate) fn join(&mut self, openid: &str) {
        self.leave(openid);
        self.last = self.last.saturating_add(1);
        self.order.insert(self.last, openid.to_owned());
        self.places.insert(openid.to_owned(), self.last);
    }

    /// The place stays known: somebody may be paging past it.
    pub(crate) fn leave(&mut self, openid: &str) {
        if let Some(place) = self.places.get(openid) {
            self.order.remove(place);
        }
    }

    /// Nothing when `next_openid` never followed.
    fn page(&self, next_openid: &str, size: usize) -> Option<Vec<&str>> {
        let after = if next_openid.is_empty() { 0 } else { *self.places.get(next_openid)? };
        let page = self.order.range(after.saturating_add(1)..).take(size);
        Some(page.map(|(_, openid)| openid.as_str()).collect())
    }
}

impl World {
    /// `GET /cgi-bin/user/get`: followers, 10,000 a page unless the page was made smaller.
    pub(crate) fn user_list(&self, appid: &str, next_openid: &str) -> Result<Value, WxError> {
        let app = self.apps.get(appid).ok_or_else(|| WxError::new(40013, "invalid appid"))?;
        let size = self.config.user_page.clamp(1, PAGE_MAX);
        let page = app.followers.page(next_openid, size).ok_or_else(|| WxError::new(40003, "invalid openid"))?;
        let mut answer = json!({
            "total": app.followers.order.len(),
            "count": page.len(),
            "next_openid": page.last().copied().unwrap_or_default(),
        });
        if let Some(fields) = answer.as_object_mut().filter(|_| !page.is_empty()) {
            fields.insert("data".to_owned(), json!({ "openid": page }));
        }
        Ok(answer)
    }
}

impl Sim {
    /// Makes the pages of `user/get` shorter (1 to 10,000), so that few people fill several.
    pub fn set_user_page(&self, openids: usize) {
        self.world().config.user_page = openids;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_over_the_followers_survives_who_leaves_meanwhile() {
        let mut followers = Followers::default();
        ["a", "b", "c", "d"].iter().for_each(|openid| followers.join(openid));
        assert_eq!(followers.page("", 2).unwrap(), ["a", "b"]);
        followers.leave("b");
        assert_eq!(followers.page("b", 2).unwrap(), ["c", "d"]);
        assert_eq!(followers.page("d", 2).unwrap(), [""; 0]);
        followers.join("b");
        assert_eq!(followers.page("d", 2).unwrap(), ["b"]);
        assert_eq!(followers.page("stranger", 2), None);
    }
}
