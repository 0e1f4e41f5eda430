import { ASK_EVERY_MS, confirm } from '../../pay/confirm';
import { fontClass } from '../../prefs/font';

Page({
  data: { fontClass: 'page', state: 'asking' as 'asking' | 'closed' | 'unknown' },
  project: '',
  order: '',
  isHere: false,

  onLoad({ project, order }: { project?: string; order?: string }) {
    this.project = project ?? '';
    this.order = order ?? '';
    this.isHere = true;
    this.setData({ fontClass: fontClass() });
    void this.ask();
  },

  onUnload() { this.isHere = false; },

  async ask() {
    this.setData({ state: 'asking' });
    const wait = () => new Promise<void>((done) => { setTimeout(done, ASK_EVERY_MS); });
    const confirmed = await confirm(this.project, this.order, { wait, stays: () => this.isHere });
    if (!this.isHere) return;
    if (confirmed === 'paid') wx.redirectTo({ url: `/pages/paid/paid?project=${this.project}&order=${this.order}` });
    else this.setData({ state: confirmed });
  },

  leave() { wx.switchTab({ url: '/pages/home/home' }); },
});
