//! One rule each.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test may stop at the first surprise"
)]

use books::cell::Value;
use books::date::{self, DateError, EndDate, Side};
use books::grid::{Cell, SheetNumber, column_letter};
use books::id_card::{self, IdError};
use books::key::{self, KeyError};
use books::mask::{mask_number, mask_text};
use books::money;
use books::occupancy::Occupancy;
use books::phone::{self, Phone};
use books::{HouseKey, area, name, price, text};
use chrono::NaiveDate;

fn of(text: &str) -> Value<'static> {
    let cell: &'static Cell = Box::leak(Box::new(Cell::text(text)));
    Value::of(cell)
}

fn number(digits: &str) -> Value<'static> {
    Value::Number(SheetNumber::new(digits.parse().unwrap()))
}

fn phones(typed: &str) -> Vec<String> {
    let found = phone::parse_list(&text::tidy(typed)).unwrap();
    found.iter().flatten().map(|p: &Phone| p.expose().to_owned()).collect()
}

fn day(typed: &str) -> Result<String, DateError> {
    date::parse(&text::tidy(typed), Side::Start, 2026).map(|d| d.day.to_string())
}

#[test]
fn full_width_forms_guards_and_stray_blanks_are_not_part_of_a_text() {
    for (typed, meant) in [
        ("１－１－２０２", "1-1-202"),
        ("　周禾\u{200b}\u{a0}", "周禾"),
        ("'0012", "0012"),
        ("=\"0012\"", "0012"),
        ("19900004827.0", "19900004827"),
        ("1.80", "1.80"),
        ("\u{feff}’１．０ ", "1"),
        ("（甲）；乙", "(甲);乙"),
        ("两行\r\n内容", "两行\n内容"),
    ] {
        assert_eq!(text::tidy(typed), meant);
    }
}

#[test]
fn placeholders_are_blank() {
    for typed in ["", " 　", "无", "暂无", "不详", "空号", "未知", "/", "／", "-", "—", "--", "——"] {
        assert!(of(typed).is_blank(), "{typed}");
    }
    assert!(!of("0").is_blank() && !of("无名氏").is_blank());
    assert!(text::is_repeated_digit("11111111111") && text::is_repeated_digit("0") && !text::is_repeated_digit("12"));
}

#[test]
fn a_house_key_has_many_spellings() {
    for (typed, shown) in [
        ("1-1-101", "1-1-101"),
        ("1-01-0201", "1-1-201"),
        ("１—１―８０１", "1-1-801"),
        ("3栋1单元402室", "3-1-402"),
        ("1#2-1601", "1-2-1601"),
        ("5#301室", "5-301"),
        ("5-0-1403", "5-1403"),
        ("6栋B06", "6-B06"),
        ("6-储藏室b15", "6-B15"),
        ("6-S01商铺", "6-S01"),
        ("2号楼3单元3a02号", "2-3-3A02"),
        ("十二栋二单元501", "12-2-501"),
        ("A座 12 - 01", "A-12-1"),
    ] {
        assert_eq!(typed.parse::<HouseKey>().unwrap().to_string(), shown, "{typed}");
    }
    let whole: HouseKey = "3栋1单元402室".parse().unwrap();
    assert_eq!((whole.building(), whole.entrance(), whole.room()), ("3", Some("1"), "402"));
    let without_unit: HouseKey = "6-S01".parse().unwrap();
    assert_eq!((without_unit.building(), without_unit.entrance(), without_unit.room()), ("6", None, "S01"));
    assert_eq!("101".parse::<HouseKey>(), Err(KeyError::MissingBuilding));
    assert_eq!("1栋1单元".parse::<HouseKey>(), Err(KeyError::MissingRoom));
    assert_eq!("1-1-1-1".parse::<HouseKey>(), Err(KeyError::Invalid));
    assert_eq!("1-1-000".parse::<HouseKey>(), Err(KeyError::Invalid));
    assert_eq!(key::parse_building("3楼").unwrap().building.as_deref(), Some("3"));
}

#[test]
fn one_cell_may_hold_several_phones() {
    for (typed, meant) in [
        ("199-0000-9083", &["19900009083"][..]),
        ("199 0000 4186", &["19900004186"]),
        ("+8619900007012", &["19900007012"]),
        ("0086 199 0000 7012", &["19900007012"]),
        ("8619900007012", &["19900007012"]),
        ("１９９００００６４０２（妻）", &["19900006402"]),
        ("19900004427  19900008440", &["19900004427", "19900008440"]),
        ("1990000442719900008440", &["19900004427", "19900008440"]),
        ("19900008563；19900000777.0", &["19900008563", "19900000777"]),
        ("199 0000 7227\n19900006067", &["19900007227", "19900006067"]),
        ("0512-00001001", &["051200001001"]),
        ("021 1234 5678、13800001111", &["02112345678", "13800001111"]),
        ("无/13800001111", &["13800001111"]),
    ] {
        assert_eq!(phones(typed), meant, "{typed}");
    }
    for wrong in ["1990000456", "199000045678", "29900004567", "1380000111a", "12345678", "13800001111 1"] {
        assert_eq!(phone::parse_list(wrong), Err(phone::InvalidPhone), "{wrong}");
    }
}

#[test]
fn a_name_and_its_phone_may_share_a_cell() {
    for (typed, rest) in [
        ("云雨19900007938", "云雨"),
        ("袁桥雪/19900003904", "袁桥雪"),
        ("邹湖露 199 0000 3263", "邹湖露"),
        ("某店(19900003263)", "某店"),
        ("某人:0512-12345678", "某人"),
    ] {
        let (left, found) = phone::take_from(typed).unwrap();
        assert_eq!((name::split_list(&left), found.len()), (vec![rest.to_owned()], 1), "{typed}");
    }
    assert_eq!(phone::take_from("7天酒店").unwrap().1.len(), 0);
    assert!(phone::take_from("某人1990000").is_err());
}

#[test]
fn names_are_split_and_cleaned() {
    for (typed, meant) in [
        ("王　伟", &["王伟"][..]),
        ("柏雨棠 云溪松", &["柏雨棠", "云溪松"]),
        ("谢枫/何月溪/李青竹", &["谢枫", "何月溪", "李青竹"]),
        ("姜墨柏（业主）", &["姜墨柏"]),
        ("甲某（夫，已故）、乙某（妻）", &["甲某", "乙某"]),
        ("古丽•青禾", &["古丽·青禾"]),
        ("某某（测试）有限公司", &["某某（测试）有限公司"]),
        ("翠湖置业有限公司（开发商）", &["翠湖置业有限公司"]),
        ("John Smith", &["John Smith"]),
        ("未售", &[]),
    ] {
        assert_eq!(name::split_list(&text::tidy(typed)), meant, "{typed}");
    }
    assert!(name::is_organisation("青禾便利店") && !name::is_organisation("青禾"));
}

#[test]
fn ids_need_a_birthday_and_their_check_digit() {
    let parse = |typed: &str| id_card::parse(typed, 2026);
    assert_eq!(parse("990101199109240035").map(|id| id.masked()), Ok("9901**********0035".to_owned()));
    assert_eq!(parse("990101 19950330 0411").map(|_| ()), parse("990101199503300411").map(|_| ()));
    assert_eq!(parse("99010119910924003X"), Err(IdError::CheckDigit));
    assert_eq!(parse("990101199102300035"), Err(IdError::BirthDate));
    assert_eq!(parse("990101209109240035"), Err(IdError::BirthDate));
    assert_eq!(parse("990101910924003"), Err(IdError::Shape));
    assert_eq!(parse("9901011991092400３5"), Err(IdError::Shape));
    let lower = parse("99010119671010935x");
    assert!(lower.is_ok_and(|id| id.expose().ends_with('X')));
    let two = id_card::split_list("990101195707035463 990101199712043483");
    assert_eq!(two.len(), 2);
    assert_eq!(id_card::split_list("111111111111111111/990101199712043483").first(), Some(&None));
}

#[test]
fn days_have_many_spellings() {
    for (typed, meant) in [
        ("2016.6.8", "2016-06-08"),
        ("２０１６．６．２１", "2016-06-21"),
        ("2016/9/3", "2016-09-03"),
        ("2016年9月3日", "2016-09-03"),
        ("2016年9月3号", "2016-09-03"),
        ("2016-09-24 00:00:00", "2016-09-24"),
        ("2016年9月3日 8:00", "2016-09-03"),
        ("2016-09-24T08:30", "2016-09-24"),
        ("20161021", "2016-10-21"),
        ("42641", "2016-09-28"),
        ("42641.5", "2016-09-28"),
        ("16.9.27", "2016-09-27"),
        ("20.12.19", "2020-12-19"),
        ("2016年9月", "2016-09-01"),
        ("2016.6", "2016-06-01"),
        ("2016-09", "2016-09-01"),
        ("201609", "2016-09-01"),
        ("16年9月", "2016-09-01"),
        ("2016.6.18起", "2016-06-18"),
        ("3-Mar-19", "2019-03-03"),
        ("10月25日", "2026-10-25"),
        ("10.26", "2026-10-26"),
    ] {
        assert_eq!(day(typed), Ok(meant.to_owned()), "{typed}");
    }
    for wrong in ["2025.2.30", "2026-13-31", "2016年", "交房", "9/27/2016", "123", "20161345", "1.2.3.4"] {
        assert_eq!(day(wrong), Err(DateError::Invalid), "{wrong}");
    }
    assert_eq!(day("2206.3.1"), Err(DateError::OutOfRange));
    assert_eq!(day("1979-12-31"), Err(DateError::OutOfRange));
    assert!(day("1980-01-01").is_ok() && day("2050-12-31").is_ok());
}

#[test]
fn a_month_is_its_first_day_for_a_start_and_its_last_for_an_end() {
    let end = |typed: &str| date::read_end(&of(typed), 2026).unwrap();
    let on = |found: Option<EndDate>| match found {
        Some(EndDate::On(read)) => read.day.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(on(end("2028.2")), "2028-02-29");
    assert_eq!(on(end("2026年11月止")), "2026-11-30");
    assert_eq!(end("长期"), Some(EndDate::Never));
    assert_eq!(end("/"), None);
    assert!(date::read(&of("2016.6"), Side::Start, 2026).unwrap().unwrap().month_only);
}

#[test]
fn dates_in_number_cells_are_read_and_doubtful_ones_marked() {
    let read = |digits: &str| {
        date::read(&number(digits), Side::Start, 2026).map(|d| d.map(|d| (d.day.to_string(), d.ambiguous)))
    };
    assert_eq!(read("42641"), Ok(Some(("2016-09-28".to_owned(), false))));
    assert_eq!(read("20161021"), Ok(Some(("2016-10-21".to_owned(), false))));
    assert_eq!(read("2022.6"), Ok(Some(("2022-06-01".to_owned(), false))));
    assert_eq!(read("2022.1"), Ok(Some(("2022-01-01".to_owned(), true))));
    assert_eq!(read("12"), Err(DateError::Invalid));
    let dated = Value::Date(NaiveDate::from_ymd_opt(2206, 3, 1));
    assert_eq!(date::read(&dated, Side::Start, 2026), Err(DateError::OutOfRange));
}

#[test]
fn areas_are_rounded_half_up_and_their_units_dropped() {
    for (typed, centi) in [
        ("106.14㎡", 10_614),
        ("106.14平米", 10_614),
        ("118.3 m2", 11_830),
        ("106平方", 10_600),
        ("１０６．１４", 10_614),
        ("1,286.40", 128_640),
        ("97.310000001", 9_731),
        ("0.005", 1),
        ("0㎡", 0),
    ] {
        assert_eq!(area::read(&of(typed)), Ok(Some(centi)), "{typed}");
    }
    assert_eq!(area::read(&number("97.310000001")), Ok(Some(9_731)));
    assert_eq!(area::read(&of("-108.68㎡")), Err(area::AreaError::Negative));
    for wrong in ["待测绘", "1,28.6", "12..5", "1e3", "㎡"] {
        assert_eq!(area::read(&of(wrong)), Err(area::AreaError::Invalid), "{wrong}");
    }
}

#[test]
fn prices_are_per_month_whatever_they_are_written_for() {
    for (typed, e4) in [
        ("￥1.80", 18_000),
        ("1.80元/㎡·月", 18_000),
        ("1.8元", 18_000),
        ("１．８", 18_000),
        ("0.0001", 1),
        ("21.6元/㎡/年", 18_000),
        ("5.4元/平方米·季", 18_000),
    ] {
        assert_eq!(price::read(&of(typed), 1), Ok(Some(e4)), "{typed}");
    }
    assert_eq!(price::read(&of("1元/年"), 1), Err(price::PriceError::Invalid), "a twelfth of a yuan is not exact");
    assert_eq!(price::read(&of("-1.8"), 1), Err(price::PriceError::Negative));
    assert_eq!(price::read(&of("面议"), 1), Err(price::PriceError::Invalid));
    assert_eq!(price::header_months("单价(元/㎡·月)"), 1);
    assert_eq!(price::header_months("收费标准（元/㎡·年）"), 12);
}

#[test]
fn money_is_exact_to_the_fen() {
    let fen = |typed: &str| money::read(&of(typed)).map(|found| found.map(|fen| fen.get()));
    assert_eq!(fen("￥1,234.565元"), Ok(Some(123_457)));
    assert_eq!(fen("-200"), Ok(Some(-20_000)));
    assert_eq!(fen("-"), Ok(None));
    assert!(fen("详见附件").is_err());
    assert_eq!(money::read(&number("0.1")).unwrap().unwrap().get(), 10);
}

#[test]
fn occupancy_words_are_known() {
    assert_eq!(Occupancy::read("已住"), Some(Occupancy::Occupied));
    assert_eq!(Occupancy::read("空关"), Some(Occupancy::Vacant));
    assert_eq!(Occupancy::read("未收房"), Some(Occupancy::NotHandedOver));
    assert_eq!(Occupancy::read("别的"), None);
}

#[test]
fn personal_numbers_are_shown_masked() {
    assert_eq!(mask_number("13812341234"), "138****1234");
    assert_eq!(mask_number("990101199109240035"), "9901**********0035");
    assert_eq!(mask_text("13812341234 13912345678，见 101"), "138****1234 139****5678，见 101");
    assert_eq!(mask_text("138-1234-1234(妻)"), "138****1234(妻)");
    let phone = phone::parse_list("13812341234").unwrap().remove(0).unwrap();
    assert_eq!(format!("{phone:?}"), "Phone(138****1234)");
    assert_eq!(serde_json::to_string(&phone).unwrap(), "\"138****1234\"");
}

#[test]
fn columns_have_letters() {
    assert_eq!([0, 25, 26, 51, 52, 701, 702].map(column_letter), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
}
