import * as owner from '../../../api/owner';
import { wordsOf } from '../../../api/problem';
import { fontClass } from '../../../prefs/font';
import { moment } from '../../../words/dates';

Page({
  data: { fontClass: 'page', name: '', code: null as owner.FollowQr | null, until: '', problem: '' },
  project: '',

  onLoad({ project, name }: { project?: string; name?: string }) {
    this.project = project ?? '';
    this.setData({ fontClass: fontClass(), name: decodeURIComponent(name ?? '') });
    void this.reload();
  },

  async reload() {
    this.setData({ problem: '' });
    try {
      const code = await owner.followQr(this.project);
      this.setData({ code, until: moment(code.expires_at) });
    } catch (thrown) {
      this.setData({ problem: wordsOf(thrown) });
    }
  },

  /** The picture is WeChat's own; without it there is nothing to hold one's thumb on. */
  onBroken() { this.setData({ code: null, problem: '没有连上微信。请看看手机网络，再试一次。' }); },
});
