// The shell on a small program of its own: what it translates, what it refuses, and how it runs.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from '../build.mjs';
import { translateWxml, translateWxs } from '../lib/templates.mjs';

const FIXTURE = fileURLToPath(new URL('fixture', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };

let out;
let server;
let browser;

const copyOf = (change) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpweb-fixture-'));
  fs.cpSync(FIXTURE, folder, { recursive: true });
  change?.(folder);
  return folder;
};

async function open(hash, prepare) {
  const page = await browser.newPage({ viewport: { width: 375, height: 700 } });
  page.setDefaultTimeout(10_000);
  if (prepare) await page.addInitScript(prepare);
  await page.goto(`http://127.0.0.1:${server.address().port}/index.html#/${hash}`);
  return page;
}

before(async () => {
  out = fs.mkdtempSync(path.join(os.tmpdir(), 'mpweb-out-'));
  const done = await build(FIXTURE, out);
  assert.deepEqual(done.problems, []);
  server = http.createServer((request, response) => {
    const file = path.join(out, new URL(request.url, 'http://x').pathname);
    response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
    fs.createReadStream(file).on('error', () => response.writeHead(404).end()).pipe(response);
  });
  await new Promise((done_) => { server.listen(0, '127.0.0.1', done_); });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
  fs.rmSync(out, { recursive: true, force: true });
});

test('built-in tags get names of their own, unless a component has that name', () => {
  assert.equal(translateWxml('<button catchtap="go">a</button>'), '<wx-button catch:tap="go">a</wx-button>');
  assert.equal(translateWxml('<button/>', ['button']), '<button/>');
  assert.equal(translateWxml('<t-button bind:tap="go"/>'), '<t-button bind:tap="go"/>');
});

test('WXS that is not JavaScript is made so', () => {
  assert.equal(translateWxs("require('./a.wxs')"), "require('./a')");
  assert.equal(translateWxs("if (list.constructor === 'Array') {}"), "if (__typeName(list) === 'Array') {}");
});

test('a template that does not close, a component and a script that are not there are problems with their place', async () => {
  const broken = copyOf((folder) => {
    fs.writeFileSync(path.join(folder, 'pages/first/first.wxml'), '<view><text></view>');
    fs.writeFileSync(path.join(folder, 'pages/first/first.json'), '{"usingComponents":{"no-such":"/components/no-such"}}');
    fs.appendFileSync(path.join(folder, 'app.js'), "\nrequire('./nowhere');\n");
  });
  const { problems } = await build(broken, path.join(broken, 'web'));
  for (const words of ['pages/first/first.wxml:1:', 'no-such', 'require ./nowhere']) {
    assert.ok(problems.some((problem) => problem.includes(words)), `${words}: ${problems.join('\n')}`);
  }
  fs.rmSync(broken, { recursive: true, force: true });
});

test('a page shows its data, WXS and component, and a tap reaches its handler with plain data', async () => {
  const page = await open('pages/first/first?name=%E5%BC%A0');
  await page.getByText('张 ARRAY 2').waitFor();
  await page.getByRole('button', { name: 'count' }).click();
  await page.getByText('1 taps by b1').waitFor();
  assert.equal(await page.evaluate(() => document.querySelector('.box').style.width), '20vw', 'rpx in a style');
  assert.match(await page.evaluate(() => getComputedStyle(document.querySelector('[class*=inner-box]')).color), /rgb\(1, 2, 3\)/);
  assert.deepEqual(await page.evaluate(() => globalThis.__mpweb.errors), []);
  await page.close();
});

test('scripts of the program see no browser', async () => {
  const page = await open('pages/first/first');
  await page.getByText('window undefined').waitFor();
  await page.close();
});

test('pages follow one another and come back, and a page opened from outside leads home', async () => {
  const page = await open('pages/second/second');
  await page.getByRole('button', { name: '首页' }).click();
  await page.getByText('ARRAY').waitFor();
  await page.getByRole('button', { name: 'next' }).click();
  await page.getByText('second page').waitFor();
  assert.equal(await page.evaluate(() => globalThis.__mpweb.stack.length), 2);
  await page.getByRole('button', { name: '返回' }).click();
  await page.getByText('ARRAY').waitFor();
  assert.equal(await page.evaluate(() => globalThis.__mpweb.stack.length), 1);
  await page.close();
});

test('what WeChat does is done by the host, and without one nobody pays', async () => {
  const tried = async (prepare) => {
    const page = await open('pages/first/first', prepare);
    await page.getByText('ARRAY').waitFor();
    const params = { timeStamp: '1', nonceStr: 'n', package: 'p', paySign: 's' };
    const answer = await page.evaluate((given) => globalThis.wx.requestPayment(given).then(() => 'paid', (error) => error.errMsg), params);
    await page.close();
    return answer;
  };
  assert.match(await tried(), /nobody pays here/);
  assert.equal(await tried(() => { globalThis.__wxHost = { requestPayment: () => ({}) }; }), 'paid');
  assert.match(await tried(() => { globalThis.__wxHost = { requestPayment: () => ({ errMsg: 'requestPayment:fail cancel' }) }; }), /cancel/);
});

test('consent is asked in a tap and nowhere else', async () => {
  const page = await open('pages/first/first', () => { globalThis.__wxHost = { requestSubscribeMessage: () => ({ t: 'accept' }) }; });
  await page.getByText('ARRAY').waitFor();
  const outside = await page.evaluate(() => globalThis.wx.requestSubscribeMessage({ tmplIds: ['t'] }).catch((error) => error.errMsg));
  assert.match(outside, /TAP gesture/);
  await page.getByRole('button', { name: 'consent' }).click();
  await page.getByText('consent accept').waitFor();
  await page.close();
});

test('what is thrown inside the program is kept for a test to see', async () => {
  const page = await open('pages/first/first');
  await page.getByRole('button', { name: 'throw' }).click();
  await page.waitForFunction(() => globalThis.__mpweb.errors.some((words) => words.includes('on purpose')));
  await page.close();
});
