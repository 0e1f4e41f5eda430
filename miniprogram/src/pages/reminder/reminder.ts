import * as owner from '../../api/owner';
import { Problem, wordsOf } from '../../api/problem';
import { session } from '../../api/session';
import { chosen, rowsOfReminder, ticked, type Row } from '../../bills/rows';
import { payOn, phoneOn } from '../../pay/flow';
import { fontClass } from '../../prefs/font';
import { yuan } from '../../words/money';

interface Id { id: string }

/** Entries of WeChat's list to choose from. */
const SHEET_MAX = 6;

Page({
  data: {
    fontClass: 'page', opened: null as owner.OpenedReminder | null, houses: '', rows: [] as Row[], owed: '', total: '', count: 0,
    busy: false, needsPhone: false, isGone: false, note: '', problem: '',
  },
  token: '',
  unticked: null as Set<string> | null,

  onLoad({ token }: { token?: string }) {
    this.token = token ?? '';
    this.unticked = new Set();
    // The message opens without a session; one is opened meanwhile, so that paying takes one tap.
    session().then(({ hasPhone }) => this.setData({ needsPhone: !hasPhone })).catch(() => undefined);
  },

  onShow() {
    this.setData({ fontClass: fontClass() });
    void this.reload();
  },

  async reload() {
    try {
      const opened = await owner.openReminder(this.token);
      this.setData({ opened, houses: opened.houses.join('、'), owed: yuan(opened.owed_fen), problem: '' });
      this.draw();
    } catch (thrown) {
      const isGone = thrown instanceof Problem && thrown.code === 'not_found';
      this.setData({ isGone, problem: isGone ? '您的账单都还在，可以到“缴费”里看。' : wordsOf(thrown) });
    }
  },

  draw() {
    if (!this.data.opened) return;
    const rows = ticked(rowsOfReminder(this.data.opened), this.unticked ?? new Set());
    const { ids, total } = chosen(rows);
    this.setData({ rows, total, count: ids.length });
  },

  onAgain() {
    if (this.data.isGone) wx.switchTab({ url: '/pages/home/home' });
    else void this.reload();
  },

  onTick({ detail }: WechatMiniprogram.CustomEvent<Id>) {
    if (this.data.busy || !this.unticked) return;
    if (!this.unticked.delete(detail.id)) this.unticked.add(detail.id);
    this.setData({ note: '', problem: '' });
    this.draw();
  },

  onOpen({ detail }: WechatMiniprogram.CustomEvent<Id>) {
    wx.navigateTo({ url: `/pages/bill/bill?project=${this.project()}&bill=${detail.id}` });
  },

  project(): string {
    return this.data.opened?.project_id ?? '';
  },

  async onPay() {
    await payOn(this, this.project(), chosen(this.data.rows), () => this.reload());
  },

  /** The number first, then the order, in one tap. */
  async onPhone({ detail }: WechatMiniprogram.CustomEvent<{ code?: string }>) {
    const houses = await phoneOn(this, detail.code);
    if (houses === undefined) return;
    this.setData({ needsPhone: false });
    await this.onPay();
  },

  async onAcknowledge() {
    if (this.data.busy) return;
    this.setData({ busy: true, problem: '' });
    try {
      await owner.acknowledge(this.token);
      this.setData({ 'opened.acknowledged': true, note: '已告诉物业您知道了，这次不再发短信。' });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    } finally {
      this.setData({ busy: false });
    }
  },

  onPromise() {
    const { ids } = chosen(this.data.rows);
    if (ids.length === 0) this.setData({ problem: '请先勾选要约定的账单。' });
    else wx.navigateTo({ url: `/more/pages/promise/promise?project=${this.project()}&bills=${ids.join(',')}` });
  },

  onDispute() {
    const rows = this.data.rows.slice(0, SHEET_MAX);
    const go = (row: Row | undefined) => {
      if (row) wx.navigateTo({ url: `/more/pages/dispute/dispute?project=${this.project()}&bill=${row.id}` });
    };
    if (rows.length === 1) go(rows[0]);
    else {
      wx.showActionSheet({
        alertText: '对哪一笔有异议？', itemList: rows.map((row) => `${row.house} ${row.title}`),
        success: ({ tapIndex }) => go(rows[tapIndex]), fail: () => undefined,
      });
    }
  },

  toReceipts() { wx.navigateTo({ url: '/more/pages/receipts/receipts' }); },
});
