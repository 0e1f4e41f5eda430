// Bills as they are ticked on a page, whichever route they came by.

import type { Bill, OpenedReminder } from '../api/owner';
import { day, period } from '../words/dates';
import { sumFen, yuan } from '../words/money';

/** Bills of one order, by the server's rule. */
export const BILLS_PER_ORDER_MAX = 60;

export interface Row {
  id: string;
  house: string;
  /** `物业费 2026年11月`. */
  title: string;
  /** `应缴日期 11月30日`. */
  note: string;
  owed_fen: number;
  owed: string;
  overdue: boolean;
  ticked: boolean;
}

export interface Group {
  house: string;
  rows: Row[];
}

export const rowOf = (bill: Bill): Row => ({
  id: bill.id,
  house: bill.house_key,
  title: `${bill.fee_item_name} ${bill.period}`,
  note: `应缴日期 ${day(bill.due_day)}`,
  owed_fen: bill.open_fen,
  owed: yuan(bill.open_fen),
  overdue: bill.is_overdue,
  ticked: false,
});

export const rowsOfReminder = (opened: OpenedReminder): Row[] => opened.bills.map((bill) => ({
  id: bill.bill_id,
  house: bill.house,
  title: `${bill.fee_item} ${period(bill.period_start, bill.period_end)}`,
  note: `应缴日期 ${day(bill.due)}`,
  owed_fen: bill.owed_fen,
  owed: yuan(bill.owed_fen),
  overdue: false,
  ticked: false,
}));

/** Everything is ticked, as many as one order takes; what the owner unticked before stays so. */
export function ticked(rows: readonly Row[], unticked: ReadonlySet<string>): Row[] {
  const wanted = rows.filter((row) => !unticked.has(row.id)).slice(0, BILLS_PER_ORDER_MAX).map((row) => row.id);
  return rows.map((row) => ({ ...row, ticked: wanted.includes(row.id) }));
}

/** House by house, in the order the bills came. */
export function groups(rows: readonly Row[]): Group[] {
  const found: Group[] = [];
  for (const row of rows) {
    const group = found.find((one) => one.house === row.house);
    if (group) group.rows.push(row);
    else found.push({ house: row.house, rows: [row] });
  }
  return found;
}

export interface Chosen {
  ids: string[];
  total_fen: number;
  total: string;
}

/** What is ticked, and its sum: both go into the order, so that a stale total is never paid. */
export function chosen(rows: readonly Row[]): Chosen {
  const taken = rows.filter((row) => row.ticked);
  const total_fen = sumFen(taken.map((row) => row.owed_fen));
  return { ids: taken.map((row) => row.id), total_fen, total: yuan(total_fen) };
}
