/** Words for the codes that the server leaves to us. */

import type { Schemas } from '../api/client';
import { area, yuan } from './money';

export const ROLES: Record<Schemas['Role'], string> = {
  cashier: '收银员', finance: '财务', steward: '管家',
  project_manager: '项目经理', company_manager: '公司经理', administrator: '管理员',
};

export const CHANNELS: Record<string, string> = {
  wechat_template: '微信服务号消息', wechat_subscribe: '小程序订阅消息', wechat_notify: '服务号订阅通知', sms: '短信', voice: '语音电话',
};

export const REMINDER_STATES: Record<string, string> = {
  planned: '待发送', held: '等待发送', claimed: '发送中', sent: '已发出', delivered: '已送达', opened: '已打开',
  acknowledged: '已知晓', paid: '已缴清', in_doubt: '结果未知', failed: '发送失败', suppressed: '未发送',
  superseded: '已由新阶段替代',
};

export const ORDER_STATES: Record<string, string> = {
  created: '已下单', prepay_unknown: '下单结果未知', awaiting: '等待付款', paid: '已支付', closed: '已关闭', expired: '已过期',
};

export const OUTCOMES: Record<string, string> = {
  ok: '正常', failed: '失败', panicked: '程序出错', timed_out: '超时', abandoned: '中断',
};

export const RUN_STATES: Record<string, string> = { draft: '未发布', published: '已发布', publishing: '发布中' };

export const HOUSE_KINDS: Record<string, string> = {
  residence: '住宅', shop: '商铺', storage: '储藏间', office: '办公', other: '其他',
};

export const OCCUPANCIES: Record<string, string> = {
  occupied: '已入住', let: '出租', vacant: '空置', fitting_out: '装修中', not_handed_over: '未交房', unknown: '不详',
};

export const PARTY_ROLES: Record<string, string> = { owner: '业主', lessee: '租户', family: '家人', payer: '付款人' };

export const JOBS: Record<string, string> = {
  plan_reminders: '计划提醒', dispatch_reminders: '发送提醒', escalate_reminders: '未读升级', start_campaigns: '开始群发',
  apply_deliveries: '登记送达回报', catch_up_bills: '补出账单', learn_hours: '学习最佳时段', sweep_orders: '核对未决订单',
  sync_followers: '同步关注者', verify_ledger: '核对账本',
};

export const PERMISSIONS: Record<string, string> = {
  'reminders.view': '查看提醒', 'reminders.manage': '暂停提醒', 'reminders.direct': '群发与提醒策略', 'evidence.print': '打印催缴证据',
  'payments.view': '查看收款', 'payments.manage': '收款与处理异常', 'houses.view': '查看房屋', 'houses.manage': '导入与修改房屋',
  'bindings.manage': '审核绑定', 'bills.view': '查看账单', 'bills.manage': '出账与作废', 'jobs.view': '查看后台任务',
  'audit.view': '查看操作记录', 'staff.manage': '管理员工',
};

/** What is in the audit log, as people say it. A code without words is shown as it is. */
export const ACTIONS: Record<string, string> = {
  'bill.void': '作废账单', 'binding.approve': '通过绑定申请', 'binding.refuse': '拒绝绑定申请', 'houses.import': '导入房屋资料',
  'tariff.create': '新建收费标准', 'fee_item.create': '新建收费项目', 'set.reminder_policy': '修改提醒策略',
  'pause.reminders': '暂停提醒', 'resume.reminders': '恢复提醒', 'set.dry_run': '切换试运行', 'set.sending_limits': '修改发送限额',
  'create.campaign': '新建群发', 'send.campaign': '发出群发', 'begin.campaign': '群发开始', 'end.campaign': '群发结束',
  'cancel.campaign': '取消群发', 'refuse.campaign': '群发未能开始', 'export.reminders': '导出提醒记录', 'print.evidence': '打印催缴证据',
  'dispute.bill': '业主提出异议', 'promise.bill': '业主承诺付款', 'withdraw.hold': '业主撤回',
  'person.follow_qr': '生成关注码', 'person.follow_scan': '扫码关注', 'person.merge': '合并住户', 'person.phone': '登记手机号',
  'binding.claim': '申请绑定房屋', 'binding.attempt': '尝试绑定房屋', 'binding.by_phone': '按手机号绑定', 'binding.end': '解除绑定',
  'bills.publish': '发布账单', 'bill_run.publish': '发布账单',
};

const CURRENT: Record<string, 'success' | 'warning' | 'danger' | 'info' | 'primary'> = {
  delivered: 'success', opened: 'success', acknowledged: 'success', paid: 'success', settled: 'success', ok: 'success', done: 'success',
  published: 'success', active: 'success',
  failed: 'danger', panicked: 'danger', timed_out: 'danger', abandoned: 'danger', overdue: 'danger',
  in_doubt: 'warning', prepay_unknown: 'warning', held: 'warning', scheduled: 'warning', running: 'primary', claimed: 'primary',
  sent: 'primary', awaiting: 'primary', open: 'primary', planned: 'info', created: 'info', draft: 'info',
};

/** The colour of a state. Words say it as well: colour alone says nothing. */
export function tone(state: string): 'success' | 'warning' | 'danger' | 'info' | 'primary' {
  return CURRENT[state] ?? 'info';
}

export function named(words: Record<string, string>, code: string | null | undefined): string {
  return code ? words[code] ?? code : '—';
}

/** Names within the details of audit entries and the reports of jobs. */
const DETAILS: Record<string, string> = {
  bills: '账单', reason: '原因', version: '版本', until: '到', total_fen: '金额', houses: '房屋', house: '房屋', stages: '阶段', since: '从',
  send_at: '定于', rows: '行数', rejected_rows: '退回行', persons_new: '新住户', persons_changed: '变化住户', period_months: '账期月数',
  period: '账期', new_houses: '新房屋', changed_houses: '变化房屋', name: '名称', is_dry_run: '试运行', exceptions: '异常', differences: '差异',
  effective_from: '生效日', formula: '公式', code: '代码', channels: '渠道', channel: '渠道', daily_quota: '日上限', overdue_reserve: '给逾期留',
  cost_fen: '单价', accepted: '收下行', pages: '页数', sent: '发出', handed_over: '交给渠道', planned: '计划', silent: '不发', held: '等待',
  escalated: '升级', payers: '付款人', periods: '账期数', postings: '分录', findings: '不符', area_centi: '面积', asked: '询问', closed: '关闭',
  paid: '已付', failed: '失败', role: '角色', identities: '身份', bindings: '绑定', counts: '计数', number: '编号', cause: '起因',
};
/** Ids lead nowhere from here. */
const IDS = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

/** A detail as people read it; what is empty or an id is left out, a name without words is shown as it is. */
export function details(of: unknown): string {
  const pairs = Object.entries((of ?? {}) as Record<string, unknown>).filter(([, value]) => !isEmpty(value));
  return pairs.map(([name, value]) => `${DETAILS[name] ?? name} ${detail(name, value)}`).join('，');
}
function isEmpty(value: unknown): boolean {
  return value === null || value === 0 || value === '' || (typeof value === 'object' && Object.keys(value as object).length === 0)
    || (typeof value === 'string' && IDS.test(value));
}
function detail(name: string, value: unknown): string {
  if (typeof value === 'number' && name.endsWith('_fen')) return yuan(value);
  if (typeof value === 'number' && name === 'area_centi') return area(value);
  if (typeof value === 'boolean') return value ? '是' : '否';
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'string' ? CHANNELS[one] ?? one : JSON.stringify(one))).join('、');
  return typeof value === 'object' ? `（${details(value)}）` : String(value);
}

/** What an entry of the audit log is about. */
const SUBJECTS: Record<string, string> = {
  bill_run: '出账', tariff: '收费标准', fee_item: '收费项目', import_batch: '导入批次', bill: '账单', reminder_policy: '提醒策略', campaign: '群发',
  pause: '暂停', notice: '提醒', person: '住户', house: '房屋', payer: '付款人', binding: '绑定', reminder_campaign: '群发', order: '订单', project: '项目',
};
export function subject(of: string): string {
  const [kind, id = ''] = of.split(':');
  const words = SUBJECTS[kind ?? ''] ?? kind ?? '';
  return IDS.test(id) ? `${words} ${id.slice(-6)}` : `${words} ${id}`.trim();
}
