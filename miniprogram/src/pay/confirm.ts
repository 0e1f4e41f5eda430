// After the sheet: the server asks WeChat until it knows.

import * as owner from '../api/owner';
import { Problem } from '../api/problem';

export type Confirmed = 'paid' | 'closed' | 'unknown';

export const ASK_EVERY_MS = 1_500;
export const ASKS_MAX = 16;

const CLOSED = ['closed', 'expired'];

export interface Patience {
  wait: () => Promise<void>;
  /** False: the owner has left the page. */
  stays: () => boolean;
}

/** No answer is no result: it is asked again. `unknown` when patience or the owner was gone first. */
export async function confirm(project: string, order: string, { wait, stays }: Patience): Promise<Confirmed> {
  for (let asked = 0; asked < ASKS_MAX && stays(); asked += 1) {
    try {
      const { state } = await owner.order(project, order, true);
      if (state === 'paid') return 'paid';
      if (CLOSED.includes(state)) return 'closed';
    } catch (thrown) {
      if (!(thrown instanceof Problem)) throw thrown;
    }
    await wait();
  }
  return 'unknown';
}
