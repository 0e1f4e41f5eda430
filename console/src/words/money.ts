/** Money on the screen. It is whole fen everywhere else, and no fraction is ever computed with. */

/** `¥1,234.50` */
export function yuan(fen: number): string {
  if (!Number.isSafeInteger(fen)) return '—';
  const [sign, whole] = fen < 0 ? ['-', -fen] : ['', fen];
  const rest = whole % 100;
  const yuanText = ((whole - rest) / 100).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  return `${sign}¥${yuanText}.${rest.toString().padStart(2, '0')}`;
}

/** What somebody typed, in fen; nothing when it is no amount. Never rounded: a third decimal is a mistake. */
export function fenOf(typed: string): number | undefined {
  const parts = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(typed.trim().replace(/[¥,，\s]/g, ''));
  return parts ? Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0')) : undefined;
}

/** Fen as somebody would type it: `12.5` is `12.50`. */
export function typedYuan(fen: number): string {
  return yuan(fen).replace(/[¥,]/g, '');
}

/** Ten-thousandths as per cent: `6215` is `62.15%`. */
export function percent(basisPoints: number | null | undefined): string {
  if (basisPoints === null || basisPoints === undefined) return '—';
  const [sign, whole] = basisPoints < 0 ? ['-', -basisPoints] : ['', basisPoints];
  return `${sign}${(whole - (whole % 100)) / 100}.${(whole % 100).toString().padStart(2, '0')}%`;
}

/** Hundredths of a square metre: `8907` is `89.07 ㎡`. */
export function area(centi: number): string {
  const rest = centi % 100;
  return `${((centi - rest) / 100).toLocaleString('zh-CN')}.${rest.toString().padStart(2, '0')} ㎡`;
}

/** A count as people read it. */
export function count(number: number): string {
  return number.toLocaleString('zh-CN');
}
