//! What staff read for every stored code.

use domain::reminder::{Anchor, SilenceReason, Stage};

/// Words for a state of a reminder or a notice.
pub(super) fn state(code: &str) -> &'static str {
    match code {
        "planned" => "待发送",
        "held" => "等待发送",
        "claimed" => "发送中",
        "sent" => "已发出",
        "delivered" => "已送达",
        "opened" => "已打开",
        "acknowledged" => "已知晓",
        "paid" => "已缴清",
        "in_doubt" => "结果未知",
        "failed" => "发送失败",
        "suppressed" => "未发送",
        "superseded" => "已由新阶段替代",
        _ => "未知状态",
    }
}

/// Words for the reason of a state, or for the detail of an event.
pub(super) fn reason(code: &str) -> &'static str {
    match code {
        "queued" => "等待通过下一渠道发送",
        "not_follower" => "对方未关注服务号",
        "no_subscription" => "对方没有可用的订阅次数",
        "daily_quota" => "发送账号当日额度已用完，次日继续",
        "rate_limited" => "发送过于频繁，稍后重试",
        "look_again" => "等待再次核对账单后发送",
        "not_bound" => "未绑定微信",
        "not_following" => "未关注服务号",
        "no_credit" => "没有可用的订阅次数",
        "no_account" => "项目未开通该渠道",
        "not_sent" => "未能连接发送渠道，稍后重试",
        "our_config" => "模板、签名或权限配置有误，请检查渠道设置",
        "bad_recipient" => "收件人无效",
        "blocked" | "user_blocked" => "对方拒收",
        "refused" => "渠道拒绝发送",
        "delivery_failed" => "渠道回报未送达",
        "no_answer" => "电话无人接听",
        "line_busy" => "电话占线",
        "in_doubt" => "未收到渠道答复，为避免重复不再自动发送",
        "unread" => "超过等待时间仍未打开",
        other => SilenceReason::words(other),
    }
}

/// Words for the kind of an event.
pub(super) fn event(kind: &str) -> &'static str {
    match kind {
        "claimed" => "开始发送",
        "resent" => "以同一编号重发",
        "sent" => "渠道已受理",
        "retry_later" => "暂未发出，稍后重试",
        "unknown" => "未收到答复，准备以同一编号重发",
        "in_doubt" => "结果未知，等待渠道回报",
        "failed" => "发送失败",
        "next_channel" => "改用下一渠道",
        "escalated" => "未读升级",
        "not_escalated" => "无需升级",
        "delivered" => "已送达",
        "not_delivered" => "未送达",
        "voice_answered" => "接听了电话",
        "voice_key" => "接听后按键确认",
        "held" => "暂不发送，等待",
        "passed_over" => "未能通过该渠道",
        "disputed" => "业主提出异议",
        "promised" => "业主承诺付款",
        "hold_withdrawn" => "业主撤回",
        "opened" => "业主打开了账单",
        "acknowledged" => "业主点击已知晓",
        "paid" => "已缴清，不再提醒",
        "voided" => "账单已作废，不再提醒",
        "crossed" => "发送途中业主已缴清",
        "suppressed" => "未发送",
        "superseded" => "已由新阶段替代",
        _ => "其他",
    }
}

/// Words for a stage, by its distance from its anchor.
pub(super) fn stage(stage: &Stage) -> String {
    match (stage.anchor, stage.offset_days) {
        (Anchor::Campaign, _) => "群发".to_owned(),
        (Anchor::Issued, 0) => "账单发布".to_owned(),
        (Anchor::Issued, days) => format!("发布后{days}天"),
        (Anchor::Due, days @ ..=-1) => format!("到期前{}天", -days),
        (Anchor::Due, 0) => "到期当天".to_owned(),
        (Anchor::Due, days) => format!("逾期{days}天"),
    }
}
