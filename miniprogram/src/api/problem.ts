// What went wrong, in words a person can act on.

import type { components } from './schema';

type Envelope = components['schemas']['ErrorEnvelope'];

/** The server was not reached, or what came back is no answer of it. */
export const NO_ANSWER = 'no_answer';
export const NONSENSE = 'nonsense';

const OFFLINE_WORDS = '没有连上服务，内容都还在。请看看手机网络，再点一次。';
const NONSENSE_WORDS = '服务暂时有点忙，内容都还在。请过一会儿再点一次。';

/** Where the phone knows better than the server what is to be done next. */
const WORDS: Record<string, string> = {
  total_changed: '金额刚刚有变化，已为您更新，请核对后再付。',
  bill_not_open: '有账单刚刚已缴清，已为您更新，请核对后再付。',
  bill_reserved: '这笔账单正在另一部手机上付款。请稍等几分钟再看，不要重复付款。',
  sign_in_needed: '登录已过期，请再点一次。',
  bad_code: '微信登录没有成功，请再点一次。',
};

export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly words: string,
    readonly fields: Readonly<Record<string, string>> = {},
    readonly requestId: string = '',
  ) {
    super(`${code}: ${words}`);
    // What is compiled to ES5 on old phones would otherwise be a mere Error.
    Object.setPrototypeOf(this, Problem.prototype);
  }

  /** Asking again may help. */
  get isPassing(): boolean {
    return this.code === NO_ANSWER || this.code === NONSENSE;
  }

  static offline(): Problem {
    return new Problem(NO_ANSWER, OFFLINE_WORDS);
  }

  /** From whatever a server, or something in front of it, answered. */
  static from(status: number, body: unknown): Problem {
    const error = (body as Partial<Envelope> | null)?.error;
    if (!error || typeof error.code !== 'string' || typeof error.message !== 'string') {
      return new Problem(NONSENSE, NONSENSE_WORDS);
    }
    const fields = Object.fromEntries((error.fields ?? []).map((field) => [field.field, field.message]));
    const words = WORDS[error.code] ?? (error.message || NONSENSE_WORDS);
    const requestId = error.request_id ?? '';
    return new Problem(error.code, status >= 500 && requestId ? `${words}（编号 ${requestId}）` : words, fields, requestId);
  }
}

/** The words of anything that was thrown. */
export function wordsOf(thrown: unknown): string {
  return thrown instanceof Problem ? thrown.words : NONSENSE_WORDS;
}
