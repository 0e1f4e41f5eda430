// Buttons, pictures, links, scrolling and rich text.

import { around, boxOf, shown } from './tree.js';

const LOWER_THRESHOLD_PX = 50;
const FITS = { aspectFit: 'contain', aspectFill: 'cover' };
const LINKS = {
  navigate: 'navigateTo', redirect: 'redirectTo', switchTab: 'switchTab', reLaunch: 'reLaunch', navigateBack: 'navigateBack',
};

/** What a button asks WeChat for: `__wxHost.getPhoneNumber()` answers the event's detail. */
async function openType(self, kind, shell) {
  if (kind === 'getPhoneNumber') {
    shell.calls.push({ api: 'button:getPhoneNumber' });
    const answer = await globalThis.__wxHost?.getPhoneNumber?.();
    self.triggerEvent('getphonenumber', answer ?? { errMsg: 'getPhoneNumber:fail user deny' });
  } else if (kind === 'agreePrivacyAuthorization') {
    shell.calls.push({ api: 'button:agreePrivacyAuthorization' });
    self.triggerEvent('agreeprivacyauthorization', {});
  }
}

const button = (shell) => ({
  properties: {
    type: String, size: String, plain: Boolean, disabled: Boolean, loading: Boolean, formType: String, openType: String,
    hoverClass: String,
  },
  observers: shown(['type', 'size', 'plain', 'disabled', 'loading', 'openType']),
  attached() {
    this._$.addListener('tap', () => {
      if (this.data.disabled) return;
      openType(this, this.data.openType, shell);
      if (this.data.formType === 'submit') around(this, 'form')?.submit();
    });
  },
});

const scrollView = {
  properties: {
    scrollX: Boolean, scrollY: Boolean, scrollTop: null, scrollLeft: null, scrollIntoView: String,
    lowerThreshold: { type: Number, value: LOWER_THRESHOLD_PX },
  },
  observers: {
    ...shown(['scrollX', 'scrollY']),
    scrollTop(value) { if (value !== null && value !== undefined) boxOf(this).scrollTop = parseFloat(value); },
  },
  attached() {
    const box = boxOf(this);
    box.addEventListener('scroll', () => {
      const { scrollTop, scrollLeft, scrollHeight, clientHeight } = box;
      this.triggerEvent('scroll', { scrollTop, scrollLeft, scrollHeight });
      if (scrollHeight - scrollTop - clientHeight < this.data.lowerThreshold) this.triggerEvent('scrolltolower', {});
    });
  },
};

function richNode(node) {
  if (node.type === 'text') return document.createTextNode(node.text ?? '');
  const element = document.createElement(node.name || 'div');
  for (const [name, value] of Object.entries(node.attrs ?? {})) element.setAttribute(name, value);
  element.append(...(node.children ?? []).map(richNode));
  return element;
}

export const plain = (shell) => ({
  button: button(shell),
  'scroll-view': scrollView,
  image: {
    properties: { src: String, mode: String, lazyLoad: Boolean },
    data: { fit: 'fill' },
    observers: { mode(value) { this.setData({ fit: FITS[value] ?? 'fill' }); } },
    methods: {
      onLoad() { this.triggerEvent('load', {}); },
      onError() { this.triggerEvent('error', {}); },
    },
  },
  navigator: {
    properties: { url: String, openType: { type: String, value: 'navigate' } },
    attached() { this._$.addListener('tap', () => globalThis.wx[LINKS[this.data.openType]]({ url: this.data.url })); },
  },
  'rich-text': {
    properties: { nodes: null },
    observers: {
      nodes(nodes) {
        const place = boxOf(this)?.firstElementChild;
        if (!place) return;
        if (typeof nodes === 'string') place.innerHTML = nodes;
        else place.replaceChildren(...(nodes ?? []).map(richNode));
      },
    },
  },
});
