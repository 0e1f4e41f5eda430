import * as owner from '../../../api/owner';
import { wordsOf } from '../../../api/problem';
import { fontClass } from '../../../prefs/font';
import { moment } from '../../../words/dates';

interface MessageRow extends owner.Message { when: string; state: string; theme: string }

function rowOf(message: owner.Message): MessageRow {
  const [state = '', theme = ''] = message.owed_fen === 0 ? ['已缴清', 'success'] : message.acknowledged ? ['已知晓', 'default'] : ['待缴', 'primary'];
  return { ...message, when: moment(message.at), state, theme };
}

Page({
  data: { fontClass: 'page', list: null as MessageRow[] | null, problem: '' },

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
      const lists = await Promise.all(communities.map(({ project_id }) => owner.messages(project_id).then((found) => found.map(rowOf))));
      this.setData({ list: lists.flat(), problem: '' });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  onOpen({ currentTarget }: WechatMiniprogram.TouchEvent) {
    wx.navigateTo({ url: `/pages/reminder/reminder?token=${String(currentTarget.dataset['token'])}` });
  },

  toHome() { wx.switchTab({ url: '/pages/home/home' }); },
});
