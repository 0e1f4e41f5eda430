// The columns beside the phones: the clock, what is planned, what goes wrong, the books, the history.

import { date, day, exactly, h, invariant, moment, money, orderState, stage, time, weekday } from './words.js';

const STEPS = [['days', 1, '往后 1 天'], ['days', 3, '往后 3 天'], ['days', 7, '往后 7 天'], ['hours', 1, '往后 1 小时']];

export function clockPanel(state, busy, move) {
  const moving = state.moving_to !== null || busy;
  return [
    h('h2', {}, '时钟'),
    h('p', { class: 'now' }, h('strong', {}, `${day(state.now)} ${weekday(state.now)}`), h('span', {}, time(state.now))),
    h('div', { class: 'steps' }, STEPS.map(([unit, count, words]) => h('button', {
      type: 'button', class: unit === 'days' && count === 1 ? 'main' : 'second', 'data-key': `${unit}${count}`, disabled: moving,
      onclick: () => move({ [unit]: count }),
    }, words))),
    h('p', { class: 'soft', role: 'status' },
      state.moving_to ? `时间正在走到 ${moment(state.moving_to)}，通知边走边发…` : '拨动时钟后，到点的通知会马上发到业主手机上。'),
  ];
}

export function planPanel(state) {
  const due = state.steps.find((step) => step.offset_days === 0);
  return [
    h('h2', {}, '通知计划'),
    due ? h('p', { class: 'soft' }, `这批账单应缴日期 ${date(due.day)}。账单发布后先通知一次，缴清后不再通知。`) : null,
    h('ol', { class: 'plan' }, state.steps.map((step) => h('li', { class: step.passed ? 'passed' : '' },
      h('span', {}, stage(step.offset_days)), h('span', {}, `${date(step.day)} ${step.time_of_day}`),
      h('span', { class: 'soft' }, step.passed ? '已过' : '未到')))),
    h('p', { class: 'soft' }, '逾期第 1 天的微信消息满 24 小时没人打开，改发短信。'),
  ];
}

export function faultsPanel(state, toggle) {
  return [
    h('h2', {}, '故意出错'),
    h('p', { class: 'soft' }, '点一下，下一次就会出这个错；看系统怎么处理。'),
    state.faults.map((fault) => {
      const on = state.faults_waiting.includes(fault.kind);
      return h('button', {
        type: 'button', class: on ? 'fault on' : 'fault', 'data-key': fault.kind, 'aria-pressed': String(on),
        onclick: () => toggle(fault.kind, !on),
      }, h('strong', {}, fault.words), h('span', {}, on ? '等着出错，再点取消' : fault.expect));
    }),
  ];
}

export function storyPanel(state) {
  return [h('h2', {}, '这里有什么'), h('ul', { class: 'story' }, state.story.map((line) => h('li', {}, line)))];
}

export function booksPanel({ ledger }) {
  const sum = ledger.receivable_fen + ledger.income_fen + ledger.clearing_fen + ledger.refundable_fen;
  const rows = [
    ['业主未缴', ledger.receivable_fen], ['微信已收', ledger.clearing_fen],
    ['账单收入', -ledger.income_fen], ['待退或待认领', -ledger.refundable_fen],
  ];
  const sound = ledger.findings.length === 0 && sum === 0;
  return [
    h('h2', {}, '账本'),
    h('dl', { class: 'figures' }, rows.map(([words, fen]) => [h('dt', {}, words), h('dd', {}, money(fen))])),
    h('p', { class: sound ? 'sound' : 'problem', role: sound ? undefined : 'alert' },
      sound ? `${ledger.postings} 笔记账，借贷相等，逐笔核对相符` : `${ledger.postings} 笔记账，有 ${ledger.findings.length} 处不符`),
    ledger.findings.slice(0, 5).map((finding) => h('p', { class: 'soft' }, `${invariant(finding.invariant)} ${finding.subject} ${finding.detail}`)),
  ];
}

export function ordersPanel({ payments }) {
  return [
    h('h2', {}, '支付订单'),
    payments.length === 0
      ? h('p', { class: 'soft' }, '还没有人付款。在手机上点“去支付”试试。')
      : h('ul', { class: 'orders' }, payments.map((order) => h('li', {},
        h('strong', {}, money(order.total_fen)), h('span', { class: `state ${order.state}` }, orderState(order.state)),
        h('span', { class: 'soft' }, `${moment(order.created_at_ms)} · 单号尾号 ${order.out_trade_no.slice(-6)}`)))),
  ];
}

export function historyPanel(state, all, choose, open) {
  const rows = all ? state.reminders : state.reminders_shown;
  const choice = (words, value) => h('button', {
    type: 'button', class: value === all ? 'choice on' : 'choice', 'data-key': `all-${value}`, 'aria-pressed': String(value === all),
    onclick: () => choose(value),
  }, words);
  return [
    h('h2', {}, '提醒记录'),
    h('div', { class: 'choices' }, choice('这四户', false), choice('全小区最新', true)),
    rows.length === 0
      ? h('p', { class: 'soft' }, '还没有发过通知。把时钟往后拨 1 天，每一条通知的经过都会记在这里。')
      : h('ul', { class: 'history', 'data-scroll': 'history' }, rows.map((row) => h('li', {}, historyRow(row, open)))),
  ];
}

function historyRow(row, open) {
  const body = [
    h('span', { class: 'first' }, h('strong', {}, row.houses.join('、')), h('span', { class: `state ${row.state}` }, row.state_words)),
    h('span', {}, [row.stage_words, row.channel_words, money(row.amount_fen)].filter(Boolean).join(' · ')),
    row.reason_words && h('span', { class: 'soft' }, row.reason_words),
    h('span', { class: 'soft' }, moment(row.at)),
  ];
  if (!row.notice_id) return h('div', { class: 'row' }, body);
  return h('button', { type: 'button', class: 'row', 'data-key': `row-${row.notice_id}`, onclick: () => open(row.notice_id) }, body);
}

/** Every event of one message, with its exact text. */
export function timelineView(found, close, open) {
  const { row } = found;
  const step = (words, id) => id && h('button', { type: 'button', class: 'second', onclick: () => open(id) }, words);
  return [
    h('h2', { id: 'timeline-title' }, `${row.houses.join('、')} · ${row.stage_words}`),
    h('p', {}, `${row.channel_words ?? '未发送'} · ${row.payer} · ${money(row.amount_fen)} · ${row.state_words}`),
    h('blockquote', {}, found.text),
    h('ol', { class: 'events' }, found.events.map((event) => h('li', {},
      h('time', {}, exactly(event.at)), h('span', {}, event.words)))),
    h('div', { class: 'ends' }, step('看上一条', found.escalated_from), step('看下一条', found.followed_by),
      h('button', { type: 'button', class: 'main', autofocus: true, onclick: close }, '关闭')),
  ];
}
