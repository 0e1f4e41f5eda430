/** A policy as it is typed, and as the server has it. */

import type { Schemas } from '../../api/client';
import { fenOf, typedYuan } from '../../words/money';

type Stage = Schemas['StageBody'];
type Policy = Schemas['PolicyBody'];

export interface StageDraft {
  name: string; anchor: 'issued' | 'due'; offset: string; time: string; channels: string[]; escalateTo: string;
  unreadHours: string; minimum: string; feeItems: string[]; template: string;
}
interface Span { from: string; to: string }
export interface PolicyDraft {
  stages: StageDraft[]; unreadHours: string; perDay: string; perWeek: string; holdout: string; bestHour: boolean;
  quiet: { all: Span; voice: Span };
}

const TEMPLATE = 'bill_notice';
const minutes = (time: string): string => time.slice(0, 5);
const seconds = (time: string): string => (time.length === 5 ? `${time}:00` : time);
const span = (given: Span | undefined, from: string, to: string): Span => ({ from: minutes(given?.from ?? from), to: minutes(given?.to ?? to) });

export function draftOf(policy: Policy): PolicyDraft {
  return {
    stages: policy.stages.map((one) => ({
      name: one.name, anchor: one.anchor ?? 'due', offset: String(one.offset_days), time: minutes(one.time_of_day),
      channels: [...one.channels], escalateTo: one.escalate_to ?? '', unreadHours: one.unread_after_hours ? String(one.unread_after_hours) : '',
      minimum: typedYuan(one.minimum_fen), feeItems: [...(one.fee_items ?? [])], template: one.template ?? TEMPLATE,
    })),
    unreadHours: String(policy.unread_after_hours),
    perDay: String(policy.caps?.per_day ?? 1), perWeek: String(policy.caps?.per_week ?? 3),
    holdout: String(policy.holdout_permille ?? 0), bestHour: policy.uses_best_hour ?? false,
    quiet: { all: span(policy.quiet?.all, '21:00', '08:00'), voice: span(policy.quiet?.voice, '20:00', '09:00') },
  };
}

/** A stage with a name that is free. */
export function newStage(taken: string[]): StageDraft {
  let number = taken.length + 1;
  while (taken.includes(`stage_${number}`)) number += 1;
  return {
    name: `stage_${number}`, anchor: 'due', offset: '14', time: '10:00', channels: ['wechat_template'], escalateTo: '',
    unreadHours: '', minimum: '0.00', feeItems: [], template: TEMPLATE,
  };
}

/** The policy, unless something typed is no number: then what is wrong, by field. */
export function policyOf(draft: PolicyDraft): { policy?: Policy; problems: Record<string, string> } {
  const problems: Record<string, string> = {};
  function whole(typed: string, field: string): number {
    if (/^-?\d{1,5}$/.test(typed.trim())) return Number(typed);
    problems[field] = '请填整数';
    return 0;
  }
  const stages = draft.stages.map((one, place): Stage => {
    const at = `stages[${place}]`;
    const minimum_fen = fenOf(one.minimum || '0');
    if (minimum_fen === undefined) problems[`${at}.minimum_fen`] = '请填金额，最多两位小数';
    if (!one.time) problems[`${at}.time_of_day`] = '请填发送时刻';
    return {
      name: one.name, anchor: one.anchor, offset_days: whole(one.offset, `${at}.offset_days`), time_of_day: seconds(one.time || '10:00'),
      channels: one.channels as Stage['channels'], escalate_to: (one.escalateTo || null) as Stage['escalate_to'],
      ...(one.unreadHours ? { unread_after_hours: whole(one.unreadHours, `${at}.unread_after_hours`) } : {}),
      minimum_fen: minimum_fen ?? 0, fee_items: one.feeItems, template: one.template,
    };
  });
  const policy: Policy = {
    stages,
    unread_after_hours: whole(draft.unreadHours, 'unread_after_hours'),
    caps: { per_day: whole(draft.perDay, 'caps.per_day'), per_week: whole(draft.perWeek, 'caps.per_week') },
    holdout_permille: whole(draft.holdout, 'holdout_permille'),
    uses_best_hour: draft.bestHour,
    quiet: {
      all: { from: seconds(draft.quiet.all.from), to: seconds(draft.quiet.all.to) },
      voice: { from: seconds(draft.quiet.voice.from), to: seconds(draft.quiet.voice.to) },
    },
  };
  return Object.keys(problems).length ? { problems } : { policy, problems };
}
