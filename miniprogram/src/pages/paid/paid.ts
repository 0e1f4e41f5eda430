import * as owner from '../../api/owner';
import { wordsOf } from '../../api/problem';
import { ask, creditWords } from '../../consent/consents';
import { fontClass } from '../../prefs/font';
import { yuan } from '../../words/money';

const SAID = {
  accept: '好的，下次出账单时在微信里提醒您。',
  reject: '好的，不提醒。以后可以在“我的”里再打开。',
  unasked: '微信里关闭了提醒。需要的话，请在微信的设置里打开“订阅消息”。',
};

Page({
  data: {
    fontClass: 'page', total: '', receipts: [] as owner.Receipt[], templates: [] as owner.Template[], credits: '', asked: '', problem: '',
  },
  project: '',
  order: '',

  onLoad({ project, order }: { project?: string; order?: string }) {
    this.project = project ?? '';
    this.order = order ?? '';
    this.setData({ fontClass: fontClass() });
    void this.reload();
    void this.loadTemplates();
  },

  async reload() {
    try {
      const { total_fen, receipts } = await owner.order(this.project, this.order, false);
      this.setData({ total: yuan(total_fen), receipts, problem: '' });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  /** Without them nothing is asked; the receipt matters more. */
  async loadTemplates() {
    const templates = await owner.home().then((home) => home.templates, () => []);
    this.setData({ templates, credits: creditWords(templates) });
  },

  async onConsent() {
    // First in the handler: WeChat asks in a tap and nowhere else.
    const answer = await ask(this.data.templates);
    this.setData({ asked: SAID[answer] });
    await this.loadTemplates();
  },

  leave() { wx.switchTab({ url: '/pages/home/home' }); },
});
