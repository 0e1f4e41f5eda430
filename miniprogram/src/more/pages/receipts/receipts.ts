import * as owner from '../../../api/owner';
import { wordsOf } from '../../../api/problem';
import { fontClass } from '../../../prefs/font';

Page({
  data: { fontClass: 'page', list: null as owner.Receipt[] | null, problem: '' },

  onShow() {
    this.setData({ fontClass: fontClass() });
    void this.reload();
  },

  async onPullDownRefresh() {
    await this.reload();
    wx.stopPullDownRefresh();
  },

  async reload() {
    try {
      const { communities } = await owner.home();
      const lists = await Promise.all(communities.map(({ project_id }) => owner.receipts(project_id)));
      this.setData({ list: lists.flat(), problem: '' });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  toHome() { wx.switchTab({ url: '/pages/home/home' }); },
});
