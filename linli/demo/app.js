// Asks every moment how things stand and hands each part of the page its share.

import { demo } from './calls.js';
import { booksPanel, clockPanel, faultsPanel, historyPanel, ordersPanel, planPanel, storyPanel, timelineView } from './panels.js';
import { Phone } from './phone.js';
import { announce, draw, h, real } from './words.js';

const POLL_MS = 1_500;
const LOST = '和演示程序断开了，页面上是最后一次的内容，正在重新连接。如果程序已经停止，请重新运行 linli demo。';

const at = (id) => document.querySelector(`#${id}`);
const phones = new Map();
let state = null;
let active = null;
let all = false;
let busy = false;

function show() {
  if (!state) return;
  draw(at('time'), [state.now.slice(0, 16), state.moving_to, busy], () => clockPanel(state, busy, move));
  draw(at('plan'), state.steps, () => planPanel(state));
  draw(at('faults'), [state.faults, state.faults_waiting], () => faultsPanel(state, toggle));
  draw(at('story'), state.story, () => storyPanel(state));
  draw(at('books'), state.ledger, () => booksPanel(state));
  draw(at('orders'), state.payments, () => ordersPanel(state));
  draw(at('history'), [all, all ? state.reminders : state.reminders_shown], () => historyPanel(state, all, choose, openTimeline));
  showPhones();
}

function showPhones() {
  for (const facts of state.phones) {
    const known = phones.get(facts.person);
    if (known) {
      const fresh = facts.inbox.length - known.facts.inbox.length;
      if (fresh > 0) announce(`${facts.house} 收到 ${fresh} 条新消息`);
    } else {
      addPhone(facts);
    }
    phones.get(facts.person).update(facts, state.now);
  }
  showPicker();
}

function addPhone(facts) {
  const place = h('div', {});
  const shell = h('article', { class: 'phone', 'aria-label': `${facts.house} 的手机`, 'data-person': facts.person },
    h('header', {}, h('h2', {}, facts.house, h('span', {}, facts.phone_masked)), h('p', {}, facts.note)), place);
  at('shelf').append(shell);
  phones.set(facts.person, new Phone(place, facts, () => state, showPicker));
  active ??= facts.person;
}

/** On a narrow screen one phone is shown at a time. */
function showPicker() {
  const facts = [...phones.values()].map((phone) => [phone.facts.person, phone.facts.house, phone.unseen(), phone.facts.person === active]);
  draw(at('picker'), facts, () => facts.map(([person, house, unseen, on]) => h('button', {
    type: 'button', class: on ? 'choice on' : 'choice', 'data-key': `pick-${person}`, 'aria-pressed': String(on),
    onclick: () => choosePhone(person),
  }, house, unseen > 0 ? h('span', { class: 'badge' }, String(unseen)) : null)));
  for (const shell of at('shelf').children) shell.classList.toggle('active', Number(shell.dataset.person) === active);
}

function choosePhone(person) {
  active = person;
  showPicker();
  // Only now is it looked at, and its messages count as seen.
  showPhones();
}

function trouble(text) {
  at('trouble').hidden = !text;
  at('trouble').textContent = text;
}

async function act(work) {
  try {
    await work();
    await poll();
  } catch (problem) {
    trouble(problem.message);
  }
}

async function move(step) {
  busy = true;
  show();
  await act(() => demo('clock', step));
  busy = false;
  show();
}

const toggle = (kind, on) => act(() => demo('mischief', { kind, on }));

function choose(value) {
  all = value;
  show();
}

async function openTimeline(notice) {
  const dialog = at('timeline');
  const close = () => dialog.close();
  dialog.replaceChildren(h('p', { class: 'waiting' }, '正在打开…'));
  if (!dialog.open) dialog.showModal();
  try {
    const found = await demo(`reminders/${notice}`);
    dialog.replaceChildren(...real(timelineView(found, close, openTimeline)));
    dialog.querySelector('.main').focus();
  } catch (problem) {
    dialog.replaceChildren(h('p', { class: 'problem', role: 'alert' }, problem.message),
      h('button', { type: 'button', class: 'main', onclick: close }, '关闭'));
  }
}

async function poll() {
  let next;
  try {
    next = await demo('state');
  } catch (problem) {
    trouble(problem.code === 'no_answer' ? LOST : problem.message);
    return;
  }
  // Another run of the demo knows nothing of this page's phones.
  if (state && next.project_id !== state.project_id) window.location.reload();
  trouble('');
  state = next;
  show();
}

async function live() {
  await poll();
  setTimeout(live, POLL_MS);
}

live();
