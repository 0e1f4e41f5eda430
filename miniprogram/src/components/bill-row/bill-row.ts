import type { Row } from '../../bills/rows';

/** One bill to tick, with its sum and the way to how it was computed. */
Component({
  properties: {
    row: { type: Object, value: {} as Row },
  },
  methods: {
    tick() { this.triggerEvent('tick', { id: (this.data.row as Row).id }); },
    open() { this.triggerEvent('open', { id: (this.data.row as Row).id }); },
  },
});
