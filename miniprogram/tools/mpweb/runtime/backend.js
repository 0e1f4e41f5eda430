// The browser's document as glass-easel writes to it.

import { CurrentWindowBackendContext } from 'glass-easel';

/** `aria-role` is the mini program's name for it. */
const ATTRIBUTES = { 'aria-role': 'role' };
/** A screen is 750 rpx wide, in a style sheet and in a `style` alike. */
const RPX_PER_VW = 7.5;
const inWidths = (style) => String(style).replace(/(-?\d*\.?\d+)rpx\b/g, (_, number) => `${number / RPX_PER_VW}vw`);

function createElement(tag) {
  const element = document.createElement(tag);
  const { setAttribute, removeAttribute } = element;
  element.setAttribute = (name, value) =>
    setAttribute.call(element, ATTRIBUTES[name] ?? name, name === 'style' ? inWidths(value) : value);
  element.removeAttribute = (name) => removeAttribute.call(element, ATTRIBUTES[name] ?? name);
  return element;
}

const documentOfApp = {
  createElement,
  createTextNode: (text) => document.createTextNode(text),
  createDocumentFragment: () => document.createDocumentFragment(),
};

/** Each sheet is in the page once; the sheet of a page only works while it is on top. */
export class Backend extends CurrentWindowBackendContext {
  constructor() {
    super();
    this.sheets = {};
    this.document = documentOfApp;
  }

  appendStyleSheetPath(path, scope) {
    if (this.sheets[path]) return 0;
    const before = document.head.lastElementChild;
    const id = super.appendStyleSheetPath(path, scope);
    const added = document.head.lastElementChild;
    this.sheets[path] = added === before ? document.createElement('style') : added;
    this.sheets[path].dataset.path = path;
    return id;
  }

  enableSheet(path, on) {
    if (this.sheets[path]) this.sheets[path].disabled = !on;
  }
}
