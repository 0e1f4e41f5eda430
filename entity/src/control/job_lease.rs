//! Who may run a job for a project now.

use sea_orm::entity::prelude::*;

/// A row of `job_lease`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_lease")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub job: String,
    /// The nil id: a job that belongs to no project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: Uuid,
    /// The node.
    pub holder: String,
    /// Rises with every holder: a stale worker's number is refused.
    pub lease_no: i64,
    pub lease_until_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
