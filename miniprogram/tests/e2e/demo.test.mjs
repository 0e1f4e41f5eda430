// The demo without a build of the mini program: it starts, and says how to make one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Linli } from './linli.mjs';

let linli;
let browser;

before(async () => {
  linli = await Linli.start({ LINLI_MINIPROGRAM: '/nowhere' });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await linli?.stop();
});

test('without a build the demo starts and its phones say how to make one', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${linli.base}/demo`);
  await page.locator('.phone').first().getByRole('button', { name: '物业小程序' }).click();
  await page.getByText('make miniprogram').waitFor();
  assert.equal((await fetch(`${linli.base}/demo/mini/index.html`)).status, 404);
});

test('of the folder nothing is served but the build', async () => {
  for (const name of ['package.json', '..%2F..%2FCargo.toml', 'app.json']) {
    assert.equal((await fetch(`${linli.base}/demo/mini/${name}`)).status, 404, name);
  }
});
