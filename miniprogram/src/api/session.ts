// Who is using the phone, as far as the server knows: a token that WeChat's code was traded for.

import { Problem } from './problem';
import type { components } from './schema';
import { send } from './send';

type SignedIn = components['schemas']['SignedIn'];

export interface Session {
  token: string;
  /** False: the phone number is not known, and no house can be. */
  hasPhone: boolean;
}

const KEY = 'session';

let known: Session | undefined;
let signingIn: Promise<Session> | undefined;

function wechatCode(): Promise<string> {
  return new Promise((answer, fail) => {
    wx.login({ success: ({ code }) => answer(code), fail: () => fail(Problem.offline()) });
  });
}

async function signIn(): Promise<Session> {
  const app_id = wx.getAccountInfoSync().miniProgram.appId;
  const body = { app_id, code: await wechatCode() };
  // A code works once: an answer that was lost costs a new code, not a second attempt with the old one.
  const signedIn = (await send({ method: 'POST', path: '/api/owner/v1/sessions', body, repeatable: false })) as SignedIn;
  return remember({ token: signedIn.token, hasPhone: signedIn.has_phone });
}

function remember(session: Session): Session {
  known = session;
  wx.setStorageSync(KEY, session);
  return session;
}

/** The session, opened now if there is none. Whoever asks meanwhile shares one sign-in. */
export function session(): Promise<Session> {
  known ??= (wx.getStorageSync(KEY) as Session | '') || undefined;
  if (known) return Promise.resolve(known);
  signingIn ??= signIn().finally(() => { signingIn = undefined; });
  return signingIn;
}

/** The token no longer works, or its owner signs out. */
export function forget(): void {
  known = undefined;
  wx.removeStorageSync(KEY);
}

/** The phone number was given. */
export function phoneKnown(): void {
  if (known) remember({ ...known, hasPhone: true });
}
