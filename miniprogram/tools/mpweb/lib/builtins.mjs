// The tags WeChat itself provides. Those with a component of ours behave; the rest are boxes with the right name.

export const COMPONENTS = [
  'button', 'image', 'input', 'textarea', 'checkbox', 'checkbox-group', 'radio', 'radio-group', 'switch', 'label',
  'form', 'scroll-view', 'navigator', 'picker', 'rich-text',
];

const BOXES = [
  'view', 'text', 'cover-view', 'cover-image', 'icon', 'progress', 'slider', 'web-view', 'canvas', 'swiper', 'swiper-item',
  'movable-view', 'movable-area', 'picker-view', 'picker-view-column', 'page-meta', 'navigation-bar', 'root-portal',
  'page-container', 'video', 'camera', 'map', 'official-account',
];

export const TAGS = [...COMPONENTS, ...BOXES];

/** Where the built-in component of a tag is registered. */
export const pathOf = (tag) => `__wx__/${tag}`;

/** `<button …>` as `<wx-button …>`: the name must not be that of an element of the browser. */
export const nameOf = (tag) => `wx-${tag}`;

const FIELD = 'catch:input="onInput" catch:focus="onFocus" catch:blur="onBlur" catch:change="ignore"';

/** What is inside a built-in component; everything else has one slot. */
const TEMPLATES = {
  image: '<img class="inner" src="{{src}}" style="object-fit:{{fit}}" catch:load="onLoad" catch:error="onError"/>',
  input: `<input class="inner" type="{{kind}}" inputmode="{{mode}}" placeholder="{{placeholder}}" maxlength="{{most}}" ${FIELD} catch:keydown="onKey"/>`,
  textarea: `<textarea class="inner" placeholder="{{placeholder}}" maxlength="{{most}}" ${FIELD}/>`,
  checkbox: '<span class="wx-mark {{on ? \'wx-on\' : \'\'}}"/><slot/>',
  radio: '<span class="wx-mark wx-round {{on ? \'wx-on\' : \'\'}}"/><slot/>',
  switch: '<span class="wx-slide {{on ? \'wx-on\' : \'\'}}"/>',
  'rich-text': '<span/>',
};

export const templateOf = (tag) => TEMPLATES[tag] ?? '<slot/>';
