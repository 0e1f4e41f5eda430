// From ticked bills to WeChat's own sheet, and what came of it.

import * as owner from '../api/owner';
import { Problem } from '../api/problem';

/** What the page does next. */
export type Outcome =
  /** Ask the server until it knows: paid, or said to be. */
  | { kind: 'check'; order: string }
  /** The owner closed the sheet. Nothing was paid. */
  | { kind: 'cancelled' }
  /** WeChat has not said yet whether the order exists. Nothing was paid; the same tap goes on with it. */
  | { kind: 'pending' }
  /** Nothing was paid; the words say why. `isStale`: the page shows bills that changed meanwhile. */
  | { kind: 'refused'; words: string; isStale: boolean };

/** An order that is being confirmed is asked about this often, so many times. */
const PREPARE_EVERY_MS = 1_500;
const PREPARES_MAX = 4;
/** Not there and not theirs are one answer; whoever holds a message that was passed on meets it here. */
const NOT_YOURS = 'not_found';
const NOT_YOURS_WORDS = '您的手机号没有登记在这套房屋。可以到“我的房屋”里用姓名和房号绑定，或请登记的家人付款。';
const STALE = ['total_changed', 'bill_not_open', 'not_found', 'bill_reserved'];

export const PENDING_WORDS = '微信还没有回音，没有扣款。请过几秒再点一次，不会重复付款。';
export const CANCELLED_WORDS = '没有付款。账单还在，什么时候付都可以。';

const pause = (ms: number) => new Promise<void>((done) => { setTimeout(done, ms); });

/** The answer of WeChat's sheet. What it says is not proof of anything but that the owner closed it. */
function openSheet(params: WechatMiniprogram.RequestPaymentOption): Promise<'done' | 'cancelled' | 'unclear'> {
  return new Promise((answer) => {
    wx.requestPayment({
      ...params,
      success: () => answer('done'),
      fail: ({ errMsg }) => answer(/cancel/.test(errMsg) ? 'cancelled' : 'unclear'),
    });
  });
}

async function readied(project: string, payable: owner.Payable): Promise<owner.Payable> {
  let current = payable;
  for (let asked = 0; asked < PREPARES_MAX && current.state === 'pending'; asked += 1) {
    await pause(PREPARE_EVERY_MS);
    current = await owner.prepareOrder(project, current.order_id);
  }
  return current;
}

async function perform(project: string, ids: string[], total_fen: number): Promise<Outcome> {
  const placed = await readied(project, await owner.placeOrder(project, ids, total_fen));
  if (placed.state === 'paid') return { kind: 'check', order: placed.order_id };
  if (placed.state === 'pending') return { kind: 'pending' };
  if (placed.state !== 'ready' || !placed.pay_params) {
    return { kind: 'refused', words: placed.message, isStale: placed.state === 'ended' };
  }
  const params = placed.pay_params as unknown as WechatMiniprogram.RequestPaymentOption;
  const answer = await openSheet(params);
  return answer === 'cancelled' ? { kind: 'cancelled' } : { kind: 'check', order: placed.order_id };
}

/** Orders and pays. Never throws: whatever happens is an outcome with words. */
export async function pay(project: string, ids: string[], total_fen: number): Promise<Outcome> {
  try {
    return await perform(project, ids, total_fen);
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    const words = thrown.code === NOT_YOURS ? NOT_YOURS_WORDS : thrown.words;
    return { kind: 'refused', words, isStale: STALE.includes(thrown.code) };
  }
}
