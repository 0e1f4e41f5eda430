// Checkbox, radio, switch, their groups and labels, and forms.

import { innerOf, around, isTag, within } from './tree.js';

const TOGGLES = ['checkbox', 'radio', 'switch'];
const NAMED = ['input', 'textarea', 'switch', 'checkbox-group', 'radio-group', 'picker'];

const toggle = (press) => ({
  properties: { value: String, checked: Boolean, disabled: Boolean, color: String, name: String },
  data: { on: false },
  observers: { checked(value) { this.setData({ on: Boolean(value) }); } },
  attached() {
    if (this.data.checked) this.setData({ on: true });
    this._$.addListener('tap', () => this.toggle());
  },
  methods: { toggle() { if (!this.data.disabled) press(this); } },
});

function pressCheckbox(self) {
  self.setData({ on: !self.data.on });
  const group = around(self, 'checkbox-group');
  const value = group && within(group, ['checkbox']).filter((box) => box.data.on).map((box) => box.data.value);
  group?.triggerEvent('change', { value });
}

function pressRadio(self) {
  if (self.data.on) return;
  const group = around(self, 'radio-group');
  for (const other of group ? within(group, ['radio']) : []) other.setData({ on: other === self });
  self.setData({ on: true });
  group?.triggerEvent('change', { value: self.data.value });
}

function pressSwitch(self) {
  self.setData({ on: !self.data.on });
  self.triggerEvent('change', { value: self.data.on });
}

function valueOf(field) {
  const kind = field._$;
  if (isTag(kind, 'radio-group')) return within(field, ['radio']).find((one) => one.data.on)?.data.value ?? '';
  if (isTag(kind, 'checkbox-group')) return within(field, ['checkbox']).filter((one) => one.data.on).map((one) => one.data.value);
  if (isTag(kind, 'switch')) return field.data.on;
  return innerOf(field)?.value ?? field.data.value;
}

/** A tap on a label is a tap on what it holds, unless it was already one. */
function labelTapped(self, event) {
  for (let node = event.target?.__node; node && node !== self._$; node = node.getComposedParent?.()) {
    if (TOGGLES.some((tag) => isTag(node, tag))) return;
  }
  within(self, TOGGLES)[0]?.toggle();
}

export const controls = () => ({
  checkbox: toggle(pressCheckbox),
  radio: toggle(pressRadio),
  switch: toggle(pressSwitch),
  'checkbox-group': { properties: { name: String } },
  'radio-group': { properties: { name: String } },
  label: {
    properties: { for: String },
    attached() { this._$.addListener('tap', (event) => labelTapped(this, event)); },
  },
  form: {
    methods: {
      submit() {
        const fields = within(this, NAMED).filter((field) => field.data.name);
        this.triggerEvent('submit', { value: Object.fromEntries(fields.map((field) => [field.data.name, valueOf(field)])) });
      },
    },
  },
});
