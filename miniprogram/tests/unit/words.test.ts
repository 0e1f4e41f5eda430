import { expect, test } from 'vitest';
import { day, daysBefore, fullDay, moment, period, periodOfDays } from '../../src/words/dates';
import { sumFen, yuan } from '../../src/words/money';

test('money is written with its fen and grouped, and refuses what is no whole number of fen', () => {
  expect([0, 5, 100, 123_450, 100_000_000, -250].map(yuan)).toEqual(
    ['¥0.00', '¥0.05', '¥1.00', '¥1,234.50', '¥1,000,000.00', '-¥2.50']);
  expect(() => yuan(0.1)).toThrow(RangeError);
  expect(() => yuan(Number.MAX_SAFE_INTEGER + 1)).toThrow(RangeError);
});

test('a sum that is not exact is refused', () => {
  expect(sumFen([18_529, 1, 0])).toBe(18_530);
  expect(() => sumFen([Number.MAX_SAFE_INTEGER, 1])).toThrow(RangeError);
});

test('days and instants are those of the community, wherever the phone is', () => {
  expect(day('2026-11-03')).toBe('11月3日');
  expect(fullDay('2026-01-31')).toBe('2026年1月31日');
  expect(moment('2026-11-23T16:05:00Z')).toBe('2026年11月24日 00:05');
  expect(daysBefore('2026-03-02', 30)).toBe('2026-01-31');
});

test('a period is a month, some months, or months of two years', () => {
  expect(period('2026-11-01', '2026-11-30')).toBe('2026年11月');
  expect(period('2026-10-01', '2026-12-31')).toBe('2026年10月至12月');
  expect(period('2026-12-01', '2027-01-31')).toBe('2026年12月至2027年1月');
  expect(periodOfDays(20_758, 20_787)).toBe('2026年11月');
});
