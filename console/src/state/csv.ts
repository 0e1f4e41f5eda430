/** Rows as a file for a spreadsheet program. */

import { save } from '../api/client';

/** A cell that a spreadsheet would take for a formula is text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?¥?[\d,.]+%?$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function csv(titles: string[], rows: string[][]): string {
  // The mark tells Excel that it is UTF-8.
  return `\uFEFF${[titles, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

export function saveCsv(name: string, titles: string[], rows: string[][]): void {
  save(new Blob([csv(titles, rows)], { type: 'text/csv;charset=utf-8' }), `${name}.csv`);
}
