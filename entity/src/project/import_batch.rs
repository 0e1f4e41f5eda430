//! One import of a file: what came in and what was refused.

use sea_orm::entity::prelude::*;

/// A row of `import_batch`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_batch")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub file_name: String,
    pub file_sha256: String,
    /// JSON: rows read, taken and refused.
    pub summary: String,
    pub created_at_ms: i64,
    pub created_by: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
