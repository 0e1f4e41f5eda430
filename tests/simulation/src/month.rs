//! What happens in a month: clock jobs on two nodes, people, vendors, and everything that can go wrong.

use chrono::{Days, NaiveDate};
use domain::reminder::Policy;
use sea_orm::TryGetable as _;
use service::reminders::PauseLevel;
use uuid::Uuid;

use crate::desk::CONTROL;
use crate::nodes::{Act, End, Order, Paid};
use crate::rules::{Road, Rules};
use crate::run::{API, FIRST_DAY, JOBS, Run, TIME};
use crate::sql;
use crate::town::{DAY_MS, MINI, NOTIFY_TEMPLATE, OFFICIAL, Person, TEMPLATE, day_of, instant};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// A day as the product writes it.
fn date(day: i64) -> NaiveDate {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    epoch.checked_add_days(Days::new(u64::try_from(day).unwrap())).unwrap()
}

impl Run {
    /// The month.
    pub fn month(&mut self) {
        for day in FIRST_DAY..FIRST_DAY + self.setting.days {
            if self.dice.chance(self.setting.skipped_permille) {
                continue;
            }
            let mut minutes: Vec<i64> = (0..self.dice.pick(&[1, 1, 2, 3])).map(|_| self.visit_minute()).collect();
            minutes.sort_unstable();
            for minute in minutes {
                let second_ms = self.dice.range(0, 59_999);
                self.pass_to(instant(day, minute) + second_ms);
                self.visit();
            }
        }
    }

    fn visit_minute(&mut self) -> i64 {
        match self.dice.range(0, 9) {
            0 => self.dice.range(0, 1_439),
            1 => self
                .dice
                .pick(&[539, 540, 541, 569, 570, 600, 601, 719, 720, 839, 841, 1_109, 1_110, 1_199, 1_200, 1_259]),
            _ => self.dice.range(9 * 60, 19 * 60),
        }
    }

    fn visit(&mut self) {
        if self.setting.faults && self.dice.chance(60) {
            let by_ms = if self.clock_error_ms == 0 {
                self.dice.pick(&[HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS])
            } else {
                -self.clock_error_ms
            };
            self.jump(by_ms);
        }
        for _ in 0..self.dice.pick(&[0, 1, 1, 2, 3]) {
            self.something_happens();
        }
        for place in self.places() {
            if self.setting.faults { self.clock_jobs(place) } else { self.jobs(place) }
        }
        if self.dice.chance(700) {
            self.hear();
            let cut = self.cut_of_apply();
            self.alone(JOBS[1], Act::Apply, cut);
        }
    }

    /// The clock jobs of one project: in order, or several at once.
    fn clock_jobs(&mut self, place: usize) {
        let id = self.town.at(place).id;
        if self.dice.chance(850) {
            let mut acts = vec![(JOBS[0], Act::Plan(id), self.cut())];
            if self.dice.chance(150) {
                acts.push((JOBS[1], Act::Plan(id), self.cut()));
            }
            self.round(acts);
        }
        for _ in 0..self.dice.pick(&[1, 1, 2]) {
            let limit = self.dice.pick(&[1, 3, self.setting.dispatch_limit]);
            let mut acts = vec![(JOBS[0], Act::Dispatch(id, limit), self.cut())];
            if self.dice.chance(350) {
                acts.push((JOBS[1], Act::Dispatch(id, limit), self.cut()));
            }
            if self.dice.chance(300)
                && let Some(act) = self.owner_act(place)
            {
                acts.push((API, act, None));
            }
            if self.dice.chance(250) {
                let pass_ms = self.dice.pick(&[1_000, MINUTE_MS, 3 * MINUTE_MS, 11 * MINUTE_MS]);
                let told = self.vendors.book().told();
                let act = if self.dice.chance(500) && !told.is_empty() { Act::Hear(told) } else { Act::Pass(pass_ms) };
                acts.push((TIME, act, None));
            }
            self.round(acts);
            if self.dice.chance(500) {
                let mut acts = vec![(JOBS[0], Act::Escalate(id), self.cut())];
                if self.dice.chance(200) {
                    acts.push((JOBS[1], Act::Dispatch(id, limit), self.cut()));
                }
                self.round(acts);
            }
            if self.dice.chance(300) {
                let by_ms = self.dice.pick(&[MINUTE_MS, 3 * MINUTE_MS, 9 * MINUTE_MS, 30 * MINUTE_MS]);
                self.pass_to(self.now_ms() + by_ms);
            }
        }
    }

    /// Where a node dies, if it does.
    fn cut(&mut self) -> Option<u32> {
        if !self.setting.faults || !self.dice.chance(120) {
            return None;
        }
        let most = self.dice.pick(&[8, 40, 90]);
        Some(u32::try_from(self.dice.range(0, most)).unwrap())
    }

    /// Events of several projects are applied in no order: a death in the middle would not be the same the next time.
    fn cut_of_apply(&mut self) -> Option<u32> {
        let sql = "SELECT COUNT(DISTINCT r.project_id) FROM delivery_event e JOIN message_receipt r \
             ON r.account = e.account AND r.receipt_id = e.receipt_id WHERE e.applied_at_ms IS NULL";
        let projects: i64 = self.desk.one(CONTROL, sql);
        let cut = self.cut();
        cut.filter(|_| projects <= 1)
    }

    /// Something an owner does that may cross a message.
    fn owner_act(&mut self, place: usize) -> Option<Act> {
        let id = self.town.at(place).id;
        if let Some(at) = self.orders.iter().position(|(of, _)| *of == place)
            && self.dice.chance(700)
        {
            // WeChat Pay may tell again.
            let paid = if self.dice.chance(800) { self.orders.remove(at).1 } else { self.orders[at].1.clone() };
            return Some(Act::Settle(id, paid));
        }
        let token = self.token(place)?;
        Some(if self.dice.chance(500) { Act::Open(id, token) } else { Act::Acknowledge(id, token) })
    }

    /// The link of some message.
    fn token(&mut self, place: usize) -> Option<String> {
        let tokens: Vec<String> = {
            let book = self.vendors.book();
            book.accepted.iter().filter(|one| one.place == place).map(|one| one.token.clone()).collect()
        };
        if tokens.is_empty() { None } else { Some(self.dice.pick(&tokens)) }
    }

    fn something_happens(&mut self) {
        let place = self.dice.below(self.town.projects.len()) + 1;
        let id = self.town.at(place).id;
        match self.dice.range(0, 99) {
            0..=29 => self.order(place),
            30..=44 => {
                if let Some(act) = self.owner_act(place) {
                    let cut = self.cut();
                    let again = act.clone();
                    // Whoever was told nothing tells again.
                    if self.alone(API, act, cut) == End::Cut {
                        self.alone(API, again, None);
                    }
                }
            }
            45..=54 => {
                if let Some(token) = self.token(place) {
                    self.alone(API, Act::Open(id, token), None);
                }
            }
            55..=59 => self.void(place),
            60..=66 => self.pause(place),
            67..=70 => self.end_one_pause(place),
            71..=78 => self.follow(),
            79..=86 => {
                if let Some(person) = self.some_person() {
                    self.consent(&person);
                }
            }
            87..=89 => self.outage(),
            90..=92 => self.change_rules(place),
            93..=95 => {
                let published_ms = self.now_ms() + self.clock_error_ms;
                let day = day_of(published_ms);
                self.town.at_mut(place).publish(&mut self.dice, &self.desk, published_ms, (day, day + 8), 300);
            }
            96 => self.dry_run(place),
            _ => {
                self.alone(API, Act::Preview(id), None);
            }
        }
    }

    fn some_person(&mut self) -> Option<Person> {
        if self.town.persons.is_empty() { None } else { Some(self.dice.pick(&self.town.persons)) }
    }

    /// Somebody ticks bills and pays; the notice of it comes later.
    fn order(&mut self, place: usize) {
        let project = self.town.at(place).clone();
        let payer = self.dice.below(project.payers.len());
        let open = format!(
            "SELECT id FROM bill WHERE settled_at_ms IS NULL AND voided_at_ms IS NULL AND payer_party_id = {}",
            sql::id(project.payers[payer].party)
        );
        let open: Vec<Uuid> =
            self.desk.rows(place, &open).iter().map(|row| Uuid::try_get_by_index(row, 0).unwrap()).collect();
        let keep = self.dice.pick(&[1_000, 500]);
        let ticked: Vec<_> =
            project.bills.iter().filter(|bill| open.contains(&bill.id)).filter(|_| self.dice.chance(keep)).collect();
        if ticked.is_empty() {
            return;
        }
        let order = Order {
            bills: ticked.iter().map(|bill| bill.id).collect(),
            houses: ticked.iter().map(|bill| bill.house).collect(),
            person: project.payers[payer].party,
            fen: ticked.iter().map(|bill| bill.fen).sum(),
        };
        let fen = order.fen;
        let End::Done(order_id) = self.alone(API, Act::Place(project.id, order), None) else { return };
        let order_id = sql::id(order_id.parse().unwrap());
        let out_trade_no: String =
            self.desk.one(place, &format!("SELECT out_trade_no FROM payment_order WHERE id = {order_id}"));
        if self.orders.iter().any(|(_, paid)| paid.out_trade_no == out_trade_no) {
            return;
        }
        let transaction = format!("42{}", self.dice.id().simple());
        self.orders.push((place, Paid { out_trade_no, transaction, fen }));
    }

    fn void(&mut self, place: usize) {
        let project = self.town.at(place).clone();
        if !project.bills.is_empty() {
            let bill = self.dice.pick(&project.bills).id;
            let cut = self.cut();
            self.alone(API, Act::Void(project.id, bill), cut);
        }
    }

    fn pause(&mut self, place: usize) {
        let project = self.town.at(place).clone();
        let payer = self.dice.pick(&project.payers);
        let today = day_of(self.now_ms() + self.clock_error_ms);
        if self.dice.chance(100) {
            let until = today + self.dice.range(0, 3);
            self.desk.execute(CONTROL, &format!("UPDATE company SET reminders_paused_until_day = {until}"));
            self.memory.log.push(format!("the company is paused until day {}", until - FIRST_DAY));
            self.memory.paused.extend(1..=self.town.projects.len());
            return;
        }
        let level = match self.dice.range(0, 4) {
            0 => PauseLevel::Project,
            1 => PauseLevel::Building("1".to_owned()),
            2 => PauseLevel::House(payer.houses[0]),
            3 => PauseLevel::Payer(payer.party),
            _ if project.bills.is_empty() => return,
            _ => PauseLevel::Bill(self.dice.pick(&project.bills).id),
        };
        let last = today + self.dice.range(0, 6);
        let until = self.dice.chance(700).then(|| date(last));
        self.memory.paused.insert(place);
        self.alone(API, Act::Pause(project.id, level, until), None);
    }

    fn open_pauses(&self, place: usize) -> Vec<Uuid> {
        let sql = "SELECT id FROM reminder_pause WHERE ended_at_ms IS NULL ORDER BY created_at_ms, id";
        self.desk.rows(place, sql).iter().map(|row| Uuid::try_get_by_index(row, 0).unwrap()).collect()
    }

    fn end_one_pause(&mut self, place: usize) {
        let open = self.open_pauses(place);
        if !open.is_empty() {
            let (id, pause) = (self.town.at(place).id, self.dice.pick(&open));
            self.alone(API, Act::Resume(id, pause), None);
        }
    }

    /// Half of the pauses stay.
    pub(crate) fn end_pauses(&mut self) {
        self.desk.execute(CONTROL, "UPDATE company SET reminders_paused_until_day = NULL");
        for place in 1..=self.town.projects.len() {
            for pause in self.open_pauses(place) {
                if self.dice.chance(500) {
                    let id = self.town.at(place).id;
                    self.alone(API, Act::Resume(id, pause), None);
                }
            }
        }
    }

    /// Somebody follows or no longer does; we may not have heard of it.
    fn follow(&mut self) {
        let Some(Person { official: Some(openid), .. }) = self.some_person() else { return };
        let follows = self.dice.chance(600);
        if follows {
            self.vendors.book().followers.insert(openid.clone());
        } else {
            self.vendors.book().followers.remove(&openid);
        }
        if self.dice.chance(700) {
            let word = if follows { "TRUE" } else { "FALSE" };
            let sql = format!(
                "UPDATE person_wechat SET followed = {word} WHERE app_id = '{OFFICIAL}' AND openid = '{openid}'"
            );
            self.desk.execute(CONTROL, &sql);
        }
        self.memory.log.push(format!("{openid} follows: {follows}"));
    }

    /// Somebody taps on 允许; rarely takes everything back without a word.
    pub(crate) fn consent(&mut self, person: &Person) {
        let ways = [(MINI, TEMPLATE, &person.mini), (OFFICIAL, NOTIFY_TEMPLATE, &person.official)];
        let (app, template, Some(openid)) = self.dice.pick(&ways) else { return };
        let key = (app.to_owned(), openid.clone(), template.to_owned());
        if self.setting.faults && self.dice.chance(60) {
            self.vendors.book().credits.insert(key.clone(), 0);
            self.memory.revoked.insert(key);
            return;
        }
        *self.vendors.book().credits.entry(key.clone()).or_default() += 1;
        *self.memory.accepts.entry(key).or_default() += 1;
        self.desk.execute(
            CONTROL,
            &format!(
                "INSERT INTO consent_credit (app_id, openid, template_id, credits, updated_at_ms) \
                 VALUES ('{app}', '{openid}', '{template}', 1, 0) ON CONFLICT (app_id, openid, template_id) \
                 DO UPDATE SET credits = consent_credit.credits + 1"
            ),
        );
    }

    fn outage(&mut self) {
        if self.setting.faults {
            let account = self.town.account(self.dice.pick(&Road::ALL));
            let until = self.now_ms() + self.dice.pick(&[10 * MINUTE_MS, 2 * HOUR_MS, 2 * DAY_MS]);
            self.memory.log.push(format!("{account} does not work"));
            self.vendors.book().outages.insert(account, until);
        }
    }

    fn change_rules(&mut self, place: usize) {
        let project = self.town.at(place).clone();
        let rules = Rules::roll(&mut self.dice, &project.fee_items);
        let policy: Policy = serde_json::from_value(rules.json()).unwrap();
        if let End::Done(version) = self.alone(API, Act::SetRules(project.id, Box::new(policy)), None) {
            self.keep_rules(place, version.parse().unwrap(), rules);
        }
    }

    fn dry_run(&mut self, place: usize) {
        let word = if self.dice.chance(500) { "TRUE" } else { "FALSE" };
        let project = sql::id(self.town.at(place).id.uuid());
        self.desk.execute(CONTROL, &format!("UPDATE project SET is_dry_run = {word} WHERE id = {project}"));
        self.memory.dry.insert(place);
        self.memory.log.push(format!("project {place} only tries: {word}"));
    }
}
