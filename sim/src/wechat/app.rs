//! The apps registered with the platform: mini programs and service accounts, with their templates.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::follower::Followers;
use super::http::WxError;
use super::push::PushConfig;
use super::quota::{Blocked, Quotas};
use crate::error::SimError;
use crate::server::Sim;
use crate::world::World;

/// Which of the two kinds an appid is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// Mini program: login, subscribe messages, links.
    MiniProgram,
    /// Verified service account: template messages, followers.
    ServiceAccount,
}

/// An app as its owner configured it in the console.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// `wx…`
    pub appid: String,
    /// AppSecret.
    pub secret: String,
    /// Which kind.
    pub kind: AppKind,
    /// `gh_…`, the `ToUserName` of pushes.
    pub original_id: String,
    /// Whether it is bound to the open platform account: only then unionids are told.
    pub in_open_platform: bool,
}

impl AppConfig {
    /// An app in the open platform account, with an original id derived from the appid.
    pub fn new(appid: &str, secret: &str, kind: AppKind) -> Self {
        Self {
            appid: appid.to_owned(),
            secret: secret.to_owned(),
            kind,
            original_id: format!("gh_{}", appid.trim_start_matches("wx")),
            in_open_platform: true,
        }
    }
}

/// One field of a template.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TemplateField {
    /// Typed key, for instance `thing1` or `amount3`.
    pub key: String,
    /// Words the card shows before the value.
    pub label: String,
    /// The values an `enum` field takes; empty for all other types.
    #[serde(default)]
    pub values: Vec<String>,
}

/// A private template of an app, for template or subscribe messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Template {
    /// template_id.
    pub id: String,
    /// Title of the card.
    pub title: String,
    /// Fields in the order shown.
    pub fields: Vec<TemplateField>,
}

impl Template {
    /// A template from pairs of key and label.
    pub fn new(id: &str, title: &str, fields: &[(&str, &str)]) -> Self {
        let field = |(key, label): &(&str, &str)| TemplateField {
            key: (*key).to_owned(),
            label: (*label).to_owned(),
            values: Vec::new(),
        };
        Self { id: id.to_owned(), title: title.to_owned(), fields: fields.iter().map(field).collect() }
    }

    /// The same template, an `enum` field of which takes these values and no others.
    #[must_use]
    pub fn with_values(mut self, key: &str, values: &[&str]) -> Self {
        for field in self.fields.iter_mut().filter(|field| field.key == key) {
            field.values = values.iter().map(|value| (*value).to_owned()).collect();
        }
        self
    }
}

pub(crate) struct App {
    pub(crate) config: AppConfig,
    pub(crate) templates: HashMap<String, Template>,
    pub(crate) push: Option<PushConfig>,
    pub(crate) quotas: Quotas,
    pub(crate) blocked: Blocked,
    pub(crate) followers: Followers,
    /// Published pages of a mini program; any page exists while none is named.
    pub(crate) pages: HashSet<String>,
}

impl World {
    pub(crate) fn app_mut(&mut self, appid: &str) -> Result<&mut App, SimError> {
        self.apps.get_mut(appid).ok_or_else(|| SimError::UnknownApp(appid.to_owned()))
    }

    /// Each API is open to one kind of account.
    pub(crate) fn must_be(&self, appid: &str, kind: AppKind) -> Result<(), WxError> {
        match self.apps.get(appid) {
            Some(app) if app.config.kind == kind => Ok(()),
            _ => Err(WxError::new(48001, "api unauthorized")),
        }
    }

    /// Whether a page of a mini program, with its query, is published.
    pub(crate) fn has_page(&self, appid: &str, page: &str) -> bool {
        let path = page.split('?').next().unwrap_or_default().trim_start_matches('/');
        self.apps.get(appid).is_none_or(|app| app.pages.is_empty() || app.pages.contains(path))
    }
}

impl Sim {
    /// Registers an app; everybody gets an openid in it.
    pub fn add_app(&self, config: AppConfig) {
        let mut world = self.world();
        let appid = config.appid.clone();
        world.people.know_app(&appid);
        let app = App {
            config,
            templates: HashMap::new(),
            push: None,
            quotas: Quotas::default(),
            blocked: Blocked::default(),
            followers: Followers::default(),
            pages: HashSet::new(),
        };
        world.apps.insert(appid, app);
    }

    /// Adds (or replaces) a template of an app.
    pub fn add_template(&self, appid: &str, template: Template) -> Result<(), SimError> {
        let mut world = self.world();
        let app = world.apps.get_mut(appid).ok_or_else(|| SimError::UnknownApp(appid.to_owned()))?;
        app.templates.insert(template.id.clone(), template);
        Ok(())
    }

    /// Names the published pages of a mini program, without a leading slash; others are refused with 41030.
    pub fn set_pages(&self, appid: &str, pages: &[&str]) -> Result<(), SimError> {
        self.world().app_mut(appid)?.pages = pages.iter().map(|page| (*page).to_owned()).collect();
        Ok(())
    }

    /// Takes a template away, as a change of category does.
    pub fn remove_template(&self, appid: &str, template_id: &str) {
        if let Some(app) = self.world().apps.get_mut(appid) {
            app.templates.remove(template_id);
        }
    }
}
