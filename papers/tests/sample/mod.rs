//! A pack with as many bills and messages as a test wants.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::money::Fen;
use papers::evidence::{Bill, Event, Evidence, LedgerHead, Message, Payment, Totals};

fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn bill(number: i64) -> Bill {
    let due = NaiveDate::from_ymd_opt(2025, 1, 31).unwrap() + TimeDelta::days(31 * number);
    let made = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let (amount, paid) = (35_880 + 1_234 * number, if number % 4 == 0 { 10_000 } else { 0 });
    Bill {
        house: if number % 3 == 2 { "地下车库B-118" } else { "3幢2单元1801" }.to_owned(),
        fee_item: if number % 3 == 2 { "车位管理费" } else { "物业服务费（含公摊电费）" }.to_owned(),
        period: format!("{}年{}月", 2025 + number / 12, number % 12 + 1),
        amount_fen: fen(amount),
        paid_fen: fen(paid),
        owed_fen: fen(amount - paid),
        due,
        overdue_days: (made - due).num_days().max(0),
    }
}

fn message(number: i64) -> Message {
    let at = at("2026-08-01T02:00:05Z") + TimeDelta::days(7 * number);
    let event = |minutes: i64, kind: &str, words: &str, detail: &str| Event {
        at: at + TimeDelta::minutes(minutes),
        kind: kind.to_owned(),
        words: words.to_owned(),
        detail: detail.to_owned(),
    };
    let (channel, recipient, receipt) = match number % 3 {
        0 => ("微信服务号消息", "oA1b****9xYz", "3821907745110"),
        1 => ("短信", "138****1234", "2026080110000512345678"),
        _ => ("语音电话", "138****1234", "112233^445566778899"),
    };
    let mut events = vec![
        event(0, "claimed", "开始发送", ""),
        event(0, "sent", "渠道已受理", ""),
        event(1, "delivered", "已送达", "DELIVRD"),
    ];
    match number % 3 {
        0 => events.push(event(24 * 60, "escalated", "未读升级", "超过等待时间仍未打开")),
        1 => events.push(event(95, "opened", "业主打开了账单", "")),
        _ => events.push(event(1, "answered", "电话已接听", "通话42秒")),
    }
    Message {
        at,
        stage_words: format!("逾期{}天", 1 + 7 * number),
        channel_words: channel.to_owned(),
        recipient: recipient.to_owned(),
        text: "【翠湖物业】张先生您好：您名下翠湖花园3幢2单元1801的物业服务费已超过应缴日期，截至今日共欠人民币4,871.22元\
               （14笔）。请您于2026年9月15日前通过“翠湖物业”小程序缴清；如对金额有异议，请在同一期限内致电0512-6666 0000，我们\
               会逐项核对。\n已缴纳的请忽略本消息。"
            .to_owned(),
        receipt_id: Some(receipt.to_owned()),
        events,
    }
}

/// A pack of that many bills and messages whose figures agree.
pub fn evidence(bills: i64, messages: i64) -> Evidence {
    let bills: Vec<Bill> = (0..bills).map(bill).collect();
    let sum = |part: fn(&Bill) -> Fen| Fen::total(bills.iter().map(part)).unwrap();
    let totals =
        Totals { amount_fen: sum(|b| b.amount_fen), paid_fen: sum(|b| b.paid_fen), owed_fen: sum(|b| b.owed_fen) };
    Evidence {
        number: "CH-2026-000137".to_owned(),
        company: "苏州翠湖物业服务有限公司".to_owned(),
        project: "翠湖花园一期".to_owned(),
        service_phone: "0512-6666 0000".to_owned(),
        debtor: "张三（身份证号末四位1234）".to_owned(),
        houses: vec!["3幢2单元1801".to_owned(), "地下车库B-118".to_owned()],
        made_at: at("2026-11-23T07:50:44Z"),
        made_by: "财务部 李四".to_owned(),
        zone: chrono_tz::Asia::Shanghai,
        totals,
        bills,
        messages: (0..messages).map(message).collect(),
        payments: vec![
            Payment {
                at: at("2025-03-02T03:04:05Z"),
                method_words: "微信支付".to_owned(),
                reference: "4200002245202503021234567890".to_owned(),
                amount_fen: fen(30_000),
            },
            Payment {
                at: at("2026-01-12T08:30:00Z"),
                method_words: "现金".to_owned(),
                reference: "收据 2026-000071".to_owned(),
                amount_fen: fen(20_000),
            },
        ],
        ledger_head: LedgerHead {
            sequence: 18_204,
            hash: "9f2c1e7ab05d44c3a1f08e5b7d6c2f9e13a4b5c6d7e8f90112233445566778aa".to_owned(),
        },
    }
}
