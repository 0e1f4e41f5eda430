import type { Receipt } from '../../api/owner';
import { moment, periodOfDays } from '../../words/dates';
import { yuan } from '../../words/money';

/** A receipt: its gapless number, what it pays, when. */
Component({
  properties: { receipt: { type: Object, value: {} as Receipt } },
  data: { lines: [] as { key: string; words: string; amount: string }[], total: '', at: '' },
  observers: {
    receipt(value: Partial<Receipt>) {
      if (!value.lines) return;
      const receipt = value as Receipt;
      this.setData({
        total: yuan(receipt.amount_fen),
        at: moment(receipt.issued_at),
        lines: receipt.lines.map((line) => ({
          key: line.bill_id,
          words: `${receipt.house} ${line.fee_item} ${periodOfDays(line.period_start_day, line.period_end_day)}`,
          amount: yuan(line.amount_fen),
        })),
      });
    },
  },
});
