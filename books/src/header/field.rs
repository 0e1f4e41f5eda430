//! What a column can hold.

use serde::Serialize;

/// A field of a house book. Other books add theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// 楼栋
    Building,
    /// 单元
    Entrance,
    /// 楼层
    Floor,
    /// 房号: the bare room or a whole key
    Room,
    /// 单元-房号 in one column beside a building column
    EntranceRoom,
    /// 类型
    Kind,
    /// 建筑面积
    Area,
    /// 套内面积
    InnerArea,
    /// 物业费单价
    UnitPrice,
    /// 业主
    Owner,
    /// 业主电话
    Phone,
    /// 身份证号
    IdNo,
    /// 联系人
    Contact,
    /// 交房日期
    Handover,
    /// 入住状态
    Occupancy,
    /// 承租人
    Lessee,
    /// 承租人电话
    LesseePhone,
    /// 备注
    Remark,
}

impl Field {
    /// What people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Building => "楼栋",
            Self::Entrance => "单元",
            Self::Floor => "楼层",
            Self::Room | Self::EntranceRoom => "房号",
            Self::Kind => "房屋类型",
            Self::Area => "建筑面积",
            Self::InnerArea => "套内面积",
            Self::UnitPrice => "物业费单价",
            Self::Owner => "业主",
            Self::Phone => "业主电话",
            Self::IdNo => "身份证号",
            Self::Contact => "联系人",
            Self::Handover => "交房日期",
            Self::Occupancy => "入住状态",
            Self::Lessee => "承租人",
            Self::LesseePhone => "承租人电话",
            Self::Remark => "备注",
        }
    }

    /// Its values are personal and are masked when shown.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Owner | Self::Phone | Self::IdNo | Self::Lessee | Self::LesseePhone | Self::Contact)
    }

    /// Several columns may hold it, and their values add up.
    #[must_use]
    pub const fn adds_up(self) -> bool {
        matches!(self, Self::Owner | Self::Phone | Self::IdNo | Self::Lessee | Self::LesseePhone | Self::Remark)
    }
}
