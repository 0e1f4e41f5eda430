//! The names a house book gives its columns. Data, not code: a new wording is a new word here.

use std::sync::LazyLock;

use crate::header::{Field, FieldNames, Pattern, Profile};

/// Words of another person or thing: a phone or name beside them is not the owner's.
const NOT_OWNER: &[&str] = &["租", "联系人", "车", "微信", "紧急", "管家", "物业"];

const FIELDS: &[FieldNames] = &[
    FieldNames {
        field: Field::Building,
        exact: &[
            "楼栋", "楼栋号", "栋号", "楼号", "所在楼栋", "楼幢", "楼幢号", "幢号", "栋", "幢", "座", "座号", "座栋", "楼座",
            "楼宇", "楼宇号", "楼栋名称", "楼宇名称", "楼栋编号", "栋座", "大楼",
        ],
        patterns: &[Pattern { all: &[&["楼栋", "栋号", "幢号"]], none: &["房", "单元", "面积", "数"] }],
        weak: &["楼"],
    },
    FieldNames {
        field: Field::EntranceRoom,
        exact: &["单元房号", "单元-房号", "单元室号", "单元-室号", "单元/房号", "单元及房号", "单元门牌"],
        patterns: &[],
        weak: &[],
    },
    FieldNames {
        field: Field::Entrance,
        exact: &["单元", "单元号", "所在单元", "单元名称", "单元编号", "门洞", "梯号"],
        patterns: &[],
        weak: &["门"],
    },
    FieldNames {
        field: Field::Room,
        exact: &[
            "房号", "房间号", "房屋编号", "房屋号", "房间", "房间编号", "室号", "户号", "户室号", "房屋编码", "房产编号", "房源编号",
            "门牌号", "门牌", "房间名称", "房屋名称", "铺号", "商铺号", "商铺编号", "储藏室编号", "储藏室号", "室", "房屋", "完整房号",
            "房号全称", "房屋全称", "楼栋房号", "楼房号", "栋房号",
        ],
        patterns: &[Pattern {
            all: &[&["房号", "房间号", "房屋编号", "室号", "门牌号"]],
            none: &["对应", "关联", "车", "旧", "原", "产权证", "单元"],
        }],
        weak: &["编号", "房产", "地址", "房屋地址", "位置"],
    },
    FieldNames {
        field: Field::Floor,
        exact: &["楼层", "层", "所在楼层", "所在层", "楼层号", "层号"],
        patterns: &[],
        weak: &[],
    },
    FieldNames {
        field: Field::Kind,
        exact: &["房屋类型", "物业类型", "业态", "房屋用途", "房屋性质", "用途", "产品类型", "房产类型", "物业类别", "房屋类别", "类型"],
        patterns: &[],
        weak: &["类别", "性质"],
    },
    FieldNames {
        field: Field::InnerArea,
        exact: &["套内面积", "套内建筑面积", "套内", "使用面积", "套内使用面积", "实用面积", "室内面积"],
        patterns: &[Pattern { all: &[&["套内"]], none: &["价"] }],
        weak: &[],
    },
    FieldNames {
        field: Field::Area,
        exact: &[
            "建筑面积", "产权面积", "建面", "房屋面积", "房产面积", "产证面积", "房本面积", "面积", "房屋建筑面积", "计费面积",
            "收费面积", "计租面积", "合同面积", "测绘面积", "实测面积", "建筑",
        ],
        patterns: &[Pattern {
            all: &[&["面积"]],
            none: &["套内", "公摊", "分摊", "使用", "花园", "露台", "阳台", "车", "地下", "赠送", "附属", "价"],
        }],
        weak: &[],
    },
    FieldNames {
        field: Field::UnitPrice,
        exact: &[
            "物业费单价", "物业费标准", "物业费收费标准", "物业单价", "物管费单价", "物管费标准", "管理费单价", "管理费标准", "物业服务费单价",
            "物业服务费标准", "收费标准", "收费单价", "费用标准", "单价", "费率",
        ],
        patterns: &[
            Pattern { all: &[&["物业", "物管", "管理费"], &["单价", "标准", "费率"]], none: &["车", "水", "电", "公摊"] },
            Pattern { all: &[&["物业", "物管", "管理费"], &["元/㎡", "元/M", "元/平"]], none: &["车", "水", "电"] },
            Pattern {
                all: &[&["单价"]],
                none: &["车", "水", "电", "气", "房屋", "合同", "成交", "购", "销售", "租", "公摊", "垃圾"],
            },
        ],
        weak: &[],
    },
    FieldNames {
        field: Field::Owner,
        exact: &[
            "业主姓名", "业主", "业主名称", "产权人", "产权人姓名", "业主/单位名称", "业主单位名称", "房主", "房主姓名", "户主", "户主姓名",
            "权利人", "所有权人", "产权单位", "产权所有人", "客户名称", "客户姓名", "住户姓名", "购房人", "购房人姓名", "买受人", "业主(单位)",
            "业主姓名/单位", "业主姓名/名称", "业主全称", "共有人", "产权人2", "业主2",
        ],
        patterns: &[Pattern {
            all: &[&["业主", "产权人", "房主", "户主"], &["姓名", "名称", "名字"]],
            none: &["租", "联系人", "车"],
        }],
        weak: &["姓名", "客户", "住户", "名称", "单位名称", "户名", "业主信息"],
    },
    FieldNames {
        field: Field::LesseePhone,
        exact: &["承租人电话", "租户电话", "租客电话", "承租人联系电话", "承租人联系方式", "租户手机", "租客手机", "租户联系方式"],
        patterns: &[Pattern {
            all: &[&["承租", "租户", "租客", "租赁", "租住"], &["电话", "手机", "联系方式", "号码"]],
            none: &["姓名", "名称", "证", "人/", "户/"],
        }],
        weak: &[],
    },
    FieldNames {
        field: Field::Lessee,
        exact: &[
            "承租人", "承租人姓名", "承租户", "承租商户", "承租方", "租户", "租户姓名", "租户名称", "租客", "租客姓名", "租赁人", "租住人",
            "租住人姓名", "承租单位", "租赁户",
        ],
        patterns: &[Pattern {
            all: &[&["承租", "租户", "租客", "租住", "租赁"], &["姓名", "名称", "商户", "电话"]],
            none: &["证", "期", "合同", "日"],
        }],
        weak: &[],
    },
    FieldNames {
        field: Field::IdNo,
        exact: &["身份证号", "身份证号码", "身份证", "证件号码", "证件号", "公民身份号码", "业主身份证号", "业主身份证", "身份证件号码"],
        patterns: &[Pattern { all: &[&["身份证", "证件号", "证件编号"]], none: &["租", "联系人", "类型", "地址"] }],
        weak: &["证件"],
    },
    FieldNames {
        field: Field::Phone,
        exact: &[
            "联系电话", "电话", "手机", "手机号", "手机号码", "电话号码", "联系方式", "业主电话", "业主联系电话", "业主手机", "业主手机号",
            "移动电话", "联系手机", "联系号码", "本人电话", "固定电话", "座机",
        ],
        patterns: &[Pattern { all: &[&["电话", "手机", "联系方式", "座机"]], none: NOT_OWNER }],
        weak: &["联系人电话", "号码"],
    },
    FieldNames {
        field: Field::Contact,
        exact: &["联系人", "联系人姓名", "经办人"],
        patterns: &[],
        weak: &["紧急联系人"],
    },
    FieldNames {
        field: Field::Handover,
        exact: &[
            "交房日期", "交房时间", "交付日期", "交付时间", "收楼时间", "收楼日期", "收房日期", "收房时间", "接房日期", "接房时间",
            "交楼日期", "交楼时间", "入伙日期", "入伙时间", "交房", "收楼", "接房", "收房", "交楼",
        ],
        patterns: &[Pattern {
            all: &[&["交房", "交付", "收楼", "收房", "接房", "交楼", "入伙"], &["日", "时间"]],
            none: &["租", "合同", "约定", "状态", "通知"],
        }],
        weak: &[],
    },
    FieldNames {
        field: Field::Occupancy,
        exact: &[
            "入住状态", "入住情况", "房屋状态", "使用情况", "使用状态", "居住状态", "居住情况", "房态", "房屋使用情况", "房屋使用状态",
            "占用状态", "入住",
        ],
        patterns: &[],
        weak: &["状态"],
    },
    FieldNames {
        field: Field::Remark,
        exact: &["备注", "备注说明", "附注", "说明", "其他说明", "备注信息"],
        patterns: &[],
        weak: &["其他", "其它"],
    },
];

/// Words that belong to parking, meter and arrears books.
const FOREIGN: &[&str] =
    &["车位", "车牌", "读数", "止码", "表号", "倍率", "欠费", "预存", "押金", "收据", "费用项目", "月租"];

/// Facts that only a house book has beside a house number.
const FACTS: &[Field] = &[Field::Area, Field::Owner, Field::Kind, Field::UnitPrice, Field::Handover];
/// What else counts towards a header.
const COUNTED: &[Field] = &[
    Field::Building,
    Field::Entrance,
    Field::Area,
    Field::InnerArea,
    Field::Owner,
    Field::Phone,
    Field::IdNo,
    Field::Kind,
    Field::UnitPrice,
    Field::Handover,
    Field::Occupancy,
];
/// Fields a header must have beside the house number.
const COUNTED_MIN: usize = 2;

/// A header of a house book.
pub(super) static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    Profile::new(
        FIELDS,
        FOREIGN,
        |has| {
            let house = has(Field::Room) || has(Field::EntranceRoom);
            let counted = COUNTED.iter().filter(|field| has(**field)).count();
            house && counted >= COUNTED_MIN && FACTS.iter().any(|field| has(*field))
        },
        // A parking place or a deposit may be one more column of a house book, but a house book has areas.
        |has| (has(Field::Room) || has(Field::EntranceRoom)) && has(Field::Area),
    )
});
