import * as owner from '../../../api/owner';
import { wordsOf } from '../../../api/problem';
import { ask, creditWords, reportWaiting } from '../../../consent/consents';
import { fontClass } from '../../../prefs/font';

const SAID = {
  accept: '好的，会多提醒一次。',
  reject: '好的，没有增加提醒。',
  unasked: '微信里关闭了提醒。需要的话，请在右上角“…” → 设置 → 订阅消息里打开。',
};

Page({
  data: { fontClass: 'page', templates: null as owner.Template[] | null, places: [] as owner.Home['communities'], credits: '', allowed: false, asked: '', problem: '' },

  onShow() {
    this.setData({ fontClass: fontClass() });
    void this.reload();
  },

  async reload() {
    try {
      await reportWaiting();
      const { templates, communities } = await owner.home();
      this.setData({ templates, places: communities, credits: creditWords(templates), allowed: templates.some((one) => one.credits > 0), problem: '' });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  toFollow({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const { project, name } = currentTarget.dataset as { project: string; name: string };
    wx.navigateTo({ url: `/more/pages/follow/follow?project=${project}&name=${encodeURIComponent(name)}` });
  },

  async onConsent() {
    const answer = await ask(this.data.templates ?? []);
    this.setData({ asked: SAID[answer] });
    await this.reload();
  },
});
