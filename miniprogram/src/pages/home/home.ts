import * as owner from '../../api/owner';
import { wordsOf } from '../../api/problem';
import { session } from '../../api/session';
import { chosen } from '../../bills/rows';
import { payOn, phoneOn } from '../../pay/flow';
import { fontClass } from '../../prefs/font';
import { homeView, type HomeShown } from './view';

interface Id { id: string }

Page({
  data: {
    fontClass: 'page', shown: null as HomeShown | null, hasPhone: false, busy: false, note: '', problem: '', total: '', count: 0,
    servicePhone: '',
  },
  answer: null as owner.Home | null,
  unticked: null as Set<string> | null,
  project: '',

  onShow() {
    this.setData({ fontClass: fontClass() });
    void this.reload();
  },

  async onPullDownRefresh() {
    await this.reload();
    wx.stopPullDownRefresh();
  },

  /** What was shown stays when the server is not reached. */
  async reload() {
    try {
      const { hasPhone } = await session();
      this.answer = await owner.home();
      this.setData({ hasPhone, problem: '' });
      this.draw();
      await this.findPhone();
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  draw() {
    if (!this.answer) return;
    this.unticked ??= new Set();
    const shown = homeView(this.answer, this.unticked, this.project ?? '');
    const { ids, total } = chosen(shown.rows);
    this.setData({ shown, total, count: ids.length });
  },

  /** Whoever has no house yet can at least call somebody, where there is one community to call. */
  async findPhone() {
    if (this.data.shown?.state !== 'stranger' || this.data.servicePhone) return;
    const found = await owner.communities().catch(() => []);
    if (found.length === 1 && found[0]) this.setData({ servicePhone: found[0].service_phone });
  },

  onTick({ detail }: WechatMiniprogram.CustomEvent<Id>) {
    if (this.data.busy) return;
    this.unticked ??= new Set();
    if (!this.unticked.delete(detail.id)) this.unticked.add(detail.id);
    this.setData({ note: '', problem: '' });
    this.draw();
  },

  onOpen({ detail }: WechatMiniprogram.CustomEvent<Id>) {
    const { shown } = this.data;
    if (shown) wx.navigateTo({ url: `/pages/bill/bill?project=${shown.place.project}&bill=${detail.id}` });
  },

  choosePlace() {
    const { shown } = this.data;
    if (!shown) return;
    wx.showActionSheet({
      itemList: shown.places.slice(0, 6).map((place) => place.name),
      success: ({ tapIndex }) => {
        this.project = shown.places[tapIndex]?.project ?? '';
        this.draw();
      },
      fail: () => undefined,
    });
  },

  async onPay() {
    const { shown } = this.data;
    if (shown) await payOn(this, shown.place.project, chosen(shown.rows), () => this.reload());
  },

  async onPhoneButton({ detail }: WechatMiniprogram.ButtonGetPhoneNumber) {
    const houses = await phoneOn(this, detail.code);
    if (houses === undefined) return;
    if (houses > 0) this.setData({ note: `已找到您的 ${houses} 套房屋。` });
    await this.reload();
  },

  toBind() { wx.navigateTo({ url: '/more/pages/bind/bind' }); },
  toReceipts() { wx.navigateTo({ url: '/more/pages/receipts/receipts' }); },
});
