// One request over the air: `wx.request` as a promise, and when it may be sent again.

import { Problem } from './problem';

declare const __API_BASE__: string;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Sending {
  method: Method;
  path: string;
  body?: object | undefined;
  token?: string | undefined;
  /** The server does the same thing once, however often this arrives. Reading always is. */
  repeatable: boolean;
}

interface Received {
  status: number;
  body: unknown;
}

const TIMEOUT_MS = 12_000;
/** Waits between attempts; one attempt more than waits. */
const WAITS_MS = [400, 1_200];
/** The server, or what stands before it, asks for patience. */
const BUSY = [429, 502, 503, 504];

const pause = (ms: number) => new Promise<void>((done) => { setTimeout(done, ms); });

function once({ method, path, body, token }: Sending): Promise<Received> {
  return new Promise((answer, fail) => {
    wx.request({
      url: `${__API_BASE__}${path}`,
      method,
      ...(body ? { data: body } : {}),
      header: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      timeout: TIMEOUT_MS,
      success: ({ statusCode, data }) => answer({ status: statusCode, body: data }),
      fail: () => fail(Problem.offline()),
    });
  });
}

/** Sends, again after a while where that is safe, and answers the body of a success. */
export async function send(sending: Sending): Promise<unknown> {
  const waits = sending.repeatable || sending.method === 'GET' ? [...WAITS_MS] : [];
  for (;;) {
    const wait = waits.shift();
    try {
      const { status, body } = await once(sending);
      if (status === 204) return undefined;
      if (status >= 200 && status < 300 && typeof body === 'object' && body !== null) return body;
      if (wait === undefined || !BUSY.includes(status)) throw Problem.from(status, body);
    } catch (thrown) {
      if (wait === undefined || !(thrown instanceof Problem) || !thrown.isPassing) throw thrown;
    }
    await pause(wait);
  }
}
