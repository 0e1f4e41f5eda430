import * as owner from '../../../api/owner';
import { wordsOf } from '../../../api/problem';
import { fontClass } from '../../../prefs/font';

const USUAL = ['面积不对', '金额不对', '已经付过了', '房子没有住人'];

Page({
  data: { fontClass: 'page', usual: USUAL, words: '', busy: false, done: false, problem: '' },
  project: '',
  bill: '',

  onLoad({ project, bill }: { project?: string; bill?: string }) {
    this.project = project ?? '';
    this.bill = bill ?? '';
    this.setData({ fontClass: fontClass() });
  },

  onType({ detail }: WechatMiniprogram.CustomEvent<{ value: string }>) { this.setData({ words: detail.value }); },

  /** A tap instead of typing; what was written stays in front. */
  onUsual({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const { words } = this.data;
    const more = String(currentTarget.dataset['words']);
    this.setData({ words: words ? `${words}，${more}` : more });
  },

  async onSend() {
    if (this.data.busy) return;
    this.setData({ busy: true, problem: '' });
    try {
      await owner.dispute(this.project, this.bill, this.data.words.trim());
      this.setData({ done: true });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    } finally {
      this.setData({ busy: false });
    }
  },

  leave() { wx.navigateBack(); },
});
