// How amounts, dates and codes are written for people, and the one way elements are made.

const ZONE = 'Asia/Shanghai';
const part = (options) => new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, ...options });
const DAY = part({ month: 'numeric', day: 'numeric' });
const WEEKDAY = part({ weekday: 'short' });
const TIME = part({ hour: '2-digit', minute: '2-digit', hour12: false });

const SECOND = part({ hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

/** `¥1,234.50` from whole fen. */
export function money(fen) {
  const sign = fen < 0 ? '-' : '';
  const whole = Math.abs(fen);
  const yuan = String(Math.floor(whole / 100)).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${sign}¥${yuan}.${String(whole % 100).padStart(2, '0')}`;
}

/** `11月23日` from an instant. */
export const day = (instant) => DAY.formatToParts(new Date(instant)).reduce(
  (text, { type, value }) => text + (type === 'month' ? `${value}月` : type === 'day' ? `${value}日` : ''), '');
export const weekday = (instant) => WEEKDAY.format(new Date(instant));
export const time = (instant) => TIME.format(new Date(instant));
export const moment = (instant) => `${day(instant)} ${time(instant)}`;

/** To the second, for the record of events. */
export const exactly = (instant) => `${day(instant)} ${SECOND.format(new Date(instant))}`;

/** `11月23日` from `2026-11-23`. */
export function date(iso) {
  const [, month, number] = iso.split('-').map(Number);
  return `${month}月${number}日`;
}

/** A stage by its distance from the due date. */
export function stage(offsetDays) {
  if (offsetDays < 0) return `到期前${-offsetDays}天`;
  return offsetDays === 0 ? '到期当天' : `逾期${offsetDays}天`;
}

/** A house's number stays on one line. */
export const unbroken = (text) => text.replace(/(\d)-(?=\d)/g, '$1\u2011');

const ORDER_STATES = {
  created: '已下单', prepay_unknown: '正在确认', awaiting: '等待付款', paid: '已入账', closed: '已关闭', expired: '已过期',
};
export const orderState = (state) => ORDER_STATES[state] ?? state;

const INVARIANTS = {
  posting_sums_to_zero: '借贷不平', hash_chain: '账目被改动', receivable_is_open_bills: '应收与账单不符',
  receipt_numbers_have_no_gap: '收据断号', payment_is_posted: '收款没有记账',
};
export const invariant = (name) => INVARIANTS[name] ?? name;

/** Makes an element. `on…` listens, `aria…` and `data-…` are attributes, the rest are properties. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (name.includes('-') || name === 'role' || name === 'for') element.setAttribute(name, String(value));
    else element[name] = value;
  }
  element.append(...real(children));
  return element;
}

/** What there is to show of a nested list with gaps. */
export const real = (list) => [list].flat(Infinity).filter((child) => Boolean(child));

const drawn = new WeakMap();

/** Draws `build()` into `place` when `facts` differ from last time; scrolling and focus stay where they were. */
export function draw(place, facts, build) {
  const text = JSON.stringify(facts);
  if (drawn.get(place) === text) return;
  drawn.set(place, text);
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const scrolls = [...place.querySelectorAll('[data-scroll]')].map((node) => [node.dataset.scroll, node.scrollTop]);
  place.replaceChildren(...real(build()));
  for (const [name, top] of scrolls) {
    const node = place.querySelector(`[data-scroll="${CSS.escape(name)}"]`);
    if (node) node.scrollTop = top;
  }
  if (focused) place.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

/** Says something to those who listen instead of look. */
export function announce(text) {
  document.querySelector('#said').textContent = text;
}
