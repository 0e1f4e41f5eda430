/** Every call of the server, typed by its own description. */

import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type FieldProblem = Schemas['FieldProblem'];
export type RowRemark = Schemas['RowRemark'];

const OFFLINE = '连不上服务器。请检查网络，恢复后点“重试”；已填写的内容还在。';
const UNREADABLE = '服务器的答复读不懂，请稍后重试';

/** Why something was not done: the server's own words. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 0,
    readonly fields: FieldProblem[] = [],
    readonly rows: RowRemark[] = [],
    readonly requestId = '',
  ) {
    super(message);
  }

  /** What is wrong with one field, if anything is. */
  of(field: string): string {
    return this.fields.find((one) => one.field === field)?.message ?? '';
  }
}

/** A browser sends the cookie whoever asks; this header says that it was us. */
const CONSOLE = { 'x-linli-console': '1' };

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin', headers: CONSOLE });

let onSignedOut = () => {};
/** Called when the server no longer knows who asks. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then;
}

interface Answer<T> { data?: T; error?: unknown; response: Response }

/** The answer, or the refusal as an exception. */
export async function told<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new Refusal('offline', OFFLINE);
  }
  if (answer.response.ok) return answer.data as T;
  throw refusal(answer.response, answer.error);
}

function refusal(response: Response, body: unknown): Refusal {
  const requestId = response.headers.get('x-request-id') ?? '';
  const said = (body as { error?: Schemas['ErrorBody'] } | undefined)?.error;
  const found = said
    ? new Refusal(said.code, said.message, response.status, said.fields, said.rows, said.request_id ?? requestId)
    : new Refusal('unreadable', UNREADABLE, response.status, [], [], requestId);
  // A wrong password is no lost session.
  if (response.status === 401 && !response.url.endsWith('/sessions')) onSignedOut();
  return found;
}

/** A file the server makes: kept under the name it gives. */
export async function download(path: string, init: RequestInit = {}): Promise<void> {
  const response = await fetch(path, { ...init, headers: { ...CONSOLE, ...init.headers } })
    .catch(() => { throw new Refusal('offline', OFFLINE); });
  if (!response.ok) throw refusal(response, await response.json().catch(() => undefined));
  const name = /filename="?([^";]+)/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'linli';
  save(await response.blob(), name);
}

/** Hands a file to the person. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Anything thrown, as a refusal. */
export function asRefusal(thrown: unknown): Refusal {
  return thrown instanceof Refusal ? thrown : new Refusal('unexpected', thrown instanceof Error ? thrown.message : String(thrown));
}
