// The demo's story in a browser: node demo.mjs http://127.0.0.1:8088
// Starts nothing itself. Fails loudly; screenshots are kept in target/screenshots/demo/.

import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const base = process.argv[2];
assert.ok(base, 'usage: node demo.mjs http://127.0.0.1:8088');
const folder = fileURLToPath(new URL('../../target/screenshots/demo/', import.meta.url));
const PATIENCE_MS = 60_000;
const WIDTHS = { phone: [390, 844], tablet: [768, 1024], desktop: [1440, 900] };
const HIT_PX = 44;
/** The browser's own remark on a refusal: what the page makes of it is what is tested. */
const REFUSED = /^Failed to load resource/;

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const wrongs = [];
let expectingTrouble = false;

async function open(width) {
  const [w, height] = WIDTHS[width];
  const context = await browser.newContext({ viewport: { width: w, height }, locale: 'zh-CN', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('pageerror', (error) => wrongs.push(`${width}: ${error.message}`));
  page.on('console', (line) => { if (line.type() === 'error' && !expectingTrouble && !REFUSED.test(line.text())) wrongs.push(`${width}: ${line.text()}`); });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1' && !request.url().startsWith('data:')) wrongs.push(`asked a stranger: ${request.url()}`);
  });
  await page.goto(`${base}/demo`);
  await page.locator('.phone').first().waitFor({ state: 'attached' });
  return page;
}

const pages = {};
for (const width of Object.keys(WIDTHS)) pages[width] = await open(width);
const desktop = pages.desktop;
const phone = (number, page = desktop) => page.locator('.phone').nth(number);
/** The mini program on a phone. */
const mini = (number, page = desktop) => phone(number, page).frameLocator('iframe').locator('.mp-frame:not([hidden])');
/** What WeChat itself asks on a phone. */
const wechat = (number) => phone(number).frameLocator('iframe').locator('.mp-modal');
const state = async () => (await fetch(`${base}/demo/api/state`)).json();

/** Messages of the property company on a phone. */
const messages = (seen, number) => seen.phones[number].inbox.filter((item) => item.channel !== 'payment').length;

async function shoot(name, page = desktop, width = 'desktop', whole = false) {
  await page.screenshot({ path: `${folder}${name}-${width}.png`, fullPage: whole });
}

/** Moves the clock by the page's own button and waits until it is there. */
async function later(words) {
  await desktop.getByRole('button', { name: words, exact: true }).click();
  await desktop.waitForFunction(() => !document.querySelector('#time .main').disabled);
}

/** No page is wider than its window, and everything to press is large enough. */
async function check(page, width) {
  const [w] = WIDTHS[width];
  const found = await page.evaluate((least) => ({
    wide: document.documentElement.scrollWidth,
    small: [...document.querySelectorAll('button, .top nav a, .bills label')]
      .filter((node) => node.offsetParent && node.getBoundingClientRect().height < least)
      .map((node) => node.textContent.trim().slice(0, 20)),
  }), HIT_PX);
  assert.ok(found.wide <= w, `${width}: the page is ${found.wide} px wide`);
  assert.deepEqual(found.small, [], `${width}: too small to press`);
}

/** Without the server the page and its phones say so, keep what they had, and recover by themselves or at a tap. */
async function outage(page) {
  expectingTrouble = true;
  await phone(1, page).getByRole('button', { name: '物业小程序' }).click();
  await mini(1, page).getByText('待缴').first().waitFor();
  await page.route('**/api/**', (route) => route.abort());
  await page.locator('#trouble').getByText('正在重新连接').waitFor();
  await mini(1, page).getByRole('tab', { name: '账单' }).click();
  await mini(1, page).getByText('没有连上服务').waitFor();
  await shoot('2-outage', page, 'tablet', true);
  await page.unroute('**/api/**');
  await mini(1, page).getByRole('button', { name: '再试一次' }).click();
  await mini(1, page).getByText('物业费').first().waitFor();
  await page.locator('#trouble').waitFor({ state: 'hidden' });
  await phone(1, page).getByRole('button', { name: '消息' }).click();
  expectingTrouble = false;
}

async function story() {
  // The first look.
  for (const [width, page] of Object.entries(pages)) {
    await shoot('1-first', page, width);
    await check(page, width);
  }
  const start = await state();
  assert.equal(start.phones.length, 4);
  assert.deepEqual(start.ledger.findings, []);
  assert.equal(start.ledger.clearing_fen, 0);

  await outage(pages.tablet);

  // The third household pays by itself before anything is sent.
  await phone(2).getByRole('button', { name: '物业小程序' }).click();
  await mini(2).getByText('待缴').first().waitFor();
  await shoot('2-home');
  await mini(2).getByRole('button', { name: '怎么算的' }).first().click();
  await mini(2).getByText('×').first().waitFor();
  await mini(2).getByRole('button', { name: '返回' }).click();
  await pay(2);
  await mini(2).getByRole('button', { name: '完成' }).click();
  await mini(2).getByText('没有待缴的账单').waitFor();

  // Four days on: the notice before the due date.
  await later('往后 1 天');
  await later('往后 3 天');
  const first = phone(0);
  const card = first.locator('button.card').first();
  await card.waitFor();
  await shoot('3-message');
  await shoot('3-message', pages.tablet, 'tablet');
  await pages.phone.locator('.phone.active button.card').first().waitFor();
  await shoot('3-message', pages.phone, 'phone', true);
  assert.equal(messages(await state(), 2), 0, 'who has paid is left alone');
  await phone(3).locator('.sms').first().waitFor();

  // Opened, acknowledged, paid: the tap on the message, the tap on pay, the tap in WeChat.
  await card.click();
  await mini(0).getByText('物业费').first().waitFor();
  await shoot('4-reminder');
  await mini(0).getByRole('checkbox').first().click();
  await mini(0).getByRole('button', { name: '请先勾选账单' }).waitFor();
  await mini(0).getByRole('checkbox').first().click();
  await mini(0).getByRole('button', { name: '去支付' }).click();
  await wechat(0).getByText('模拟付款').waitFor();
  await shoot('5-sheet');
  await wechat(0).getByRole('button', { name: '先不付' }).click();
  await mini(0).getByText('没有付款').waitFor();
  await mini(0).getByRole('button', { name: '已知晓' }).click();
  await mini(0).getByText('已告诉物业：您知道了').waitFor();

  // The callback is lost on the way; the payment is booked all the same, once.
  await desktop.getByRole('button', { name: /支付结果通知丢失/ }).click();
  await pay(0);
  await shoot('6-receipt');
  const booked = await state();
  const heard = messages(booked, 0);
  assert.equal(booked.payments.filter((order) => order.state === 'paid').length, 2);
  assert.equal(booked.ledger.clearing_fen, booked.payments.reduce((sum, order) => sum + (order.state === 'paid' ? order.total_fen : 0), 0));
  assert.deepEqual(booked.ledger.findings, []);

  // The history says so, event by event.
  const row = desktop.locator('#history .row', { has: desktop.locator('.state.paid') }).first();
  await row.click();
  await desktop.locator('#timeline .events').getByText('业主打开了账单').waitFor();
  await desktop.locator('#timeline .events').getByText('业主点击已知晓').waitFor();
  await desktop.locator('#timeline .events').getByText('已缴清').first().waitFor();
  await shoot('7-history');
  await desktop.getByRole('button', { name: '关闭' }).click();

  // Nobody looks at the second phone: the day after the first overdue message it gets an SMS.
  await later('往后 3 天');
  await later('往后 1 天');
  assert.equal(await phone(1).locator('.sms').count(), 0, 'no SMS before the wait is over');
  await later('往后 1 天');
  await phone(1).locator('.sms').first().waitFor();
  await shoot('8-sms');
  await pages.phone.locator('#picker button').nth(1).click();
  await pages.phone.locator('.phone.active .sms').first().waitFor();
  await shoot('8-sms', pages.phone, 'phone', true);
  await shoot('8-sms', pages.tablet, 'tablet', true);
  const end = await state();
  assert.equal(messages(end, 0), heard, 'who has paid hears nothing more');
  assert.deepEqual(end.ledger.findings, []);

  // The SMS leads to the bills, with the phone number where nobody has signed in.
  await phone(3).getByRole('button', { name: '打开小程序' }).first().click();
  await mini(3).getByRole('button', { name: '用微信手机号登录' }).click();
  await wechat(3).getByRole('button', { name: '允许', exact: true }).click();
  await mini(3).getByText('物业费').first().waitFor();
  await shoot('9-signed-in');
  for (const [width, page] of Object.entries(pages)) await check(page, width);
}

/** Pays what is ticked and stays at the receipt. */
async function pay(on) {
  await mini(on).getByRole('button', { name: '去支付' }).click();
  await wechat(on).getByRole('button', { name: '确认支付' }).click();
  await mini(on).getByText('支付成功').first().waitFor();
  await mini(on).getByText('收据号').first().waitFor();
}

try {
  await story();
  assert.deepEqual(wrongs, [], 'the browser complained');
  process.stdout.write(`the story went through; screenshots in ${folder}\n`);
} catch (error) {
  for (const [width, page] of Object.entries(pages)) await shoot('failed', page, width, true).catch(() => {});
  process.stderr.write(`${error.stack}\n${wrongs.join('\n')}\n`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
