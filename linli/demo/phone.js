// One phone: its messages, and the mini program that a tap on one opens. How messages look: inbox.js.

import { drawInbox } from './inbox.js';
import { draw, h, real } from './words.js';

const HOME = 'pages/home/home';
const HOW_TO_BUILD = ['手机里的小程序还没有构建。', '请在项目目录运行 make miniprogram（需要 Node.js 20 以上），然后刷新这个页面。'];

export class Phone {
  constructor(place, facts, world, changed) {
    Object.assign(this, { place, facts, world, changed });
    this.screen = 'inbox';
    this.opened = new Set();
    this.seen = 0;
    this.bar = h('div', { class: 'bar' });
    this.inbox = h('div', { class: 'screen', tabIndex: -1, 'data-scroll': 'inbox' });
    this.mini = h('div', { class: 'screen mini', hidden: true });
    this.dock = h('div', { class: 'dock' });
    place.append(h('div', { class: 'device' }, this.bar, this.inbox, this.mini, this.dock));
  }

  /** Takes the newest facts and draws what changed. */
  update(facts, now) {
    this.facts = facts;
    this.now = now;
    // A phone that is not shown, on a narrow screen, is not being looked at.
    if (this.screen === 'inbox' && this.place.offsetParent) this.seen = facts.inbox.length;
    drawInbox(this);
    draw(this.dock, [this.screen, this.unseen()], () => [
      this.tab('inbox', '消息', () => this.toInbox()), this.tab('mini', '物业小程序', () => this.toMini()),
    ]);
  }

  tab(name, words, tap) {
    const on = this.screen === name;
    const count = this.unseen();
    return h('button', {
      type: 'button', class: on ? 'tab on' : 'tab', 'data-key': name, 'aria-pressed': String(on), onclick: tap,
    }, words, name === 'inbox' && count > 0 ? h('span', { class: 'badge' }, String(count)) : null);
  }

  unseen() {
    return this.facts.inbox.length - this.seen;
  }

  show(screen) {
    this.screen = screen;
    this.inbox.hidden = screen !== 'inbox';
    this.mini.hidden = screen !== 'mini';
    this.update(this.facts, this.now);
    this.changed();
  }

  toInbox() {
    this.show('inbox');
  }

  /** As it was left; opened at its first page otherwise. */
  toMini() {
    if (!this.mini.firstChild) this.launch(HOME);
    this.show('mini');
  }

  /** A tap on a message opens the page it carries. */
  open(item) {
    this.opened.add(item.id);
    this.launch(item.pagepath || HOME);
    this.show('mini');
  }

  launch(page) {
    const { app_id: app, wechat_url: wechat, mini_program: isBuilt } = this.world();
    if (!isBuilt) {
      this.mini.replaceChildren(...real(HOW_TO_BUILD.map((words) => h('p', { class: 'empty' }, words))));
      return;
    }
    const query = new URLSearchParams({ person: this.facts.person, app, wechat });
    this.mini.replaceChildren(h('iframe', {
      title: `${this.facts.house} 的小程序`, src: `/demo/mini/index.html?${query}#/${page.replace(/^\//, '')}`,
    }));
  }
}
