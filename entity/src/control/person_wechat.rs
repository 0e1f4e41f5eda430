//! One person as one WeChat account knows them. It may be there before the person is known: a follower who never
//! signed in.

use sea_orm::entity::prelude::*;

/// A row of `person_wechat`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_wechat")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub app_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub openid: String,
    pub person_id: Option<Uuid>,
    pub union_id: Option<String>,
    /// Follows the service account now.
    pub followed: bool,
    pub followed_at_ms: Option<i64>,
    pub created_at_ms: i64,
    /// When a pass over all followers last met them.
    pub seen_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
