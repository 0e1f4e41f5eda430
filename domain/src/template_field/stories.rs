//! What fits which field, what is done to make it fit, and what an account's map must say.

use proptest::prelude::*;

use super::*;
use crate::calendar::day_of_number;
use crate::money::{FEN_MAX, Fen};
use crate::notice::{BillNotice, Sender, ServicePhone, Wording};

fn field(key: &str) -> TemplateField {
    TemplateField::parse(key).unwrap()
}

fn wechat(pairs: &[(&str, &str)]) -> Result<TemplateMap, MapError> {
    TemplateMap::parse(Carrier::Wechat, pairs)
}

const EVERY_VALUE: [(&str, &str); 9] = [
    ("thing1", "house"),
    ("amount2", "amount"),
    ("date3", "due"),
    ("thing4", "note"),
    ("thing5", "company"),
    ("thing6", "project"),
    ("phone_number7", "phone"),
    ("thing8", "title"),
    ("number9", "bills"),
];

fn bill(fen: i64) -> BillNotice {
    BillNotice {
        project: "翠湖花园".to_owned(),
        houses: vec!["1-1-102".to_owned()],
        bills: 2,
        amount: Fen::new(fen).unwrap(),
        due: day_of_number(20_783).unwrap(),
        days_after_due: 1,
    }
}

fn sender() -> Sender {
    Sender {
        company: "临江物业".to_owned(),
        service_phone: Some(ServicePhone::parse("400-820-8820").unwrap()),
        logo_url: None,
    }
}

fn wording(fen: i64) -> Wording {
    bill(fen).wording_from(&sender())
}

#[test]
fn keys_are_a_known_type_and_a_number() {
    for (key, kind) in [
        ("thing1", FieldKind::Thing),
        ("amount12", FieldKind::Amount),
        ("character_string03", FieldKind::CharacterString),
        ("phone_number2", FieldKind::PhoneNumber),
        ("enum4", FieldKind::Enum),
    ] {
        assert_eq!((field(key).kind(), field(key).key()), (kind, key));
    }
    for key in ["first", "keyword1", "remark", "thing", "1", "", "Thing1", "thing1.DATA", "thing12345", "things1"] {
        let error = TemplateField::parse(key).unwrap_err();
        assert_eq!((error.code(), error.key()), ("field_kind_unknown", key));
    }
}

#[test]
fn each_type_takes_what_the_published_table_says() {
    let twenty = "一二三四五六七八九十一二三四五六七八九十";
    for (key, value) in [
        ("thing1", twenty),
        ("number1", "12345678901234567890123456789012"),
        ("number1", "0.5"),
        ("letter1", "ABCdef"),
        ("symbol1", "+-*/#"),
        ("character_string1", "NO.2026-11/26#A"),
        ("time1", "15:01"),
        ("date1", "2026年11月26日"),
        ("amount1", "¥185.29元"),
        ("phone_number1", "+86-0766-66888866"),
        ("car_number1", "粤A8Z888挂"),
        ("name1", "欧阳司马上官诸葛东方"),
        ("name1", "Johann Sebastian B."),
        ("phrase1", "待缴纳"),
    ] {
        assert_eq!(field(key).check(value), Ok(()), "{key} {value}");
        assert_eq!(field(key).fit(value).as_deref(), Ok(value), "{key} {value}");
    }
    for (key, value, code) in [
        ("thing1", "", "field_empty"),
        ("thing1", " \n", "field_empty"),
        ("thing1", "一二三四五六七八九十一二三四五六七八九十一", "field_too_long"),
        ("thing1", "两行\n文字", "field_sign_refused"),
        ("thing1", "谢谢\u{1F600}", "field_sign_refused"),
        ("number1", "123456789012345678901234567890123", "field_too_long"),
        ("number1", "12元", "field_malformed"),
        ("number1", "-1", "field_malformed"),
        ("letter1", "A1", "field_malformed"),
        ("symbol1", "######", "field_too_long"),
        ("symbol1", "#1", "field_malformed"),
        ("character_string1", "3栋", "field_malformed"),
        ("time1", "下午三点", "field_malformed"),
        ("date1", "2026年2月30日", "field_malformed"),
        ("amount1", "1,234.50元", "field_malformed"),
        ("amount1", "12345678901", "field_amount_too_large"),
        ("phone_number1", "0571-8888000转8001", "field_malformed"),
        ("phone_number1", "123456789012345678", "field_too_long"),
        ("car_number1", "粤A8Z8888挂", "field_too_long"),
        ("car_number1", "A粤88888", "field_malformed"),
        ("name1", "一二三四五六七八九十甲", "field_too_long"),
        ("phrase1", "等待业主缴纳", "field_too_long"),
        ("phrase1", "待缴1", "field_malformed"),
        ("enum1", "待缴纳", "field_not_listed"),
    ] {
        assert_eq!(field(key).check(value).map_err(|e| e.code()), Err(code), "{key} {value}");
    }
    let listed = field("enum1").with_words(vec!["待缴纳".to_owned()]);
    assert_eq!(listed.check("待缴纳"), Ok(()));
}

#[test]
fn only_a_thing_is_shortened() {
    assert_eq!(field("thing1").fit(" 3栋\n101\u{1F3E0} ").unwrap(), "3栋 101");
    assert_eq!(field("thing1").fit(&"一".repeat(21)).unwrap(), format!("{}…", "一".repeat(19)));
    for (key, value) in [
        ("amount1", "12345678901.00元"),
        ("date1", "2026年11月26日或之后的任何一天"),
        ("time1", "2026年11月26日 15点"),
        ("character_string1", "123456789012345678901234567890123"),
        ("phone_number1", "123456789012345678"),
        ("phrase1", "等待业主缴纳"),
        ("name1", "一二三四五六七八九十甲"),
    ] {
        assert!(field(key).fit(value).is_err(), "{key} {value}");
    }
    let error = field("amount2").fit("12345678901.00元").unwrap_err();
    assert_eq!(
        error.to_string(),
        "字段 amount2 的金额超过 10 位数字，微信不接受；请把账单分开通知，或改由短信、电话通知"
    );
}

#[test]
fn a_map_fills_every_value_in_the_templates_order() {
    let map = wechat(&EVERY_VALUE).unwrap();
    assert_eq!(map.check(Purpose::BillNotice), Ok(()));
    let filled = map.fill(&wording(18_529)).unwrap();
    let keys: Vec<&str> = filled.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, EVERY_VALUE.map(|(key, _)| key));
    let values: Vec<&str> = filled.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(
        values,
        [
            "1-1-102",
            "185.29元",
            "2026年11月26日",
            "已过应缴日1天，请查看账单",
            "临江物业",
            "翠湖花园",
            "400-820-8820",
            "账单通知",
            "2"
        ]
    );
}

#[test]
fn a_bill_notice_must_carry_the_amount_and_the_due_date() {
    let map = wechat(&[("thing1", "house"), ("thing4", "note")]).unwrap();
    let error = map.check(Purpose::BillNotice).unwrap_err();
    assert_eq!(
        error.to_string(),
        "模板缺少“金额”（amount）：通知里必须写明；请在模板中增加这个字段；\
         模板缺少“日期”（due）：通知里必须写明；请在模板中增加这个字段"
    );
    let paid = wechat(&[("thing1", "house"), ("amount2", "amount")]).unwrap();
    assert_eq!(paid.check(Purpose::PaymentReceived), Ok(()));
    assert!(paid.check(Purpose::BillNotice).is_err());
}

#[test]
fn a_wrong_map_says_which_field_and_why() {
    let error = wechat(&[("first", "house"), ("amount2", "total"), ("date3", "due"), ("date3", "due")]).unwrap_err();
    assert_eq!(error.faults.len(), 3, "{error}");
    assert!(error.to_string().contains("字段 first 的类型不认识"), "{error}");
    assert!(error.to_string().contains("字段 amount2 对应的 total 不存在；可选：house、amount、due"), "{error}");
    assert!(error.to_string().contains("字段 date3 重复"), "{error}");

    let crossed = wechat(&[("date1", "amount"), ("amount2", "due"), ("phrase3", "note")]).unwrap();
    let error = crossed.check(Purpose::BillNotice).unwrap_err();
    let words: Vec<String> = error.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "字段 date1 不能填“金额”：它只接受年月日格式的日期，可带时间；请换用 amount、thing",
            "字段 amount2 不能填“日期”：它只接受10 位以内数字的金额，可带小数、一个币种符号和“元”；请换用 date、time、thing",
            "字段 phrase3 不能填“说明”：它只接受5 个以内的汉字；请换用 thing",
        ]
    );
    assert_eq!(wechat(&[]).unwrap_err().faults, [MapFault::Count { fields: 0 }]);
}

#[test]
fn an_amount_too_large_for_wechat_is_an_error_and_goes_by_sms() {
    let map = wechat(&EVERY_VALUE).unwrap();
    assert!(map.fill(&wording(FEN_MAX - 1)).is_ok());
    let error = map.fill(&wording(FEN_MAX)).unwrap_err();
    assert_eq!((error.code(), error.key()), ("field_amount_too_large", "amount2"));
    let sms = TemplateMap::parse(Carrier::Sms(SmsField::of(SmsVendor::Aliyun)), &[("sum", "amount")]).unwrap();
    assert_eq!(sms.fill(&wording(FEN_MAX)).unwrap(), [("sum".to_owned(), "10000000000.00元".to_owned())]);
}

#[test]
fn a_value_that_was_never_given_is_an_error_that_names_its_field() {
    let map = wechat(&EVERY_VALUE).unwrap();
    let error = map.fill(&bill(18_529).wording()).unwrap_err();
    assert_eq!((error.code(), error.key()), ("field_empty", "thing5"));
}

#[test]
fn an_exact_value_is_not_cut_even_where_text_is() {
    let long = Wording { amount: "1".repeat(21), ..wording(1) };
    let map = wechat(&[("thing1", "amount")]).unwrap();
    assert_eq!(map.fill(&long).unwrap_err().code(), "field_too_long");
}

#[test]
fn sms_variables_have_no_links_no_brackets_and_the_vendors_length() {
    let aliyun = SmsField::of(SmsVendor::Aliyun);
    assert_eq!(aliyun.fit("house", ValueName::House, "【翠湖】3栋\n101★").unwrap(), "翠湖3栋 101");
    assert_eq!(aliyun.fit("house", ValueName::House, &"一".repeat(40)).unwrap().chars().count(), 35);
    assert_eq!(aliyun.fit("note", ValueName::Note, "见 abc.cn").unwrap_err().code(), "field_link");
    assert_eq!(aliyun.fit("sum", ValueName::Amount, "¥185.29").unwrap_err().code(), "field_sign_refused");
    assert_eq!(aliyun.fit("sum", ValueName::Amount, &"1".repeat(36)).unwrap_err().code(), "field_too_long");
    assert_eq!(aliyun.check("house", " ").unwrap_err().code(), "field_empty");

    for (name, is_good) in [("amount", true), ("due_date", true), ("1", false), ("金额", false), ("mobile", false)] {
        assert_eq!(aliyun.check_name(name).is_ok(), is_good, "{name}");
        assert!(SmsField::of(SmsVendor::Tencent).check_name(name).is_ok(), "filled by place: {name}");
    }
}

#[test]
fn an_account_with_short_variables_is_found_before_the_first_message() {
    let narrow = SmsField::of(SmsVendor::Tencent).with_value_chars_max(6);
    let pairs = [("1", "house"), ("2", "amount"), ("3", "due")];
    let map = TemplateMap::parse(Carrier::Sms(narrow), &pairs).unwrap();
    let error = map.check(Purpose::BillNotice).unwrap_err();
    assert_eq!(error.faults.len(), 2, "the house may be shortened, sum and date may not: {error}");
    assert!(error.to_string().contains("字段 2 每个变量最多 6 个字，放不下“金额”"), "{error}");
    let usual = TemplateMap::parse(Carrier::Sms(SmsField::of(SmsVendor::Tencent)), &pairs).unwrap();
    assert_eq!(usual.check(Purpose::BillNotice), Ok(()));
}

prop_compose! {
    fn any_wording()(
        project in any::<String>(),
        houses in proptest::collection::vec(any::<String>(), 0..4),
        bills in 1_usize..1_000_000,
        fen in 1_i64..FEN_MAX,
        day in 0_i64..60_000,
        days_after_due in -60_i64..1_200,
        company in "\\PC{1,60}",
    ) -> Wording {
        let from = Sender { company: format!("物业{company}"), ..sender() };
        let (amount, due) = (Fen::new(fen).unwrap(), day_of_number(day).unwrap());
        BillNotice { project, houses, bills, amount, due, days_after_due }.wording_from(&from)
    }
}

proptest! {
    #[test]
    fn every_field_fits_for_any_house_amount_and_date(words in any_wording()) {
        for due in ["date3", "time3", "thing3"] {
            let pairs = EVERY_VALUE.map(|(key, name)| if name == "due" { (due, name) } else { (key, name) });
            let map = wechat(&pairs).unwrap();
            prop_assert_eq!(map.check(Purpose::BillNotice), Ok(()));
            for (key, value) in map.fill(&words).unwrap() {
                prop_assert_eq!(field(&key).check(&value), Ok(()));
            }
        }
    }

    #[test]
    fn every_exact_value_passes_unchanged(words in any_wording()) {
        for name in ValueName::ALL.into_iter().filter(|name| name.is_exact()) {
            for vendor in [SmsVendor::Tencent, SmsVendor::Aliyun] {
                let fitted = SmsField::of(vendor).fit("v", name, words.value(name)).unwrap();
                prop_assert_eq!(fitted, words.value(name));
            }
        }
    }

    #[test]
    fn whatever_a_field_makes_fit_it_also_takes(value in any::<String>()) {
        for kind in FieldKind::ALL {
            let field = field(&format!("{}1", kind.as_str()));
            if let Ok(fitted) = field.fit(&value) {
                prop_assert_eq!(field.check(&fitted), Ok(()));
                prop_assert!(kind == FieldKind::Thing || fitted == plain(&value));
            }
        }
    }
}
