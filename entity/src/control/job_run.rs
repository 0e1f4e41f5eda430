//! One run of a job for a project and slot: what staff read, and what keeps a slot from being run twice.

use sea_orm::entity::prelude::*;

/// A row of `job_run`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub job: String,
    /// The nil id: a job that belongs to no project.
    pub project_id: Uuid,
    /// The instant it was due.
    pub slot_at_ms: i64,
    pub node: String,
    pub started_at_ms: i64,
    pub finished_at_ms: Option<i64>,
    /// Empty while it runs, then `ok`, `failed`, `panicked`, `timed_out` or `abandoned`.
    pub outcome: Option<String>,
    /// What it did, for staff to read.
    pub report: Option<String>,
    pub error: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
