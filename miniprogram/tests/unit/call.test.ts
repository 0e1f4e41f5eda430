import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fakeWx, refused, signedIn } from './wx';

const owner = () => import('../../src/api/owner');
const HOME = { status: 200, body: { houses: [], communities: [], owed_fen: 0, templates: [] } };

beforeEach(() => { vi.resetModules(); });
afterEach(() => { vi.unstubAllGlobals(); });

test('the first call signs in once, and calls at the same time share it', async () => {
  const wx = fakeWx([signedIn('t1'), HOME, HOME]);
  const { home } = await owner();
  await Promise.all([home(), home()]);
  expect(wx.asked.map((one) => one.url)).toEqual(['/api/owner/v1/sessions', '/api/owner/v1/home', '/api/owner/v1/home']);
  expect(wx.asked[1]?.header['authorization']).toBe('Bearer t1');
});

test('a session that has run out is renewed once, unasked', async () => {
  const wx = fakeWx([signedIn('new'), HOME]);
  wx.store.set('session', { token: 'old', hasPhone: true });
  wx.request = ((request) => (options: Parameters<typeof request>[0]) => {
    if (options.header['authorization'] !== 'Bearer old') return request(options);
    wx.asked.push(options);
    return queueMicrotask(() => options.success({ statusCode: 401, data: refused(401, 'sign_in_needed').body }));
  })(wx.request);
  await (await owner()).home();
  expect(wx.asked.map((one) => one.header['authorization'])).toEqual(['Bearer old', undefined, 'Bearer new']);
});

test('what is read is asked for again when no answer came, and then given up in words', async () => {
  const wx = fakeWx([signedIn('t'), 'nothing', { status: 502, body: '<html>' }, HOME, 'nothing', 'nothing', 'nothing']);
  const { home } = await owner();
  await home();
  expect(wx.asked).toHaveLength(4);
  await expect(home()).rejects.toMatchObject({ code: 'no_answer' });
  expect(wx.asked).toHaveLength(7);
});

test('what would be done twice is sent once', async () => {
  const wx = fakeWx([signedIn('t'), 'nothing']);
  const { dispute } = await owner();
  await expect(dispute('p', 'b', '面积不对')).rejects.toMatchObject({ code: 'no_answer' });
  expect(wx.asked).toHaveLength(2);
});

test('an order is the same order however often it is asked for, so it is sent again', async () => {
  const payable = { status: 200, body: { order_id: 'o', state: 'ready', message: '' } };
  const wx = fakeWx([signedIn('t'), 'nothing', payable]);
  expect(await (await owner()).placeOrder('p', ['b'], 100)).toMatchObject({ order_id: 'o' });
  expect(wx.asked[2]).toMatchObject({ url: '/api/owner/v1/projects/p/orders', data: { bill_ids: ['b'], expected_fen: 100 } });
});

test('nonsense in place of an answer has words of its own, and a code has the phone\'s', async () => {
  const html = { status: 200, body: '<html>a login page of the hotel</html>' };
  fakeWx([signedIn('t'), html, html, html, refused(409, 'total_changed', '应缴金额已变化')]);
  const { home, placeOrder } = await owner();
  await expect(home()).rejects.toMatchObject({ code: 'nonsense' });
  await expect(placeOrder('p', ['b'], 1)).rejects.toMatchObject({ words: '金额刚刚有变化，已为您更新，请核对后再付。' });
});

test('the number of a failed request is shown, so that somebody can look for it', async () => {
  const body = { error: { code: 'internal', message: '系统故障', request_id: 'r-7' } };
  fakeWx([signedIn('t'), { status: 500, body }]);
  await expect((await owner()).home()).rejects.toMatchObject({ words: '系统故障（编号 r-7）' });
});
