import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fakeWx, refused, signedIn } from './wx';

const TEMPLATE = { template_id: 't1', purpose: 'bill_notice', credits: 0 };
const module = () => import('../../src/consent/consents');

beforeEach(() => { vi.resetModules(); });
afterEach(() => { vi.unstubAllGlobals(); });

test('an answer that could not be told is told the next time, under the same tap', async () => {
  const wx = fakeWx([signedIn('t'), 'nothing', 'nothing', 'nothing', { status: 204 }]);
  wx.requestSubscribeMessage.mockImplementation(({ success }) => success({ t1: 'accept', errMsg: 'ok' }));
  const { ask, reportWaiting } = await module();
  expect(await ask([TEMPLATE])).toBe('accept');
  await vi.waitFor(() => expect(wx.asked).toHaveLength(4));
  const [kept] = wx.store.get('consents_to_report') as { tap_id: string }[];
  await reportWaiting();
  expect(wx.store.get('consents_to_report')).toEqual([]);
  expect(wx.asked[4]?.data).toMatchObject({ tap_id: kept?.tap_id, answers: [{ template_id: 't1', answer: 'accept' }] });
});

test('a report the server refuses for good is not told for ever', async () => {
  const wx = fakeWx([signedIn('t'), refused(400, 'invalid_field', '')]);
  wx.store.set('consents_to_report', [{ tap_id: '1', answered_at_s: 1, answers: [] }]);
  await (await module()).reportWaiting();
  expect(wx.store.get('consents_to_report')).toEqual([]);
});

test('a refusal is an answer, and asking that WeChat forbids is none', async () => {
  const wx = fakeWx([signedIn('t'), { status: 204 }]);
  const { ask, creditWords } = await module();
  wx.requestSubscribeMessage.mockImplementation(({ success }) => success({ t1: 'reject' }));
  expect(await ask([TEMPLATE])).toBe('reject');
  wx.requestSubscribeMessage.mockImplementation(({ fail }) => fail({ errMsg: 'requestSubscribeMessage:fail' }));
  expect(await ask([TEMPLATE])).toBe('unasked');
  expect(await ask([])).toBe('unasked');
  expect([creditWords([]), creditWords([TEMPLATE]), creditWords([{ ...TEMPLATE, credits: 2 }])]).toEqual(
    ['', '还没有允许提醒', '还可以提醒您 2 次']);
});
