// Consents to one message each: asked for in the tap, told to the server, and kept until it has heard.

import * as owner from '../api/owner';
import { Problem } from '../api/problem';

const KEY = 'consents_to_report';
/** What waits to be told at most; older answers WeChat has told the server itself. */
const WAITING_MAX = 20;

export type Answer = 'accept' | 'reject' | 'unasked';

type Report = owner.ConsentReport;

const waiting = () => (wx.getStorageSync(KEY) as Report[] | '') || [];
const keep = (reports: Report[]) => wx.setStorageSync(KEY, reports.slice(-WAITING_MAX));
const isNew = (word: unknown): word is Report['answers'][number]['answer'] =>
  ['accept', 'acceptWithAudio', 'acceptWithAlert', 'reject', 'ban', 'filter'].includes(String(word));

/** Tells the server everything it has not heard. What cannot be told now waits for the next time. */
export async function reportWaiting(): Promise<void> {
  for (const report of waiting()) {
    try {
      await owner.reportConsents(report);
    } catch (thrown) {
      if (!(thrown instanceof Problem) || thrown.isPassing) return;
      // Refused for good: telling it again would not help.
    }
    keep(waiting().filter((other) => other.tap_id !== report.tap_id));
  }
}

/** Asks. To be called first in a tap's handler: WeChat allows it nowhere else. */
export function ask(templates: readonly owner.Template[]): Promise<Answer> {
  if (templates.length === 0) return Promise.resolve('unasked');
  const tmplIds = templates.map((template) => template.template_id);
  return new Promise((answer) => {
    wx.requestSubscribeMessage({
      tmplIds,
      success: (result) => {
        const answers = tmplIds.flatMap((template_id) => {
          const word = (result as unknown as Record<string, unknown>)[template_id];
          return isNew(word) ? [{ template_id, answer: word }] : [];
        });
        const at_ms = Date.now();
        const tap_id = `${at_ms.toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
        if (answers.length > 0) keep([...waiting(), { tap_id, answered_at_s: Math.floor(at_ms / 1_000), answers }]);
        void reportWaiting();
        answer(answers.some((one) => one.answer.startsWith('accept')) ? 'accept' : 'reject');
      },
      // Switched off in WeChat's settings, or a phone too old to ask.
      fail: () => answer('unasked'),
    });
  });
}

/** What is left, in words; nothing where nothing can be asked. */
export function creditWords(templates: readonly owner.Template[]): string {
  const credits = templates.reduce((least, one) => Math.min(least, one.credits), Number.MAX_SAFE_INTEGER);
  if (templates.length === 0) return '';
  return credits > 0 ? `还可以提醒您 ${credits} 次` : '还没有允许提醒';
}
