// Whose houses: by phone number, by name, refused, given up.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Linli } from './linli.mjs';
import { Phone, closeBrowser } from './phone.mjs';

/** A house of the demo's workbook, its owner, and the end of the owner's number. */
const HOUSE = { key: '1-1-201', name: '张荷露', tail: '1151' };

let linli;

before(async () => { linli = await Linli.start(); });
after(async () => {
  await closeBrowser();
  await linli?.stop();
});

test('the phone number finds the house, and a refusal leaves another way', async () => {
  const phone = await Phone.open(linli, linli.state.phones[3].person);
  await phone.sees('先找到您的房屋');
  await phone.sees('打物业电话');
  await phone.shoot('40-stranger');
  await phone.taps('用微信手机号登录');
  await phone.answers('不允许');
  await phone.sees('没有取得手机号');
  await phone.shoot('41-phone-refused');
  await phone.taps('用微信手机号登录');
  await phone.answers('允许');
  await phone.sees('已找到您的 1 套房屋');
  await phone.sees('物业费');
  await phone.close();
});

test('a house is claimed by name, mistakes are said at their field, and what was typed stays', async () => {
  const { person } = await linli.outside('people', { name: '换了手机的业主', phone: '13800008888' });
  const phone = await Phone.open(linli, person);
  await phone.taps('用姓名和房号绑定');
  await phone.sees('登记在物业的资料');
  await phone.types('如 1栋1单元101', '99-9-999');
  await phone.types('登记在物业的姓名', HOUSE.name);
  await phone.types('登记在物业的手机号', HOUSE.tail);
  await phone.taps('提交');
  await phone.sees('没有找到这套房屋');
  await phone.shoot('42-bind-mistake');
  assert.equal(await phone.top.getByPlaceholder('登记在物业的姓名').inputValue(), HOUSE.name);
  await phone.types('如 1栋1单元101', HOUSE.key);
  await phone.taps('提交');
  await phone.sees('绑定成功');
  await phone.shoot('43-bound');
  await phone.taps('去看账单');
  await phone.sees(HOUSE.key);
  await phone.close();
});

test('a claim the books do not bear out waits for staff, and is taken back', async () => {
  const { person } = await linli.outside('people', { name: '亲戚', phone: '13800007777' });
  const phone = await Phone.open(linli, person, { page: 'more/pages/bind/bind' });
  await phone.types('如 1栋1单元101', HOUSE.key);
  await phone.types('登记在物业的姓名', '不在册');
  await phone.taps('提交');
  await phone.sees('物业核对后会通知您');
  await phone.taps('去看账单');
  await phone.sees('等待物业核对');
  await phone.shoot('44-claim-waits');
  await phone.tab('我的');
  await phone.shoot('45-me');
  await phone.text('我的房屋').tap();
  await phone.taps('撤回申请');
  await phone.page.getByText('不再显示').waitFor();
  await phone.answers('解除');
  await phone.sees('已解除');
  await phone.shoot('46-houses');
  await phone.close();
});
