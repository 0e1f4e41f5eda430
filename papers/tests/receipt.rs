//! A receipt, read back from the file as a reader's program finds it.
#![allow(clippy::unwrap_used, reason = "a test may stop at a surprise")]

#[allow(dead_code, reason = "the pack is read in more ways than a receipt")]
mod reading;

use chrono::DateTime;
use chrono_tz::Asia::Shanghai;
use domain::money::Fen;
use papers::receipt::{Line, Receipt, print};
use reading::{squeezed, text};

fn receipt() -> Receipt {
    let line = |fee_item: &str, fen| Line {
        fee_item: fee_item.to_owned(),
        period: "2026-11-01 至 2026-11-30".to_owned(),
        amount: Fen::new(fen).unwrap(),
    };
    Receipt {
        number: "CH-2026-000001".to_owned(),
        company: "测试物业".to_owned(),
        project: "翠湖花园".to_owned(),
        house: "1-1-101".to_owned(),
        payer: "业主甲".to_owned(),
        paid_by: Some("代付人乙".to_owned()),
        method: "现金".to_owned(),
        paid_at: DateTime::from_timestamp(1_795_399_200, 0).unwrap(),
        made_by: "测试员工".to_owned(),
        made_at: DateTime::from_timestamp(1_795_399_200, 0).unwrap(),
        zone: Shanghai,
        lines: vec![line("物业费", 20_000), line("公摊水费", 1_250)],
        total: Fen::new(21_250).unwrap(),
        print_no: 1,
        void_reason: None,
    }
}

fn read(receipt: &Receipt) -> String {
    let printed = print(receipt).unwrap();
    assert!(printed.missing.is_empty());
    text(&printed.pdf)
}

#[test]
fn a_receipt_names_house_payer_bills_and_the_sum_in_figures_and_capitals() {
    let all = read(&receipt());
    for words in [
        "CH-2026-000001",
        "翠湖花园",
        "1-1-101",
        "业主甲",
        "代付人乙",
        "现金",
        "2026-11-23 10:00",
        "物业费",
        "公摊水费",
        "212.50",
        "贰佰壹拾贰元伍角整",
        "测试员工",
    ] {
        assert!(all.contains(&squeezed(words)), "{words} not in {all}");
    }
    assert!(!all.contains("补打") && !all.contains("作废"), "{all}");
}

#[test]
fn a_copy_says_which_and_a_void_one_says_why() {
    let copy = read(&Receipt { print_no: 3, ..receipt() });
    assert!(copy.contains(&squeezed("补打，第 3 次打印")), "{copy}");
    let void = read(&Receipt { void_reason: Some("收错房屋".to_owned()), ..receipt() });
    assert!(void.contains("已作废") && void.contains("收错房屋"), "{void}");
}
