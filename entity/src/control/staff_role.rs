//! A role in one project or, with the nil id, in every project of the company.

use sea_orm::entity::prelude::*;

/// A row of `staff_role`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_role")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: Uuid,
    /// The nil id: every project of the company.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: Uuid,
    /// `cashier`, `finance`, `steward`, `project_manager`, `company_manager` or `administrator`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: String,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
