// The boundary: whatever leaves the mini program passes here and is written down in `__mpweb.calls`.
// `window.__wxHost = { login, requestPayment, … }` speaks for WeChat: each may answer, reject, or answer `{ errMsg: 'x:fail …' }`.

import { beginGesture } from './events.js';
import { asynchronous } from './wx-calls.js';
import { synchronous } from './wx-facts.js';

const NEEDS_TAP = ['requestSubscribeMessage'];
const TASKS = ['request', 'downloadFile', 'uploadFile'];

const refusal = (name, error) => (error?.errMsg ? error : { errMsg: `${name}:fail ${error?.message ?? error ?? ''}` });
const copy = (args) => (args && typeof args === 'object'
  ? JSON.parse(JSON.stringify(args, (_, value) => (typeof value === 'function' ? undefined : value))) : args);

export function makeWx(parts) {
  const { config, shell } = parts;
  const facts = synchronous(parts);
  const calls = asynchronous(parts, facts);
  const host = () => globalThis.__wxHost ?? {};

  async function perform(name, args, inGesture) {
    if (NEEDS_TAP.includes(name) && !inGesture) {
      throw { errMsg: `${name}:fail can only be invoked by user TAP gesture.`, errCode: 20003 };
    }
    const act = host()[name] ?? calls[name];
    if (!act) throw { errMsg: `${name}:fail not supported by mpweb` };
    const answer = (await act(args)) ?? {};
    if (/:fail/.test(answer.errMsg ?? '')) throw answer;
    return { errMsg: `${name}:ok`, ...answer };
  }

  function call(name, args = {}) {
    const record = { api: name, args: copy(args) };
    shell.calls.push(record);
    const inGesture = shell.gesture;
    const done = perform(name, args, inGesture).catch((error) => { throw refusal(name, error); });
    const told = done.then(
      (answer) => {
        record.ok = true;
        if (name === 'requestPayment') beginGesture(shell);
        args?.success?.(answer);
        args?.complete?.(answer);
      },
      (error) => {
        Object.assign(record, { ok: false, error: error.errMsg });
        args?.fail?.(error);
        args?.complete?.(error);
      },
    );
    told.catch((error) => {
      shell.errors.push(String(error?.stack ?? error));
      console.error('[mpweb]', error);
    });
    const hasCallback = Boolean(args?.success || args?.fail || args?.complete);
    if (TASKS.includes(name)) return { abort() {}, onHeadersReceived() {}, onProgressUpdate() {} };
    return hasCallback ? undefined : done;
  }

  const wx = { env: { USER_DATA_PATH: 'http://usr' } };
  for (const name of config.apiNames) {
    if (facts[name]) wx[name] = (...args) => (host()[name] ?? facts[name])(...args);
    else if (/^(on|off)[A-Z]/.test(name)) wx[name] = () => {};
    else wx[name] = (args) => call(name, args);
  }
  wx.canIUse = (schema) => schema.split('.')[0] in calls || schema.split('.')[0] in facts;
  return wx;
}
