//! Every wording for a set of cases, held to the file beside this one, and what is true of all of them.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::calendar::day_of_number;
use crate::template_field::{SMS_TEXT_CHARS_MAX, holds_link, is_refused};

/// Written anew by `LINLI_BLESS=1 cargo nextest run -p domain`.
const WORDINGS: &str = include_str!("wordings.txt");

/// Words no message of ours may have: SMS vendors refuse them, or an owner would feel threatened.
const WORDS_REFUSED: [&str; 7] = ["催", "欠", "滞纳", "逾期", "拖", "务必", "立即"];

fn bill(days_after_due: i64) -> BillNotice {
    BillNotice {
        project: "翠湖花园".to_owned(),
        houses: vec!["1-1-102".to_owned()],
        bills: 2,
        amount: Fen::new(18_529).unwrap(),
        due: NaiveDate::from_ymd_opt(2026, 11, 26).unwrap(),
        days_after_due,
    }
}

fn sender() -> Sender {
    Sender {
        company: "临江物业服务有限公司".to_owned(),
        service_phone: Some(ServicePhone::parse("0571-88880001").unwrap()),
        logo_url: Some("https://static.example.com/logo.png".to_owned()),
    }
}

fn payment() -> PaymentNotice {
    let BillNotice { project, houses, bills, amount, due, .. } = bill(0);
    PaymentNotice { project, houses, bills, amount, paid_on: due }
}

fn cases() -> Vec<(&'static str, Wording)> {
    let from = sender();
    let note = StaffNote::parse("周六服务中心照常办公").unwrap();
    let one = BillNotice { bills: 1, ..bill(-12) };
    let many = BillNotice {
        project: "云溪里【东区】\u{1F3E1}".to_owned(),
        houses: ["翡翠名邸二期东区-12栋-3单元-3001室附属储藏室", "12栋1201"].map(str::to_owned).to_vec(),
        bills: 13,
        amount: Fen::new(1_234_567_805).unwrap(),
        ..bill(-2)
    };
    let last_year = BillNotice { due: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(), ..bill(1) };
    let company_only = Sender { service_phone: None, ..sender() };
    let unnamed = BillNotice { project: " ".to_owned(), houses: Vec::new(), bills: 1, ..bill(15) };
    vec![
        ("出账：一笔", issued(&one, &from)),
        ("出账：多处房屋，长名称，大金额", issued(&many, &from)),
        ("出账：延到应缴日后才发出", issued(&bill(1), &from)),
        ("到期前三天", before_due(&bill(-3), &from)),
        ("到期前三天：未登记公司与电话", bill(-3).wording()),
        ("到期当天", due_today(&bill(0), &from)),
        ("过期一天", overdue(&bill(1), &from)),
        ("过期一天：跨年", overdue(&last_year, &from)),
        ("过期七天", overdue(&bill(7), &from)),
        ("过期十四天", overdue(&bill(14), &from)),
        ("过期十五天", overdue(&bill(15), &from)),
        ("过期十五天：有公司，无电话", overdue(&bill(15), &company_only)),
        ("过期十五天：什么都没有登记", overdue(&unnamed, &Sender::default())),
        ("过期三十天", overdue(&bill(30), &from)),
        ("过期三十天：未登记公司与电话", bill(30).wording()),
        ("群发：附一句话", campaign(&bill(-5), &from, &note)),
        ("汇总：都未到期", digest(&many, 0, &from)),
        ("汇总：有今天到期的", digest(&bill(0), 0, &from)),
        ("汇总：一部分已过", digest(&bill(7), 1, &from)),
        ("汇总：都已过，超过三十天", digest(&bill(31), 2, &from)),
        ("已收到缴费", payment_received(&payment(), &from)),
    ]
}

fn written(cases: &[(&str, Wording)]) -> String {
    let mut file = String::from("每条消息在各种情形下的全文。文字写在 catalogue.rs。\n");
    for (name, words) in cases {
        let logo = words.logo_url.as_deref().unwrap_or_default();
        let lines = [
            ("标题", &words.title),
            ("房屋", &words.house),
            ("金额", &words.amount),
            ("日期", &words.due),
            ("说明", &words.note),
            ("笔数", &words.bills),
            ("小区", &words.project),
            ("公司", &words.company),
            ("电话", &words.service_phone),
            ("全文", &words.text),
            ("语音", &words.voice),
        ];
        writeln!(file, "\n== {name}").unwrap();
        for (label, value) in lines {
            writeln!(file, "{label} {value}").unwrap();
        }
        writeln!(file, "标志 {logo}").unwrap();
    }
    file.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn every_wording_is_the_reviewed_one() {
    let now = written(&cases());
    if std::env::var_os("LINLI_BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/notice/wordings.txt"), &now).unwrap();
        return;
    }
    let differing = WORDINGS.lines().zip(now.lines()).find(|(reviewed, said)| reviewed != said);
    assert!(
        now == WORDINGS,
        "a wording changed: {differing:?}; review it after LINLI_BLESS=1 cargo nextest run -p domain"
    );
}

#[test]
fn no_message_shouts_at_an_owner() {
    for (name, words) in cases() {
        for word in WORDS_REFUSED {
            let all = [&words.title, &words.note, &words.text, &words.voice];
            assert!(!all.iter().any(|text| text.contains(word)), "{name} says {word}");
        }
    }
}

#[test]
fn after_fifteen_days_a_message_says_whom_to_call_and_before_it_does_not() {
    for days in [-3, 0, 1, 14] {
        let words = bill(days).wording_from(&sender());
        assert!(!words.text.contains("0571") && !words.voice.contains("请致电"), "{days}");
    }
    for days in [15, 29, 30, 400] {
        let words = bill(days).wording_from(&sender());
        assert!(words.text.ends_with("请致电临江物业服务有限公司0571-88880001。"), "{days}: {}", words.text);
        assert!(words.voice.contains("请致电零五七幺，八八八八零零零幺"), "{days}: {}", words.voice);
        assert_eq!(words.text.contains("尚未收到缴费"), days >= 30, "{days}");
    }
}

#[test]
fn many_houses_and_long_names_fit_the_field_and_the_amount_is_never_cut() {
    let mut many = bill(0);
    many.houses = vec!["一个非常非常长的楼栋名称-12单元-3001室附属储藏室".to_owned(), "2".to_owned()];
    many.amount = Fen::new(123_456_789_012).unwrap();
    let words = many.wording();
    assert_eq!(words.house.chars().count(), THING_CHARS_MAX);
    assert!(words.house.ends_with("…等2处"), "how many there are is never cut: {}", words.house);
    assert_eq!(words.amount, "1234567890.12元");
}

#[test]
fn the_longest_message_is_still_short_enough_to_be_sent_and_read_aloud() {
    let longest = |chars| "翠".repeat(chars);
    let worst = BillNotice {
        project: longest(28),
        houses: vec![longest(28); 9_999],
        bills: usize::MAX,
        amount: Fen::new(999_999_999_999).unwrap(),
        due: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
        days_after_due: 99_999,
    };
    let service_phone = Some(ServicePhone::parse("086-571-8888000").unwrap());
    let from = Sender { company: String::new(), service_phone, logo_url: None };
    for words in [worst.wording_from(&from), digest(&worst, 3, &from)] {
        assert!(words.voice.contains(&longest(28)), "the names are said: {}", words.voice);
        assert!(words.voice.chars().count() <= VOICE_CHARS_MAX, "{}", words.voice);
    }
    let longer = BillNotice { project: longest(500), houses: vec![longest(500); 2], ..worst };
    let words = longer.wording_from(&Sender { company: longest(500), ..from });
    assert!(words.text.chars().count() <= SMS_TEXT_CHARS_MAX, "{}", words.text);
    assert!(words.voice.contains("您的房屋等两处"), "half a house number is another house: {}", words.voice);
}

#[test]
fn a_wording_stored_by_an_older_version_is_still_read() {
    let old = r#"{"house":"1-1-102","amount":"185.29元","due":"2026年11月26日","note":"今天到期，可在线查看缴纳","text":"【翠湖花园】账单通知"}"#;
    let words: Wording = serde_json::from_str(old).unwrap();
    assert_eq!((words.house.as_str(), words.company.as_str(), words.voice.as_str()), ("1-1-102", "", ""));
    assert_eq!(words.logo_url, None);
    let new = serde_json::to_string(&bill(0).wording_from(&sender())).unwrap();
    assert_eq!(serde_json::from_str::<Wording>(&new).unwrap(), bill(0).wording_from(&sender()));
}

prop_compose! {
    fn any_bill()(
        project in "\\PC{0,80}",
        houses in proptest::collection::vec(any::<String>(), 0..4),
        bills in 1_usize..100_000,
        fen in 1_i64..=crate::money::FEN_MAX,
        day in 0_i64..60_000,
        days_after_due in prop_oneof![-40_i64..400, any::<i64>()],
    ) -> BillNotice {
        let amount = Fen::new(fen).unwrap();
        BillNotice { project, houses, bills, amount, due: day_of_number(day).unwrap(), days_after_due }
    }
}

prop_compose! {
    fn any_sender()(company in any::<String>(), phone in proptest::option::of("[0-9]{3,4}-[0-9]{7,8}")) -> Sender {
        Sender { company, service_phone: phone.map(|text| ServicePhone::parse(&text).unwrap()), logo_url: None }
    }
}

proptest! {
    #[test]
    fn whatever_the_names_every_value_fits_and_the_facts_stay_whole(
        bill in any_bill(), from in any_sender(), late in 0_usize..5,
    ) {
        let note = StaffNote::parse("请于99999元99999元99999前").unwrap();
        let all = [
            bill.wording_from(&from),
            issued(&bill, &from),
            digest(&bill, late, &from),
            campaign(&bill, &from, &note),
        ];
        for words in all {
            for value in [&words.house, &words.note, &words.title, &words.project] {
                prop_assert!(!value.is_empty() && value.chars().count() <= THING_CHARS_MAX, "{}", value);
            }
            prop_assert!(words.company.chars().count() <= THING_CHARS_MAX);
            prop_assert!(words.text.chars().count() <= SMS_TEXT_CHARS_MAX);
            prop_assert!(words.text.contains(&words.amount) && words.text.contains(&words.due));
            prop_assert!(words.voice.contains(&spoken::amount(bill.amount)));
            prop_assert!(words.voice.chars().count() <= VOICE_CHARS_MAX, "{}", words.voice);
            prop_assert!(!words.voice.chars().any(|c| c.is_ascii_digit() || c.is_ascii_punctuation()));
            prop_assert!(!words.text.chars().any(is_refused));
            prop_assert_eq!(words.text.matches('【').count(), 1);
            prop_assert!(!holds_link(&words.note));
            prop_assert_eq!(Fen::parse_yuan(&words.amount), Ok(bill.amount));
        }
    }
}
