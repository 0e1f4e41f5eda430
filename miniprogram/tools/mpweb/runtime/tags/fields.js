// Where something is typed or chosen.

import { choose, chooseDay } from '../dialogs.js';
import { innerOf } from './tree.js';

const ENDLESS = 100_000;
const MODES = { number: 'numeric', digit: 'decimal', idcard: 'text', tel: 'tel' };

const field = () => ({
  properties: {
    value: String, type: { type: String, value: 'text' }, password: Boolean, placeholder: String, placeholderClass: String,
    placeholderStyle: String, disabled: Boolean, maxlength: { type: Number, value: 140 }, focus: Boolean, name: String,
    cursor: Number, confirmType: String,
  },
  data: { kind: 'text', mode: 'text', most: 140 },
  observers: {
    value(value) {
      const inner = innerOf(this);
      if (inner && inner.value !== String(value ?? '')) inner.value = value ?? '';
    },
    'type, password': function typed(type, password) {
      this.setData({ kind: password ? 'password' : 'text', mode: MODES[type] ?? 'text' });
    },
    maxlength(value) { this.setData({ most: value < 0 ? ENDLESS : value }); },
    disabled(value) { if (innerOf(this)) innerOf(this).disabled = Boolean(value); },
    focus(value) { if (value) setTimeout(() => innerOf(this)?.focus()); },
  },
  attached() {
    const inner = innerOf(this);
    inner.value = this.data.value ?? '';
    inner.disabled = Boolean(this.data.disabled);
    if (this.data.placeholder) inner.setAttribute('aria-label', this.data.placeholder);
  },
  methods: {
    ignore() {},
    onInput() {
      const { value, selectionStart } = innerOf(this);
      this.data.value = value;
      this.triggerEvent('input', { value, cursor: selectionStart, keyCode: 0 });
    },
    onFocus() { this.triggerEvent('focus', { value: innerOf(this).value, height: 0 }); },
    onBlur() {
      this.triggerEvent('blur', { value: innerOf(this).value });
      this.triggerEvent('change', { value: innerOf(this).value });
    },
    onKey(event) { if (event.detail?.key === 'Enter') this.triggerEvent('confirm', { value: innerOf(this).value }); },
  },
});

async function pick(self) {
  const { disabled, mode, range, rangeKey } = self.data;
  if (disabled) return;
  let value = null;
  if (mode === 'selector') {
    const itemList = range.map((item) => String(rangeKey ? item[rangeKey] : item));
    value = await choose({ itemList }).then(({ tapIndex }) => String(tapIndex), () => null);
  } else if (mode === 'date') {
    value = await chooseDay(self.data);
  }
  if (value === null) self.triggerEvent('cancel', {});
  else self.triggerEvent('change', { value });
}

export const fields = () => ({
  input: field(),
  textarea: field(),
  picker: {
    properties: {
      mode: { type: String, value: 'selector' }, range: { type: Array, value: [] }, rangeKey: String, value: null,
      disabled: Boolean, name: String, fields: String, start: String, end: String,
    },
    attached() { this._$.addListener('tap', () => pick(this)); },
  },
});
