//! What is said about a row: refusals with cause and remedy, and warnings about accepted rows.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::header::Field;

/// A sheet's name, shared by all that is said about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SheetName(Arc<str>);

impl SheetName {
    /// Shares a name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SheetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for SheetName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Why a row is refused. Stable: programs and translations rely on the codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The same house again.
    DuplicateHouse,
    /// Area below zero.
    NegativeArea,
    /// Area is not a number.
    InvalidArea,
    /// Impossible phone.
    InvalidPhone,
    /// No house number.
    MissingHouseNo,
    /// No building, neither in a column nor in the house number.
    MissingBuilding,
    /// The house number is not that of one house.
    InvalidHouseNo,
    /// The room cell holds a whole key that contradicts the building or unit column.
    HouseConflict,
    /// No such day.
    InvalidDate,
    /// Outside 1980-01-01 to 2050-12-31.
    DateOutOfRange,
    /// Amount or price below zero.
    NegativeAmount,
    /// Amount or price is not a number.
    InvalidAmount,
    /// No such house in the project.
    HouseNotFound,
    /// The amount is zero.
    ZeroAmount,
    /// No such month, or no period at all.
    InvalidPeriod,
    /// No fee item.
    MissingFeeItem,
    /// The same house, item, period and amount again.
    DuplicateLine,
    /// Lower than the reading before, and neither a roll-over nor a new meter.
    ReadingLower,
    /// No current reading.
    ReadingMissing,
    /// A reading is not a number.
    ReadingNotNumber,
    /// The same meter again.
    DuplicateReading,
    /// The multiplier is not above zero.
    InvalidMultiplier,
    /// Which kind of meter is said nowhere.
    UnknownMeterKind,
    /// A formula error, a formula that was never computed, or text beyond the length limit, where a value is needed.
    UnreadableCell,
}

impl Reason {
    /// Stable code, `UPPER_SNAKE`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DuplicateHouse => "DUPLICATE_HOUSE",
            Self::NegativeArea => "NEGATIVE_AREA",
            Self::InvalidArea => "INVALID_AREA",
            Self::InvalidPhone => "INVALID_PHONE",
            Self::MissingHouseNo => "MISSING_HOUSE_NO",
            Self::MissingBuilding => "MISSING_BUILDING",
            Self::InvalidHouseNo => "INVALID_HOUSE_NO",
            Self::HouseConflict => "HOUSE_CONFLICT",
            Self::InvalidDate => "INVALID_DATE",
            Self::DateOutOfRange => "DATE_OUT_OF_RANGE",
            Self::NegativeAmount => "NEGATIVE_AMOUNT",
            Self::InvalidAmount => "INVALID_AMOUNT",
            Self::HouseNotFound => "HOUSE_NOT_FOUND",
            Self::ZeroAmount => "ZERO_AMOUNT",
            Self::InvalidPeriod => "INVALID_PERIOD",
            Self::MissingFeeItem => "MISSING_FEE_ITEM",
            Self::DuplicateLine => "DUPLICATE_LINE",
            Self::ReadingLower => "READING_LOWER",
            Self::ReadingMissing => "READING_MISSING",
            Self::ReadingNotNumber => "READING_NOT_NUMBER",
            Self::DuplicateReading => "DUPLICATE_READING",
            Self::InvalidMultiplier => "INVALID_MULTIPLIER",
            Self::UnknownMeterKind => "UNKNOWN_METER_KIND",
            Self::UnreadableCell => "UNREADABLE_CELL",
        }
    }

    /// What to do about it, in Chinese.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::DuplicateHouse => "请核对两行，删除多余的一行，或改正房号",
            Self::NegativeArea => "请填写大于 0 的面积；面积未知时可留空",
            Self::InvalidArea => "请填写数字，例如 89.50；面积未知时可留空",
            Self::InvalidPhone => "请填写 11 位手机号，或带区号的固定电话；多个号码用「/」隔开；没有时留空",
            Self::MissingHouseNo => "请填写房号，例如 101，或 1-1-101",
            Self::MissingBuilding => "请填写楼栋，或把房号写成「楼栋-单元-房间」",
            Self::InvalidHouseNo => "请一行只写一套房，房号例如 101，或 1-1-101；单元格格式请设为文本",
            Self::HouseConflict => "请核对楼栋、单元与房号，改成一致",
            Self::InvalidDate => "请填写真实存在的日期，例如 2026-10-31；没有时留空",
            Self::DateOutOfRange => "请核对年份，应在 1980 年至 2050 年之间",
            Self::NegativeAmount => "请填写不小于 0 的数",
            Self::InvalidAmount => "请只填写数字，例如 1.80；没有时留空",
            Self::HouseNotFound => "请核对房号；房屋资料里没有的房屋请先导入",
            Self::ZeroAmount => "没有欠费的行请删除，或填写实际金额",
            Self::InvalidPeriod => "请填写真实的月份，例如 2026-09，或 2026年1月至9月",
            Self::MissingFeeItem => "请填写费用项目，例如 物业费",
            Self::DuplicateLine => "请核对两行，删除多余的一行",
            Self::ReadingLower => "请核对读数；满刻度归零请在备注写「翻表」，换表请填旧表止码与新表起码",
            Self::ReadingMissing => "请补抄后填写本次读数",
            Self::ReadingNotNumber => "请只填写数字，例如 1284.5",
            Self::DuplicateReading => "同一块表只保留一行；不同的表请写不同的表号",
            Self::InvalidMultiplier => "请填写大于 0 的倍率；没有倍率时留空",
            Self::UnknownMeterKind => "请在工作表名称、表计类型列写明水表、电表或燃气表",
            Self::UnreadableCell => "请把公式改成具体的值，或缩短内容",
        }
    }
}

/// One thing wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field, where one is to blame.
    pub field: Option<Field>,
    /// The column letter, where the sheet has that field.
    pub column: Option<String>,
    /// What was found; phones and ids masked.
    pub value: String,
    /// Why it is refused.
    #[serde(rename = "code")]
    pub reason: Reason,
    /// The same in Chinese, with what was found.
    pub message: String,
    /// What to do, in Chinese.
    pub remedy: &'static str,
}

/// A refused row. It contributes nothing: no house, no person, no phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The sheet.
    pub sheet: SheetName,
    /// The row as a spreadsheet counts, from 1.
    pub row: u32,
    /// What decided.
    #[serde(flatten)]
    pub problem: Problem,
    /// What else is wrong with the row, to be put right in one go.
    pub more: Vec<Problem>,
}

/// What was dropped or looks odd in an accepted row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Caution {
    /// Area 0 or blank.
    AreaZero,
    /// The inner area is above the built area.
    InnerAreaLarger,
    /// Id dropped: the check digit does not fit.
    IdCheckDigit,
    /// Id dropped: it stands in a number cell, where only 15 digits survive.
    IdNumberCell,
    /// Id dropped: not 18 characters, or no such birthday.
    IdInvalid,
    /// Id dropped: more ids than owners.
    IdSurplus,
    /// A phone without a name beside it was dropped.
    PhoneWithoutName,
    /// The word is not known; the state is unknown.
    OccupancyUnknown,
    /// The word is not known; the kind is "other".
    KindUnknown,
    /// The floor was not understood and left empty.
    FloorUnreadable,
    /// A failed formula or overlong text in a field of free text was dropped.
    TextUnreadable,
    /// 2022.1 in a number cell: January, or October typed as 2022.10.
    DateAmbiguous,
    /// 同上 with no row above.
    DittoWithoutAbove,
    /// The typed usage is not what the readings give.
    UsageDiffers,
    /// The same item of the same house is owed for overlapping periods.
    PeriodsOverlap,
}

impl Caution {
    /// Stable code, `UPPER_SNAKE`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AreaZero => "AREA_ZERO",
            Self::InnerAreaLarger => "INNER_AREA_LARGER",
            Self::IdCheckDigit => "ID_CHECK_DIGIT",
            Self::IdNumberCell => "ID_NUMBER_CELL",
            Self::IdInvalid => "ID_INVALID",
            Self::IdSurplus => "ID_SURPLUS",
            Self::PhoneWithoutName => "PHONE_WITHOUT_NAME",
            Self::OccupancyUnknown => "OCCUPANCY_UNKNOWN",
            Self::KindUnknown => "KIND_UNKNOWN",
            Self::FloorUnreadable => "FLOOR_UNREADABLE",
            Self::TextUnreadable => "TEXT_UNREADABLE",
            Self::DateAmbiguous => "DATE_AMBIGUOUS",
            Self::DittoWithoutAbove => "DITTO_WITHOUT_ABOVE",
            Self::UsageDiffers => "USAGE_DIFFERS",
            Self::PeriodsOverlap => "PERIODS_OVERLAP",
        }
    }

    /// What happened, in Chinese.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::AreaZero => "面积为 0 或空，已按 0 导入，按面积收费前请补充",
            Self::InnerAreaLarger => "套内面积大于建筑面积，请核对",
            Self::IdCheckDigit => "身份证号校验位不正确，未导入该号码",
            Self::IdNumberCell => "身份证号存成了数字，后几位已丢失，未导入该号码；请将单元格设为文本后重填",
            Self::IdInvalid => "不是 18 位身份证号或出生日期不存在，未导入该号码",
            Self::IdSurplus => "身份证号多于业主人数，多余的号码未导入",
            Self::PhoneWithoutName => "有电话但没有姓名，电话未导入",
            Self::OccupancyUnknown => "入住状态无法识别，已按未知导入",
            Self::KindUnknown => "房屋类型无法识别，已按其他导入",
            Self::FloorUnreadable => "楼层无法识别，未导入",
            Self::TextUnreadable => "单元格是公式错误或内容过长，该项未导入",
            Self::DateAmbiguous => "日期存成了数字，1 月与 10 月无法区分，请核对",
            Self::DittoWithoutAbove => "写了「同上」，但上面没有可用的行，已按空处理",
            Self::UsageDiffers => "填写的用量与读数算出的不同，已按读数计算",
            Self::PeriodsOverlap => "同一房屋同一项目的欠费期间有重叠，请核对",
        }
    }
}

/// A remark about an accepted row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The sheet.
    pub sheet: SheetName,
    /// The row as a spreadsheet counts, from 1.
    pub row: u32,
    /// The field.
    pub field: Field,
    /// The column letter, where the sheet has that field.
    pub column: Option<String>,
    /// What was found; phones and ids masked.
    pub value: String,
    /// What happened.
    #[serde(rename = "code")]
    pub caution: Caution,
    /// The same in Chinese.
    pub message: &'static str,
}

/// A sheet that was not imported though it is visible and filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SheetIssue {
    /// The sheet.
    pub sheet: SheetName,
    /// Stable code: `HEADER_NOT_FOUND`, `OTHER_BOOK`.
    pub code: &'static str,
    /// What is wrong, in Chinese.
    pub message: String,
    /// What to do, in Chinese.
    pub remedy: &'static str,
}
