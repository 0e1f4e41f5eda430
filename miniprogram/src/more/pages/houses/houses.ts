import * as owner from '../../../api/owner';
import { wordsOf } from '../../../api/problem';
import { fontClass } from '../../../prefs/font';

interface HouseRow { id: string; name: string; words: string; role: string; theme: string; canEnd: boolean; endWords: string }

const ROLES: Record<owner.Binding['role'], string> = { owner: '业主', lessee: '租户', family: '家人' };
const STANDING = ['active', 'pending'];

const rowOf = (house: owner.Binding): HouseRow => ({
  id: house.id,
  name: `${house.project_name} ${house.house ?? ''}`.trim(),
  words: house.words,
  role: house.state === 'active' ? ROLES[house.role] : '',
  theme: 'success',
  canEnd: STANDING.includes(house.state),
  endWords: house.state === 'pending' ? '撤回申请' : '解除绑定',
});

Page({
  data: { fontClass: 'page', houses: null as HouseRow[] | null, busy: false, problem: '' },

  onShow() {
    this.setData({ fontClass: fontClass() });
    void this.reload();
  },

  async reload() {
    try {
      this.setData({ houses: (await owner.home()).houses.map(rowOf), problem: '' });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  async onEnd({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const { id, name } = currentTarget.dataset as { id: string; name: string };
    const { confirm } = await wx.showModal({ title: `不再显示 ${name}？`, content: '解除后看不到它的账单和收据。以后可以重新绑定。', confirmText: '解除' });
    if (!confirm || this.data.busy) return;
    this.setData({ busy: true, problem: '' });
    try {
      await owner.giveUpHouse(id);
      await this.reload();
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    } finally {
      this.setData({ busy: false });
    }
  },

  toBind() { wx.navigateTo({ url: '/more/pages/bind/bind' }); },
});
