//! The apps registered with the platform: mini programs and service accounts, with their templates.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::push::PushConfig;
use crate::error::SimError;
use crate::server::Sim;

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
        let field = |(key, label): &(&str, &str)| TemplateField { key: (*key).to_owned(), label: (*label).to_owned() };
        Self { id: id.to_owned(), title: title.to_owned(), fields: fields.iter().map(field).collect() }
    }
}

pub(crate) struct App {
    pub(crate) config: AppConfig,
    pub(crate) templates: HashMap<String, Template>,
    pub(crate) push: Option<PushConfig>,
    /// Day (China) and the template messages sent in it.
    pub(crate) sent_today: (String, u32),
}

impl Sim {
    /// Registers an app; everybody gets an openid in it.
    pub fn add_app(&self, config: AppConfig) {
        let mut world = self.world();
        let appid = config.appid.clone();
        world.people.know_app(&appid);
        let app = App { config, templates: HashMap::new(), push: None, sent_today: (String::new(), 0) };
        world.apps.insert(appid, app);
    }

    /// Adds (or replaces) a template of an app.
    pub fn add_template(&self, appid: &str, template: Template) -> Result<(), SimError> {
        let mut world = self.world();
        let app = world.apps.get_mut(appid).ok_or_else(|| SimError::UnknownApp(appid.to_owned()))?;
        app.templates.insert(template.id.clone(), template);
        Ok(())
    }

    /// Takes a template away, as a change of category does.
    pub fn remove_template(&self, appid: &str, template_id: &str) {
        if let Some(app) = self.world().apps.get_mut(appid) {
            app.templates.remove(template_id);
        }
    }
}
