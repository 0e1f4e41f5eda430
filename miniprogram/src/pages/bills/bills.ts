import * as owner from '../../api/owner';
import { wordsOf } from '../../api/problem';
import { fontClass } from '../../prefs/font';
import { pastRow, type PastRow } from './view';

/** Bills read at once. */
const PAGE_BILLS = 30;
const SHEET_MAX = 6;

interface Place { project: string; name: string }

Page({
  data: { fontClass: 'page', places: [] as Place[], at: 0, rows: null as PastRow[] | null, count: 0, busy: false, problem: '' },

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
      const places = communities.map(({ project_id, name }) => ({ project: project_id, name }));
      this.setData({ places, at: Math.max(0, Math.min(this.data.at, places.length - 1)) });
      await this.read(0);
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  async read(offset: number) {
    const place = this.data.places[this.data.at];
    if (!place) {
      this.setData({ rows: [], count: 0, problem: '' });
      return;
    }
    const page = await owner.bills(place.project, offset, PAGE_BILLS);
    const before = offset > 0 ? this.data.rows ?? [] : [];
    this.setData({ rows: [...before, ...page.bills.map(pastRow)], count: page.totals.count, problem: '' });
  },

  async more() {
    if (this.data.busy) return;
    this.setData({ busy: true });
    await this.read(this.data.rows?.length ?? 0).catch((thrown: unknown) => this.setData({ problem: wordsOf(thrown) }));
    this.setData({ busy: false });
  },

  choosePlace() {
    wx.showActionSheet({
      itemList: this.data.places.slice(0, SHEET_MAX).map((place) => place.name),
      success: ({ tapIndex }) => {
        this.setData({ at: tapIndex });
        void this.reload();
      },
      fail: () => undefined,
    });
  },

  onOpen({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const project = this.data.places[this.data.at]?.project ?? '';
    wx.navigateTo({ url: `/pages/bill/bill?project=${project}&bill=${String(currentTarget.dataset['id'])}` });
  },

  toHome() { wx.switchTab({ url: '/pages/home/home' }); },
});
