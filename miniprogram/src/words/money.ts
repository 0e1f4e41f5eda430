// Money is whole fen. It is written for people here and nowhere else.

/** `¥1,234.50`. */
export function yuan(fen: number): string {
  if (!Number.isSafeInteger(fen)) throw new RangeError(`not a whole number of fen: ${fen}`);
  const whole = Math.abs(fen);
  const cents = String(whole % 100).padStart(2, '0');
  const units = String((whole - (whole % 100)) / 100).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${fen < 0 ? '-' : ''}¥${units}.${cents}`;
}

/** The sum, as long as it is exact. */
export function sumFen(amounts: readonly number[]): number {
  return amounts.reduce((sum, fen) => {
    if (!Number.isSafeInteger(sum + fen)) throw new RangeError('the sum is not exact');
    return sum + fen;
  }, 0);
}
