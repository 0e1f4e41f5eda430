//! How payers can be reached: who signed in for their houses and has which openid in which account, and which phone
//! the books have. Read before a claim opens its transaction, because most of it lives in the control database.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::calendar::day_number;
use domain::person::Phone;
use domain::reminder::{Channel, Stage};
use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::ReminderError;
use super::deliver::{Recipient, account_of, backup_of, template_purpose};
use super::grants::{Credit, Keys, Way};
use super::reach::{IdentityRow, Reach, join};
use super::rows::{IDS_PER_QUERY, numbered};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ProjectDb, ProjectInfo};

/// Phones read of one payer.
const PHONES_PER_PAYER_MAX: usize = 5;
/// The channels that speak to an openid.
const OPENID_CHANNELS: [Channel; 3] = [Channel::WechatTemplate, Channel::WechatSubscribe, Channel::WechatNotify];

/// How the payers of one batch can be reached, and what the company or the project has switched off.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    by_payer: HashMap<Uuid, Reach>,
    /// Account and purpose to the template registered for them.
    templates: HashMap<(String, String), String>,
    /// Everything is decided and written, nothing leaves.
    pub is_dry_run: bool,
    /// The whole company is silent today.
    pub is_company_paused: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct PhoneRow {
    party_id: Uuid,
    phone_sealed: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct PartyHouseRow {
    party_id: Uuid,
    house_id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct SwitchRow {
    is_dry_run: bool,
    reminders_paused_until_day: Option<i64>,
}

#[derive(sea_orm::FromQueryResult)]
struct TemplateRow {
    account: String,
    purpose: String,
    template_id: String,
}

impl Contacts {
    /// The ways to `payer` through one channel about these houses, the best first.
    pub fn ways(
        &self,
        info: &ProjectInfo,
        payer: Uuid,
        channel: Channel,
        houses: &BTreeSet<Uuid>,
        stage: &Stage,
    ) -> Vec<Way> {
        let (Some(reach), Some(account)) = (self.by_payer.get(&payer), account_of(info, channel)) else {
            return Vec::new();
        };
        let way = |person_id, recipient, contact_hash: &[u8], credit| Way {
            channel,
            account: account.clone(),
            backup: backup_of(info, channel).filter(|backup| *backup != account),
            person_id,
            recipient,
            contact_hash: contact_hash.to_vec(),
            credit,
            cost_fen: 0,
        };
        if matches!(channel, Channel::Sms | Channel::Voice) {
            let phones = reach.phones.iter();
            return phones.map(|(phone, hash)| way(None, Recipient::Phone(phone.clone()), hash, None)).collect();
        }
        let spends_credit = channel != Channel::WechatTemplate;
        let template = self.templates.get(&(account.clone(), template_purpose(&stage.template, channel)));
        if spends_credit && template.is_none() {
            return Vec::new();
        }
        reach
            .identities
            .iter()
            .filter(|one| one.app_id == account && (spends_credit || one.followed))
            .filter(|one| one.houses.as_ref().is_none_or(|own| houses.is_subset(own)))
            .map(|one| {
                let credit = template
                    .filter(|_| spends_credit)
                    .map(|template| Credit { openid: one.openid.clone(), template_id: template.clone() });
                let recipient = Recipient::Openid { app_id: account.clone(), openid: one.openid.clone() };
                way(Some(one.person_id), recipient, &one.contact_hash, credit)
            })
            .collect()
    }

    /// What leave for any stage and any of these payers is decided by.
    pub fn keys(&self, info: &ProjectInfo) -> Keys {
        let mut keys = Keys::default();
        for channel in Channel::ALL {
            let accounts = account_of(info, channel).into_iter().chain(backup_of(info, channel));
            keys.accounts.extend(accounts.map(|account| (account, channel)));
        }
        for reach in self.by_payer.values() {
            keys.contacts.extend(reach.phones.iter().map(|(_, hash)| hash.clone()));
            for one in &reach.identities {
                keys.contacts.insert(one.contact_hash.clone());
                let of_account = self.templates.iter().filter(|((account, _), _)| *account == one.app_id);
                keys.credits.extend(of_account.map(|(_, id)| (one.app_id.clone(), one.openid.clone(), id.clone())));
            }
        }
        keys
    }

    /// Why no way leads to `payer` through a WeChat channel: the code that the history gives words to.
    pub fn why_not(&self, info: &ProjectInfo, payer: Uuid, channel: Channel) -> &'static str {
        let account = account_of(info, channel);
        let identities = self.by_payer.get(&payer).map_or(&[][..], |reach| reach.identities.as_slice());
        if identities.is_empty() {
            "not_bound"
        } else if channel == Channel::WechatTemplate
            || !identities.iter().any(|one| Some(&one.app_id) == account.as_ref())
        {
            "not_following"
        } else {
            "no_credit"
        }
    }

    /// The same way as the first time, recognised by its masked form: a resend must go where WeChat remembers it.
    pub fn again(
        &self,
        info: &ProjectInfo,
        payer: Uuid,
        channel: Channel,
        houses: &BTreeSet<Uuid>,
        stage: &Stage,
        masked: &str,
    ) -> Option<Way> {
        self.ways(info, payer, channel, houses, stage).into_iter().find(|way| way.recipient.masked() == masked)
    }
}

/// Reads how these payers are reached about these houses.
pub(super) async fn read(
    db: &ProjectDb,
    control: &ControlDb,
    pairs: &[(Uuid, Uuid)],
    now: DateTime<Utc>,
) -> Result<Contacts, ReminderError> {
    let payers: Vec<Uuid> = pairs.iter().map(|(payer, _)| *payer).collect::<HashSet<_>>().into_iter().collect();
    let houses: Vec<Uuid> = pairs.iter().map(|(_, house)| *house).collect::<HashSet<_>>().into_iter().collect();
    if payers.is_empty() {
        return Ok(Contacts::default());
    }
    let (phones, in_house) = books(db, &payers, &houses).await?;
    let mut contacts = switches(control, db, now).await?;
    for row in phones {
        let reach = contacts.by_payer.entry(row.party_id).or_default();
        // One damaged box must not silence a whole project.
        let Ok(digits) = db.sealer().open("party_phone.phone", &row.phone_sealed) else {
            tracing::error!(party = %row.party_id, "a phone does not open");
            continue;
        };
        // A land line or a number that was never one receives no SMS.
        if let Ok(phone) = Phone::parse(&digits)
            && phone.is_mobile()
            && reach.phones.len() < PHONES_PER_PAYER_MAX
        {
            let hash = control.sealer().hash("phone", phone.expose());
            reach.phones.push((phone, hash));
        }
    }
    let mut apps: Vec<String> =
        OPENID_CHANNELS.into_iter().filter_map(|channel| account_of(db.info(), channel)).collect();
    apps.sort_unstable();
    apps.dedup();
    if !apps.is_empty() {
        contacts.templates = templates(control, &apps).await?;
        let rows = identities(control, db, &apps, &houses).await?;
        let mut by_house: HashMap<Uuid, Vec<&IdentityRow>> = HashMap::new();
        for row in &rows {
            by_house.entry(row.house_id).or_default().push(row);
        }
        for (payer, house) in pairs {
            let reach = contacts.by_payer.entry(*payer).or_default();
            for row in by_house.get(house).into_iter().flatten() {
                let hash = row
                    .phone_hash
                    .clone()
                    .unwrap_or_else(|| control.sealer().hash("person", &row.person_id.to_string()));
                join(reach, *payer, row, in_house.contains(&(*payer, *house)), hash);
            }
        }
    }
    for reach in contacts.by_payer.values_mut() {
        reach.identities.sort_by(|a, b| (a.rank, a.person_id, &a.openid).cmp(&(b.rank, b.person_id, &b.openid)));
    }
    Ok(contacts)
}

/// What the company and the project have switched off.
async fn switches(control: &ControlDb, db: &ProjectDb, now: DateTime<Utc>) -> Result<Contacts, StoreError> {
    let row: Option<SwitchRow> = control
        .read("reminders.switches", async |tx| {
            tx.row(
                "SELECT p.is_dry_run, c.reminders_paused_until_day FROM project p JOIN company c ON c.id = p.company_id \
                 WHERE p.id = $1",
                vec![db.id().uuid().into()],
            )
            .await
        })
        .await?;
    let row = row.ok_or_else(|| StoreError::bad_row("project", db.id()))?;
    let today = day_number(db.info().today(now));
    Ok(Contacts {
        is_dry_run: row.is_dry_run,
        is_company_paused: row.reminders_paused_until_day.is_some_and(|until| today <= until),
        ..Contacts::default()
    })
}

async fn templates(control: &ControlDb, accounts: &[String]) -> Result<HashMap<(String, String), String>, StoreError> {
    let sql = format!(
        "SELECT account, purpose, template_id FROM message_template WHERE account IN ({})",
        numbered(1, accounts.len())
    );
    let values: Values = accounts.iter().map(|account| account.as_str().into()).collect();
    let rows: Vec<TemplateRow> = control.read("reminders.templates", async |tx| tx.rows(&sql, values).await).await?;
    Ok(rows.into_iter().map(|row| ((row.account, row.purpose), row.template_id)).collect())
}

type Books = (Vec<PhoneRow>, HashSet<(Uuid, Uuid)>);

async fn books(db: &ProjectDb, payers: &[Uuid], houses: &[Uuid]) -> Result<Books, StoreError> {
    db.read("reminders.books", async |tx| {
        let sql = format!(
            "SELECT party_id, phone_sealed FROM party_phone WHERE party_id {} ORDER BY party_id, position",
            tx.among(1)
        );
        let mut phones: Vec<PhoneRow> = Vec::new();
        for chunk in payers.chunks(IDS_PER_QUERY) {
            phones.extend(tx.rows::<PhoneRow>(&sql, vec![tx.listed(chunk)]).await?);
        }
        let sql = format!("SELECT party_id, house_id FROM house_party WHERE house_id {}", tx.among(1));
        let mut in_house = HashSet::new();
        for chunk in houses.chunks(IDS_PER_QUERY) {
            let rows: Vec<PartyHouseRow> = tx.rows(&sql, vec![tx.listed(chunk)]).await?;
            in_house.extend(rows.into_iter().map(|row| (row.party_id, row.house_id)));
        }
        Ok((phones, in_house))
    })
    .await
}

async fn identities(
    control: &ControlDb,
    db: &ProjectDb,
    apps: &[String],
    houses: &[Uuid],
) -> Result<Vec<IdentityRow>, StoreError> {
    let mut found: Vec<IdentityRow> = Vec::new();
    for chunk in houses.chunks(IDS_PER_QUERY) {
        let rows = control.read("reminders.identities", async |tx| {
            let apps_in = numbered(3, apps.len());
            let half = |joined: &str| {
                format!(
                    "SELECT hb.house_id, hb.party_id, hb.role, hb.person_id, p.phone_hash, w.app_id, w.openid, w.followed \
                     FROM house_binding hb JOIN person p ON p.id = hb.person_id JOIN person_wechat w ON {joined} \
                     WHERE hb.project_id = $1 AND hb.state = 'active' AND p.erased_at_ms IS NULL \
                     AND w.app_id IN ({apps_in}) AND hb.house_id {}",
                    tx.among(2)
                )
            };
            // By two indexes: an OR in the join would use neither.
            let sql = format!("{} UNION {}", half("w.person_id = p.id"), half("w.union_id = p.union_id"));
            let mut values: Values = vec![db.id().uuid().into(), tx.listed(chunk)];
            values.extend(apps.iter().map(|app| Value::from(app.as_str())));
            tx.rows::<IdentityRow>(&sql, values).await
        });
        found.extend(rows.await?);
    }
    Ok(found)
}
