import { expect, test } from 'vitest';
import { csv } from '../../src/state/csv';
import { sorted, turned, type Column } from '../../src/state/sort';

interface Row { house: string; fen: number }
const columns: Column<Row>[] = [
  { key: 'house', title: '房屋', text: (row) => row.house, by: (row) => row.house },
  { key: 'fen', title: '金额', text: (row) => String(row.fen), by: (row) => row.fen },
  { key: 'act', title: '', text: () => '' },
];
const rows = [{ house: '1-1-1001', fen: 9 }, { house: '1-1-101', fen: 100 }, { house: '1-1-99', fen: 20 }];

test('houses are in the order people count them, sums by their size', () => {
  expect(sorted(rows, columns, 'house:asc').map((row) => row.house)).toEqual(['1-1-99', '1-1-101', '1-1-1001']);
  expect(sorted(rows, columns, 'fen:desc').map((row) => row.fen)).toEqual([100, 20, 9]);
  expect(sorted(rows, columns, 'act:asc')).toBe(rows);
  expect(sorted(rows, columns, 'gone:asc')).toBe(rows);
});

test('a title pressed three times is as it was', () => {
  expect(['', 'fen:asc', 'fen:desc', 'house:asc'].map((order) => turned(order, 'fen'))).toEqual(['fen:asc', 'fen:desc', '', 'fen:asc']);
});

test('a file of rows is no program', () => {
  const text = csv(['a', 'b'], [['=1+1', '-¥5.00'], ['"x", y', '@SUM']]);
  expect(text).toBe('\uFEFFa,b\r\n\'=1+1,-¥5.00\r\n"""x"", y",\'@SUM\r\n');
});
