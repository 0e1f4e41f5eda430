//! What an import did, or would do.

use serde::Serialize;
use uuid::Uuid;

use super::records::{RowRemark, SheetRows};

/// Changed houses and differences listed; the counts are exact.
pub(super) const LISTED_MAX: usize = 1_000;

/// One field of a house that the file changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldChange {
    /// Stable name: `area_centi`, `kind`, `owners`, …
    pub field: &'static str,
    /// What the system has, as it stores it; empty when unknown. Never personal data.
    pub before: String,
    /// What the file says.
    pub after: String,
}

/// A house that the file changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChangedHouse {
    /// Its key.
    pub key: String,
    /// What changes.
    pub fields: Vec<FieldChange>,
}

/// What an import never decides by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The file names other owners than the system.
    OwnershipChanged,
    /// The file names the same owner with neither phone nor identity number in common.
    ContactDiffers,
    /// The file names other lessees than the system.
    LesseeChanged,
}

impl DifferenceKind {
    /// What is different.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::OwnershipChanged => "文件中的业主与系统不同，未改动",
            Self::ContactDiffers => "业主姓名相同，但电话和证件号都不同，未改动",
            Self::LesseeChanged => "文件中的租户与系统不同，未改动",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::OwnershipChanged => "如已过户，请办理「房屋过户」：旧欠费留在原业主名下；如文件有误，请改正文件",
            Self::ContactDiffers => "如为同一人，请在业主资料中更新电话；如为不同的人，请办理「房屋过户」",
            Self::LesseeChanged => "如租户已更换，请在房屋资料中更新租户",
        }
    }
}

/// A house whose people in the file are not those of the system. Nothing was written for it but its own facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Difference {
    /// The house.
    pub key: String,
    /// Which difference.
    pub kind: DifferenceKind,
    /// Names in the system, masked.
    pub in_system: Vec<String>,
    /// Names in the file, masked.
    pub in_file: Vec<String>,
    /// What is different.
    pub words: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// Accepted houses of a building.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BuildingSum {
    /// The building.
    pub building: String,
    /// Its houses in the file.
    pub houses: usize,
    /// Their built-up area, 0.01 ㎡.
    pub area_centi: i64,
}

/// What an import did, or would do. A dry run answers the same but for `batch_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// The import as recorded; none for a dry run, and for a known file that changed nothing.
    pub batch_id: Option<Uuid>,
    /// Accepted rows: new, changed and unchanged houses together.
    pub accepted: usize,
    /// Houses the system did not have.
    pub new_houses: usize,
    /// Houses with other facts than before.
    pub changed_houses: usize,
    /// The first thousand of them.
    pub changed: Vec<ChangedHouse>,
    /// Houses that stay as they are.
    pub unchanged: usize,
    /// Accepted houses without an owner in the file.
    pub houses_without_owner: usize,
    /// Persons and organisations the system did not have.
    pub persons_new: usize,
    /// Known persons who gained a phone or an identity number.
    pub persons_changed: usize,
    /// Phones added.
    pub phones_new: usize,
    /// How many houses name other people than the system.
    pub differences_count: usize,
    /// The first thousand of them.
    pub differences: Vec<Difference>,
    /// How many rows were refused.
    pub rejected_rows: usize,
    /// The first thousand of them.
    pub rejected: Vec<RowRemark>,
    /// How many remarks there are about accepted rows.
    pub warnings_count: usize,
    /// The first thousand of them.
    pub warnings: Vec<RowRemark>,
    /// Sheet by sheet: accepted, refused, ignored.
    pub sheets: Vec<SheetRows>,
    /// Built-up area of the accepted houses, 0.01 ㎡.
    pub area_centi: i64,
    /// The same by building; adds up to the whole.
    pub buildings: Vec<BuildingSum>,
}

impl ImportReport {
    /// True when the project is exactly as it was.
    #[must_use]
    pub const fn changes_nothing(&self) -> bool {
        self.new_houses == 0 && self.changed_houses == 0 && self.persons_new == 0 && self.persons_changed == 0
    }
}
