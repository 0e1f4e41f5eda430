// How the built-in tags find one another and their element.

export const boxOf = (self) => self._$.getBackendElement();

/** The element of the browser inside. */
export const innerOf = (self) => boxOf(self)?.querySelector('.inner');

export const isTag = (node, tag) => node.is === `__wx__/${tag}`;

/** The nearest such tag around. */
export function around(self, tag) {
  for (let node = self._$.getComposedParent?.(); node; node = node.getComposedParent?.()) {
    if (isTag(node, tag)) return node.getMethodCaller();
  }
  return null;
}

/** All such tags inside, in order. */
export function within(self, tags) {
  const found = [];
  const walk = (node) => {
    for (const child of node.getComposedChildren?.() ?? []) {
      if (tags.some((tag) => isTag(child, tag))) found.push(child.getMethodCaller());
      walk(child);
    }
  };
  walk(self._$);
  return found;
}

/** Observers that show properties as attributes, for the style sheet. */
export const shown = (names) => Object.fromEntries(names.map((name) => [name, function show(value) {
  const attribute = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const box = boxOf(this);
  if (!box) return;
  if (value === true) box.setAttribute(attribute, '');
  else if (value === false || value === null || value === undefined || value === '') box.removeAttribute(attribute);
  else box.setAttribute(attribute, value);
}]));
