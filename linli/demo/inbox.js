// A phone's messages.

import { day, draw, h, moment, time, unbroken, weekday } from './words.js';

export function drawInbox(phone) {
  const { now, facts } = phone;
  draw(phone.bar, [now.slice(0, 16)], () => [h('span', {}, time(now)), h('span', {}, `${day(now)} ${weekday(now)}`)]);
  draw(phone.inbox, [facts.inbox, [...phone.opened]], () => messages(phone));
}

function messages(phone) {
  const items = [...phone.facts.inbox].reverse();
  if (items.length === 0) {
    return h('div', { class: 'empty' }, h('p', { class: 'big' }, '还没有消息'),
      h('p', {}, '把时钟往后拨 1 天，账单通知就会到这里。也可以现在就打开下面的“物业小程序”缴费。'));
  }
  return items.map((item) => (item.channel === 'sms' || item.channel === 'voice' ? text(phone, item) : card(phone, item)));
}

function card(phone, item) {
  const isReceipt = item.channel === 'payment';
  const body = [
    head(phone, item, isReceipt ? '微信支付' : '服务号通知'),
    h('strong', { class: 'title' }, item.title),
    h('dl', { class: 'lines' }, item.lines.map((line) => [h('dt', {}, line.label), h('dd', {}, line.value)])),
  ];
  if (isReceipt) return h('article', { class: 'card' }, body);
  return h('button', { type: 'button', class: 'card', 'data-key': `item-${item.id}`, onclick: () => phone.open(item) },
    body, h('span', { class: 'more' }, '查看账单'));
}

function text(phone, item) {
  const isCall = item.channel === 'voice';
  return h('article', { class: 'card sms' }, head(phone, item, isCall ? '语音电话' : '短信'),
    h('p', { class: 'bubble' }, unbroken(item.text)),
    h('button', { type: 'button', class: 'second', 'data-key': `item-${item.id}`, onclick: () => phone.open(item) }, '打开小程序'));
}

function head(phone, item, from) {
  const fresh = !phone.opened.has(item.id) && item.channel !== 'payment';
  return h('span', { class: 'head' }, h('span', { class: `icon ${item.channel}`, 'aria-hidden': 'true' }),
    h('span', {}, from), fresh ? h('span', { class: 'dot' }, '未读') : null, h('time', {}, moment(item.at_ms)));
}
