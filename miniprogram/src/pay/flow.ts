// What the pages with a pay button share: the tap, the phone number before it, and where it leads.

import * as owner from '../api/owner';
import { wordsOf } from '../api/problem';
import type { Chosen } from '../bills/rows';
import { CANCELLED_WORDS, PENDING_WORDS, pay } from './pay';

/** The part of a page that paying needs. */
export interface PayPage {
  data: { busy: boolean };
  setData(values: { busy?: boolean; note?: string; problem?: string }): void;
}

const NO_PHONE_WORDS = '没有取得手机号。可以再点一次，或到“我的”里用姓名和房号绑定。';

export const payingUrl = (project: string, order: string) => `/pages/paying/paying?project=${project}&order=${order}`;

/** Pays what is chosen. A second tap while this is under way does nothing. `refresh` reads the bills anew. */
export async function payOn(page: PayPage, project: string, chosen: Chosen, refresh: () => Promise<void>): Promise<void> {
  if (page.data.busy || chosen.ids.length === 0) return;
  page.setData({ busy: true, note: '', problem: '' });
  try {
    const outcome = await pay(project, chosen.ids, chosen.total_fen);
    if (outcome.kind === 'check') {
      wx.navigateTo({ url: payingUrl(project, outcome.order) });
    } else if (outcome.kind === 'cancelled') {
      page.setData({ note: CANCELLED_WORDS });
    } else if (outcome.kind === 'pending') {
      page.setData({ note: PENDING_WORDS });
    } else {
      if (outcome.isStale) await refresh();
      page.setData({ problem: outcome.words });
    }
  } finally {
    page.setData({ busy: false });
  }
}

/** The phone-number button. Answers how many houses it led to; nothing when it was not given. */
export async function phoneOn(page: PayPage, code: string | undefined): Promise<number | undefined> {
  if (page.data.busy) return undefined;
  if (!code) {
    page.setData({ problem: NO_PHONE_WORDS });
    return undefined;
  }
  page.setData({ busy: true, note: '', problem: '' });
  try {
    return await owner.givePhone(code);
  } catch (thrown) {
    page.setData({ problem: wordsOf(thrown) });
    return undefined;
  } finally {
    page.setData({ busy: false });
  }
}
