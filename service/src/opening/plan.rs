//! What a book of opening balances comes to, against what the project has: rules only, no database.

use std::collections::{HashMap, HashSet};

use books::OpeningBook;
use books::opening::Section;
use books::table::Source;
use domain::calendar::day_number;
use domain::money::{Amount, Fen};
use domain::period::OPEN_START;
use uuid::Uuid;

use crate::houses::RowRemark;

/// A house of the project.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownHouse {
    pub id: Uuid,
    pub payer: Option<Uuid>,
}

/// What the project has that the book could repeat or contradict.
pub(super) struct Known {
    pub houses: HashMap<String, KnownHouse>,
    /// Natural keys of lines imported before.
    pub lines: HashSet<String>,
    /// Section, house and item of those lines.
    pub subjects: HashSet<(String, Uuid, String)>,
    /// House, fee item's name and first day of live bills.
    pub bills: HashSet<(Uuid, String, i64)>,
}

/// One line to be written.
#[derive(Debug, Clone)]
pub(super) struct ReadyLine {
    pub id: Uuid,
    pub natural_key: String,
    pub section: Section,
    pub house_id: Uuid,
    pub payer: Uuid,
    pub item: String,
    /// Of arrears only.
    pub days: Option<(i64, i64)>,
    pub amount: Amount,
    pub taken_day: Option<i64>,
    pub remark: Option<String>,
}

/// What is to be done.
#[derive(Default)]
pub(super) struct Plan {
    pub lines: Vec<ReadyLine>,
    pub unchanged: usize,
    pub refused: Vec<RowRemark>,
}

/// A line of any section, in one shape.
struct Line<'a> {
    section: Section,
    house: &'a str,
    item: &'a str,
    days: Option<(i64, i64)>,
    amount: Fen,
    taken_day: Option<i64>,
    /// What tells it from another of the same house and item.
    mark: String,
    remark: Option<&'a str>,
    source: &'a Source,
}

/// The stored word of a section.
pub(super) const fn word(section: Section) -> &'static str {
    match section {
        Section::Arrears => "arrears",
        Section::Prepayments => "prepayments",
        Section::Deposits => "deposits",
    }
}

fn lines(book: &OpeningBook) -> Vec<Line<'_>> {
    let arrears = book.arrears.iter().map(|line| {
        let start = line.span.start.map_or(OPEN_START, |month| month.first_day());
        let days = (day_number(start), day_number(line.span.end.last_day()));
        Line {
            section: Section::Arrears,
            house: line.house.as_str(),
            item: &line.item,
            days: Some(days),
            amount: line.amount,
            taken_day: None,
            mark: format!("{}:{}", days.0, days.1),
            remark: line.remark.as_deref(),
            source: &line.source,
        }
    });
    let prepayments = book.prepayments.iter().map(|line| Line {
        section: Section::Prepayments,
        house: line.house.as_str(),
        item: &line.purpose,
        days: None,
        amount: line.amount,
        taken_day: line.day.map(day_number),
        mark: format!("{:?}:{}", line.day, line.receipt_no.as_deref().unwrap_or_default()),
        remark: line.receipt_no.as_deref(),
        source: &line.source,
    });
    let deposits = book.deposits.iter().map(|line| Line {
        section: Section::Deposits,
        house: line.house.as_str(),
        item: &line.deposit_type,
        days: None,
        amount: line.amount,
        taken_day: line.day.map(day_number),
        mark: format!("{:?}", line.day),
        remark: line.remark.as_deref(),
        source: &line.source,
    });
    arrears.chain(prepayments).chain(deposits).collect()
}

/// Why a line is refused here though the book was in order.
enum Refusal {
    NoPayer,
    AlreadyOpened,
    AlreadyBilled,
    SameStart,
}

impl Refusal {
    const fn said(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NoPayer => ("PAYER_MISSING", "这套房没有付款人", "请先在房屋资料中补充业主或付款人"),
            Self::AlreadyOpened => (
                "OPENING_EXISTS",
                "这套房的这一项已经导入过期初数据，金额或日期不同",
                "期初只导入一次；欠费有误请作废账单后另行处理，余额有误请走更正",
            ),
            Self::AlreadyBilled => ("ALREADY_BILLED", "系统里已有同一期间的账单", "请核对：这笔欠费已经在系统中出账"),
            Self::SameStart => ("SAME_START", "同一项目已有从同一个月开始的欠费", "请把两行合并，或改正期间"),
        }
    }
}

/// Judges every line of a book.
pub(super) fn plan(book: &OpeningBook, known: &Known) -> Plan {
    let mut plan = Plan::default();
    let mut starts: HashSet<(Uuid, String, i64)> = HashSet::new();
    for line in lines(book) {
        let Some(house) = known.houses.get(line.house) else { continue };
        let natural_key =
            format!("{}:{}:{}:{}:{}", word(line.section), line.house, line.item, line.mark, line.amount.get());
        if known.lines.contains(&natural_key) {
            plan.unchanged += 1;
            continue;
        }
        match ready(&line, *house, natural_key, known, &mut starts) {
            Ok(ready) => plan.lines.push(ready),
            Err(refusal) => plan.refused.push(refused(&line, &refusal)),
        }
    }
    plan
}

fn ready(
    line: &Line<'_>,
    house: KnownHouse,
    natural_key: String,
    known: &Known,
    starts: &mut HashSet<(Uuid, String, i64)>,
) -> Result<ReadyLine, Refusal> {
    let payer = house.payer.ok_or(Refusal::NoPayer)?;
    match line.days {
        Some((start, _)) => {
            let subject = (house.id, line.item.to_owned(), start);
            if known.bills.contains(&subject) {
                return Err(Refusal::AlreadyBilled);
            }
            if !starts.insert(subject) {
                return Err(Refusal::SameStart);
            }
        }
        None => {
            let subject = (word(line.section).to_owned(), house.id, line.item.to_owned());
            if known.subjects.contains(&subject) {
                return Err(Refusal::AlreadyOpened);
            }
        }
    }
    // The reader accepts nothing but amounts above zero.
    let amount = Amount::parse(line.amount).map_err(|_| Refusal::AlreadyOpened)?;
    Ok(ReadyLine {
        id: Uuid::now_v7(),
        natural_key,
        section: line.section,
        house_id: house.id,
        payer,
        item: line.item.to_owned(),
        days: line.days,
        amount,
        taken_day: line.taken_day,
        remark: line.remark.map(str::to_owned),
    })
}

fn refused(line: &Line<'_>, refusal: &Refusal) -> RowRemark {
    let (code, words, remedy) = refusal.said();
    RowRemark {
        sheet: line.source.sheet.as_str().to_owned(),
        row: line.source.row,
        column: None,
        value: format!("{} {}", line.house, line.item),
        code,
        words: words.to_owned(),
        remedy,
    }
}
