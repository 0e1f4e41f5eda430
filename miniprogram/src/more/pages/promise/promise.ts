import * as owner from '../../../api/owner';
import { wordsOf } from '../../../api/problem';
import { fontClass } from '../../../prefs/font';
import { day, daysBefore } from '../../../words/dates';

/** How far ahead a promise may lie, by the server's rule: it says the last day, this leads back to today. */
const DAYS_MAX = 30;
/** Offered at one tap, in days from today. */
const OFFERED = [3, 7, 15, 30];

Page({
  data: {
    fontClass: 'page', first: '', last: '', lastWords: '', left: 0, days: [] as { day: string; words: string; ahead: string }[], until: '',
    untilWords: '', busy: false, done: '', problem: '',
  },
  project: '',
  bills: null as string[] | null,

  onLoad({ project, bills }: { project?: string; bills?: string }) {
    this.project = project ?? '';
    this.bills = (bills ?? '').split(',').filter(Boolean);
    this.setData({ fontClass: fontClass() });
    void this.reload();
  },

  async reload() {
    try {
      const all = await Promise.all((this.bills ?? []).map((id) => owner.holds(this.project, id)));
      const last = all[0]?.promise_until_max ?? '';
      const days = OFFERED.map((ahead) => {
        const one = daysBefore(last, DAYS_MAX - ahead);
        return { day: one, words: day(one), ahead: `${ahead}天后` };
      });
      const left = Math.min(...all.map((one) => one.promises_left));
      this.setData({ first: daysBefore(last, DAYS_MAX), last, lastWords: day(last), left, days, problem: '' });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  onDay({ currentTarget }: WechatMiniprogram.TouchEvent) { this.choose(String(currentTarget.dataset['day'])); },
  onPick({ detail }: WechatMiniprogram.PickerChange) { this.choose(String(detail.value)); },
  choose(until: string) { this.setData({ until, untilWords: day(until) }); },

  /** Bill by bill; what has been promised is not promised again when a later one fails. */
  async onSend() {
    const { busy, until, untilWords } = this.data;
    if (busy || !until) return;
    this.setData({ busy: true, problem: '' });
    try {
      for (const bill of [...(this.bills ?? [])]) {
        await owner.promise(this.project, bill, until);
        this.bills = (this.bills ?? []).filter((other) => other !== bill);
      }
      this.setData({ done: untilWords });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    } finally {
      this.setData({ busy: false });
    }
  },

  leave() { wx.navigateBack(); },
});
