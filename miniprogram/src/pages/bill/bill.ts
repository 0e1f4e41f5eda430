import * as owner from '../../api/owner';
import { wordsOf } from '../../api/problem';
import { payOn } from '../../pay/flow';
import { fontClass } from '../../prefs/font';
import { day, fullDay } from '../../words/dates';
import { yuan } from '../../words/money';

interface Line { key: string; days: string; amount: string; words: string[] }

const STATES: Record<string, [string, string]> = {
  settled: ['已缴清', 'success'], voided: ['已作废', 'default'], overdue: ['已到期', 'warning'], open: ['待缴', 'primary'],
};

/** What the owner said, told to the owner. */
const HOLDS: Record<string, string> = { dispute: '您提出了异议', promise_to_pay: '您约定了付款日期' };

const lineOf = (line: owner.BillDetail['lines'][number]): Line => ({
  key: `${line.tariff_id}${line.from}`,
  days: `${day(line.from)}至${day(line.until)}`,
  amount: yuan(line.amount_fen),
  words: line.words,
});

Page({
  data: {
    fontClass: 'page', bill: null as owner.BillDetail | null, due: '', total: '', paid: '', open: '', isOpen: false,
    stateWords: '', stateTheme: 'default', lines: [] as Line[], holds: [] as owner.Holds['holds'], busy: false, note: '', problem: '',
  },
  project: '',
  id: '',

  onLoad({ project, bill }: { project?: string; bill?: string }) {
    this.project = project ?? '';
    this.id = bill ?? '';
  },

  onShow() {
    this.setData({ fontClass: fontClass() });
    void this.reload();
  },

  async reload() {
    try {
      const [bill, { holds }] = await Promise.all([owner.bill(this.project, this.id), owner.holds(this.project, this.id)]);
      const isOpen = bill.state === 'open';
      const [stateWords = '', stateTheme = ''] = STATES[isOpen && bill.is_overdue ? 'overdue' : bill.state] ?? [];
      this.setData({
        bill, isOpen, stateWords, stateTheme, problem: '', due: fullDay(bill.due_day), total: yuan(bill.total_fen),
        paid: bill.paid_fen > 0 ? yuan(bill.paid_fen) : '', open: yuan(bill.open_fen), lines: bill.lines.map(lineOf),
        holds: holds.map((hold) => ({
          ...hold, reason_words: HOLDS[hold.reason] ?? hold.reason_words, until: hold.until ? day(hold.until) : null,
        })),
      });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  async onPay() {
    const { bill } = this.data;
    if (!bill) return;
    const chosen = { ids: [bill.id], total_fen: bill.open_fen, total: yuan(bill.open_fen) };
    await payOn(this, this.project, chosen, () => this.reload());
  },

  async onWithdraw({ currentTarget }: WechatMiniprogram.TouchEvent) {
    if (this.data.busy) return;
    this.setData({ busy: true, problem: '' });
    try {
      await owner.withdraw(this.project, String(currentTarget.dataset['id']));
      this.setData({ note: '已撤回。' });
      await this.reload();
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    } finally {
      this.setData({ busy: false });
    }
  },

  onPromise() { wx.navigateTo({ url: `/more/pages/promise/promise?project=${this.project}&bills=${this.id}` }); },
  onDispute() { wx.navigateTo({ url: `/more/pages/dispute/dispute?project=${this.project}&bill=${this.id}` }); },
});
