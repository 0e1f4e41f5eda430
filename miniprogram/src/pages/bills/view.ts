// A bill in the list of all bills.

import type { Bill } from '../../api/owner';
import { day } from '../../words/dates';
import { yuan } from '../../words/money';

export interface PastRow {
  id: string;
  title: string;
  note: string;
  total: string;
  state: string;
  theme: string;
}

const STATES: Record<string, [string, string]> = {
  settled: ['已缴清', 'success'], voided: ['已作废', 'default'], open: ['待缴', 'primary'],
};

export function pastRow(bill: Bill): PastRow {
  const overdue = bill.state === 'open' && bill.is_overdue;
  const [state = '', theme = ''] = overdue ? ['已到期', 'warning'] : STATES[bill.state] ?? [];
  return {
    id: bill.id, state, theme,
    title: `${bill.fee_item_name} ${bill.period}`,
    note: `${bill.house_key} · 应缴日期 ${day(bill.due_day)}`,
    total: yuan(bill.total_fen),
  };
}
