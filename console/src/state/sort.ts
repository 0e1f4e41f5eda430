/** Rows in the order of one column. */

export interface Column<Row> {
  key: string;
  title: string;
  /** What the cell says, and what a file of the rows says. */
  text: (row: Row) => string;
  /** What the column is sorted by; without it the column is not sorted. */
  by?: (row: Row) => string | number;
  end?: boolean;
  /** Not shown until somebody asks for it. */
  hidden?: boolean;
  /** What the term means. */
  help?: string;
}

const chinese = new Intl.Collator('zh-CN', { numeric: true });

/** `amount:desc` */
export function sorted<Row>(rows: readonly Row[], columns: Column<Row>[], order: string): readonly Row[] {
  const [key, way] = order.split(':');
  const by = columns.find((one) => one.key === key)?.by;
  if (!by) return rows;
  const sign = way === 'desc' ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : chinese.compare(String(x), String(y)));
  });
}

/** The next order when a title is pressed: up, down, as the server has it. */
export function turned(order: string, key: string): string {
  return order === `${key}:asc` ? `${key}:desc` : order === `${key}:desc` ? '' : `${key}:asc`;
}
