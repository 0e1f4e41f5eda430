import * as owner from '../../../api/owner';
import { Problem, wordsOf } from '../../../api/problem';
import { fontClass } from '../../../prefs/font';

type Field = 'house' | 'name' | 'tail';
type Done = Awaited<ReturnType<typeof owner.claimHouse>>;

Page({
  data: {
    fontClass: 'page', places: null as owner.Community[] | null, at: 0, house: '', name: '', tail: '', busy: false, problem: '',
    wrong: {} as Record<string, string>, done: null as Done | null,
  },

  onLoad() {
    this.setData({ fontClass: fontClass() });
    void this.reload();
  },

  async reload() {
    try {
      this.setData({ problem: '', places: await owner.communities() });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  onPlace({ detail }: WechatMiniprogram.PickerChange) { this.setData({ at: Number(detail.value) }); },

  onType({ detail, currentTarget }: WechatMiniprogram.CustomEvent<{ value: string }>) {
    const field = currentTarget.dataset['field'] as Field;
    this.setData({ [field]: detail.value });
  },

  /** What was typed stays, whatever the server says. */
  async onClaim() {
    const { places, at, busy } = this.data;
    const place = places?.[at];
    if (busy || !place) return;
    this.setData({ busy: true, problem: '', wrong: {} });
    try {
      const [house, name, tail] = [this.data.house.trim(), this.data.name.trim(), this.data.tail.trim()];
      const claim = { project_id: place.project_id, house, name, phone_tail: tail === '' ? null : tail };
      this.setData({ done: await owner.claimHouse(claim) });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown), wrong: thrown instanceof Problem ? { ...thrown.fields } : {} });
    } finally {
      this.setData({ busy: false });
    }
  },

  toHome() { wx.switchTab({ url: '/pages/home/home' }); },
});
