// A phone: Chromium in the size of one, with the very output that would be uploaded.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const SHOTS = fileURLToPath(new URL('../../../target/screenshots/miniprogram/', import.meta.url));
const PATIENCE_MS = 20_000;
/** The browser's own remark on every refusal and every cut line: what the page makes of it is what is tested. */
const REFUSED = /^Failed to load resource/;
const HIT_PX = 44;
/** What must be large enough to press. */
const PRESSED = '[role=button], [role=tab], wx-button, wx-switch';

/** WeChat's own pictures of codes: the one thing that is loaded from elsewhere. A test answers in WeChat's place. */
export const CODES = 'https://mp.weixin.qq.com/cgi-bin/showqrcode';

let browser;

export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

export class Phone {
  /** `person` of the simulated world, opening `page`. `prepare` runs in the page before anything else. */
  static async open(linli, person, { page: path = 'pages/home/home', width = 375, height = 720, prepare, patience_ms = PATIENCE_MS } = {}) {
    browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
    const context = await browser.newContext({
      viewport: { width, height }, deviceScaleFactor: 2, hasTouch: true, isMobile: true, locale: 'zh-CN', timezoneId: 'Asia/Shanghai',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(patience_ms);
    const phone = new Phone(linli, person, page, width);
    page.on('pageerror', (error) => phone.wrongs.push(error.message));
    page.on('console', (line) => { if (line.type() === 'error' && !REFUSED.test(line.text())) phone.wrongs.push(line.text()); });
    page.on('request', (request) => {
      const { hostname, protocol } = new URL(request.url());
      const isOurs = hostname === '127.0.0.1' || request.url().startsWith(CODES);
      if (protocol.startsWith('http') && !isOurs) phone.wrongs.push(`asked a stranger: ${request.url()}`);
    });
    if (prepare) await page.addInitScript(prepare);
    await phone.launch(path);
    return phone;
  }

  constructor(linli, person, page, width) {
    Object.assign(this, { linli, person, page, width, wrongs: [], frames: 0, tapped: 0 });
  }

  /** Opens the mini program anew, as WeChat does from a message. */
  async launch(path) {
    const { app_id: app, wechat_url: wechat } = this.linli.state;
    const query = new URLSearchParams({ person: this.person, app, wechat, at: String(this.frames += 1) });
    await this.page.goto(`${this.linli.base}/demo/mini/index.html?${query}#/${path}`);
  }

  async close() {
    const errors = await this.page.evaluate(() => globalThis.__mpweb?.errors ?? []);
    await this.page.context().close();
    assert.deepEqual(errors, [], 'errors inside the mini program');
    assert.deepEqual(this.wrongs, [], 'the browser complained');
  }

  /** The frame of the page on top. */
  get top() {
    return this.page.locator('.mp-frame:not([hidden])');
  }

  text(words, exact = false) {
    return this.page.locator('.mp-frame:not([hidden])').getByText(words, { exact }).first();
  }

  button(words) {
    return this.page.locator('.mp-frame:not([hidden])').getByRole('button', { name: words }).first();
  }

  async sees(words) {
    await this.text(words).waitFor();
  }

  async taps(words) {
    this.tapped += 1;
    await this.button(words).tap();
  }

  /** A button of WeChat's own sheets. */
  async answers(words) {
    this.tapped += 1;
    await this.page.locator('.mp-modal').getByRole('button', { name: words, exact: true }).tap();
  }

  /** Types into the field with these words in it. */
  async types(placeholder, words) {
    await this.top.getByPlaceholder(placeholder).fill(words);
  }

  /** Nothing reaches the server until the answer is called; `how` may answer in its place. */
  async cutOff(how = (route) => route.abort()) {
    await this.page.route('**/api/**', how);
    return () => this.page.unroute('**/api/**');
  }

  tab(words) {
    return this.page.locator('.mp-frame:not([hidden])').getByRole('tab', { name: words }).tap();
  }

  calls(api) {
    return this.page.evaluate((name) => globalThis.__mpweb.calls.filter((call) => call.api === name), api);
  }

  /** Keeps a picture, and what every page must hold to: nothing wider than the phone, everything to press large enough. */
  async shoot(name) {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.evaluate(() => document.fonts.ready);
    await this.page.screenshot({ path: `${SHOTS}${name}-${this.width}.png` });
    const found = await this.page.evaluate(([pressed, least]) => {
      const frame = document.querySelector('.mp-frame:not([hidden])');
      const body = frame.querySelector('.mp-page');
      const small = [...frame.querySelectorAll(pressed)]
        .filter((node) => node.offsetParent && node.getBoundingClientRect().height < least - 0.5)
        .map((node) => `${node.textContent.trim().slice(0, 20)} ${node.getBoundingClientRect().height}`);
      return { wide: body.scrollWidth - body.clientWidth, small };
    }, [PRESSED, HIT_PX]);
    assert.ok(found.wide <= 0, `${name}: ${found.wide} px too wide at ${this.width}`);
    assert.deepEqual(found.small, [], `${name}: too small to press`);
  }
}
