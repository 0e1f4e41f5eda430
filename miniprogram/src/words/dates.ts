// Days and instants for people. Communities are in one zone; a phone abroad shows their time, not its own.

const ZONE_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

const pad = (number: number) => String(number).padStart(2, '0');
const parts = (iso: string) => iso.split('-').map(Number) as [number, number, number];
const dayOf = (at_ms: number) => new Date(at_ms).toISOString().slice(0, 10);

/** `11月23日` from `2026-11-23`. */
export function day(iso: string): string {
  const [, month, date] = parts(iso);
  return `${month}月${date}日`;
}

/** `2026年11月23日`. */
export function fullDay(iso: string): string {
  return `${parts(iso)[0]}年${day(iso)}`;
}

/** `2026年11月23日 09:05` from an instant. */
export function moment(instant: string): string {
  const there = new Date(Date.parse(instant) + ZONE_OFFSET_MS);
  return `${fullDay(dayOf(there.getTime()))} ${pad(there.getUTCHours())}:${pad(there.getUTCMinutes())}`;
}

/** `2026年11月`, or both ends where a period is longer than a month. */
export function period(start: string, end: string): string {
  const [year, month] = parts(start);
  const [lastYear, lastMonth] = parts(end);
  const first = `${year}年${month}月`;
  if (year === lastYear && month === lastMonth) return first;
  return year === lastYear ? `${first}至${lastMonth}月` : `${first}至${lastYear}年${lastMonth}月`;
}

/** The same from days since 1970-01-01. */
export function periodOfDays(start: number, end: number): string {
  return period(dayOf(start * DAY_MS), dayOf(end * DAY_MS));
}

/** The day that lies so many days before another. */
export function daysBefore(iso: string, days: number): string {
  return dayOf(Date.parse(`${iso}T00:00:00Z`) - days * DAY_MS);
}
