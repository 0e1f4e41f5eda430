// The real server with the simulated outside world: `linli demo`, one for each file of stories.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BINARY = process.env.LINLI_BIN ?? `${process.env.CARGO_TARGET_DIR ?? `${ROOT}target`}/debug/linli`;
const START_MS = 120_000;
const STAFF = { login: 'demo', password: 'linli-demo-only' };

async function json(answer, expected) {
  const text = await answer.text();
  assert.equal(answer.status, expected, `${answer.url}: ${text}`);
  return text ? JSON.parse(text) : null;
}

const posting = (body, headers = {}) => (
  { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

export class Linli {
  static async start(more = {}) {
    const env = { ...process.env, ...more };
    const child = spawn(BINARY, ['demo', '--bind', '127.0.0.1:0'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => { said = (said + chunk).slice(-4_000); });
    const base = await new Promise((found, fail) => {
      const late = setTimeout(() => fail(new Error(`the demo did not start: ${said}`)), START_MS);
      child.stdout.on('data', (chunk) => {
        const address = /(http:\/\/[^ ]+)\/demo/.exec(String(chunk))?.[1];
        if (!address) return;
        clearTimeout(late);
        found(address);
      });
      child.on('exit', (code) => fail(new Error(`the demo ended with ${code}: ${said}`)));
    });
    const linli = new Linli(child, base);
    await linli.look();
    return linli;
  }

  constructor(child, base) {
    Object.assign(this, { child, base });
  }

  async stop() {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await new Promise((done) => this.child.once('exit', done));
  }

  /** Everything the demo says of itself. */
  async look() {
    this.state = await json(await fetch(`${this.base}/demo/api/state`), 200);
    return this.state;
  }

  outside(path, body) {
    return fetch(`${this.state.wechat_url}/_sim/${path}`, body === undefined ? {} : posting(body)).then((answer) => json(answer, 200));
  }

  /** Moves the clock, and the jobs do what is due. */
  async later(days) {
    await json(await fetch(`${this.base}/demo/api/clock`, posting({ days })), 202);
    for (;;) {
      const { moving_to } = await this.look();
      if (!moving_to) return;
      await new Promise((done) => { setTimeout(done, 200); });
    }
  }

  mischief(kind) {
    return fetch(`${this.base}/demo/api/mischief`, posting({ kind, on: true })).then((answer) => json(answer, 200));
  }

  /** A call of the back office. */
  async staff(method, path, body, expected = 200) {
    this.token ??= (await json(await fetch(`${this.base}/api/staff/v1/sessions`, posting(STAFF)), 201)).token;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.token}` };
    return json(await fetch(`${this.base}/api/staff/v1/${path}`, { method, headers, body: body && JSON.stringify(body) }), expected);
  }

  project(path) {
    return `projects/${this.state.project_id}/${path}`;
  }

  /** Every house gets one more bill, so that there is something to tick. */
  async issueWaste() {
    const item = await this.staff('POST', this.project('fee-items'), {
      code: 'waste', name: '垃圾清运费', period_months: 1, rounding: 'fen_half_up', prorate: 'calendar_days', due_after_days: 7,
    }, 201);
    const [year, month] = this.state.now.split('-').map(Number);
    const effective_from = `${this.state.now.slice(0, 7)}-01`;
    const tariff = { formula: '建筑面积 * 0.1元/㎡', constants: {}, effective_from };
    await this.staff('POST', this.project(`fee-items/${item.id}/tariffs`), tariff, 201);
    const run = await this.staff('POST', this.project('bill-runs'), { fee_item_id: item.id, year, month, mode: 'publish' });
    assert.ok(run.bills > 100, JSON.stringify(run));
  }

  /** Orders of all houses in this state. */
  async orders(state) {
    return (await this.look()).payments.filter((order) => order.state === state);
  }

  /** The page a message on this phone carries; the newest. */
  async messagePage(person) {
    const inbox = await this.outside(`inbox/${person}`);
    return inbox.map((item) => item.pagepath).filter(Boolean).pop();
  }
}
