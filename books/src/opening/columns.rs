//! The names a book of opening balances gives its columns: arrears, prepayments, deposits. Data, not code.

use std::sync::LazyLock;

use crate::header::{Field, FieldNames, Pattern, Profile};

const BUILDING: FieldNames = FieldNames {
    field: Field::Building,
    exact: &["楼栋", "楼栋号", "栋号", "楼号", "幢号", "栋", "幢", "座"],
    patterns: &[],
    weak: &[],
};
const ENTRANCE: FieldNames =
    FieldNames { field: Field::Entrance, exact: &["单元", "单元号"], patterns: &[], weak: &[] };
const ROOM: FieldNames = FieldNames {
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
    ],
    patterns: &[Pattern { all: &[&["房号", "房间号", "门牌号"]], none: &["对应", "旧", "原"] }],
    weak: &["地址", "位置", "编号"],
};
const OWNER: FieldNames = FieldNames {
    field: Field::Owner,
    exact: &["业主", "业主姓名", "户主", "户名", "客户名称", "客户", "姓名", "缴款人", "交款人"],
    patterns: &[],
    weak: &[],
};
const REMARK: FieldNames =
    FieldNames {
        field: Field::Remark, exact: &["备注", "备注说明", "说明", "附注"], patterns: &[], weak: &["其他"]
    };
const RECEIPT_NO: FieldNames = FieldNames {
    field: Field::ReceiptNo,
    exact: &["收据号", "收据编号", "票据号", "单据号", "收据号/备注"],
    patterns: &[],
    weak: &[],
};
const PAID_DAY: FieldNames = FieldNames {
    field: Field::PaidDay,
    exact: &["缴存日期", "收取日期", "缴费日期", "交款日期", "收款日期", "缴款日期", "预存日期", "交纳日期"],
    patterns: &[],
    weak: &["日期", "时间"],
};

const ARREARS_FIELDS: &[FieldNames] = &[
    BUILDING,
    ENTRANCE,
    ROOM,
    OWNER,
    FieldNames {
        field: Field::FeeItem,
        exact: &["费用项目", "收费项目", "费用名称", "项目", "费用类型", "收费项", "科目", "欠费项目"],
        patterns: &[],
        weak: &[],
    },
    FieldNames {
        field: Field::Span,
        exact: &[
            "欠费期间",
            "费用期间",
            "欠费月份",
            "所属期间",
            "所属账期",
            "账期",
            "欠费时间",
            "期间",
            "月份",
            "欠费周期",
        ],
        patterns: &[],
        weak: &["时间"],
    },
    FieldNames {
        field: Field::Amount,
        exact: &["欠费金额", "欠费", "欠费余额", "应收余额", "未收金额", "应收金额", "欠缴金额"],
        patterns: &[Pattern { all: &[&["欠费", "未收", "欠缴"], &["金额", "余额", "合计"]], none: &[] }],
        weak: &["金额", "余额"],
    },
    FieldNames {
        field: Field::ItemAmount,
        exact: &[
            "物业费",
            "物业管理费",
            "物业服务费",
            "水费",
            "自来水费",
            "电费",
            "燃气费",
            "公摊",
            "公摊水电",
            "公摊水电费",
            "公摊费",
            "车位费",
            "停车费",
            "车位管理费",
            "车位服务费",
            "垃圾费",
            "垃圾清运费",
            "生活垃圾费",
        ],
        patterns: &[],
        weak: &[],
    },
    REMARK,
];

const PREPAYMENT_FIELDS: &[FieldNames] = &[
    BUILDING,
    ENTRANCE,
    ROOM,
    OWNER,
    FieldNames {
        field: Field::Purpose,
        exact: &["预存项目", "预存类型", "费用项目", "收费项目", "项目", "预存科目"],
        patterns: &[],
        weak: &[],
    },
    FieldNames {
        field: Field::Amount,
        exact: &["预存余额", "预存金额", "预存款余额", "预存款", "预交余额", "预交金额", "账户余额", "余额"],
        patterns: &[Pattern {
            all: &[&["预存", "预交", "预收"], &["余额", "金额", "款"]], none: &["项目", "表"]
        }],
        weak: &["金额"],
    },
    PAID_DAY,
    RECEIPT_NO,
    REMARK,
];

const DEPOSIT_FIELDS: &[FieldNames] = &[
    BUILDING,
    ENTRANCE,
    ROOM,
    OWNER,
    FieldNames {
        field: Field::Purpose,
        exact: &["押金类型", "押金项目", "押金种类", "保证金类型"],
        patterns: &[],
        weak: &["项目", "类型"],
    },
    FieldNames {
        field: Field::Amount,
        exact: &["押金金额", "押金余额", "保证金金额"],
        patterns: &[],
        weak: &["金额", "余额"],
    },
    PAID_DAY,
    RECEIPT_NO,
    FieldNames {
        field: Field::DepositAmount,
        exact: &["装修押金", "装修保证金", "车位押金", "门禁卡押金", "钥匙押金", "租赁押金", "押金", "保证金"],
        patterns: &[Pattern {
            all: &[&["押金", "保证金"]],
            none: &["明细", "各类", "表", "日期", "备注", "序号", "房", "业主", "合计", "收据", "退", "类型", "余额"],
        }],
        weak: &[],
    },
    REMARK,
];

/// Which of the three a sheet holds, in the order of [`profiles`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Debts of past periods.
    Arrears,
    /// Money paid ahead.
    Prepayments,
    /// Money held for others.
    Deposits,
}

impl Section {
    /// The section of a place in [`profiles`].
    pub(super) const fn of(profile: usize) -> Self {
        match profile {
            0 => Self::Arrears,
            1 => Self::Prepayments,
            _ => Self::Deposits,
        }
    }
}

static ARREARS: LazyLock<Profile> = LazyLock::new(|| {
    Profile::new(
        ARREARS_FIELDS,
        &["预存", "预交", "押金", "保证金", "读数", "车牌", "建筑面积"],
        |has| has(Field::Room) && has(Field::Span) && (has(Field::Amount) || has(Field::ItemAmount)),
        |_| false,
    )
});

static PREPAYMENTS: LazyLock<Profile> = LazyLock::new(|| {
    Profile::new(
        PREPAYMENT_FIELDS,
        &["欠费", "押金", "保证金", "读数", "车牌", "建筑面积"],
        |has| has(Field::Room) && has(Field::Amount) && (has(Field::Purpose) || has(Field::PaidDay)),
        |_| false,
    )
});

static DEPOSITS: LazyLock<Profile> = LazyLock::new(|| {
    Profile::new(
        DEPOSIT_FIELDS,
        &["欠费", "预存", "预交", "读数", "车牌", "建筑面积"],
        |has| has(Field::Room) && (has(Field::DepositAmount) || (has(Field::Purpose) && has(Field::Amount))),
        |_| false,
    )
});

/// The three headers.
pub(super) fn profiles() -> Vec<&'static Profile> {
    vec![&ARREARS, &PREPAYMENTS, &DEPOSITS]
}
