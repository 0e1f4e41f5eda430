// One phone: what it shows and what its owner does with it. How it looks: pages.js.

import { MiniProgram } from './owner.js';
import { drawPhone } from './pages.js';
import { draw, period } from './words.js';

/** A payment that WeChat has not confirmed is asked about this often, so many times; then the owner may leave. */
const ASK_EVERY_MS = 1_500;
const ASKS_MAX = 20;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const GONE = '这笔订单已关闭，没有扣款。请重新勾选账单再付。';

const ofHome = (bill) => ({
  id: bill.id, house: bill.house_key, name: bill.fee_item_name, period: bill.period, due: bill.due_day,
  owed: bill.open_fen, overdue: bill.is_overdue,
});
const ofReminder = (bill) => ({
  id: bill.bill_id, house: bill.house, name: bill.fee_item, period: period(bill.period_start, bill.period_end),
  due: bill.due, owed: bill.owed_fen, overdue: false,
});

export class Phone {
  constructor(place, facts, world, changed) {
    this.place = place;
    this.facts = facts;
    this.world = world;
    this.changed = changed;
    this.mini = new MiniProgram(facts.person, world);
    this.version = 0;
    this.screen = 'inbox';
    this.opened = new Set();
    this.seen = 0;
    this.unticked = new Set();
    this.details = new Map();
    Object.assign(this, { token: null, page: null, loading: false, problem: '', note: '', busy: '', sheet: null, order: null });
    this.later = null;
  }

  /** Takes the newest facts and draws what changed. */
  update(facts, now) {
    this.facts = facts;
    this.now = now;
    // A phone that is not shown, on a narrow screen, is not being looked at.
    if (this.screen === 'inbox' && this.place.offsetParent) this.seen = facts.inbox.length;
    const shown = [this.screen === 'inbox' ? facts.inbox : null, this.unseen()];
    draw(this.place, [this.version, shown, now.slice(0, 16)], () => drawPhone(this));
  }

  set(values) {
    const here = this.place.contains(document.activeElement);
    Object.assign(this, values);
    this.version += 1;
    this.update(this.facts, this.now);
    // Whoever goes by keyboard is not thrown back to the top of the page when a button is gone.
    if (here && (values.sheet || !this.place.contains(document.activeElement))) {
      this.place.querySelector(this.sheet ? '[data-key="confirm"]' : '.screen')?.focus({ preventScroll: true });
    }
    this.changed();
  }

  unseen() {
    return this.facts.inbox.length - this.seen;
  }

  // Going about

  toInbox() {
    this.set({ screen: 'inbox', sheet: null, problem: '', note: '' });
  }

  async toHome() {
    this.set({ screen: 'bills', token: null, page: null, sheet: null, note: '' });
    await this.load();
  }

  /** A tap on a card opens the page its message carries. */
  async open(item) {
    this.opened.add(item.id);
    const token = new URLSearchParams((item.pagepath ?? '').split('?')[1] ?? '').get('token');
    if (!token) return this.toHome();
    this.set({ screen: 'bills', token, page: null, sheet: null, note: '' });
    return this.load();
  }

  async load() {
    const { token } = this;
    this.set({ loading: true, problem: '', unticked: new Set(), details: new Map() });
    try {
      const page = token ? await this.reminder(token) : await this.home();
      if (this.token === token) this.set({ page, loading: false });
    } catch (problem) {
      if (this.token === token) this.set({ loading: false, problem: problem.message });
    }
  }

  async home() {
    const home = await this.mini.home();
    if (home.needsPhone) return { needsPhone: true };
    return { ...home, bills: home.bills.filter((bill) => bill.open_fen > 0).map(ofHome) };
  }

  async reminder(token) {
    const opened = await this.mini.openReminder(token);
    return {
      bills: opened.bills.map(ofReminder), houses: opened.houses, paid: opened.state === 'paid',
      acknowledged: opened.acknowledged, receipts: [],
    };
  }

  // Bills

  ticked() {
    return (this.page?.bills ?? []).filter((bill) => !this.unticked.has(bill.id));
  }

  total() {
    return this.ticked().reduce((sum, bill) => sum + bill.owed, 0);
  }

  tick(id, on) {
    if (on) this.unticked.delete(id);
    else this.unticked.add(id);
    this.set({ problem: '' });
  }

  /** How a bill was computed: shown and hidden by the same button. */
  async explain(id) {
    if (this.details.delete(id)) return this.set({});
    this.details.set(id, ['正在查询…']);
    this.set({});
    let words;
    try {
      if (!(await this.known(() => this.explain(id)))) return undefined;
      const bill = await this.mini.bill(id);
      words = bill.lines.flatMap((line) => line.words);
    } catch (problem) {
      words = [problem.message];
    }
    this.details.set(id, words);
    return this.set({});
  }

  async acknowledge() {
    this.set({ busy: '正在告知物业…', problem: '' });
    try {
      await this.mini.acknowledge(this.token);
      this.page.acknowledged = true;
      this.set({ busy: '', note: '已告诉物业您知道了，这次不再发短信。' });
    } catch (problem) {
      this.set({ busy: '', problem: problem.message });
    }
  }

  // Signing in

  /** Whether the phone number is known; if not, asks for it and goes on with `later` afterwards. */
  async known(later) {
    if (!this.mini.token) await this.mini.signIn();
    if (this.mini.hasPhone) return true;
    this.details.clear();
    this.set({ page: { ...this.page, needsPhone: true }, busy: '', later });
    return false;
  }

  async givePhone() {
    this.set({ busy: '正在登录…', problem: '' });
    try {
      const houses = await this.mini.givePhone();
      const { later } = this;
      this.set({ busy: '', later: null, note: houses > 0 ? `已找到您的 ${houses} 套房屋。` : '' });
      await this.load();
      if (later) await later();
    } catch (problem) {
      this.set({ busy: '', problem: problem.message });
    }
  }

  // Paying

  async pay() {
    const bills = this.ticked();
    if (bills.length === 0 || this.busy) return;
    this.set({ busy: '正在下单…', problem: '', note: '' });
    try {
      if (!(await this.known(() => this.pay()))) return;
      const total = this.total();
      const payable = await this.mini.order(bills.map((bill) => bill.id), total);
      await this.follow(payable, total);
    } catch (problem) {
      this.set({ busy: '', problem: problem.message });
    }
  }

  async follow(payable, total) {
    if (payable.state === 'ready') {
      this.set({ busy: '', sheet: { order: payable.order_id, params: payable.pay_params, total } });
    } else if (payable.state === 'paid') {
      await this.confirm(payable.order_id);
    } else if (payable.state === 'pending') {
      this.set({ busy: '', note: '微信还没有回音，没有扣款。请过几秒再点一次，不会重复付款。' });
    } else {
      this.set({ busy: '', problem: payable.message });
    }
  }

  async payInWechat() {
    const { order, params } = this.sheet;
    this.set({ busy: '正在付款…', problem: '' });
    try {
      await this.mini.payInWechat(params);
    } catch (problem) {
      // Paid before, perhaps from another window: what counts is what WeChat answers.
      if (problem.code === 'ORDERPAID') return this.confirm(order);
      this.set({ busy: '', sheet: null, problem: `微信没有扣款：${problem.message}。账单还在，可以再付一次。` });
      return undefined;
    }
    return this.confirm(order);
  }

  cancelSheet() {
    this.set({ sheet: null, note: '没有付款。账单还在，什么时候付都可以。' });
  }

  /** What the phone says is no proof: the system asks WeChat until it knows. */
  async confirm(id) {
    this.set({ busy: '', sheet: null, problem: '', screen: 'confirming', order: { id }, slow: false });
    for (let asked = 0; asked < ASKS_MAX && this.order?.id === id && this.screen === 'confirming'; asked += 1) {
      try {
        const order = await this.mini.ask(id);
        if (order.state === 'paid') return this.set({ screen: 'paid', order });
        if (order.state === 'closed' || order.state === 'expired') {
          this.set({ screen: 'bills' });
          await this.load();
          return this.set({ problem: GONE });
        }
      } catch {
        // No answer is no result: it is asked again.
      }
      await pause(ASK_EVERY_MS);
    }
    return this.screen === 'confirming' ? this.set({ slow: true }) : undefined;
  }
}
