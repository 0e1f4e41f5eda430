import * as owner from '../../api/owner';
import { wordsOf } from '../../api/problem';
import { fontClass, isLarge, setLarge } from '../../prefs/font';

const MORE = '/more/pages';
const LINKS = [
  { title: '我的房屋', note: '绑定、申请进度、解除绑定', url: `${MORE}/houses/houses` },
  { title: '收据', note: '每一笔缴费', url: `${MORE}/receipts/receipts` },
  { title: '发给我的消息', note: '物业发过的每一条', url: `${MORE}/messages/messages` },
  { title: '账单提醒', note: '同意微信提醒、还剩几次', url: `${MORE}/consents/consents` },
  { title: '隐私', note: '我们知道什么，用来做什么', url: `${MORE}/privacy/privacy` },
];

Page({
  data: { fontClass: 'page', links: LINKS, large: false, busy: false, problem: '' },

  onShow() { this.setData({ fontClass: fontClass(), large: isLarge() }); },

  go({ currentTarget }: WechatMiniprogram.CustomEvent) {
    wx.navigateTo({ url: String(currentTarget.dataset['url']) });
  },

  onLarge({ detail }: WechatMiniprogram.CustomEvent<{ value: boolean }>) {
    setLarge(detail.value);
    this.setData({ fontClass: fontClass(), large: detail.value });
  },

  async onSignOut() {
    const { confirm } = await wx.showModal({ title: '退出登录？', content: '账单和收据都还在，下次打开会重新登录。', confirmText: '退出' });
    if (!confirm || this.data.busy) return;
    this.setData({ busy: true, problem: '' });
    try {
      await owner.signOut();
      wx.reLaunch({ url: '/pages/home/home' });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    } finally {
      this.setData({ busy: false });
    }
  },
});
