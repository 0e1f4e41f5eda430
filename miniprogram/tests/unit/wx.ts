// A `wx` for one test: what the server answers, in order, and what was asked of it.

import { vi } from 'vitest';

export interface Asked { method: string; url: string; data?: object; header: Record<string, string> }
type Reply = { status: number; body?: unknown } | 'nothing';

export function fakeWx(replies: Reply[]) {
  const asked: Asked[] = [];
  const store = new Map<string, unknown>();
  let codes = 0;
  const wx = {
    asked,
    store,
    request(options: Asked & { success: (answer: object) => void; fail: (error: object) => void }) {
      asked.push({ method: options.method, url: options.url, header: options.header, ...(options.data ? { data: options.data } : {}) });
      const reply = replies.shift();
      queueMicrotask(() => {
        if (!reply || reply === 'nothing') options.fail({ errMsg: 'request:fail timeout' });
        else options.success({ statusCode: reply.status, data: reply.body });
      });
    },
    login({ success }: { success: (answer: object) => void }) { success({ code: `code-${++codes}` }); },
    getAccountInfoSync: () => ({ miniProgram: { appId: 'wx1' } }),
    getStorageSync: (key: string) => store.get(key) ?? '',
    setStorageSync: (key: string, value: unknown) => { store.set(key, value); },
    removeStorageSync: (key: string) => { store.delete(key); },
    requestPayment: vi.fn(),
    requestSubscribeMessage: vi.fn(),
  };
  vi.stubGlobal('wx', wx);
  vi.stubGlobal('__API_BASE__', '');
  // Waiting costs a test nothing.
  vi.stubGlobal('setTimeout', (run: () => void) => queueMicrotask(run));
  return wx;
}

export const signedIn = (token: string) => ({ status: 201, body: { token, has_phone: true, person_id: 'p', expires_at: '' } });
export const refused = (status: number, code: string, message = '') => ({ status, body: { error: { code, message } } });
