//! What a column can hold, in any of the books.

use serde::Serialize;

/// A field of a book.
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
    /// 表计类型
    MeterKind,
    /// 表号
    MeterNo,
    /// 上次读数
    PreviousReading,
    /// 本次读数
    CurrentReading,
    /// 倍率
    Multiplier,
    /// 用量
    Usage,
    /// 旧表止码
    OldEnd,
    /// 新表起码
    NewStart,
    /// 抄表日期
    ReadingDay,
    /// 抄表人
    ReaderName,
    /// 费用项目
    FeeItem,
    /// 欠费期间: first and last month
    Span,
    /// 金额
    Amount,
    /// an amount in a column named after its fee item
    ItemAmount,
    /// 预存项目
    Purpose,
    /// 缴存日期, 收取日期
    PaidDay,
    /// 收据号
    ReceiptNo,
    /// an amount in a column named after its deposit
    DepositAmount,
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
            Self::MeterKind => "表计类型",
            Self::MeterNo => "表号",
            Self::PreviousReading => "上月读数",
            Self::CurrentReading => "本月读数",
            Self::Multiplier => "倍率",
            Self::Usage => "用量",
            Self::OldEnd => "旧表止码",
            Self::NewStart => "新表起码",
            Self::ReadingDay => "抄表日期",
            Self::ReaderName => "抄表人",
            Self::FeeItem => "费用项目",
            Self::Span => "费用期间",
            Self::Amount => "金额",
            Self::ItemAmount => "欠费金额",
            Self::Purpose => "预存项目",
            Self::PaidDay => "日期",
            Self::ReceiptNo => "收据号",
            Self::DepositAmount => "押金",
        }
    }

    /// Its values are personal and are masked when shown.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(
            self,
            Self::Owner
                | Self::Phone
                | Self::IdNo
                | Self::Lessee
                | Self::LesseePhone
                | Self::Contact
                | Self::ReaderName
        )
    }

    /// Several columns may hold it, and their values add up.
    #[must_use]
    pub const fn adds_up(self) -> bool {
        matches!(
            self,
            Self::Owner
                | Self::Phone
                | Self::IdNo
                | Self::Lessee
                | Self::LesseePhone
                | Self::Remark
                | Self::ItemAmount
                | Self::DepositAmount
        )
    }
}
