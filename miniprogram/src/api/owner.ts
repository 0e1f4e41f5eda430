// Every route the mini program uses, one line each.

import { call } from './call';
import type { components } from './schema';
import { forget, phoneKnown, session } from './session';

type Schemas = components['schemas'];
export type Home = Schemas['HomeView'];
export type Binding = Schemas['BindingView'];
export type Bill = Schemas['BillView'];
export type BillPage = Schemas['BillPage'];
export type BillDetail = Schemas['BillDetail'];
export type Community = Schemas['CommunityView'];
export type Holds = Schemas['HoldsView'];
export type Message = Schemas['OwnMessage'];
export type OpenedReminder = Schemas['OpenedReminder'];
export type Order = Schemas['OrderView'];
export type Payable = Schemas['Payable'];
export type Receipt = Schemas['ReceiptView'];
export type FollowQr = Schemas['FollowQr'];
export type Template = Schemas['AskableTemplate'];
export type ConsentReport = Schemas['ConsentReport'];

const V1 = '/api/owner/v1' as const;
const PROJECT = `${V1}/projects/{project}` as const;

export const home = () => call('get', `${V1}/home`, {});
export const communities = () => call('get', `${V1}/communities`, {});
export const receipts = (project: string) => call('get', `${PROJECT}/receipts`, { path: { project } });
export const messages = (project: string) => call('get', `${PROJECT}/messages`, { path: { project } });

export const bills = (project: string, offset: number, limit: number) =>
  call('get', `${PROJECT}/bills`, { path: { project }, query: { state: 'all', offset, limit } });
export const bill = (project: string, id: string) => call('get', `${PROJECT}/bills/{bill}`, { path: { project, bill: id } });

// Houses

/** Trades the phone-number button's code for the houses that know the number. */
export async function givePhone(code: string): Promise<number> {
  const taken = await call('post', `${V1}/phone`, { body: { code } });
  phoneKnown();
  return taken.houses_bound;
}
export const claimHouse = (body: Schemas['HouseClaim']) => call('post', `${V1}/houses`, { body });
export const giveUpHouse = (binding: string) =>
  call('delete', `${V1}/houses/{binding}`, { path: { binding }, repeatable: true });

// Paying

/** The same bills at the same sum are the same order: asking twice places one. */
export const placeOrder = (project: string, bill_ids: string[], expected_fen: number) =>
  call('post', `${PROJECT}/orders`, { path: { project }, body: { bill_ids, expected_fen }, repeatable: true });
export const prepareOrder = (project: string, order: string) =>
  call('post', `${PROJECT}/orders/{order}/prepare`, { path: { project, order }, repeatable: true });
/** `ask`: what the phone was told is no proof, so the server asks WeChat first. */
export const order = (project: string, id: string, ask: boolean) =>
  call('get', `${PROJECT}/orders/{order}`, { path: { project, order: id }, query: { ask } });

// Reminders: the token of a message is enough.

export const openReminder = (token: string) => call('get', `${V1}/reminders/{token}`, { path: { token }, signedIn: false });
export const acknowledge = (token: string) =>
  call('post', `${V1}/reminders/{token}/acknowledgement`, { path: { token }, signedIn: false, repeatable: true });
export const holds = (project: string, id: string) =>
  call('get', `${PROJECT}/bills/{bill}/holds`, { path: { project, bill: id } });
export const dispute = (project: string, id: string, words: string) =>
  call('post', `${PROJECT}/bills/{bill}/dispute`, { path: { project, bill: id }, body: { words } });
export const promise = (project: string, id: string, until: string) =>
  call('post', `${PROJECT}/bills/{bill}/promise`, { path: { project, bill: id }, body: { until } });
export const withdraw = (project: string, hold: string) =>
  call('delete', `${PROJECT}/holds/{hold}`, { path: { project, hold }, repeatable: true });

// Consents and the session

/** Told twice under one `tap_id`, counted once. */
export const reportConsents = (body: ConsentReport) => call('post', `${V1}/consents`, { body, repeatable: true });

/** A code for this owner alone: whoever scans it first is taken for them. */
export const followQr = (project: string) => call('post', `${PROJECT}/follow-qr`, { path: { project } });

export async function signOut(): Promise<void> {
  await session();
  await call('delete', `${V1}/sessions/current`, {});
  forget();
}
