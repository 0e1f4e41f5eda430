// What a phone's screen looks like in each state.

import { date, day, h, moment, money, periodOfDays, time, unbroken, weekday } from './words.js';

export function drawPhone(phone) {
  return h('div', { class: 'device' },
    h('div', { class: 'bar' }, h('span', {}, time(phone.now)), h('span', {}, `${day(phone.now)} ${weekday(phone.now)}`)),
    h('div', { class: 'screen', tabIndex: -1, inert: Boolean(phone.sheet), 'data-scroll': `${phone.screen}/${phone.token ?? ''}` }, screen(phone)),
    phone.sheet && sheet(phone),
    dock(phone));
}

function screen(phone) {
  if (phone.screen === 'inbox') return inbox(phone);
  if (phone.screen === 'confirming') return confirming(phone);
  if (phone.screen === 'paid') return paid(phone);
  return bills(phone);
}

function dock(phone) {
  const tab = (name, words, on, tap) => h('button', {
    type: 'button', class: on ? 'tab on' : 'tab', 'data-key': name, 'aria-pressed': String(on), onclick: tap,
    disabled: Boolean(phone.sheet),
  }, words, name === 'inbox' && phone.unseen() > 0 ? h('span', { class: 'badge' }, String(phone.unseen())) : null);
  const here = phone.screen === 'inbox';
  return h('div', { class: 'dock' },
    tab('inbox', '消息', here, () => phone.toInbox()),
    tab('home', '物业小程序', !here, () => phone.toHome()));
}

// Messages

function inbox(phone) {
  const items = [...phone.facts.inbox].reverse();
  if (items.length === 0) {
    return h('div', { class: 'empty' }, h('p', { class: 'big' }, '还没有消息'),
      h('p', {}, '把时钟往后拨 4 天，账单通知就会到这里。也可以现在就打开下面的“物业小程序”缴费。'));
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

// Bills

function bills(phone) {
  const { page } = phone;
  const title = h('h3', {}, phone.token ? '账单通知' : '我的账单');
  if (phone.loading && !page) return [title, h('p', { class: 'waiting' }, '正在打开…')];
  if (!page) return [title, trouble(phone, () => phone.load())];
  if (page.needsPhone) return signIn(phone);
  const where = h('p', { class: 'soft' }, `${phone.world().project_name} ${houses(page)}`);
  if (page.bills.length === 0) return [title, where, nothingOwed(phone, page)];
  return [
    title, where,
    h('p', { class: 'owed' }, h('span', {}, '合计'), h('strong', {}, money(phone.total()))),
    h('ul', { class: 'bills' }, page.bills.map((bill) => billRow(phone, bill))),
    said(phone),
    h('button', {
      type: 'button', class: 'main', 'data-key': 'pay', disabled: Boolean(phone.busy) || phone.total() === 0,
      onclick: () => phone.pay(),
    }, phone.busy || (phone.total() === 0 ? '请先勾选账单' : `去支付 ${money(phone.total())}`)),
    phone.token && acknowledge(phone, page),
    receipts(page),
    contact(phone),
  ];
}

const houses = (page) => (page.houses ?? []).map((house) => house.house ?? house).filter(Boolean).join('、');

function billRow(phone, bill) {
  const id = `bill-${phone.facts.person}-${bill.id}`;
  const words = phone.details.get(bill.id);
  return h('li', {},
    h('label', { for: id },
      h('input', {
        type: 'checkbox', id, 'data-key': id, checked: !phone.unticked.has(bill.id),
        onchange: (event) => phone.tick(bill.id, event.target.checked),
      }),
      h('span', { class: 'what' }, h('strong', {}, `${bill.name} ${bill.period}`),
        h('span', { class: 'soft' }, bill.house), h('span', { class: 'soft' }, `应缴日期 ${date(bill.due)}`)),
      h('strong', { class: 'sum' }, money(bill.owed))),
    h('button', {
      type: 'button', class: 'quiet', 'data-key': `why-${bill.id}`, 'aria-expanded': String(Boolean(words)),
      onclick: () => phone.explain(bill.id),
    }, words ? '收起' : '怎么算的'),
    words && h('div', { class: 'why' }, words.map((line) => h('p', {}, line))));
}

function acknowledge(phone, page) {
  if (page.acknowledged) return h('p', { class: 'done' }, '您已点过“已知晓”');
  return h('button', {
    type: 'button', class: 'second', 'data-key': 'acknowledge', disabled: Boolean(phone.busy),
    onclick: () => phone.acknowledge(),
  }, '已知晓');
}

function nothingOwed(phone, page) {
  const words = phone.token || page.houses?.length > 0 ? '没有待缴的账单' : '还没有绑定房屋';
  const next = page.houses?.length > 0 || phone.token ? '都缴清了，谢谢您。' : '请联系物业服务中心核对登记的手机号。';
  return [h('div', { class: 'empty' }, h('p', { class: 'big' }, words), h('p', {}, next)), said(phone),
    phone.token && h('button', { type: 'button', class: 'second', 'data-key': 'home2', onclick: () => phone.toHome() }, '看我的收据'),
    receipts(page), contact(phone)];
}

function signIn(phone) {
  return [h('h3', {}, '登录'), h('div', { class: 'empty' }, h('p', { class: 'big' }, '先确认您是哪一户'),
    h('p', {}, '用登记在物业的手机号登录，账单会自动找到。')), said(phone),
  h('button', { type: 'button', class: 'main', 'data-key': 'phone', disabled: Boolean(phone.busy), onclick: () => phone.givePhone() },
    phone.busy || `用手机号 ${phone.facts.phone_masked} 登录`), contact(phone)];
}

function receipts(page) {
  if (!page.receipts?.length) return null;
  return [h('h4', {}, '我的收据'), h('ul', { class: 'receipts' }, page.receipts.map((receipt) => h('li', {},
    h('strong', {}, `${receipt.house} ${money(receipt.amount_fen)}`),
    h('span', { class: 'soft' }, `收据号 ${receipt.number}`), h('span', { class: 'soft' }, moment(receipt.issued_at)))))];
}

const contact = (phone) => h('p', { class: 'contact' }, `有疑问请致电物业 ${phone.world().service_phone}`);

function said(phone) {
  return [phone.note && h('p', { class: 'note', role: 'status' }, phone.note),
    phone.problem && h('p', { class: 'problem', role: 'alert' }, phone.problem)];
}

const trouble = (phone, again) => h('div', { class: 'empty' }, h('p', { class: 'problem', role: 'alert' }, phone.problem || '没有打开'),
  h('button', { type: 'button', class: 'second', 'data-key': 'again', onclick: again }, '再试一次'));

// Paying

function sheet(phone) {
  const leave = (event) => { if (event.key === 'Escape' && !phone.busy) phone.cancelSheet(); };
  return h('div', { class: 'shade', onkeydown: leave }, h('div', { class: 'sheet', role: 'dialog', 'aria-label': '微信支付' },
    h('p', { class: 'soft' }, '微信支付（模拟，不会真的扣钱）'), h('p', {}, '付给 翠湖物业服务有限公司'),
    h('p', { class: 'amount' }, money(phone.sheet.total)),
    h('button', { type: 'button', class: 'wechat', 'data-key': 'confirm', disabled: Boolean(phone.busy), onclick: () => phone.payInWechat() },
      phone.busy || '确认支付'),
    h('button', { type: 'button', class: 'second', 'data-key': 'cancel', disabled: Boolean(phone.busy), onclick: () => phone.cancelSheet() }, '先不付')));
}

function confirming(phone) {
  return h('div', { class: 'empty' }, h('p', { class: 'big' }, phone.slow ? '还在等微信确认' : '正在确认到账…'),
    h('p', {}, phone.slow ? '钱没有丢：微信确认后会自动入账并开出收据。可以先离开，不要重复付款。' : '请稍候，不用再点。'),
    phone.slow && h('button', { type: 'button', class: 'second', 'data-key': 'ask', onclick: () => phone.confirm(phone.order.id) }, '再查一次'));
}

function paid(phone) {
  const { order } = phone;
  return [h('div', { class: 'empty' }, h('p', { class: 'tick', 'aria-hidden': 'true' }), h('p', { class: 'big', role: 'status' }, '支付成功'),
    h('p', { class: 'amount' }, money(order.total_fen)), h('p', {}, '这些账单已缴清，不会再收到提醒。')),
  h('ul', { class: 'receipts' }, order.receipts.map((receipt) => h('li', {},
    h('span', { class: 'soft' }, '收据号'), h('strong', { class: 'number' }, receipt.number),
    receipt.lines.map((line) => h('span', {}, `${receipt.house} ${line.fee_item} ${periodOfDays(line.period_start_day, line.period_end_day)} ${money(line.amount_fen)}`)),
    h('span', { class: 'soft' }, moment(receipt.issued_at))))),
  h('button', { type: 'button', class: 'second', 'data-key': 'finish', onclick: () => phone.toHome() }, '完成')];
}
