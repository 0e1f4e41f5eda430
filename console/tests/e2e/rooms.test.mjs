// Every room at three widths, an import with its errors corrected, what each role may not, the screen that locks.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Linli } from '../../../miniprogram/tests/e2e/linli.mjs';
import { Desk, WIDTHS, closeBrowser } from './desk.mjs';
import { workbook } from './workbook.mjs';

const ROOMS = {
  '10-today': '/', '11-history': '/reminders', '12-preview': '/reminders/preview', '13-policy': '/reminders/policy',
  '14-campaigns': '/reminders/campaigns', '15-campaign-new': '/reminders/campaigns/new', '16-effect': '/reminders/effect',
  '17-pauses': '/reminders/pauses', '18-bills': '/bills', '19-houses': '/houses?q=101', '20-import': '/houses/import',
  '21-claims': '/houses/claims', '22-payments': '/payments', '23-jobs': '/jobs', '24-audit': '/audit', '25-staff': '/staff',
  '26-settings': '/settings', '27-nowhere': '/no/such/room',
};
const ALL = ['工作台', '催缴', '账单', '房屋与住户', '收款', '任务与健康', '操作记录', '员工与角色', '设置'];
/** What the menu shows to each role, and an act that the API refuses it. */
const ROLES = {
  cashier: { rooms: ['工作台', '催缴', '账单', '房屋与住户', '收款', '设置'], wall: '/jobs', act: ['POST', 'reminder-pauses', { reason: 'staff', target: { level: 'project' } }] },
  finance: { rooms: ['工作台', '催缴', '账单', '房屋与住户', '收款', '设置'], wall: '/audit', act: ['PUT', 'reminders/dry-run', { is_dry_run: true }] },
  steward: { rooms: ['工作台', '催缴', '账单', '房屋与住户', '设置'], wall: '/payments', act: ['PUT', 'reminders/dry-run', { is_dry_run: true }] },
  project_manager: { rooms: ALL.filter((room) => room !== '员工与角色'), wall: '/staff', act: ['POST', 'orders/00000000-0000-0000-0000-000000000001/ask'] },
  company_manager: { rooms: ALL.filter((room) => room !== '员工与角色'), wall: '/staff', act: ['POST', 'orders/00000000-0000-0000-0000-000000000001/ask'] },
  administrator: { rooms: ALL, wall: null, act: ['POST', 'bill-runs', { fee_item_id: '00000000-0000-0000-0000-000000000001', year: 2026, month: 1, mode: 'dry_run' }] },
};
const PASSWORD = 'correct horse battery';
const IDLE = '16:00';

let linli;

before(async () => {
  linli = await Linli.start({ LINLI_MINIPROGRAM: '/nowhere' });
  await linli.later(4);
  linli.token = undefined;
});
after(async () => {
  await closeBrowser();
  await linli?.stop();
});

for (const width of Object.keys(WIDTHS)) {
  test(`every room fits ${width} and is for everybody`, async () => {
    const desk = await Desk.open(linli, { width });
    await desk.goto('/');
    await desk.sees('登录');
    await desk.shoot('00-sign-in');
    await desk.isForEverybody();
    await desk.signIn();
    for (const [name, path] of Object.entries(ROOMS)) {
      await desk.goto(path);
      await desk.page.locator('h1').waitFor();
      await desk.shoot(name);
      await desk.fits();
      // The tablet's page is the desktop's.
      if (width !== 'tablet') await desk.isForEverybody();
    }
    await desk.close();
  });
}

test('the dark look keeps its contrast', async () => {
  const desk = await Desk.open(linli, { dark: true });
  await desk.goto('/');
  await desk.signIn();
  for (const name of ['10-today', '11-history', '13-policy', '26-settings']) {
    await desk.goto(ROOMS[name]);
    await desk.page.locator('h1').waitFor();
    await desk.shoot(name);
    await desk.isForEverybody();
  }
  await desk.close();
});

test('an import tells each wrong row what to do, is corrected, repeated, and taken in once', async () => {
  const desk = await Desk.open(linli);
  await desk.goto('/');
  await desk.signIn();
  await desk.goto('/houses/import');
  const head = ['楼栋', '单元', '房号', '建筑面积', '业主姓名', '手机号'];
  const right = ['9', '1', '901', '88.50', '测试甲', '13900000901'];
  const file = (rows) => ({ name: '房屋资料.xlsx', mimeType: 'application/octet-stream', buffer: workbook('房屋', rows) });
  const choose = (rows) => desk.page.getByLabel('房屋资料文件').setInputFiles(file(rows));
  await choose([head, right, ['9', '1', '902', '八十八', '测试乙', '13900000902']]);
  await desk.sees('1 行需要修改');
  await desk.sees('八十八');
  await desk.shoot('34-import-errors');
  await desk.isForEverybody();
  await choose([head, right, ['9', '1', '902', '88.00', '测试乙', '13900000902']]);
  await desk.page.getByText('1 行需要修改').waitFor({ state: 'detached' });
  const result = desk.page.getByRole('region', { name: '结果' });
  await result.getByText('2 套新房屋').waitFor();
  await desk.press('导入');
  await desk.page.getByRole('dialog').getByRole('button', { name: '导入', exact: true }).click();
  await desk.sees('写好了');
  await desk.shoot('35-imported');
  await choose([head, right]);
  await result.getByText('0 套新房屋').waitFor();
  await desk.page.getByRole('searchbox', { name: '找房屋、姓名或手机号' }).fill('9栋902');
  await desk.page.keyboard.press('Enter');
  await desk.page.getByRole('link', { name: '9-1-902' }).waitFor();
  await desk.close();
});

for (const [role, { rooms, wall, act: [method, path, body] }] of Object.entries(ROLES)) {
  test(`${role} sees what the API allows, and the API is what decides`, async () => {
    const { id } = await linli.staff('POST', 'staff', { login: `e2e.${role}`, name: '测试员工', password: PASSWORD }, 201);
    // Managers of a company and administrators are that in all of its projects.
    const everywhere = ['company_manager', 'administrator'].includes(role);
    await linli.staff('POST', `staff/${id}/roles`, { role, project_id: everywhere ? null : linli.state.project_id }, 204);
    const desk = await Desk.open(linli);
    // A link into a room one may not enter, before anybody has signed in.
    await desk.goto(wall ?? '/');
    await desk.signIn({ login: `e2e.${role}`, password: PASSWORD });
    if (wall) await desk.sees('不对您的角色开放');
    const menu = desk.page.getByRole('navigation', { name: '房间' });
    assert.deepEqual(await menu.getByRole('link').allInnerTexts(), rooms);
    const status = await desk.page.evaluate(async ([method, path, body]) => {
      const headers = { 'content-type': 'application/json', 'x-linli-console': '1' };
      const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
      await answer.text();
      return answer.status;
    }, [method, `/api/staff/v1/${linli.project(path)}`, body]);
    assert.equal(status, 403, `${role} ${method} ${path}`);
    for (const room of rooms) {
      await menu.getByRole('link', { name: room, exact: true }).click();
      await desk.rests();
      assert.equal(await desk.page.getByRole('alert').count(), 0, `${role} in ${room}: ${await desk.page.getByRole('main').innerText()}`);
    }
    await desk.close();
  });
}

test('a screen nobody touches locks, the session ends, and what was typed is still there', async () => {
  const desk = await Desk.open(linli, { clock: true });
  await desk.goto('/');
  await desk.signIn();
  await desk.goto('/reminders/campaigns/new');
  await desk.page.getByLabel('名称（给同事看）').fill('年底群发');
  const ended = desk.page.waitForResponse((one) => one.url().endsWith('/sessions/current'));
  await desk.page.clock.fastForward(IDLE);
  assert.equal((await ended).status(), 204);
  await desk.sees('屏幕已锁定');
  await desk.shoot('36-locked');
  const asked = await desk.page.evaluate(async () => {
    const answer = await fetch('/api/staff/v1/me');
    await answer.text();
    return answer.status;
  });
  assert.equal(asked, 401);
  await desk.page.getByLabel('密码', { exact: true }).fill('linli-demo-only');
  await desk.press('继续');
  await desk.page.getByRole('heading', { name: '屏幕已锁定' }).waitFor({ state: 'detached' });
  assert.equal(await desk.page.getByLabel('名称（给同事看）').inputValue(), '年底群发');
  await desk.page.getByRole('button', { name: /我的账号/ }).click();
  await desk.page.getByRole('menuitem', { name: '退出登录' }).click();
  await desk.sees('收费、催缴、对账');
  await desk.close();
});
