import { expect, test } from 'vitest';
import type { Bill, Home } from '../../src/api/owner';
import { BILLS_PER_ORDER_MAX, chosen, rowOf, ticked } from '../../src/bills/rows';
import { homeView } from '../../src/pages/home/view';

const bill = (id: string, house_key: string, open_fen: number): Bill => ({
  id, house_key, open_fen, house_id: 'h', payer_party_id: 'p', fee_item_id: 'f', fee_item_name: '物业费', period: '2026年11月',
  period_start: '2026-11-01', period_end: '2026-11-30', bill_day: '2026-11-23', due_day: '2026-11-30', state: 'open',
  is_overdue: false, is_reserved: false, total_fen: open_fen, paid_fen: 0, created_at: '2026-11-23T00:00:00Z',
});

const home = (bills: Bill[], more: Partial<Home> = {}): Home => ({
  houses: [], templates: [], owed_fen: bills.reduce((sum, one) => sum + one.open_fen, 0),
  communities: [{
    project_id: 'p1', name: '翠湖花园', service_phone: '0512-1',
    open: { bills, totals: { count: bills.length, total_fen: 0, paid_fen: 0, open_fen: 0 } },
  }],
  ...more,
});

test('everything is ticked until it is unticked, and the total moves with the ticks', () => {
  const rows = [bill('a', '1-1-101', 18_529), bill('b', '1-1-101', 1_000)].map(rowOf);
  expect(chosen(ticked(rows, new Set()))).toEqual({ ids: ['a', 'b'], total_fen: 19_529, total: '¥195.29' });
  expect(chosen(ticked(rows, new Set(['a'])))).toMatchObject({ ids: ['b'], total: '¥10.00' });
});

test('no more is ticked than one order takes', () => {
  const rows = Array.from({ length: BILLS_PER_ORDER_MAX + 5 }, (_, at) => rowOf(bill(String(at), '1-1-101', 1)));
  expect(chosen(ticked(rows, new Set())).ids).toHaveLength(BILLS_PER_ORDER_MAX);
});

test('bills are shown house by house', () => {
  const shown = homeView(home([bill('a', '1-1-101', 1), bill('b', '1-1-102', 2), bill('c', '1-1-101', 3)]), new Set(), '');
  expect(shown.groups.map((group) => [group.house, group.rows.length])).toEqual([['1-1-101', 2], ['1-1-102', 1]]);
  expect([shown.state, shown.owed, shown.place.phone]).toEqual(['bills', '¥0.06', '0512-1']);
});

test('nothing owed, nobody known, and a community that is away are different pages', () => {
  expect(homeView(home([]), new Set(), '').state).toBe('clear');
  expect(homeView(home([], { communities: [] }), new Set(), '').state).toBe('stranger');
  const away = home([], { communities: [{ project_id: 'p', name: '', service_phone: '', open: null }] });
  expect(homeView(away, new Set(), '').state).toBe('away');
});

test('claims that wait or were refused are said, what is settled is not', () => {
  const claim = (state: 'pending' | 'refused' | 'active', words: string) => ({
    id: words, project_id: 'p', project_name: '翠湖花园', house_id: 'h', house: '1-1-101', role: 'owner' as const, state, words,
    requested_at: '',
  });
  const houses = [claim('pending', '等待物业核对'), claim('refused', '未通过：姓名不符'), claim('active', '已绑定')];
  expect(homeView(home([], { houses }), new Set(), '').claims.map((one) => one.words)).toEqual(
    ['翠湖花园 1-1-101：等待物业核对', '翠湖花园 1-1-101：未通过：姓名不符']);
});
