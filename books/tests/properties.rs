//! What must hold for any input.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test may stop at the first surprise"
)]

use std::sync::LazyLock;

use books::cell::Value;
use books::date::{self, Side};
use books::grid::{Cell, Sheet, SheetNumber};
use books::{
    HouseKey, ReadOptions, area, decimal, id_card, key, name, phone, price, read_houses, read_houses_from_grid, text,
};
use proptest::prelude::*;

const OPTIONS: ReadOptions = ReadOptions { period_year: 2026 };

static WORKBOOK: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, header) in (0_u16..).zip(["房号", "业主", "面积"]) {
        sheet.write(0, column, header).unwrap();
        sheet.write(1, column, "1-101").unwrap();
    }
    workbook.save_to_buffer().unwrap()
});

/// Text of the signs that the rules look at, mixed with anything.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9０-９.．\\-－—/ 　年月日:栋幢单元室号#座层一二十同上无 \n'=\"()（）、,;；+xX¥￥元㎡\u{200b}\u{feff}]{0,24}",
        "\\PC{0,24}",
        "[0-9]{1,30}",
        any::<String>(),
    ]
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        3 => typed().prop_map(Cell::text),
        1 => any::<i64>().prop_map(|n| Cell::text(n.to_string())),
        1 => proptest::num::f64::ANY.prop_map(|n| Cell::Number(SheetNumber::new(n))),
        1 => (1900_i32..2300, 1_u32..13, 1_u32..32).prop_map(|(y, m, d)| Cell::Date(chrono::NaiveDate::from_ymd_opt(y, m, d))),
        1 => any::<bool>().prop_map(Cell::Bool),
        1 => Just(Cell::Error("#REF!")),
        1 => Just(Cell::Empty),
        1 => Just(Cell::TooLong),
        1 => prop::sample::select(vec!["房号", "业主", "面积", "楼栋", "单元", "电话", "身份证", "小计", "合计", "备注", "租户电话"])
            .prop_map(Cell::text),
    ]
}

proptest! {
    #[test]
    fn tidying_twice_is_tidying_once(raw in typed()) {
        let once = text::tidy(&raw).into_owned();
        prop_assert_eq!(text::tidy(&once).into_owned(), once.clone());
    }

    #[test]
    fn a_shown_house_key_reads_back(
        building in "[1-9A-Z][0-9A-Z]{0,3}|东区[1-9]", entrance in prop::option::of("[1-9A-Z][0-9A-Z]{0,2}"), room in "[1-9A-Z][0-9A-Z]{0,5}",
    ) {
        let typed = match &entrance {
            Some(entrance) => format!("{building}栋{entrance}单元{room}室"),
            None => format!("{building}幢0{room}"),
        };
        let read: HouseKey = typed.parse().unwrap();
        let shown = read.to_string();
        prop_assert_eq!(shown.parse::<HouseKey>().unwrap(), read);
        let plain = [Some(building), entrance, Some(room)].into_iter().flatten().collect::<Vec<_>>().join("-");
        prop_assert_eq!(shown, plain);
    }

    #[test]
    fn any_key_that_is_read_reads_back(raw in typed()) {
        if let Ok(read) = raw.parse::<HouseKey>() {
            prop_assert_eq!(read.to_string().parse::<HouseKey>(), Ok(read));
        }
    }

    #[test]
    fn no_text_makes_a_rule_panic(raw in typed()) {
        let tidy = text::tidy(&raw).into_owned();
        let value = Value::Text(tidy.clone().into());
        let _ = (area::read(&value), price::read(&value, 1), decimal::read(&value, &["元"]), date::read_end(&value, 2026));
        let _ = (phone::parse_list(&tidy), phone::take_from(&tidy), name::split_list(&tidy), id_card::split_list(&tidy));
        let _ = (id_card::parse(&tidy, 2026), key::parse_building(&tidy), key::parse_entrance(&tidy));
        let _ = books::mask::mask_text(&tidy);
        if let Ok(read) = date::parse(&tidy, Side::Start, 2026) {
            prop_assert!((1980..=2050).contains(&chrono::Datelike::year(&read.day)));
        }
    }

    #[test]
    fn accepted_phones_have_the_digits_that_were_typed(numbers in prop::collection::vec("1[0-9]{10}", 1..4), separator in "[/、;, \n]") {
        let found = phone::parse_list(&numbers.join(&separator)).unwrap();
        let read: Vec<_> = found.iter().flatten().map(|p| p.expose().to_owned()).collect();
        prop_assert_eq!(read, numbers.into_iter().filter(|n| !text::is_repeated_digit(n)).collect::<Vec<_>>());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_houses(&bytes, &OPTIONS);
        let mut zipped = b"PK\x03\x04".to_vec();
        zipped.extend(bytes);
        let _ = read_houses(&zipped, &OPTIONS);
    }

    #[test]
    fn no_damage_to_a_workbook_makes_the_reader_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = WORKBOOK.clone();
        for (at, byte) in damage {
            let place = at.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = read_houses(&bytes, &OPTIONS);
    }

    #[test]
    fn no_cells_make_the_reader_panic_and_every_data_row_is_accounted_for(
        rows in prop::collection::vec(prop::collection::vec(cell(), 0..9), 0..20),
        merges in prop::collection::vec((0_u32..20, 0_u32..4, 0_u32..9, 0_u32..3), 0..3),
    ) {
        let mut sheet = Sheet::named("表");
        for (column, header) in (0_u32..).zip(["房号", "业主", "面积", "电话", "楼栋", "单元", "身份证", "交房日期", "单价"]) {
            sheet.put(0, column, Cell::text(header));
        }
        for (row, cells) in (1_u32..).zip(rows) {
            for (column, cell) in (0_u32..).zip(cells) {
                sheet.put(row, column, cell);
            }
        }
        for (row, height, column, width) in merges {
            sheet.merge((row + 1, row + 1 + height), (column, column + width));
        }
        let book = read_houses_from_grid(&[sheet], &OPTIONS);
        let keys: std::collections::HashSet<_> = book.houses.iter().map(|h| &h.key).collect();
        prop_assert_eq!(keys.len(), book.houses.len());
        for house in &book.houses {
            prop_assert!(house.area_centi >= 0 && house.unit_price_e4.is_none_or(|p| p >= 0));
            prop_assert!(house.mentions().all(|m| m.person < book.persons.len() && !m.name.is_empty()));
        }
        let report = &book.sheets[0];
        prop_assert_eq!(report.accepted, book.houses.len());
        prop_assert_eq!(report.rejected, book.rejections.len());
        prop_assert!(book.rejections.iter().all(|r| !r.problem.message.is_empty()));
    }

    #[test]
    fn no_cells_make_the_other_readers_panic_and_no_row_is_both_taken_and_refused(
        rows in prop::collection::vec(prop::collection::vec(cell(), 10), 1..6),
        book in 0_usize..4,
    ) {
        let headers: [&[&str]; 4] = [
            &["房号", "表计类型", "表号", "上月读数", "本月读数", "倍率", "旧表止码", "新表起码", "抄表日期", "备注"],
            &["房号", "业主", "费用项目", "欠费期间", "欠费金额", "备注"],
            &["房间", "预存项目", "预存余额", "缴存日期", "收据号/备注"],
            &["房号", "业主", "装修押金", "门禁卡押金", "收取日期", "备注"],
        ];
        let mut sheet = Sheet::named("水表");
        for (column, header) in (0_u32..).zip(headers[book]) {
            sheet.put(0, column, Cell::text(*header));
        }
        for (row, cells) in (1_u32..).zip(&rows) {
            for (column, cell) in (0_u32..).zip(cells) {
                sheet.put(row, column, cell.clone());
            }
        }
        let houses = books::KnownHouses::from(["1-101".to_owned(), "1-1-101".to_owned()]);
        let sheets = [sheet];
        let read = books::readings::read_readings_from_grid(&sheets, &OPTIONS, &houses);
        for reading in &read.readings {
            prop_assert!(reading.usage >= rust_decimal::Decimal::ZERO);
            prop_assert!(read.rejections.iter().all(|refused| refused.row != reading.source.row));
        }
        let opening = books::opening::read_opening_from_grid(&sheets, &OPTIONS, &houses);
        for line in &opening.arrears {
            prop_assert!(line.amount.get() > 0 && line.span.months().is_none_or(|months| months > 0));
        }
        prop_assert!(opening.sheets.iter().all(|sheet| sheet.accepted + sheet.rejected <= rows.len()));
    }
}
