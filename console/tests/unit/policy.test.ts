import { expect, test } from 'vitest';
import { draftOf, newStage, policyOf } from '../../src/rooms/reminders/policy';

const policy = {
  stages: [{
    name: 'pre_due', anchor: 'due' as const, offset_days: -3, time_of_day: '10:00:00', channels: ['wechat_template', 'sms'],
    escalate_to: null, minimum_fen: 1, fee_items: [], template: 'bill_notice',
  }],
  unread_after_hours: 24, caps: { per_day: 2, per_week: 7 }, holdout_permille: 0, uses_best_hour: true,
  quiet: { all: { from: '20:00:00', to: '09:00:00' }, voice: { from: '12:00:00', to: '14:00:00' } },
};

test('a policy that nobody touched is the policy that was read', () => {
  expect(policyOf(draftOf(policy))).toEqual({ policy, problems: {} });
});

test('what is no number is said at its field, and nothing is sent', () => {
  const draft = draftOf(policy);
  draft.perDay = '两条';
  draft.stages[0]!.minimum = '1.234';
  draft.stages[0]!.offset = '';
  const { policy: sent, problems } = policyOf(draft);
  expect(sent).toBeUndefined();
  expect(Object.keys(problems).sort()).toEqual(['caps.per_day', 'stages[0].minimum_fen', 'stages[0].offset_days']);
});

test('a new stage has a name of its own', () => {
  expect(newStage(['pre_due', 'stage_3']).name).toBe('stage_4');
});
