//! The names a book of readings gives its columns. Data, not code.

use std::sync::LazyLock;

use crate::header::{Field, FieldNames, Pattern, Profile};

const FIELDS: &[FieldNames] = &[
    FieldNames {
        field: Field::Building,
        exact: &["楼栋", "楼栋号", "栋号", "楼号", "幢号", "栋", "幢", "座"],
        patterns: &[],
        weak: &[],
    },
    FieldNames { field: Field::Entrance, exact: &["单元", "单元号"], patterns: &[], weak: &[] },
    FieldNames {
        field: Field::Room,
        exact: &[
            "房号",
            "房间号",
            "房屋编号",
            "房屋号",
            "房间",
            "室号",
            "户号",
            "门牌号",
            "房屋",
            "铺号",
            "商铺号",
            "完整房号",
            "房号/位置",
            "房号/公共区域",
        ],
        patterns: &[Pattern { all: &[&["房号", "房间号", "门牌号"]], none: &["对应", "旧", "原"] }],
        weak: &["位置", "地址", "安装位置", "用户"],
    },
    FieldNames {
        field: Field::Owner,
        exact: &["业主", "业主姓名", "户主", "户名", "客户名称", "姓名"],
        patterns: &[],
        weak: &[],
    },
    FieldNames {
        field: Field::MeterKind,
        exact: &["表计类型", "表类型", "仪表类型", "表种", "表计种类", "仪表种类", "表具类型", "能耗类型"],
        patterns: &[],
        weak: &["类型"],
    },
    FieldNames {
        field: Field::MeterNo,
        exact: &[
            "表号",
            "表计号",
            "表计编号",
            "仪表编号",
            "仪表号",
            "水表号",
            "电表号",
            "燃气表号",
            "表编号",
            "表具号",
            "水表编号",
            "电表编号",
        ],
        patterns: &[Pattern { all: &[&["表号", "表编号", "表计编号"]], none: &["旧", "新"] }],
        weak: &["编号"],
    },
    FieldNames {
        field: Field::OldEnd,
        exact: &["旧表止码", "旧表止度", "旧表底数", "旧表读数", "原表止码", "换表止码"],
        patterns: &[Pattern { all: &[&["旧", "原"], &["止码", "止度", "底数", "读数"]], none: &[] }],
        weak: &[],
    },
    FieldNames {
        field: Field::NewStart,
        exact: &["新表起码", "新表起度", "新表底数", "新表读数", "新表初始读数", "换表起码"],
        patterns: &[Pattern { all: &[&["新"], &["起码", "起度", "底数", "读数"]], none: &[] }],
        weak: &[],
    },
    FieldNames {
        field: Field::PreviousReading,
        exact: &[
            "上月读数",
            "上次读数",
            "上期读数",
            "上次抄表数",
            "起码",
            "起度",
            "起数",
            "上月止码",
            "上期止码",
            "上月表底",
        ],
        patterns: &[Pattern {
            all: &[&["上月", "上次", "上期", "期初"], &["读数", "止码", "止度", "表数", "示数"]],
            none: &[],
        }],
        weak: &["上月", "上次", "上期"],
    },
    FieldNames {
        field: Field::CurrentReading,
        exact: &[
            "本月读数",
            "本次读数",
            "本期读数",
            "本次抄表数",
            "止码",
            "止度",
            "止数",
            "本月止码",
            "本期止码",
            "本月表底",
        ],
        patterns: &[Pattern {
            all: &[&["本月", "本次", "本期", "期末"], &["读数", "止码", "止度", "表数", "示数"]],
            none: &[],
        }],
        weak: &["本月", "本次", "本期", "读数"],
    },
    FieldNames {
        field: Field::Multiplier,
        exact: &["倍率", "互感器倍率", "变比", "倍数", "倍率系数"],
        patterns: &[],
        weak: &[],
    },
    FieldNames {
        field: Field::Usage,
        exact: &["用量", "用水量", "用电量", "用气量", "实用量", "本月用量", "本期用量", "本次用量", "使用量"],
        patterns: &[],
        weak: &["数量"],
    },
    FieldNames {
        field: Field::ReadingDay,
        exact: &["抄表日期", "抄表时间", "抄见日期", "抄表日", "抄录日期"],
        patterns: &[],
        weak: &["日期", "时间"],
    },
    FieldNames { field: Field::ReaderName, exact: &["抄表人", "抄表员", "抄录人"], patterns: &[], weak: &[] },
    FieldNames {
        field: Field::Remark, exact: &["备注", "备注说明", "说明", "附注"], patterns: &[], weak: &["其他"]
    },
];

/// Words of other books.
const FOREIGN: &[&str] = &["车牌", "欠费", "预存", "押金", "建筑面积"];

/// A header of a book of readings.
pub(super) static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    Profile::new(
        FIELDS,
        FOREIGN,
        |has| has(Field::Room) && has(Field::CurrentReading),
        |has| has(Field::Room) && has(Field::CurrentReading) && has(Field::PreviousReading),
    )
});
