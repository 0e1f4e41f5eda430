// Somebody at the desk: a browser on the console of a real server, watched for everything that must not happen.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const STAFF = { login: 'demo', password: 'linli-demo-only' };
export const WIDTHS = { desktop: [1440, 900], tablet: [1024, 768], phone: [390, 844] };

const FOLDER = fileURLToPath(new URL('../../../target/screenshots/console/', import.meta.url));
const PATIENCE_MS = 30_000;
/** Frames in a row without a request on its way. */
const CALM_LOOKS = 4;
/** A picture of a long list is cut here. */
const SHOT_PX_MAX = 2_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The browser's own remark on a refusal: what the page makes of it is what is tested. */
const REFUSED = /^Failed to load resource/;

let browser;
export async function closeBrowser() {
  await browser?.close();
}

export class Desk {
  /** Opens the console at a width; nobody is signed in. */
  static async open(linli, { width = 'desktop', dark = false, clock = false } = {}) {
    browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
    await mkdir(FOLDER, { recursive: true });
    const [w, height] = WIDTHS[width];
    const context = await browser.newContext({
      viewport: { width: w, height }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce',
      colorScheme: dark ? 'dark' : 'light', acceptDownloads: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    if (clock) await page.clock.install();
    const desk = new Desk(linli, page, `${width}${dark ? '-dark' : ''}`);
    page.on('pageerror', (error) => desk.wrongs.push(error.message));
    page.on('console', (line) => { if (line.type() === 'error' && !REFUSED.test(line.text())) desk.wrongs.push(line.text()); });
    page.on('requestfinished', () => { desk.asked -= 1; });
    page.on('requestfailed', () => { desk.asked -= 1; });
    page.on('request', (request) => {
      desk.asked += 1;
      const from = request.url();
      if (!from.startsWith(linli.base) && !/^(data|blob):/.test(from)) desk.wrongs.push(`asked a stranger: ${from}`);
    });
    return desk;
  }

  constructor(linli, page, look) {
    Object.assign(this, { linli, page, look, wrongs: [], asked: 0 });
  }

  async goto(path) {
    await this.page.goto(`${this.linli.base}/console${path}`);
  }

  async signIn({ login, password } = STAFF) {
    if (!this.page.url().includes('/console')) await this.goto('/');
    await this.page.getByLabel('账号', { exact: true }).fill(login);
    await this.page.getByLabel('密码', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: /登录|继续/ }).click();
    await this.page.locator('nav[aria-label="房间"]').waitFor({ state: 'attached' });
  }

  text(words) {
    return this.page.getByText(words).first();
  }

  sees(words) {
    return this.text(words).waitFor();
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  press(name) {
    return this.button(name).click();
  }

  /** Everything that was asked for is here and drawn. */
  async rests() {
    const { page } = this;
    const late = Date.now() + PATIENCE_MS;
    for (let calm = 0; calm < CALM_LOOKS;) {
      assert.ok(Date.now() < late, `${this.asked} requests of ${page.url()} are still on their way`);
      await page.evaluate(() => new Promise((drawn) => { requestAnimationFrame(() => requestAnimationFrame(drawn)); }));
      // A room that loads in steps asks again after it has drawn something.
      const waits = this.asked > 0 || await page.locator('.el-skeleton').count() > 0;
      calm = waits ? 0 : calm + 1;
    }
  }

  async shoot(name) {
    await this.rests();
    const [width, whole] = await this.page.evaluate(() => [innerWidth, document.documentElement.scrollHeight]);
    const clip = { x: 0, y: 0, width, height: Math.min(whole, SHOT_PX_MAX) };
    await this.page.screenshot({ path: `${FOLDER}${name}-${this.look}.png`, fullPage: true, clip });
  }

  /** No page is wider than its window. */
  async fits() {
    const [wide, window] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= window, `${this.page.url()} is ${wide} px wide in a window of ${window} px`);
  }

  /** Nothing that keeps somebody from using it. */
  async isForEverybody() {
    await this.rests();
    // Evaluated by the debugger: the page itself may run no script but its own files.
    await this.page.evaluate(AXE);
    const { found, passes } = await this.page.evaluate(async () => {
      const { violations, passes } = await globalThis.axe.run(document);
      const found = violations.filter((one) => ['serious', 'critical'].includes(one.impact))
        .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} — ${node.failureSummary}`).join(' | ')}`);
      return { found, passes: passes.length };
    });
    assert.deepEqual(found, [], this.page.url());
    assert.ok(passes > 10, 'there was something to look at');
  }

  async close() {
    await this.page.context().close();
    assert.deepEqual(this.wrongs, []);
  }
}
