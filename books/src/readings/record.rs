//! What a book of readings says.

use chrono::NaiveDate;
use domain::meter::Step;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::finding::{Rejection, SheetIssue, Warning};
use crate::key::HouseKey;
use crate::table::{SheetReport, Source};

/// What a meter measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MeterKind {
    /// 水
    Water,
    /// 热水
    HotWater,
    /// 电
    Electricity,
    /// 燃气
    Gas,
    /// 暖
    Heat,
}

/// Words that name a kind; the longer ones first, since 热水 is not 水.
const KIND_WORDS: &[(&str, MeterKind)] = &[
    ("热水", MeterKind::HotWater),
    ("热量", MeterKind::Heat),
    ("暖", MeterKind::Heat),
    ("热力", MeterKind::Heat),
    ("燃气", MeterKind::Gas),
    ("煤气", MeterKind::Gas),
    ("天然气", MeterKind::Gas),
    ("水", MeterKind::Water),
    ("电", MeterKind::Electricity),
    ("气", MeterKind::Gas),
];

impl MeterKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Water, Self::HotWater, Self::Electricity, Self::Gas, Self::Heat];

    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Water => "water",
            Self::HotWater => "hot_water",
            Self::Electricity => "electricity",
            Self::Gas => "gas",
            Self::Heat => "heat",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Water => "水",
            Self::HotWater => "热水",
            Self::Electricity => "电",
            Self::Gas => "燃气",
            Self::Heat => "热量",
        }
    }

    /// The kind a word names, such as 水表 or 电; none when it names none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        KIND_WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, kind)| *kind)
    }
}

/// What a meter belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A house.
    House(HouseKey),
    /// A place of all, as the book calls it: 公区-2栋电梯.
    Public(String),
}

/// One accepted reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadingRecord {
    /// What the meter measures.
    pub kind: MeterKind,
    /// What it belongs to.
    pub place: Place,
    /// Its number, upper-case; empty where the book has none.
    pub meter_no: String,
    /// The reading before, 0.001 of the unit; none for a baseline.
    pub previous_milli: Option<i64>,
    /// The reading, 0.001 of the unit.
    pub current_milli: i64,
    /// 0.001; 1,000 where the book has none.
    pub multiplier_milli: i64,
    /// How the hand came from one to the other.
    #[serde(skip)]
    pub step: Step,
    /// What was used, multiplier included; zero for a baseline.
    pub usage: Decimal,
    /// The day it was read.
    pub day: Option<NaiveDate>,
    /// Who read it.
    pub reader: Option<String>,
    /// Free text.
    pub remark: Option<String>,
    /// Where it was read.
    pub source: Source,
}

/// Everything read from one book of readings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReadingBook {
    /// Every sheet, in workbook order.
    pub sheets: Vec<SheetReport>,
    /// Accepted readings, in reading order.
    pub readings: Vec<ReadingRecord>,
    /// Refused rows, in reading order.
    pub rejections: Vec<Rejection>,
    /// Remarks about accepted rows, in reading order.
    pub warnings: Vec<Warning>,
    /// Sheets that could not be imported.
    pub issues: Vec<SheetIssue>,
}
