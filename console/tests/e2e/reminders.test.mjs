// A reminder read from first to last, a pause, a policy whose preview is what is then sent, two people at one policy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Linli } from '../../../miniprogram/tests/e2e/linli.mjs';
import { Desk, closeBrowser } from './desk.mjs';

/** The demo's bills are due on the seventh day; the first stage is three days before. */
const DAYS_TO_FIRST_STAGE = 4;

let linli;
let desk;

before(async () => {
  linli = await Linli.start({ LINLI_MINIPROGRAM: '/nowhere' });
  desk = await Desk.open(linli);
  await desk.goto('/');
});
after(async () => {
  await closeBrowser();
  await linli?.stop();
});

const day = (days) => {
  const at = new Date(`${linli.state.now.slice(0, 10)}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
};
const stage = (name) => desk.page.getByRole('region', { name });

test('a wrong password is said, and the right one opens the desk', async () => {
  await desk.page.getByLabel('账号', { exact: true }).fill('demo');
  await desk.page.getByLabel('密码', { exact: true }).fill('wrong password');
  await desk.press('登录');
  await desk.page.getByRole('alert').waitFor();
  assert.equal(await desk.page.getByLabel('账号', { exact: true }).inputValue(), 'demo', 'what was typed is kept');
  await desk.signIn();
  await desk.sees('需要处理');
});

test('a policy is changed, and what its preview says is what is sent', async () => {
  await desk.goto('/reminders/policy');
  const second = stage('第 2 个阶段');
  await second.getByLabel('欠多少元以上才发').fill('两百');
  await desk.sees('请填金额，最多两位小数');
  assert.ok(await desk.button('保存为新版本').isDisabled());
  await second.getByLabel('欠多少元以上才发').fill('200');

  const beside = desk.page.getByRole('complementary', { name: '预览' });
  const due = day(DAYS_TO_FIRST_STAGE);
  await beside.getByLabel('到哪一天').fill(due);
  const answered = (body) => body.at.startsWith(due) && body.policy.stages[1].minimum_fen === 20_000;
  await desk.page.waitForResponse((one) => one.url().endsWith('/reminder-policy-preview') && answered(one.request().postDataJSON()));
  await desk.rests();
  const promised = Number(await beside.locator('strong').first().innerText());
  assert.ok(promised > 10, `the preview promises ${promised}`);
  await desk.shoot('30-policy-preview');

  // A colleague is faster: nothing is overwritten, and what was typed stays.
  const { policy } = await linli.staff('GET', linli.project('reminder-policy'));
  await linli.staff('PUT', linli.project('reminder-policy'), { ...policy, unread_after_hours: 30 });
  await desk.press('保存为新版本');
  await desk.sees('刚被同事改过');
  assert.equal(await second.getByLabel('欠多少元以上才发').inputValue(), '200');
  await desk.shoot('31-policy-moved');
  await desk.press('载入同事的版本，放弃我的修改');
  await desk.sees('现在用的是第 2 版');
  await second.getByLabel('欠多少元以上才发').fill('200');
  await desk.press('保存为新版本');
  await desk.sees('已保存为第 3 版');

  await linli.later(DAYS_TO_FIRST_STAGE);
  // A session ends with its working day.
  linli.token = undefined;
  const effect = await linli.staff('GET', linli.project(`reminder-effect?from=${day(-DAYS_TO_FIRST_STAGE)}&to=${due}`));
  assert.equal(effect.total.sent, promised);
});

test('a reminder is read from its plan to its owner\'s answer, with its exact words', async () => {
  const page = await linli.messagePage(linli.state.phones[0].person);
  const token = new URLSearchParams(page.split('?')[1]).get('token');
  assert.equal((await fetch(`${linli.base}/api/owner/v1/reminders/${token}`)).status, 200);
  assert.equal((await fetch(`${linli.base}/api/owner/v1/reminders/${token}/acknowledgement`, { method: 'POST' })).status, 204);

  await desk.goto('/');
  await desk.signIn();
  await desk.page.getByRole('link', { name: '催缴' }).first().click();
  await stage('催缴记录').getByRole('combobox', { name: '结果' }).selectOption({ label: '已知晓' });
  // The address is the view.
  await desk.page.waitForURL(/state=acknowledged/);
  await desk.rests();
  // By keyboard: the first row, and into it.
  await desk.page.locator('tbody tr').first().focus();
  await desk.page.keyboard.press('Enter');
  const drawer = desk.page.getByRole('dialog');
  await drawer.getByText('业主打开了账单').waitFor();
  await drawer.getByText('业主点击已知晓').waitFor();
  await drawer.getByText('渠道已受理').waitFor();
  assert.match(await drawer.locator('blockquote').innerText(), /翠湖花园.*元/s);
  await desk.shoot('32-reminder');
  await desk.isForEverybody();

  // A colleague who is sent the address sees the same.
  await desk.goto(new URL(desk.page.url()).pathname.replace('/console', '') + new URL(desk.page.url()).search);
  await desk.page.getByRole('dialog').getByText('业主点击已知晓').waitFor();
});

test('reminders are paused to a day, and go on', async () => {
  await desk.page.getByRole('dialog').getByRole('button', { name: '暂停提醒' }).click();
  const pause = desk.page.getByRole('dialog', { name: '暂停提醒' });
  await pause.getByLabel('为什么').selectOption({ label: '业主承诺了付款日期' });
  await pause.getByLabel(/答应在哪一天/).fill('');
  await pause.getByRole('button', { name: '暂停', exact: true }).click();
  await pause.getByText('承诺付款要写明到哪一天').waitFor();
  await pause.getByLabel(/答应在哪一天/).fill(day(5));
  await pause.getByRole('button', { name: '暂停', exact: true }).click();
  await desk.sees('已暂停');
  await desk.goto('/reminders/pauses');
  await desk.page.getByRole('link', { name: '一张账单' }).waitFor();
  await desk.press('恢复提醒');
  await desk.page.getByRole('dialog').getByRole('button', { name: '恢复', exact: true }).click();
  await desk.sees('现在没有暂停');
});

test('who got nothing is told with the reason, and the list is handed over as it is shown', async () => {
  await desk.goto('/reminders?state=failed');
  await desk.page.locator('tbody tr').first().click();
  await desk.page.getByRole('dialog').getByText('原因：').first().waitFor();
  await desk.page.keyboard.press('Escape');
  const [file] = await Promise.all([desk.page.waitForEvent('download'), desk.press('导出')]);
  assert.match(file.suggestedFilename(), /^reminders-\d{8}\.xlsx$/);
  const audit = await linli.staff('GET', linli.project('audit-log'));
  assert.equal(audit[0].action, 'export.reminders');
  assert.equal(audit[0].detail.filter?.state, 'failed', JSON.stringify(audit[0].detail));
});

test('a bill tells how it was computed, and is voided with a reason only', async () => {
  await desk.goto('/houses?q=1栋102');
  await desk.page.getByRole('link', { name: '1-1-102' }).click();
  await desk.page.getByRole('row').filter({ hasText: '物业费' }).getByRole('link').click();
  await desk.sees('是怎么算出来的');
  await desk.sees('建筑面积');
  await desk.shoot('33-bill');
  await desk.press('作废');
  const dialog = desk.page.getByRole('dialog', { name: '作废这张账单' });
  await dialog.getByRole('button', { name: '作废', exact: true }).click();
  await dialog.getByText('请写明原因').waitFor();
  await dialog.getByLabel(/原因/).fill('面积登记有误，改好后重出');
  await dialog.getByRole('button', { name: '作废', exact: true }).click();
  await desk.sees('已作废');
  await desk.close();
});
