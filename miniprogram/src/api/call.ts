// The one way to the server: typed by its description, signed in unless told otherwise.

import { Problem } from './problem';
import type { paths } from './schema';
import { send, type Method } from './send';
import { forget, session } from './session';

type Verb = 'get' | 'post' | 'put' | 'delete';
type Routes<V extends Verb> = {
  [P in keyof paths]: paths[P] extends Record<V, { responses: unknown }> ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, V extends Verb> = paths[P][V];

type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? { body: B } : { body?: undefined };
type Path<O> = O extends { parameters: { path: infer X } } ? { path: X } : { path?: undefined };
type Query<O> = O extends { parameters: { query?: infer Q } } ? { query?: Q } : { query?: undefined };
type Json<R> = R extends { content: { 'application/json': infer A } } ? A : undefined;
type Answer<O> = O extends { responses: infer R } ? Json<R[Extract<keyof R, 200 | 201 | 204>]> : never;

export type Options<O> = Body<O> & Path<O> & Query<O> & {
  /** False: the server asks for no session here. */
  signedIn?: boolean;
  /** The server does the same thing once, however often this arrives: it may be sent again when no answer came. */
  repeatable?: boolean;
};

const SIGN_IN_NEEDED = 'sign_in_needed';

function addressOf(route: string, path: object | undefined, query: object | undefined): string {
  const filled = Object.entries(path ?? {}).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(String(value))), route);
  const asked = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (asked.length === 0) return filled;
  return `${filled}?${asked.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}

/** Calls a route. A session that has run out is renewed once, unasked. Throws `Problem` and nothing else. */
export async function call<V extends Verb, P extends Routes<V>>(
  verb: V, route: P, options: Options<Operation<P, V>>,
): Promise<Answer<Operation<P, V>>> {
  const { body, path, query, signedIn = true, repeatable = false } = options as {
    body?: object; path?: object; query?: object; signedIn?: boolean; repeatable?: boolean;
  };
  const sending = { method: verb.toUpperCase() as Method, path: addressOf(route as string, path, query), body, repeatable };
  if (!signedIn) return (await send(sending)) as Answer<Operation<P, V>>;
  try {
    return (await send({ ...sending, token: (await session()).token })) as Answer<Operation<P, V>>;
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.code !== SIGN_IN_NEEDED) throw thrown;
    forget();
    return (await send({ ...sending, token: (await session()).token })) as Answer<Operation<P, V>>;
  }
}
