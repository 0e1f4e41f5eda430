/** Days and instants, in the projects' time zone wherever the browser is. */

const ZONE = 'Asia/Shanghai';
const parts = new Intl.DateTimeFormat('zh-CN', {
  timeZone: ZONE, hourCycle: 'h23',
  year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
});

function split(at: Date): Record<string, string> {
  return Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** The day of an instant: `2026-11-23`. */
export function dayOf(at: string | number | Date): string {
  const { year, month, day } = split(new Date(at));
  return `${year}-${month}-${day}`;
}

/** `11月23日 10:30`, with the year when it is not this one. */
export function instant(at: string | number | null | undefined, now?: string | Date): string {
  if (at === null || at === undefined || at === '') return '—';
  const { year, month, day, hour, minute } = split(new Date(at));
  const same = year === split(now ? new Date(now) : new Date()).year;
  return `${same ? '' : `${year}年`}${Number(month)}月${Number(day)}日 ${hour}:${minute}`;
}

/** To the second, for whoever compares with a log. */
export function exact(at: string | number): string {
  const { year, month, day, hour, minute, second } = split(new Date(at));
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}

/** `2026-11-23` as `11月23日`, with the year when it is not this one. */
export function dayWords(day: string | null | undefined, now?: string | Date): string {
  if (!day) return '—';
  const [year, month, date] = day.split('-');
  const same = year === split(now ? new Date(now) : new Date()).year;
  return `${same ? '' : `${year}年`}${Number(month)}月${Number(date)}日`;
}

/** A day some days from another. */
export function plusDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** The instant of a time of day, as the project means it: `2026-11-24`, `18:00`. */
export function instantOf(day: string, time: string): string {
  return new Date(`${day}T${time.slice(0, 5)}:00+08:00`).toISOString();
}

/** How long something took. */
export function lasted(from: string, to: string | null | undefined): string {
  if (!to) return '进行中';
  const ms = Date.parse(to) - Date.parse(from);
  return ms < 1_000 ? `${ms} 毫秒` : ms < 120_000 ? `${(ms / 1_000).toFixed(1)} 秒` : `${Math.round(ms / 60_000)} 分钟`;
}
