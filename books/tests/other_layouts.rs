//! Other companies' books: other words, other orders, two header lines, no building column, CSV. Rules, not
//! positions.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test may stop at the first surprise"
)]

use books::finding::{Caution, Reason};
use books::grid::{self, Cell, Sheet, SheetNumber};
use books::header::Field;
use books::houses::SheetStatus;
use books::kind::HouseKind;
use books::occupancy::Occupancy;
use books::{BookError, HouseBook, ReadOptions, read_houses, read_houses_from_grid};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

const OPTIONS: ReadOptions = ReadOptions { period_year: 2026 };

fn sheet(name: &str, rows: &[&[&str]]) -> Sheet {
    let mut sheet = Sheet::named(name);
    for (row, cells) in (0_u32..).zip(rows) {
        for (column, text) in (0_u32..).zip(*cells) {
            if !text.is_empty() {
                sheet.put(row, column, Cell::text(*text));
            }
        }
    }
    sheet
}

fn read(rows: &[&[&str]]) -> HouseBook {
    read_houses_from_grid(&[sheet("表", rows)], &OPTIONS)
}

fn keys(book: &HouseBook) -> Vec<String> {
    book.houses.iter().map(|h| h.key.to_string()).collect()
}

fn reasons(book: &HouseBook) -> Vec<(u32, Reason)> {
    book.rejections.iter().map(|r| (r.row, r.problem.reason)).collect()
}

fn write_row(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, text) in (0_u16..).zip(cells) {
        if !text.is_empty() {
            sheet.write(row, column, *text).unwrap();
        }
    }
}

/// Two header lines with group titles, owners first, the whole key in the room cell, extra columns.
fn grouped_workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let plain = Format::new();
    let day = Format::new().set_num_format("yyyy-mm-dd");

    let sheet = workbook.add_worksheet().set_name("汇总台账").unwrap();
    sheet.merge_range(0, 0, 0, 12, "金桂苑业主信息登记一览表", &plain).unwrap();
    sheet.write(1, 0, "填报单位：金桂物业").unwrap();
    sheet.merge_range(2, 0, 2, 2, "业主信息", &plain).unwrap();
    sheet.merge_range(2, 3, 3, 3, "房屋编号", &plain).unwrap();
    sheet.merge_range(2, 4, 2, 6, "面积(㎡)", &plain).unwrap();
    sheet.merge_range(2, 7, 2, 8, "租户情况", &plain).unwrap();
    sheet.merge_range(2, 9, 3, 9, "业态", &plain).unwrap();
    sheet.merge_range(2, 10, 3, 10, "接房\n时间", &plain).unwrap();
    sheet.merge_range(2, 11, 3, 11, "收费标准（元/㎡·年）", &plain).unwrap();
    sheet.merge_range(2, 12, 3, 12, "车位号", &plain).unwrap();
    write_row(sheet, 3, &["姓 名", "电话", "身份证", "", "建筑", "套内", "公摊", "姓名", "电话"]);
    write_row(sheet, 4, &["测试甲", "13800001111", "", "1栋2单元0301", "", "", "", "测试乙", "139 0000 2222", "住宅"]);
    sheet.write(4, 4, 88.125).unwrap();
    sheet.write(4, 5, 70.0).unwrap();
    sheet.write(4, 6, 18.0).unwrap();
    sheet.write_datetime_with_format(4, 10, ExcelDateTime::from_ymd(2020, 5, 1).unwrap(), &day).unwrap();
    sheet.write(4, 11, 21.6).unwrap();
    sheet.write(4, 12, "A-12").unwrap();
    write_row(sheet, 5, &["测试丙公司", "", "", "1-S03", "120.5平方", "", "", "", "", "底商", "3-Mar-19", "¥24.00"]);
    sheet.merge_range(6, 0, 7, 0, "测试丁", &plain).unwrap();
    write_row(sheet, 6, &["", "13800003333", "", "2-1-101", "90", "", "", "", "", "住宅"]);
    write_row(sheet, 7, &["", "13800003333", "", "2-1-102", "91", "", "", "", "", "住宅"]);
    write_row(sheet, 8, &["合  计", "", "", "", "389.63"]);
    write_row(sheet, 9, &["经办：某人"]);

    let hidden = workbook.add_worksheet().set_name("旧表").unwrap();
    hidden.set_hidden(true);
    write_row(hidden, 0, &["房号", "业主", "面积"]);
    write_row(hidden, 1, &["9-9-999", "旧业主", "50"]);

    let note = workbook.add_worksheet().set_name("填表说明").unwrap();
    write_row(note, 0, &["请按房产证填写面积"]);
    workbook.add_worksheet().set_name("Sheet4").unwrap();

    let parking = workbook.add_worksheet().set_name("车位").unwrap();
    write_row(parking, 0, &["车位编号", "房号", "业主姓名", "车牌号", "联系电话"]);
    write_row(parking, 1, &["A001", "1-2-301", "测试甲", "沪A12345", "13800001111"]);
    workbook.save_to_buffer().unwrap()
}

#[test]
fn two_header_lines_with_group_titles_are_one_header() {
    let book = read_houses(&grouped_workbook(), &OPTIONS).unwrap();
    assert_eq!(keys(&book), ["1-2-301", "1-S03", "2-1-101", "2-1-102"]);
    assert!(book.rejections.is_empty(), "{:?}", book.rejections);
    let first = &book.houses[0];
    assert_eq!((first.area_centi, first.inner_area_centi), (8813, Some(7000)));
    assert_eq!(first.unit_price_e4, Some(18_000), "21.6 a year is 1.80 a month");
    assert_eq!(first.handover.unwrap().day.to_string(), "2020-05-01");
    assert_eq!(first.owners[0].name, "测试甲");
    assert_eq!(first.owners[0].phones[0].expose(), "13800001111");
    assert_eq!(first.lessees[0].name, "测试乙");
    assert_eq!(first.lessees[0].phones[0].expose(), "13900002222");
    let shop = &book.houses[1];
    assert_eq!((shop.kind, shop.area_centi, shop.unit_price_e4), (HouseKind::Shop, 12_050, Some(20_000)));
    assert!(shop.owners[0].organisation);
    assert_eq!(shop.handover.unwrap().day.to_string(), "2019-03-03");
    assert_eq!(book.houses[2].owners[0].person, book.houses[3].owners[0].person, "a merged name holds for both rows");
}

#[test]
fn every_sheet_is_accounted_for() {
    let book = read_houses(&grouped_workbook(), &OPTIONS).unwrap();
    let status: Vec<_> = book.sheets.iter().map(|s| (s.sheet.as_str(), s.status)).collect();
    assert_eq!(
        status,
        [
            ("汇总台账", SheetStatus::Read),
            ("旧表", SheetStatus::Hidden),
            ("填表说明", SheetStatus::NotRecognised),
            ("Sheet4", SheetStatus::Empty),
            ("车位", SheetStatus::NotRecognised),
        ]
    );
    let issues: Vec<_> = book.issues.iter().map(|i| (i.sheet.as_str(), i.code)).collect();
    assert_eq!(issues, [("填表说明", "HEADER_NOT_FOUND"), ("车位", "OTHER_BOOK")]);
    let meters = read(&[&["序号", "房号", "业主", "表号", "上月读数"], &["1", "1-101", "测试甲", "SB1", "12"]]);
    assert_eq!(meters.issues[0].code, "OTHER_BOOK");
    let sheet = &book.sheets[0];
    let left_out: Vec<_> = sheet.columns.iter().filter(|c| c.field.is_none()).map(|c| c.header.as_str()).collect();
    assert_eq!(left_out, ["面积(㎡) 公摊", "车位号"]);
    assert_eq!((&sheet.ignored.title[..], &sheet.ignored.note[..]), (&[1][..], &[2][..]));
    assert_eq!((&sheet.ignored.header[..], &sheet.ignored.total[..]), (&[3, 4][..], &[9][..]));
    assert_eq!(sheet.ignored.footer, [10]);
}

#[test]
fn a_sheet_named_after_its_building_gives_bare_rooms_their_building() {
    let rows: &[&[&str]] = &[&["业主", "室号", "建面", "电话"], &["测试甲", "101", "80", ""], &["", "102", "80", ""]];
    let book = read_houses_from_grid(&[sheet("3号楼", rows), sheet("十二栋", rows), sheet("住户", rows)], &OPTIONS);
    assert_eq!(keys(&book), ["3-101", "3-102", "12-101", "12-102"]);
    assert_eq!(reasons(&book), [(2, Reason::MissingBuilding), (3, Reason::MissingBuilding)]);
    assert_eq!(book.houses[1].owners.len(), 0);
}

#[test]
fn a_unit_and_room_column_beside_a_building_column_is_read_as_such() {
    let book = read(&[
        &["楼幢", "单元-房号", "面积", "户主"],
        &["5幢", "2-301", "80", "测试甲"],
        &["", "3-0302", "80", "测试乙"],
    ]);
    assert_eq!(keys(&book), ["5-2-301", "5-3-302"]);
}

#[test]
fn a_second_table_with_other_columns_on_the_same_sheet_is_read_with_its_own_header() {
    let book = read(&[
        &["楼栋", "房号", "业主", "面积"],
        &["1栋", "101", "测试甲", "80"],
        &["本栋合计", "", "", "80"],
        &[],
        &["房间号", "面积", "楼栋", "产权人", "手机"],
        &["201", "90", "2栋", "测试乙", "13800001111"],
    ]);
    assert_eq!(keys(&book), ["1-101", "2-201"]);
    assert_eq!(book.houses[1].area_centi, 9000);
    assert_eq!(book.houses[1].owners[0].phones.len(), 1);
    assert_eq!(book.sheets[0].ignored.header, [1, 5]);
    assert_eq!(book.sheets[0].ignored.subtotal, [3]);
}

#[test]
fn a_total_above_the_data_does_not_swallow_it() {
    let book = read(&[
        &["楼栋", "房号", "业主", "面积"],
        &["合计", "", "", "170"],
        &["1栋", "101", "测试甲", "80"],
        &["", "102", "测试乙", "90"],
        &["", "", "主管签字", ""],
    ]);
    assert_eq!(keys(&book), ["1-101", "1-102"]);
    assert_eq!((&book.sheets[0].ignored.total[..], &book.sheets[0].ignored.footer[..]), (&[2][..], &[5][..]));
}

#[test]
fn blank_buildings_and_units_are_filled_down_and_the_unit_is_forgotten_with_its_building() {
    let book = read(&[
        &["楼栋", "单元", "房号", "业主", "面积"],
        &["1栋", "1单元", "101", "测试甲", "80"],
        &["", "", "102", "测试乙", "80"],
        &["", "2单元", "101", "测试丙", "80"],
        &["2栋", "", "101", "测试丁", "80"],
        &["", "/", "102", "测试戊", "80"],
    ]);
    assert_eq!(keys(&book), ["1-1-101", "1-1-102", "1-2-101", "2-101", "2-102"]);
}

#[test]
fn ditto_marks_take_all_of_the_cell_above_and_say_so_when_there_is_none() {
    let book = read(&[
        &["房号", "业主", "电话", "面积"],
        &["1-101", "同上", "", "80"],
        &["1-102", "测试甲、测试乙", "13800001111/13800002222", "80"],
        &["1-103", "同上", "〃", "80"],
        &["1-104", "″", "同上", "80"],
    ]);
    assert!(book.houses[0].owners.is_empty());
    assert_eq!(book.warnings[0].caution, Caution::DittoWithoutAbove);
    let people = |at: usize| book.houses[at].owners.iter().map(|m| m.person).collect::<Vec<_>>();
    assert_eq!(people(1).len(), 2);
    assert_eq!((people(2), people(3)), (people(1), people(1)));
}

#[test]
fn later_duplicates_are_refused_and_refused_rows_hold_no_place() {
    let book = read(&[
        &["房号", "业主", "电话", "面积"],
        &["1-101", "测试甲", "12345", "80"],
        &["1栋101", "测试甲", "13800001111", "80"],
        &["1#0101室", "测试乙", "", "80"],
    ]);
    assert_eq!(reasons(&book), [(2, Reason::InvalidPhone), (4, Reason::DuplicateHouse)]);
    assert_eq!(book.rejections[1].problem.message, "房屋 1-101 与工作表「表」第 3 行重复");
}

#[test]
fn all_that_is_wrong_with_a_row_is_said_at_once() {
    let book = read(&[
        &["房号", "业主", "电话", "面积", "单价", "交房日期"],
        &["", "测试甲", "123", "-1", "免费", "2025.2.30"],
    ]);
    let refused = &book.rejections[0];
    let more: Vec<_> = refused.more.iter().map(|p| (p.reason, p.column.clone().unwrap())).collect();
    assert_eq!(refused.problem.reason, Reason::MissingHouseNo);
    let want = [
        (Reason::NegativeArea, "D"),
        (Reason::InvalidAmount, "E"),
        (Reason::InvalidDate, "F"),
        (Reason::InvalidPhone, "C"),
    ];
    assert_eq!(more, want.map(|(reason, column)| (reason, column.to_owned())));
    assert!(book.houses.is_empty() && book.persons.is_empty() && book.warnings.is_empty());
}

#[test]
fn rooms_that_are_not_one_house_are_refused() {
    for room in ["101/102", "101、102", "1栋3层301", "1-1-1-101", "101(东)", "2025-03-01 00:00:00"] {
        let book = read(&[&["楼栋", "房号", "业主", "面积"], &["1", room, "测试甲", "80"]]);
        assert_eq!(reasons(&book), [(2, Reason::InvalidHouseNo)], "{room}");
    }
    let mut dated = sheet("表", &[&["房号", "业主", "面积"], &["", "测试甲", "80"]]);
    dated.put(1, 0, Cell::Date(chrono::NaiveDate::from_ymd_opt(2026, 1, 1)));
    let book = read_houses_from_grid(&[dated], &OPTIONS);
    assert_eq!(book.rejections[0].problem.message, "房号「2026-01-01」被存成了日期");
}

#[test]
fn errors_matter_only_in_imported_columns() {
    let header: &[&str] = &["房号", "业主", "面积", "月物业费", "备注"];
    let mut grid = sheet("表", &[header, &["1-101", "测试甲", "80"], &["1-102", "测试甲", ""]]);
    grid.put(1, 3, Cell::Error("#VALUE!")).put(1, 4, Cell::Error("#REF!")).put(2, 2, Cell::Error("#REF!"));
    let book = read_houses_from_grid(&[grid], &OPTIONS);
    assert_eq!(keys(&book), ["1-101"]);
    assert_eq!(book.warnings[0].caution, Caution::TextUnreadable);
    assert_eq!(reasons(&book), [(3, Reason::InvalidArea)]);
}

#[test]
fn several_phone_columns_add_up_and_a_better_named_column_wins() {
    let book = read(&[
        &["编号", "房号", "姓名", "业主姓名", "手机", "备用电话", "建筑面积", "公摊面积", "状态", "房屋状态"],
        &["X1", "1-101", "经办某", "测试甲", "13800001111", "0512-12345678", "80", "10", "正常", "空置"],
    ]);
    let house = &book.houses[0];
    assert_eq!(house.owners.len(), 1);
    assert_eq!(house.owners[0].phones.iter().map(|p| p.expose()).collect::<Vec<_>>(), ["13800001111", "051212345678"]);
    assert_eq!(house.occupancy, Occupancy::Vacant);
    let left_out: Vec<_> =
        book.sheets[0].columns.iter().filter(|c| c.field.is_none()).map(|c| c.header.as_str()).collect();
    assert_eq!(left_out, ["编号", "姓名", "公摊面积", "状态"]);
}

#[test]
fn only_a_serial_number_makes_no_row() {
    let book =
        read(&[&["序号", "房号", "业主", "面积"], &["1", "1-101", "测试甲", "80"], &["2"], &["3", "", "测试乙", ""]]);
    assert_eq!(book.sheets[0].ignored.blank, [3]);
    assert_eq!(reasons(&book), [(4, Reason::MissingHouseNo)]);
}

#[test]
fn headers_are_found_with_stars_units_blanks_and_line_breaks() {
    let book = read(&[
        &["*房　号", "建 筑\n面积（平方米）", "业 主 姓 名：", "联系\n电话", "物业费(元/㎡/月)"],
        &["1-101", "80", "测试甲", "13800001111", "2.5"],
    ]);
    let fields: Vec<_> = book.sheets[0].columns.iter().map(|c| c.field.unwrap()).collect();
    assert_eq!(fields, [Field::Room, Field::Area, Field::Owner, Field::Phone, Field::UnitPrice]);
    assert_eq!(book.houses[0].unit_price_e4, Some(25_000));
}

#[test]
fn a_csv_is_one_sheet_in_utf_8_or_gbk() {
    let text =
        "房号,业主,面积,备注\r\n1-101,测试甲,80,\"有逗号,和\"\"引号\"\"\n还有换行\"\r\n=\"1-102\",测试乙,90,\r\n";
    let (gbk, _, _) = encoding_rs::GBK.encode(text);
    for bytes in [text.as_bytes(), &gbk] {
        let book = read_houses(bytes, &OPTIONS).unwrap();
        assert_eq!(keys(&book), ["1-101", "1-102"]);
        assert_eq!(book.houses[0].remark.as_deref(), Some("有逗号,和\"引号\"\n还有换行"));
    }
}

#[test]
fn files_that_are_no_workbook_are_refused_with_a_code_and_a_remedy() {
    let ole = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0];
    let mut locked = ole.to_vec();
    locked.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let mut cut = grouped_workbook();
    cut.truncate(cut.len() / 2);
    let cases: [(&[u8], &str); 7] = [
        (b"", "FILE_EMPTY"),
        (&ole, "FILE_OLD_EXCEL"),
        (&locked, "FILE_ENCRYPTED"),
        (&cut, "FILE_DAMAGED"),
        (b"\x89PNG\r\n\x1a\n\0\0", "FILE_NOT_SPREADSHEET"),
        (b"<html><table><tr><td>a,b</td></tr></table></html>", "FILE_NOT_SPREADSHEET"),
        (b"hello", "FILE_NOT_SPREADSHEET"),
    ];
    for (bytes, code) in cases {
        let error = read_houses(bytes, &OPTIONS).unwrap_err();
        let view = error.view();
        assert_eq!(view.code, code, "{view:?}");
        assert!(!view.message.is_empty() && !view.remedy.is_empty());
    }
    let large = vec![b'a'; grid::limits::FILE_BYTES_MAX + 1];
    assert_eq!(read_houses(&large, &OPTIONS), Err(BookError::FileTooLarge));
}

fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_zip_that_unpacks_out_of_proportion_is_refused_before_it_is_parsed() {
    let bomb = zip_of(&[("xl/workbook.xml", &vec![b' '; 40 * 1_048_576])]);
    assert!(bomb.len() < 1_000_000);
    assert_eq!(read_houses(&bomb, &OPTIONS), Err(BookError::UnpacksTooLarge));
    assert_eq!(read_houses(&zip_of(&[("word/document.xml", b"<a/>")]), &OPTIONS), Err(BookError::NotSpreadsheet));
    assert_eq!(read_houses(&zip_of(&[("xl/workbook.bin", b"x")]), &OPTIONS), Err(BookError::BinaryExcel));
}

#[test]
fn a_directory_that_lies_about_sizes_is_found_out() {
    let mut lying = zip_of(&[("_rels/.rels", &vec![b' '; 100_000])]);
    // The size unpacked stands in the local header at 22 and in the directory at its offset 24.
    let directory = lying.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    for at in [22, directory + 24] {
        lying[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    let refused = read_houses(&lying, &OPTIONS).unwrap_err();
    assert!(matches!(refused, BookError::UnpacksTooLarge | BookError::Damaged { .. }), "{refused:?}");
}

#[test]
fn cells_beyond_the_limits_refuse_the_file_or_the_row() {
    let mut workbook = Workbook::new();
    let wide = workbook.add_worksheet();
    write_row(wide, 0, &["房号", "业主", "面积"]);
    wide.write(1, 300, "x").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    assert_eq!(read_houses(&bytes, &OPTIONS), Err(BookError::TooManyColumns { sheet: "Sheet1".to_owned() }));

    let long = "长".repeat(grid::limits::CELL_CHARS_MAX + 1);
    let mut grid = sheet("表", &[&["房号", "业主", "面积", "备注"], &["1-101", "", "80"], &["1-102", "", "80"]]);
    grid.put(1, 1, Cell::text(long.clone())).put(2, 3, Cell::text(long));
    grid.put(2, 2, Cell::Number(SheetNumber::new(80.005)));
    let book = read_houses_from_grid(&[grid], &OPTIONS);
    assert_eq!(reasons(&book), [(2, Reason::UnreadableCell)]);
    assert_eq!(book.warnings[0].caution, Caution::TextUnreadable);
    assert_eq!(book.houses[0].area_centi, 8001, "half up from the decimal that was typed");
}
