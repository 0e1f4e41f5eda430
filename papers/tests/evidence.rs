//! The pack, read back from the file as a reader's program finds it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod reading;
mod sample;

use chrono::TimeDelta;
use domain::money::Fen;
use papers::evidence::{EVENTS_MAX, Evidence, canonical, pack, print};
use papers::{Missing, PaperError};
use reading::{attachment, lines, squeezed, text};
use sample::evidence;

fn read(evidence: &Evidence) -> String {
    text(&pack(evidence).unwrap())
}

#[test]
fn the_pack_says_everything_it_was_given() {
    let evidence = evidence(14, 5);
    let text = read(&evidence);
    let mut expected = vec![
        evidence.number.clone(),
        evidence.company.clone(),
        evidence.project.clone(),
        evidence.service_phone.clone(),
        evidence.debtor.clone(),
        evidence.made_by.clone(),
        "2026-11-23 15:50:44（北京时间）".to_owned(),
        "尚欠5,746.14元（大写：人民币伍仟柒佰肆拾陆元壹角肆分）".to_owned(),
        "最早一笔应于2025年1月31日前缴清，至今逾期661天".to_owned(),
        "渠道受理5条，渠道回报送达5条，经消息所带链接打开账单或点击“已知晓”2条".to_owned(),
        evidence.ledger_head.hash.clone(),
        canonical(&evidence).unwrap().1,
    ];
    expected.extend(evidence.houses.iter().cloned());
    for message in &evidence.messages {
        expected.push(message.text.clone());
        expected.extend([message.recipient.clone(), message.receipt_id.clone().unwrap()]);
        expected.extend(message.events.iter().map(|event| format!("{}{}", event.words, event.detail)));
    }
    for words in expected {
        assert!(text.contains(&squeezed(&words)), "{words}\nnot in\n{text}");
    }
}

#[test]
fn delivered_is_never_shown_as_read() {
    let text = read(&evidence(1, 3));
    for words in ["“已送达”只说明渠道方回报消息到达了账号或手机，不等于收件人已经阅读", "不表示收件人已经阅读。"]
    {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains("已读"));
}

#[test]
fn only_the_records_of_this_pack_are_explained_and_unknown_ones_are_too() {
    let mut evidence = evidence(1, 1);
    evidence.messages[0].events[1].kind = "a_kind_of_tomorrow".to_owned();
    evidence.messages[0].events[1].words = "明日之记录".to_owned();
    let text = read(&evidence);
    assert!(text.contains("明日之记录系统处理过程的记录。不单独证明消息已发出、到达或被阅读。"), "{text}");
    assert!(!text.contains("语音服务商回报"), "no call is in this pack");
}

#[test]
fn a_long_table_repeats_its_head_and_every_page_says_which_of_how_many_it_is() {
    let printed = print(&evidence(200, 0)).unwrap();
    assert!(printed.pages > 5, "{}", printed.pages);
    let all = lines(&printed.pdf);
    let page_of = |text: &str| -> Vec<u32> {
        all.iter().filter(|line| squeezed(&line.text).contains(text)).map(|line| line.page).collect()
    };
    let heads = page_of("费用项目费用期间应缴日期");
    assert!(heads.len() >= printed.pages - 2, "{heads:?}");
    assert!(heads.windows(2).all(|two| two[0] + 1 == two[1]), "one head a page: {heads:?}");
    let pages = u32::try_from(printed.pages).unwrap();
    for page in 1..=pages {
        assert_eq!(page_of(&format!("第{page}页共{pages}页")), vec![page]);
    }
    assert_eq!(page_of("编号：CH-2026-000137").len(), printed.pages);
}

#[test]
fn every_bill_is_printed_once_however_the_pages_fall() {
    for count in [1, 7, 8, 9, 33, 34, 35, 120] {
        let evidence = evidence(count, 0);
        let all = lines(&pack(&evidence).unwrap());
        for bill in &evidence.bills {
            let rows = all.iter().filter(|line| line.text.contains(&bill.due.to_string())).count();
            assert_eq!(rows, 1, "{} of {count}", bill.due);
        }
    }
}

#[test]
fn a_message_longer_than_a_page_is_printed_to_its_end() {
    let mut evidence = evidence(1, 1);
    evidence.messages[0].text = "本消息很长，请逐字阅读。".repeat(400);
    let printed = print(&evidence).unwrap();
    let of_page = |text: &str| ["编号：CH", "页　共"].iter().any(|words| text.contains(words));
    let all: String = lines(&printed.pdf).into_iter().map(|line| line.text).filter(|text| !of_page(text)).collect();
    let text = squeezed(&all);
    assert_eq!(text.matches("本消息很长，请逐字阅读。").count(), 400);
    assert!(printed.pages > 4);
}

#[test]
fn the_same_facts_are_the_same_bytes_and_another_second_is_not() {
    let evidence = evidence(14, 5);
    let once = pack(&evidence).unwrap();
    assert!(once == pack(&evidence).unwrap());
    let mut later = evidence;
    later.made_at += TimeDelta::seconds(1);
    assert!(once != pack(&later).unwrap());
}

#[test]
fn the_attachment_has_the_digest_that_is_printed() {
    let evidence = evidence(3, 2);
    let pdf = pack(&evidence).unwrap();
    let (content, digest) = canonical(&evidence).unwrap();
    let attached = attachment(&pdf);
    assert_eq!(attached, content);
    assert_eq!(hex::encode(ring::digest::digest(&ring::digest::SHA256, &attached)), digest);
    assert!(text(&pdf).contains(&digest));
    let read: serde_json::Value = serde_json::from_slice(&attached).unwrap();
    assert_eq!(read["format"], "linli-evidence-1");
    assert_eq!(read["totals"]["owed_fen"], evidence.totals.owed_fen.get());
    assert_eq!(read["zone"], "Asia/Shanghai");
}

#[test]
fn a_rare_character_is_a_geta_mark_and_the_paper_says_which() {
    let mut evidence = evidence(1, 1);
    evidence.debtor = "王\u{2b5e0}".to_owned();
    let printed = print(&evidence).unwrap();
    assert_eq!(printed.missing.iter().collect::<Vec<_>>(), vec![('\u{2b5e0}', 1)]);
    let words = text(&printed.pdf);
    assert!(words.contains("王〓"));
    assert!(words.contains("U+2B5E0（1处）"));
    assert!(attachment(&printed.pdf).windows(4).any(|four| four == "\u{2b5e0}".as_bytes()), "the attachment keeps it");
    assert_eq!(print(&sample::evidence(1, 1)).unwrap().missing, Missing::default());
}

#[test]
fn a_pack_whose_figures_disagree_is_not_printed() {
    let mut wrong_total = evidence(3, 0);
    wrong_total.totals.owed_fen = Fen::ZERO;
    assert_eq!(pack(&wrong_total).unwrap_err().code(), "PAPER_DOES_NOT_ADD_UP");
    let mut wrong_bill = evidence(3, 0);
    wrong_bill.bills[1].owed_fen = Fen::ZERO;
    let refused = pack(&wrong_bill).unwrap_err();
    assert!(refused.to_string().contains("2025年2月"), "{refused}");
}

#[test]
fn a_pack_beyond_its_limits_is_refused_by_name() {
    let mut evidence = evidence(1, 1);
    let event = evidence.messages[0].events[0].clone();
    evidence.messages[0].events = vec![event; EVENTS_MAX + 1];
    assert_eq!(pack(&evidence), Err(PaperError::TooMuch { what: "一条消息的记录", max: EVENTS_MAX }));
}

#[test]
fn a_pack_with_nothing_in_it_says_so() {
    let mut evidence = evidence(0, 0);
    evidence.payments.clear();
    let text = read(&evidence);
    for words in ["尚欠0.00元（大写：人民币零元整）", "没有就上述账单发出的催告消息", "没有上列房屋的收款记录"]
    {
        assert!(text.contains(words), "{words}");
    }
}
