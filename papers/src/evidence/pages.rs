//! The pack as pages: a summary, tables, the record of messages, what the records show, how to check the copy.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::meaning::{MEANINGS, Meaning, OTHER};
use super::{Evidence, Message, canonical};
use crate::document::{Attachment, Document, Head};
use crate::error::PaperError;
use crate::money::{capital, yuan};
use crate::table::{Column, Row, Table};

const TITLE: &str = "欠费及催告记录";
const ATTACHMENT: &str = "content.json";
/// Kinds that show that somebody opened a message.
const OPENED: [&str; 2] = ["opened", "acknowledged"];

pub(super) fn document(evidence: &Evidence) -> Result<Document, PaperError> {
    let (text, digest) = canonical(evidence)?;
    let mut paper = Document::new(Head {
        title: TITLE.to_owned(),
        issuer: evidence.company.clone(),
        number: evidence.number.clone(),
        made_at: evidence.made_at,
        zone: evidence.zone,
    });
    cover(&mut paper, evidence);
    bills(&mut paper, evidence);
    payments(&mut paper, evidence);
    messages(&mut paper, evidence);
    meanings(&mut paper, evidence);
    checking(&mut paper, evidence, &digest);
    paper.attach(Attachment {
        name: ATTACHMENT.to_owned(),
        mime: "application/json",
        words: "本文件内容的规范文本".to_owned(),
        bytes: text,
    });
    Ok(paper)
}

fn cover(paper: &mut Document, evidence: &Evidence) {
    let made = moment(evidence.made_at, evidence.zone);
    let pairs = [
        ("文件编号", evidence.number.clone()),
        ("物业服务企业", evidence.company.clone()),
        ("项目", evidence.project.clone()),
        ("缴费义务人", evidence.debtor.clone()),
        ("房屋", evidence.houses.join("、")),
        ("制作时间", format!("{made}（{}）", zone_words(evidence.zone))),
        ("制作人", evidence.made_by.clone()),
        ("咨询电话", evidence.service_phone.clone()),
    ];
    paper.title(TITLE);
    paper.pairs(pairs.into_iter().map(|(name, words)| (name.to_owned(), words)).collect());
    paper.heading("一、概要");
    paper.paragraph(owed_words(evidence)).paragraph(asked_words(evidence));
    paper.paragraph(
        "以下依次列明欠费账单、已收款项、每一条催告消息的原文与经过，以及各种记录能够说明和不能说明的事实。文中金额均为人\
         民币元。",
    );
}

/// What is owed, since when.
fn owed_words(evidence: &Evidence) -> String {
    let totals = evidence.totals;
    let mut words = format!(
        "截至{}，上列缴费义务人名下{}处房屋有未结清账单{}笔，应收合计{}元，已收{}元，尚欠{}元（大写：人民币{}）。",
        moment(evidence.made_at, evidence.zone),
        evidence.houses.len(),
        evidence.bills.len(),
        yuan(totals.amount_fen),
        yuan(totals.paid_fen),
        yuan(totals.owed_fen),
        capital(totals.owed_fen),
    );
    let overdue = evidence.bills.iter().filter(|bill| bill.overdue_days > 0);
    match overdue.clone().min_by_key(|bill| bill.due) {
        Some(oldest) => words.push_str(&format!(
            "其中{}笔已超过应缴日期；最早一笔应于{}前缴清，至今逾期{}天。",
            overdue.count(),
            chinese_day(oldest.due),
            oldest.overdue_days
        )),
        None => words.push_str("各笔账单均未超过应缴日期。"),
    }
    words
}

/// How often payment was asked for, and what is known of it.
fn asked_words(evidence: &Evidence) -> String {
    let (Some(first), Some(last)) = (evidence.messages.first(), evidence.messages.last()) else {
        return "截至制作时，系统中没有就上述账单发出的催告消息。".to_owned();
    };
    let count = |kinds: &[&str]| {
        let having = |message: &&Message| message.events.iter().any(|event| kinds.contains(&event.kind.as_str()));
        evidence.messages.iter().filter(having).count()
    };
    format!(
        "就上述账单，本公司通过系统制作催告消息{}条，首条于{}，末条于{}。其中渠道受理{}条，渠道回报送达{}条，经消息所带链接\
         打开账单或点击“已知晓”{}条。",
        evidence.messages.len(),
        moment(first.at, evidence.zone),
        moment(last.at, evidence.zone),
        count(&["sent"]),
        count(&["delivered"]),
        count(&OPENED),
    )
}

fn bills(paper: &mut Document, evidence: &Evidence) {
    paper.heading("二、欠费明细");
    let columns = vec![
        Column::words("房屋", 66),
        Column::words("费用项目", 79),
        Column::whole("费用期间", 58),
        Column::whole("应缴日期", 57),
        Column::figures("逾期天数", 30),
        Column::figures("应收（元）", 57),
        Column::figures("已收（元）", 57),
        Column::figures("尚欠（元）", 57),
    ];
    let line = |bill: &super::Bill| {
        Row::of(vec![
            bill.house.clone(),
            bill.fee_item.clone(),
            bill.period.clone(),
            bill.due.to_string(),
            bill.overdue_days.to_string(),
            yuan(bill.amount_fen),
            yuan(bill.paid_fen),
            yuan(bill.owed_fen),
        ])
    };
    let mut rows: Vec<Row> = evidence.bills.iter().map(line).collect();
    let totals = evidence.totals;
    let sums = [totals.amount_fen, totals.paid_fen, totals.owed_fen].map(yuan);
    let label = ["合计".to_owned(), format!("{}笔", evidence.bills.len())];
    rows.push(Row::total(label.into_iter().chain(vec![String::new(); 3]).chain(sums).collect()));
    paper.table(Table { columns, rows });
    paper
        .gap()
        .note(format!("逾期天数自应缴日期的次日起算至制作日。尚欠合计大写：人民币{}。", capital(totals.owed_fen)));
}

fn payments(paper: &mut Document, evidence: &Evidence) {
    paper.heading("三、已收款项");
    if evidence.payments.is_empty() {
        paper.paragraph("截至制作时，系统中没有上列房屋的收款记录。");
        return;
    }
    let columns = vec![
        Column::whole("收款时间", 100),
        Column::words("方式", 80),
        Column::words("交易单号或收据号", 193),
        Column::figures("金额（元）", 88),
    ];
    let rows = evidence.payments.iter().map(|payment| {
        Row::of(vec![
            moment(payment.at, evidence.zone),
            payment.method_words.clone(),
            payment.reference.clone(),
            yuan(payment.amount_fen),
        ])
    });
    paper.table(Table { columns, rows: rows.collect() });
    paper.gap().note("一笔款项可能同时结清已不在上表的其他账单，因此本表合计可以多于“已收”。");
}

fn messages(paper: &mut Document, evidence: &Evidence) {
    paper.heading("四、催告消息记录");
    if evidence.messages.is_empty() {
        paper.paragraph("没有催告消息。");
        return;
    }
    paper.paragraph(format!(
        "消息按制作时间排列，时间均为{}。方框内为实际发送的原文，一字未改。收件账号或号码为保护个人信息作遮盖处理，完整内容\
         可凭回执编号向渠道方核实。",
        zone_words(evidence.zone)
    ));
    for (place, message) in evidence.messages.iter().enumerate() {
        one_message(paper, evidence, place + 1, message);
    }
}

fn one_message(paper: &mut Document, evidence: &Evidence, number: usize, message: &Message) {
    let at = moment(message.at, evidence.zone);
    paper.subheading(format!("第{number}条　{at}　{}　{}", message.stage_words, message.channel_words));
    paper.pairs(vec![
        ("收件人".to_owned(), message.recipient.clone()),
        ("渠道回执编号".to_owned(), message.receipt_id.clone().unwrap_or_else(|| "无".to_owned())),
    ]);
    paper.quoted(message.text.clone());
    if message.events.is_empty() {
        paper.note("没有后续记录。");
        return;
    }
    let columns = vec![Column::whole("时间", 110), Column::words("记录", 150), Column::words("说明", 201)];
    let rows = message
        .events
        .iter()
        .map(|event| Row::of(vec![moment(event.at, evidence.zone), event.words.clone(), event.detail.clone()]));
    paper.table(Table { columns, rows: rows.collect() });
}

/// Explains the kinds of records that this pack has, each by the word it prints.
fn meanings(paper: &mut Document, evidence: &Evidence) {
    let mut words_of: BTreeMap<&str, &str> = BTreeMap::new();
    for event in evidence.messages.iter().flat_map(|message| &message.events) {
        words_of.entry(&event.kind).or_insert(&event.words);
    }
    paper.heading("五、各种记录说明什么");
    paper.paragraph(
        "微信、短信和语音渠道均不提供阅读回执。“已送达”只说明渠道方回报消息到达了账号或手机，不等于收件人已经阅读；打开账\
         单的记录来自该条消息独有的链接，是系统所能取得的最直接的阅读痕迹。请按下表理解各条记录，不作扩大解释。",
    );
    if words_of.is_empty() {
        return;
    }
    let mut rows = Vec::new();
    for Meaning { kinds, shows, shows_not } in MEANINGS {
        let words: Vec<&str> = kinds.iter().filter_map(|kind| words_of.remove(kind)).collect();
        if !words.is_empty() {
            rows.push([words.join("、"), (*shows).to_owned(), (*shows_not).to_owned()]);
        }
    }
    for words in words_of.into_values() {
        rows.push([words.to_owned(), OTHER.shows.to_owned(), OTHER.shows_not.to_owned()]);
    }
    let columns = vec![Column::words("记录用语", 105), Column::words("能够说明", 190), Column::words("不能说明", 166)];
    paper.table(Table { columns, rows: rows.into_iter().map(|row| Row::of(row.to_vec())).collect() });
}

/// How the records came about, and how a copy is checked.
fn checking(paper: &mut Document, evidence: &Evidence, digest: &str) {
    let head = &evidence.ledger_head;
    paper.heading("六、记录的形成与核对");
    paper.paragraph(
        "账单、收款和催告记录由系统在业务发生时自动写入，催告经过只增不改。账务采用复式记账，每一笔分录都含有前一笔的校验值，\
         前后相连；事后改动任何一笔，其后所有校验值都会不符。",
    );
    paper.paragraph(format!("制作本文件时，项目账簿最后一笔分录为第{}笔，其校验值为：", head.sequence));
    paper.figure(head.hash.clone());
    paper.paragraph("本文件全部内容的规范文本，其SHA-256校验值为：");
    paper.figure(digest);
    paper.paragraph(format!(
        "规范文本作为附件“{ATTACHMENT}”存于本PDF文件之内（PDF/A-3格式，可用阅读器取出）。核对方法：对附件计算SHA-256，应与上列\
         数值一致；再将附件所载与页面所印逐项对照。需要时可向本公司核对上列校验值。",
    ));
    paper.signatures(vec!["物业服务企业（盖章）：".to_owned(), "经办人：".to_owned(), "日期：".to_owned()]);
}

/// `2026-09-04 10:00:05` in that zone.
fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn chinese_day(day: NaiveDate) -> String {
    day.format("%Y年%-m月%-d日").to_string()
}

fn zone_words(zone: Tz) -> String {
    if zone == Tz::Asia__Shanghai { "北京时间".to_owned() } else { format!("{}当地时间", zone.name()) }
}
