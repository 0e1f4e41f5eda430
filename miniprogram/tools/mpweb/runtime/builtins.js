// The tags WeChat provides, as components of the same framework.

import { controls } from './tags/controls.js';
import { fields } from './tags/fields.js';
import { plain } from './tags/plain.js';
import { boxOf } from './tags/tree.js';

/** So that a test, and whoever listens instead of looks, finds them. */
const ROLES = {
  button: 'button', checkbox: 'checkbox', radio: 'radio', switch: 'switch', form: 'form', 'radio-group': 'radiogroup',
  navigator: 'link',
};
const CHECKED = ['checkbox', 'radio', 'switch'];

export function registerBuiltins(space, tags, shell) {
  const known = { ...plain(shell), ...controls(), ...fields() };
  for (const tag of tags) {
    const definition = { ...known[tag] };
    const attached = definition.attached;
    definition.attached = function attach() {
      const box = boxOf(this);
      if (ROLES[tag] && !box.hasAttribute('role')) box.setAttribute('role', ROLES[tag]);
      if (CHECKED.includes(tag)) box.setAttribute('aria-checked', String(Boolean(this.data.on)));
      attached?.call(this);
    };
    if (CHECKED.includes(tag)) {
      definition.observers = { ...definition.observers, on(value) { boxOf(this)?.setAttribute('aria-checked', String(Boolean(value))); } };
    }
    space.component(`__wx__/${tag}`).definition(definition).register();
  }
}
