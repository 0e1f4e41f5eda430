// A message arrives and is opened: read, acknowledged, disputed, promised, paid.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Linli } from './linli.mjs';
import { Phone, closeBrowser } from './phone.mjs';

const TAPS_MAX = 3;
/** Of the second household, in the demo's workbook. */
const PHONE_OF_SECOND = '19900006428';

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

const open = async (person, options = {}) =>
  Phone.open(linli, person, { page: (await linli.messagePage(person)).replace(/^\//, ''), ...options });

test('from the message to the receipt in three taps', async (t) => {
  const began = performance.now();
  const phone = await open(people[0]);
  phone.tapped += 1;
  await phone.sees('物业费');
  await phone.shoot('20-reminder');
  await phone.taps('去支付');
  await phone.answers('确认支付');
  await phone.sees('支付成功');
  t.diagnostic(`${phone.tapped} taps, ${Math.round(performance.now() - began)} ms`);
  assert.ok(phone.tapped <= TAPS_MAX, `${phone.tapped} taps`);
  await phone.launch((await linli.messagePage(people[0])).replace(/^\//, ''));
  await phone.sees('已缴清');
  await phone.shoot('21-reminder-paid');
  await phone.close();
});

test('known without paying: told once, and remembered', async () => {
  const phone = await open(people[1]);
  await phone.taps('已知晓');
  await phone.sees('已告诉物业：您知道了');
  await phone.shoot('22-acknowledged');
  await phone.close();
  const again = await open(people[1]);
  await again.sees('已告诉物业：您知道了');
  await again.close();
});

test('a bill is disputed in a few words, and withdrawn', async () => {
  const phone = await open(people[1]);
  await phone.taps('对账单有异议');
  await phone.page.getByText('对哪一笔有异议？').waitFor();
  await phone.page.locator('.mp-modal button').first().tap();
  await phone.sees('哪里不对？');
  await phone.taps('面积不对');
  await phone.shoot('23-dispute');
  const mend = await phone.cutOff();
  await phone.taps('提交给物业');
  await phone.sees('没有连上服务');
  assert.equal(await phone.top.locator('textarea').inputValue(), '面积不对', 'what was typed is kept');
  await mend();
  await phone.taps('提交给物业');
  await phone.sees('已告诉物业');
  await phone.shoot('24-disputed');
  await phone.taps('好的');
  await phone.taps('怎么算的');
  await phone.sees('不会再提醒您');
  await phone.sees('面积不对');
  await phone.sees('×');
  await phone.shoot('25-bill-with-dispute');
  await phone.taps('撤回');
  await phone.sees('已撤回');
  await phone.close();
});

test('a day is promised for what is ticked', async () => {
  const phone = await open(people[2]);
  await phone.sees('物业费');
  await phone.taps('约定日期再付');
  await phone.sees('哪天付？');
  await phone.shoot('26-promise');
  await phone.top.locator('[class*=day]').getByText('日').nth(1).tap();
  await phone.taps(/^约定 .* 付/);
  await phone.sees('已约定');
  await phone.shoot('27-promised');
  await phone.taps('好的');
  await phone.taps('怎么算的');
  await phone.sees('不会再提醒您');
  await phone.close();
});

test('whoever never signed in gives the number and pays in one go', async () => {
  const page = (await linli.messagePage(people[1])).replace(/^\//, '');
  const { person } = await linli.outside('people', { name: '同一位业主的新手机', phone: PHONE_OF_SECOND });
  const phone = await Phone.open(linli, person, { page });
  await phone.sees('物业费');
  await phone.button('用手机号登录并支付').waitFor();
  await phone.shoot('28-reminder-stranger');
  await phone.taps('用手机号登录并支付');
  await phone.answers('不允许');
  await phone.sees('没有取得手机号');
  await phone.taps('用手机号登录并支付');
  await phone.answers('允许');
  await phone.answers('确认支付');
  await phone.sees('支付成功');
  await phone.close();
});

test('a message that was passed on is read, and paid by nobody the books do not know', async () => {
  const page = (await linli.messagePage(people[2])).replace(/^\//, '');
  const { person } = await linli.outside('people', { name: '邻居', phone: '13800009999' });
  const phone = await Phone.open(linli, person, { page });
  await phone.taps('用手机号登录并支付');
  await phone.answers('允许');
  await phone.sees('您的手机号没有登记在这套房屋');
  await phone.shoot('30-reminder-not-mine');
  await phone.close();
});

test('a link that is too old says where the bills are', async () => {
  const phone = await Phone.open(linli, people[1], { page: 'pages/reminder/reminder?token=cuihu.00000000000000000000000000000000' });
  await phone.sees('通知已过期');
  await phone.shoot('29-reminder-gone');
  await phone.taps('看我的账单');
  await phone.sees('待缴');
  await phone.close();
});
