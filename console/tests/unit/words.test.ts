import { describe, expect, test } from 'vitest';
import { dayOf, dayWords, exact, instant, instantOf, lasted, plusDays } from '../../src/words/day';
import { area, fenOf, percent, typedYuan, yuan } from '../../src/words/money';
import { details, subject } from '../../src/words/names';

describe('money', () => {
  test('is written to the fen, with its thousands', () => {
    expect([0, 1, 99, 100, 123_450, -5, 10_478_679_00].map(yuan)).toEqual([
      '¥0.00', '¥0.01', '¥0.99', '¥1.00', '¥1,234.50', '-¥0.05', '¥10,478,679.00']);
    expect(yuan(Number.NaN)).toBe('—');
  });
  test('is read as it was typed, and never rounded', () => {
    expect(['12', '12.5', '12.50', ' ¥1,234.56 ', '0'].map(fenOf)).toEqual([1200, 1250, 1250, 123_456, 0]);
    expect(['', '1.234', '-1', 'abc', '1.', '1e3'].map(fenOf)).toEqual(Array(6).fill(undefined));
    expect([1, 30_000].map(typedYuan)).toEqual(['0.01', '300.00']);
  });
  test('shares and areas are whole numbers underneath', () => {
    expect([percent(6215), percent(-5), percent(null)]).toEqual(['62.15%', '-0.05%', '—']);
    expect(area(1_223_38)).toBe('1,223.38 ㎡');
  });
});

describe('days', () => {
  const now = '2026-11-23T02:00:00Z';
  test('are those of the project, whatever the browser thinks', () => {
    expect(dayOf('2026-11-23T17:00:00Z')).toBe('2026-11-24');
    expect(instant('2026-11-23T16:30:00Z', now)).toBe('11月24日 00:30');
    expect(instant('2025-01-02T03:04:05Z', now)).toBe('2025年1月2日 11:04');
    expect(exact('2026-11-23T16:30:05Z')).toBe('2026-11-24 00:30:05');
    expect(instantOf('2026-11-24', '18:00')).toBe('2026-11-24T10:00:00.000Z');
  });
  test('are counted over months and years', () => {
    expect([plusDays('2026-12-31', 1), plusDays('2028-02-28', 1), plusDays('2026-03-01', -1)]).toEqual(['2027-01-01', '2028-02-29', '2026-02-28']);
    expect([dayWords('2026-12-01', now), dayWords('2027-01-01', now), dayWords(null)]).toEqual(['12月1日', '2027年1月1日', '—']);
    expect([lasted(now, null), lasted(now, '2026-11-23T02:00:01.500Z')]).toEqual(['进行中', '1.5 秒']);
  });
});

test('details leave out what says nothing, and ids', () => {
  expect(details({ bills: 2, total_fen: 100, exceptions: 0, fee_item: '01a20a9a-ee53-729d-b2e5-e0a2c7e16016', strange: 'x' })).toBe('账单 2，金额 ¥1.00，strange x');
  expect(subject('reminder_policy:2')).toBe('提醒策略 2');
  expect(subject('bill:01a20a9a-ee53-729d-b2e5-e0a2c7e16016')).toBe('账单 e16016');
});
