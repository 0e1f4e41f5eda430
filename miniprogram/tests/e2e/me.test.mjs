// What is mine: messages, receipts, consents, privacy, large letters, signing out. At both widths.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Linli } from './linli.mjs';
import { CODES, Phone, closeBrowser } from './phone.mjs';

const WIDTHS = [375, 414];
const CPU_SLOWER = 4;
const CODE_PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><path d="M0 0h60v60H0zM140 0h60v60h-60zM0 140h60v60H0zM80 80h40v40H80z"/></svg>';

let linli;
let people;

before(async () => {
  linli = await Linli.start();
  people = linli.state.phones.map((phone) => phone.person);
  await linli.issueWaste();
  await linli.later(1);
  await linli.later(3);
});
after(async () => {
  await closeBrowser();
  await linli?.stop();
});

const credits = async (person) => (await linli.outside(
  `credits?${new URLSearchParams({ person, appid: linli.state.app_id, template_id: 'demo-bill-subscribe' })}`)).credits;

test('a consent refused takes nothing, one given is one message, and none is asked outside a tap', async () => {
  const phone = await Phone.open(linli, people[1], { page: 'more/pages/consents/consents' });
  await phone.sees('还没有允许提醒');
  const outside = await phone.page.evaluate(() =>
    globalThis.wx.requestSubscribeMessage({ tmplIds: ['x'] }).catch((error) => error.errMsg));
  assert.match(outside, /TAP gesture/);
  await phone.taps('允许提醒一次');
  await phone.answers('取消');
  await phone.sees('没有增加提醒');
  assert.equal(await credits(people[1]), 0);
  await phone.taps('允许提醒一次');
  await phone.answers('允许');
  await phone.sees('还可以提醒您 1 次');
  await phone.shoot('60-consents');
  assert.equal(await credits(people[1]), 1);
  await phone.close();
});

test('the service account is followed by a code of one\'s own, and a picture that does not come is said', async () => {
  const phone = await Phone.open(linli, people[3], { page: 'more/pages/consents/consents' });
  let answer = (route) => route.abort();
  await phone.page.route(`${CODES}**`, (route) => answer(route));
  await phone.launch('pages/home/home');
  await phone.taps('用微信手机号登录');
  await phone.answers('允许');
  await phone.sees('已找到您的 1 套房屋');
  await phone.launch('more/pages/consents/consents');
  await phone.taps('去关注');
  await phone.sees('没有连上微信');
  await phone.shoot('71-follow-broken');
  answer = (route) => route.fulfill({ contentType: 'image/svg+xml', body: CODE_PICTURE });
  await phone.taps('再试一次');
  await phone.sees('识别图中的二维码');
  await phone.shoot('72-follow');
  await phone.close();
});

test('consent after paying is asked for in the tap, and may be refused', async () => {
  const phone = await Phone.open(linli, people[0]);
  await phone.taps('去支付');
  await phone.answers('确认支付');
  await phone.sees('支付成功');
  await phone.taps('下次提醒我');
  await phone.answers('取消');
  await phone.sees('好的，不提醒');
  await phone.shoot('61-consent-refused');
  await phone.close();
});

test('the first page is drawn from one answer, on a slow phone too', async (t) => {
  const phone = await Phone.open(linli, people[2], { page: 'pages/me/me' });
  await phone.sees('我的房屋');
  const devtools = await phone.page.context().newCDPSession(phone.page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWER });
  const answered = phone.page.waitForResponse(/\/home$/).then(() => performance.now());
  await phone.tab('缴费');
  await phone.sees('物业费');
  t.diagnostic(`drawn ${Math.round(performance.now() - await answered)} ms after its data on a processor ${CPU_SLOWER} times slower`);
  const asked = (await phone.calls('request')).map((call) => call.args.url).filter((url) => !url.endsWith('/sessions'));
  assert.deepEqual(asked, ['/api/owner/v1/home']);
  await phone.close();
});

test('what was sent to me is there word for word, and opens', async () => {
  const phone = await Phone.open(linli, people[1], { page: 'more/pages/messages/messages' });
  await phone.sees('服务号');
  await phone.shoot('62-messages');
  await phone.text('账单').tap();
  await phone.sees('已知晓');
  await phone.close();
});

test('the privacy notice comes first where WeChat wants it, and can be read at any time', async () => {
  const prepare = () => {
    let host;
    const needs = { needAuthorization: true, privacyContractName: '《物业缴费小程序隐私保护指引》' };
    Object.defineProperty(globalThis, '__wxHost', {
      get: () => host, set: (value) => { host = { ...value, getPrivacySetting: () => needs }; },
    });
  };
  const { person } = await linli.outside('people', { name: '第一次来', phone: '13800006666' });
  const phone = await Phone.open(linli, person, { prepare });
  await phone.sees('用户隐私保护提示');
  await phone.shoot('63-privacy-sheet');
  await phone.taps('同意并继续');
  await phone.sees('先找到您的房屋');
  assert.equal((await phone.calls('button:agreePrivacyAuthorization')).length, 1);
  await phone.launch('more/pages/privacy/privacy');
  await phone.sees('我们知道什么');
  await phone.shoot('64-privacy');
  await phone.close();
});

test('large letters stay large, on every page and at both widths', async () => {
  for (const width of WIDTHS) {
    const phone = await Phone.open(linli, people[2], { page: 'pages/me/me', width });
    await phone.page.getByRole('switch').tap();
    await phone.page.locator('.large').first().waitFor();
    await phone.shoot('65-me-large');
    await phone.tab('缴费');
    await phone.sees('物业费');
    await phone.shoot('66-home-large');
    await phone.taps('怎么算的');
    await phone.sees('×');
    await phone.shoot('67-bill-large');
    await phone.launch((await linli.messagePage(people[2])).replace(/^\//, ''));
    await phone.sees('已知晓');
    await phone.shoot('68-reminder-large');
    await phone.taps('约定日期再付');
    await phone.sees('哪天付？');
    await phone.shoot('69-promise-large');
    await phone.launch('more/pages/bind/bind');
    await phone.sees('房号');
    await phone.shoot('70-bind-large');
    await phone.close();
  }
});

test('every page fits both widths', async () => {
  const pages = {
    '80-home': ['pages/home/home', '垃圾清运费'], '81-bills': ['pages/bills/bills', '垃圾清运费'], '82-me': ['pages/me/me', '我的房屋'],
    '83-bind': ['more/pages/bind/bind', '房号'], '84-houses': ['more/pages/houses/houses', '已绑定'],
    '85-receipts': ['more/pages/receipts/receipts', '还没有收据'], '86-messages': ['more/pages/messages/messages', '服务号'],
    '87-consents': ['more/pages/consents/consents', '提醒'], '88-privacy': ['more/pages/privacy/privacy', '怎样保管'],
  };
  for (const width of WIDTHS) {
    const phone = await Phone.open(linli, people[2], { width });
    for (const [name, [path, words]] of Object.entries(pages)) {
      await phone.launch(path);
      await phone.sees(words);
      await phone.shoot(name);
    }
    await phone.close();
  }
});

test('receipts are listed, and signing out ends the session', async () => {
  const phone = await Phone.open(linli, people[0], { page: 'more/pages/receipts/receipts' });
  await phone.sees('收据号');
  await phone.shoot('89-receipts');
  await phone.launch('pages/me/me');
  const before = await phone.page.evaluate(() => globalThis.wx.getStorageSync('session').token);
  await phone.taps('退出登录');
  await phone.answers('退出');
  await phone.sees('没有待缴的账单');
  assert.notEqual(await phone.page.evaluate(() => globalThis.wx.getStorageSync('session').token), before);
  const answer = await fetch(`${linli.base}/api/owner/v1/home`, { headers: { authorization: `Bearer ${before}` } });
  assert.equal(answer.status, 401);
  await phone.close();
});
