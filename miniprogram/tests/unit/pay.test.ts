import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fakeWx, refused, signedIn } from './wx';

const order = (state: string) => ({ status: 200, body: { order_id: 'o', state, message: '微信支付繁忙', pay_params: state === 'ready' ? { package: 'prepay_id=1' } : null } });
const sheet = (answer: string | null) => (options: { success: () => void; fail: (error: object) => void }) =>
  (answer ? options.fail({ errMsg: answer }) : options.success());
const pay = async () => (await import('../../src/pay/pay')).pay('p', ['b'], 100);

beforeEach(() => { vi.resetModules(); });
afterEach(() => { vi.unstubAllGlobals(); });

test('a sheet that says paid is not believed: the order is checked', async () => {
  fakeWx([signedIn('t'), order('ready')]).requestPayment.mockImplementation(sheet(null));
  expect(await pay()).toEqual({ kind: 'check', order: 'o' });
});

test('a sheet that was closed is a cancellation, one that failed is checked', async () => {
  fakeWx([signedIn('t'), order('ready')]).requestPayment.mockImplementation(sheet('requestPayment:fail cancel'));
  expect(await pay()).toEqual({ kind: 'cancelled' });
  vi.resetModules();
  fakeWx([signedIn('t'), order('ready')]).requestPayment.mockImplementation(sheet('requestPayment:fail timeout'));
  expect(await pay()).toEqual({ kind: 'check', order: 'o' });
});

test('an order that WeChat has not confirmed is asked about, and nothing is paid before it is', async () => {
  const wx = fakeWx([signedIn('t'), order('pending'), order('pending'), order('ready')]);
  wx.requestPayment.mockImplementation(sheet(null));
  expect(await pay()).toEqual({ kind: 'check', order: 'o' });
  expect(wx.asked.map((one) => one.url.split('/').pop())).toEqual(['sessions', 'orders', 'prepare', 'prepare']);
});

test('an order that stays pending opens no sheet', async () => {
  const wx = fakeWx([signedIn('t'), ...Array.from({ length: 5 }, () => order('pending'))]);
  expect(await pay()).toEqual({ kind: 'pending' });
  expect(wx.requestPayment).not.toHaveBeenCalled();
});

test('a stale total is refused with words, and the page is told to read the bills anew', async () => {
  fakeWx([signedIn('t'), refused(409, 'total_changed', '')]);
  expect(await pay()).toMatchObject({ kind: 'refused', isStale: true });
  vi.resetModules();
  fakeWx([signedIn('t'), order('busy')]);
  expect(await pay()).toEqual({ kind: 'refused', words: '微信支付繁忙', isStale: false });
});

test('whose house it is not is told what to do', async () => {
  fakeWx([signedIn('t'), refused(404, 'not_found', '没有找到')]);
  expect(await pay()).toMatchObject({ kind: 'refused', words: expect.stringContaining('用姓名和房号绑定') });
});

test('a payment is asked about until it is known, and the owner may leave', async () => {
  const state = (word: string) => ({ status: 200, body: { state: word } });
  const { confirm, ASKS_MAX } = await (async () => { fakeWx([signedIn('t'), state('awaiting'), refused(500, 'internal'), state('paid')]); return import('../../src/pay/confirm'); })();
  const wait = async () => undefined;
  expect(await confirm('p', 'o', { wait, stays: () => true })).toBe('paid');
  expect(await confirm('p', 'o', { wait, stays: () => false })).toBe('unknown');
  vi.resetModules();
  fakeWx([signedIn('t'), ...Array.from({ length: ASKS_MAX }, () => state('awaiting'))]);
  expect(await (await import('../../src/pay/confirm')).confirm('p', 'o', { wait, stays: () => true })).toBe('unknown');
  vi.resetModules();
  fakeWx([signedIn('t'), state('closed')]);
  expect(await (await import('../../src/pay/confirm')).confirm('p', 'o', { wait, stays: () => true })).toBe('closed');
});
