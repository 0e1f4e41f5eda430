// One phone's mini program: the owners' API, with the session a phone keeps.

/** What went wrong, in words a person can act on. */
export class Problem extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const NO_ANSWER = '没有连上服务，内容都还在。请稍候再点一次。';

async function call(url, { method = 'GET', body, token } = {}) {
  const headers = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Problem('no_answer', NO_ANSWER);
  }
  const text = await answer.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new Problem('no_answer', NO_ANSWER);
  }
  if (answer.ok) return value;
  const error = value?.error ?? value ?? {};
  throw new Problem(error.code ?? String(answer.status), error.message || '没有办成，请稍后再试。');
}

export const demo = (path, body) => call(`/demo/api/${path}`, body === undefined ? {} : { method: 'POST', body });

/** The mini program on one phone. */
export class MiniProgram {
  constructor(person, world) {
    this.person = person;
    this.world = world;
    this.token = null;
    this.hasPhone = false;
  }

  phoneNetwork(path, body) {
    return call(`${this.world().wechat_url}/_sim/${path}`, { method: 'POST', body });
  }

  async signIn() {
    const appId = this.world().app_id;
    const { code } = await this.phoneNetwork('login-code', { appid: appId, person: this.person });
    const session = await call('/api/owner/v1/sessions', { method: 'POST', body: { app_id: appId, code } });
    this.token = session.token;
    this.hasPhone = session.has_phone;
  }

  /** Calls the API signed in; a session that has run out is renewed once, unasked. */
  async api(path, options = {}) {
    if (!this.token) await this.signIn();
    try {
      return await call(`/api/owner/v1/${path}`, { ...options, token: this.token });
    } catch (problem) {
      if (problem.code !== 'sign_in_needed') throw problem;
      await this.signIn();
      return call(`/api/owner/v1/${path}`, { ...options, token: this.token });
    }
  }

  /** The phone-number button. A code works once: after a stale answer from WeChat a fresh one is taken. */
  async givePhone(again = true) {
    if (!this.token) await this.signIn();
    const { code } = await this.phoneNetwork('phone-code', { person: this.person });
    try {
      const taken = await this.api('phone', { method: 'POST', body: { code } });
      this.hasPhone = true;
      return taken.houses_bound;
    } catch (problem) {
      if (!again) throw problem;
      return this.givePhone(false);
    }
  }

  /** A message's own page opens without signing in. */
  openReminder(token) {
    return call(`/api/owner/v1/reminders/${encodeURIComponent(token)}`);
  }

  acknowledge(token) {
    return call(`/api/owner/v1/reminders/${encodeURIComponent(token)}/acknowledgement`, { method: 'POST', body: {} });
  }

  project(path) {
    return `projects/${this.world().project_id}/${path}`;
  }

  /** Everything the home page shows. */
  async home() {
    if (!this.token) await this.signIn();
    if (!this.hasPhone) return { needsPhone: true };
    const houses = (await this.api('houses')).filter((house) => house.state === 'active');
    if (houses.length === 0) return { houses: [], bills: [], receipts: [], owed_fen: 0 };
    const [page, receipts] = await Promise.all([this.api(this.project('bills')), this.api(this.project('receipts'))]);
    return { houses, bills: page.bills, owed_fen: page.totals.open_fen, receipts };
  }

  bill(id) {
    return this.api(this.project(`bills/${id}`));
  }

  order(billIds, expectedFen) {
    const body = { bill_ids: billIds, expected_fen: expectedFen };
    return this.api(this.project('orders'), { method: 'POST', body });
  }

  /** What the owner does in WeChat's own sheet. */
  payInWechat(params) {
    return this.phoneNetwork('pay', { person: this.person, params });
  }

  ask(orderId) {
    return this.api(this.project(`orders/${orderId}?ask=true`));
  }
}
