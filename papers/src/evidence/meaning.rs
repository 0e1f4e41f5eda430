//! What each kind of record shows, and what it does not: a lawyer must not be led to claim more.

/// What a kind of event shows.
pub(super) struct Meaning {
    pub(super) kinds: &'static [&'static str],
    pub(super) shows: &'static str,
    pub(super) shows_not: &'static str,
}

/// In the order they are printed: from a message's making to what its receiver did.
pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        kinds: &["claimed"], shows: "本系统开始向渠道提交该消息。", shows_not: "不表示渠道已经受理。"
    },
    Meaning {
        kinds: &["resent"],
        shows: "前次提交未得到答复，本系统以同一编号再次提交同一条消息。",
        shows_not: "不表示另发了一条消息。",
    },
    Meaning {
        kinds: &["sent"],
        shows: "渠道（微信平台、短信或语音服务商）接受了该消息，并给出上列回执编号。",
        shows_not: "不表示消息已到达收件人。",
    },
    Meaning {
        kinds: &["delivered"],
        shows: "渠道回报：消息已到达收件人的微信账号或手机。",
        shows_not: "不表示收件人已经阅读。",
    },
    Meaning {
        kinds: &["answered"],
        shows: "语音服务商回报：电话已被接听。",
        shows_not: "不表示接听者是本人，也不表示已听完全部内容。",
    },
    Meaning {
        kinds: &["opened"],
        shows: "有人通过该条消息所带的专用链接打开了账单页面。",
        shows_not: "不能单独证明操作者是缴费义务人本人；不表示认可欠费金额。",
    },
    Meaning {
        kinds: &["acknowledged"],
        shows: "有人在该条消息对应的账单页面点击了“已知晓”。",
        shows_not: "表示已看到催告内容，不表示认可欠费金额或承诺付款。",
    },
    Meaning {
        kinds: &["paid"],
        shows: "消息所涉账单其后已缴清，系统停止提醒。",
        shows_not: "付款的时间与金额以付款记录为准。",
    },
    Meaning {
        kinds: &["crossed"],
        shows: "消息提交渠道期间账单已缴清，两者时间上交叉。",
        shows_not: "不构成对已缴款项的催告。",
    },
    Meaning {
        kinds: &["not_delivered", "failed", "delivery_failed"],
        shows: "渠道拒绝发送，或回报消息未能到达收件人。",
        shows_not: "该条消息不能作为已经催告的依据。",
    },
    Meaning {
        kinds: &["retry_later"],
        shows: "该次提交未被渠道受理，稍后再次提交。",
        shows_not: "该次提交不能作为已经发出的依据。",
    },
    Meaning {
        kinds: &["unknown", "in_doubt"],
        shows: "提交后未收到渠道答复，结果未知；为免重复，系统不盲目重发。",
        shows_not: "既不表示已发出，也不表示未发出。",
    },
    Meaning {
        kinds: &["next_channel"],
        shows: "该渠道无法到达收件人，系统改用下一渠道。",
        shows_not: "该条消息不能作为已经催告的依据。",
    },
    Meaning {
        kinds: &["escalated", "not_escalated"],
        shows: "等待期满未见打开记录，系统判断是否改用更直接的渠道再次催告。",
        shows_not: "“未见打开记录”不表示收件人没有看到。",
    },
    Meaning {
        kinds: &["suppressed", "superseded", "voided"],
        shows: "该条消息没有发出，原因见说明。",
        shows_not: "该条消息不能作为已经催告的依据。",
    },
];

/// What is said of a record that none of the above is.
pub(super) const OTHER: Meaning =
    Meaning {
        kinds: &[], shows: "系统处理过程的记录。", shows_not: "不单独证明消息已发出、到达或被阅读。"
    };
