//! The people of the outside world, with one phone, one unionid and one openid per app each.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::book::InboxItem;
use crate::crypto;
use crate::error::SimError;
use crate::server::Sim;

/// Longest inbox kept for one phone; the oldest items fall out first.
const INBOX_MAX: usize = 500;

/// A person of the simulator. The number is stable within one run and starts at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub u32);

/// What is known of a person.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// The number the control surface uses.
    pub id: PersonId,
    /// A name for the demo page.
    pub name: Option<String>,
    /// Mainland number of 11 digits, without `+86`.
    pub phone: String,
    /// The same for all apps of one open platform account.
    pub unionid: String,
    /// appid → openid.
    pub openids: BTreeMap<String, String>,
    /// appids of the service accounts the person follows.
    pub follows: BTreeSet<String>,
    /// appids of the service accounts the person follows but has muted: messages end as `failed:user block`.
    pub blocks: BTreeSet<String>,
    /// appid → when the person began to follow, in seconds.
    pub followed_at_s: BTreeMap<String, i64>,
    /// appid → the parameter of the QR code that was scanned to follow; nothing when it was found otherwise.
    pub followed_by_scene: BTreeMap<String, String>,
}

#[derive(Default)]
pub(crate) struct People {
    list: Vec<Person>,
    by_openid: HashMap<String, (PersonId, String)>,
    by_phone: HashMap<String, PersonId>,
    inboxes: HashMap<PersonId, VecDeque<InboxItem>>,
    pub(crate) unreachable_phones: HashSet<String>,
    pub(crate) silent_phones: HashSet<String>,
}

impl People {
    pub(crate) fn add(&mut self, name: Option<&str>, phone: &str, appids: &[String]) -> PersonId {
        let id = PersonId(u32::try_from(self.list.len()).unwrap_or(u32::MAX).saturating_add(1));
        let phone = bare_phone(phone).to_owned();
        self.by_phone.insert(phone.clone(), id);
        self.list.push(Person {
            id,
            name: name.map(str::to_owned),
            unionid: made_up_id("oU", &format!("unionid/{}", id.0)),
            phone,
            openids: BTreeMap::new(),
            follows: BTreeSet::new(),
            blocks: BTreeSet::new(),
            followed_at_s: BTreeMap::new(),
            followed_by_scene: BTreeMap::new(),
        });
        appids.iter().for_each(|appid| self.give_openid(id, appid));
        id
    }

    pub(crate) fn know_app(&mut self, appid: &str) {
        let ids: Vec<PersonId> = self.list.iter().map(|person| person.id).collect();
        ids.into_iter().for_each(|id| self.give_openid(id, appid));
    }

    fn give_openid(&mut self, id: PersonId, appid: &str) {
        let openid = made_up_id("o", &format!("{appid}/{}", id.0));
        if let Some(person) = self.get_mut(id) {
            person.openids.insert(appid.to_owned(), openid.clone());
            self.by_openid.insert(openid, (id, appid.to_owned()));
        }
    }

    pub(crate) fn get(&self, id: PersonId) -> Option<&Person> {
        self.list.get(usize::try_from(id.0.checked_sub(1)?).ok()?)
    }

    pub(crate) fn get_mut(&mut self, id: PersonId) -> Option<&mut Person> {
        self.list.get_mut(usize::try_from(id.0.checked_sub(1)?).ok()?)
    }

    pub(crate) fn all(&self) -> &[Person] {
        &self.list
    }

    /// The person and the app an openid belongs to.
    pub(crate) fn of_openid(&self, openid: &str) -> Option<(PersonId, &str)> {
        self.by_openid.get(openid).map(|(id, appid)| (*id, appid.as_str()))
    }

    pub(crate) fn of_phone(&self, phone: &str) -> Option<PersonId> {
        self.by_phone.get(bare_phone(phone)).copied()
    }

    pub(crate) fn openid(&self, id: PersonId, appid: &str) -> Option<&str> {
        self.get(id)?.openids.get(appid).map(String::as_str)
    }

    pub(crate) fn show(&mut self, id: PersonId, item: InboxItem) {
        let inbox = self.inboxes.entry(id).or_default();
        if inbox.len() >= INBOX_MAX {
            inbox.pop_front();
        }
        inbox.push_back(item);
    }

    pub(crate) fn set_reachable(&mut self, phone: &str, reachable: bool) {
        if reachable {
            self.unreachable_phones.remove(phone);
        } else {
            self.unreachable_phones.insert(phone.to_owned());
        }
    }

    pub(crate) fn set_picks_up(&mut self, phone: &str, picks_up: bool) {
        if picks_up {
            self.silent_phones.remove(phone);
        } else {
            self.silent_phones.insert(phone.to_owned());
        }
    }

    pub(crate) fn inbox(&self, id: PersonId) -> Vec<InboxItem> {
        self.inboxes.get(&id).into_iter().flatten().cloned().collect()
    }
}

/// 28 characters that look like an openid and depend on nothing but the seed.
fn made_up_id(prefix: &str, seed: &str) -> String {
    let digest = crypto::hmac_sha256(b"sim", seed.as_bytes());
    let tail: String = URL_SAFE_NO_PAD.encode(digest).chars().take(28 - prefix.len()).collect();
    format!("{prefix}{tail}")
}

/// The 11 digits of `+86…`, `0086…`, `86…` or a bare number.
pub(crate) fn bare_phone(phone: &str) -> &str {
    let trimmed = phone.trim();
    for prefix in ["+86", "0086", "86"] {
        if let Some(rest) = trimmed.strip_prefix(prefix)
            && rest.len() == 11
        {
            return rest;
        }
    }
    trimmed
}

impl Sim {
    /// Adds a person with a phone number (11 digits); openids exist for every app at once.
    pub fn add_person(&self, name: Option<&str>, phone: &str) -> PersonId {
        let mut world = self.world();
        let appids: Vec<String> = world.apps.keys().cloned().collect();
        world.people.add(name, phone, &appids)
    }

    /// Everybody.
    pub fn people(&self) -> Vec<Person> {
        self.world().people.all().to_vec()
    }

    /// One person.
    pub fn person(&self, id: PersonId) -> Result<Person, SimError> {
        self.world().people.get(id).cloned().ok_or(SimError::UnknownPerson)
    }

    /// The openid of a person in an app.
    pub fn openid(&self, id: PersonId, appid: &str) -> Result<String, SimError> {
        let world = self.world();
        world.people.get(id).ok_or(SimError::UnknownPerson)?;
        world.people.openid(id, appid).map(str::to_owned).ok_or_else(|| SimError::UnknownApp(appid.to_owned()))
    }

    /// What the person's phone shows, newest last.
    pub fn inbox(&self, id: PersonId) -> Vec<InboxItem> {
        self.world().people.inbox(id)
    }

    /// SMS and calls to this number fail (or reach it again).
    pub fn set_reachable(&self, phone: &str, reachable: bool) {
        self.world().people.set_reachable(bare_phone(phone), reachable);
    }

    /// Whether calls to this number are picked up; they are unless set otherwise.
    pub fn set_picks_up(&self, phone: &str, picks_up: bool) {
        self.world().people.set_picks_up(bare_phone(phone), picks_up);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_openid_per_app_and_one_unionid() {
        let mut people = People::default();
        let one = people.add(Some("甲"), "+8613800000001", &["wxa".to_owned()]);
        let two = people.add(None, "13800000002", &["wxa".to_owned()]);
        people.know_app("wxb");
        let first = people.get(one).unwrap();
        assert_ne!(first.openids["wxa"], first.openids["wxb"]);
        assert_ne!(first.openids["wxa"], people.get(two).unwrap().openids["wxa"]);
        assert_eq!(first.openids["wxb"].len(), 28);
        assert_eq!(people.of_openid(&first.openids["wxb"]), Some((one, "wxb")));
        assert_eq!(people.of_phone("8613800000001"), Some(one));
    }
}
