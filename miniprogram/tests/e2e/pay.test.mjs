// From ticks to the receipt, and every way in which that may go otherwise.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Linli } from './linli.mjs';
import { Phone, closeBrowser } from './phone.mjs';

let linli;
let people;

before(async () => {
  linli = await Linli.start();
  people = linli.state.phones.map((phone) => phone.person);
  await linli.issueWaste();
});
after(async () => {
  await closeBrowser();
  await linli?.stop();
});

const totalOf = (phone) => phone.top.locator('[class*=total]').first().textContent();

test('the total moves with the ticks, a cancelled sheet costs nothing, and paying ends in the receipt', async () => {
  const phone = await Phone.open(linli, people[0]);
  await phone.sees('垃圾清运费');
  await phone.shoot('01-home-two-bills');
  const all = await totalOf(phone);
  await phone.top.getByRole('checkbox').last().tap();
  await phone.page.waitForFunction((before) => !document.querySelector('[class*=total]').textContent.includes(before), all);
  await phone.top.getByRole('checkbox').first().tap();
  await phone.button('请先勾选账单').waitFor();
  await phone.top.getByRole('checkbox').first().tap();
  await phone.top.getByRole('checkbox').last().tap();
  assert.equal(await totalOf(phone), all);

  await phone.taps('去支付');
  await phone.page.getByText('模拟付款').waitFor();
  await phone.shoot('02-wechat-sheet');
  await phone.answers('先不付');
  await phone.sees('没有付款。账单还在');
  await phone.shoot('03-cancelled');
  assert.equal((await linli.orders('paid')).length, 0);

  await phone.taps('去支付');
  await phone.answers('确认支付');
  await phone.sees('支付成功');
  await phone.sees('收据号');
  await phone.shoot('04-paid');
  assert.equal((await linli.orders('paid')).length, 1);
  assert.equal((await linli.orders('awaiting')).length, 0, 'the cancelled order was taken up again');

  await phone.taps('完成');
  await phone.sees('没有待缴的账单');
  await phone.shoot('05-nothing-owed');
  await phone.close();
});

test('two taps, and a notice that is lost, are one order, one payment and one receipt', async () => {
  await linli.mischief('lost_callback');
  const phone = await Phone.open(linli, people[1]);
  await phone.sees('垃圾清运费');
  const paid = (await linli.orders('paid')).length;
  const { x, y, width, height } = await phone.button('去支付').boundingBox();
  const tap = () => phone.page.touchscreen.tap(x + width / 2, y + height / 2);
  await Promise.all([tap(), tap()]);
  await phone.answers('确认支付');
  await phone.sees('支付成功');
  assert.equal((await phone.calls('requestPayment')).length, 1);
  const placed = (await phone.calls('request')).filter((call) => call.args.method === 'POST' && call.args.url.endsWith('/orders'));
  assert.equal(placed.length, 1);
  assert.equal((await linli.orders('paid')).length, paid + 1);
  await phone.launch('more/pages/receipts/receipts');
  await phone.sees('收据号');
  assert.equal(await phone.top.getByText('收据号').count(), 1);
  await phone.close();
});

test('an order that WeChat does not answer is confirmed by asking, without a second one', async () => {
  await linli.mischief('pay_unanswered');
  const phone = await Phone.open(linli, people[2], { patience_ms: 60_000 });
  await phone.sees('垃圾清运费');
  await phone.top.getByRole('checkbox').last().tap();
  await phone.taps('去支付');
  await phone.answers('确认支付');
  await phone.sees('支付成功');
  await phone.taps('完成');
  await phone.sees('垃圾清运费');
  await phone.shoot('06-one-bill-left');
  await phone.close();
});

test('a page that has become stale is told so and pays nothing', async () => {
  const [one, other] = [await Phone.open(linli, people[2]), await Phone.open(linli, people[2])];
  for (const phone of [one, other]) await phone.sees('垃圾清运费');
  await one.taps('去支付');
  await one.answers('确认支付');
  await one.sees('支付成功');
  await other.taps('去支付');
  await other.sees('有账单刚刚已缴清');
  await other.sees('没有待缴的账单');
  await other.shoot('07-stale');
  await one.close();
  await other.close();
});

test('a payment that is not confirmed is no error: the owner may leave and ask again', async () => {
  const phone = await Phone.open(linli, people[3], { patience_ms: 60_000 });
  await phone.taps('用微信手机号登录');
  await phone.answers('允许');
  await phone.sees('垃圾清运费');
  await phone.page.evaluate(() => {
    // The asking costs a test no waiting; the page's own patience is what is tested.
    const later = globalThis.setTimeout;
    globalThis.setTimeout = (run, ms, ...rest) => later(run, ms > 1_000 ? 20 : ms, ...rest);
  });
  await phone.taps('去支付');
  const mend = await phone.cutOff();
  await phone.answers('确认支付');
  await phone.sees('还在等微信确认');
  await phone.shoot('08-not-confirmed');
  await mend();
  await phone.taps('再查一次');
  await phone.sees('支付成功');
  await phone.close();
});

test('without the server a page says so, keeps what it had, and recovers', async () => {
  const phone = await Phone.open(linli, people[0], { page: 'pages/bills/bills' });
  await phone.sees('已缴清');
  await phone.shoot('09-all-bills');
  const mend = await phone.cutOff((route) => route.fulfill({ status: 500, contentType: 'text/html', body: '<html>oops' }));
  await phone.tab('缴费');
  await phone.sees('没有打开');
  await phone.shoot('10-not-reached');
  await mend();
  await phone.taps('再试一次');
  await phone.sees('没有待缴的账单');
  const again = await phone.cutOff();
  await phone.tab('账单');
  await phone.sees('没有连上服务');
  await phone.sees('已缴清');
  await phone.shoot('11-offline-keeps');
  await again();
  await phone.close();
});
