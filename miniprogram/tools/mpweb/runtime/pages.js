// The page stack: what the phone shows, and how one page leads to another.

/** WeChat's own limit. */
const DEPTH_MAX = 10;

export const parseQuery = (text) => Object.fromEntries((text ?? '').split('&').filter(Boolean).map((pair) => {
  const at = pair.indexOf('=');
  return (at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]).map(decodeURIComponent);
}));

function resolveUrl(from, url) {
  if (url.startsWith('/')) return url.slice(1);
  const [path, ...rest] = url.split('?');
  const parts = from.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return [parts.join('/'), ...rest].join('?');
}

function make(className, text = '') {
  const element = document.createElement('div');
  element.className = className;
  element.textContent = text;
  return element;
}

export class Pages {
  constructor(parts) {
    Object.assign(this, parts);
    this.stack = [];
    this.kept = {};
    this.tabs = this.config.app.tabBar?.list ?? [];
  }

  top() {
    return this.stack[this.stack.length - 1];
  }

  isTab(path) {
    return this.tabs.some((tab) => tab.pagePath === path);
  }

  /** `navigateTo`, `redirectTo`, `reLaunch` or `switchTab`. */
  go(kind, to) {
    const url = resolveUrl(this.top()?.path ?? '', to);
    const path = url.split('?')[0];
    if (!this.config.components[path]?.isPage) throw new Error(`page "${path}" is not found`);
    if (kind === 'switchTab') return this.switchTo(path, url);
    if (kind !== 'reLaunch' && this.isTab(path)) throw new Error(`can not ${kind} a tabbar page`);
    if (kind === 'navigateTo') {
      if (this.stack.length >= DEPTH_MAX) throw new Error('webview count limit exceed');
      if (this.top()) this.show(this.top(), false);
    } else if (kind === 'redirectTo') {
      this.close(this.stack.pop());
    } else {
      this.closeAll();
    }
    const opened = this.open(url);
    if (this.isTab(path)) this.kept[path] = opened;
    return opened;
  }

  switchTo(path, url) {
    if (!this.isTab(path)) throw new Error('can not switch to no-tabBar page');
    while (this.stack.length > 1) this.close(this.stack.pop());
    const last = this.stack.pop();
    if (last && this.isTab(last.path)) this.show(last, false);
    else if (last) this.close(last);
    const kept = this.kept[path];
    if (!kept) {
      this.kept[path] = this.open(url);
      return this.kept[path];
    }
    this.stack.push(kept);
    this.show(kept, true);
    return kept;
  }

  back(delta = 1) {
    const count = Math.min(delta, this.stack.length - 1);
    for (let closed = 0; closed < count; closed += 1) this.close(this.stack.pop());
    if (count > 0) this.show(this.top(), true);
  }

  open(url) {
    const [path, queryText] = url.split('?');
    this.loader.prepare(path);
    const query = parseQuery(queryText);
    const root = this.associated.createRoot('wx-page-root', this.space, path);
    const caller = root.get();
    Object.assign(caller, { route: path, options: query });
    const page = { path, url, root, caller, component: root.getComponent(), ...this.frame(path) };
    this.stack.push(page);
    root.attach(page.body, page.hole);
    this.backend.enableSheet(path, true);
    caller.onLoad?.(query);
    this.show(page, true);
    requestAnimationFrame(() => caller.onReady?.());
    return page;
  }

  frame(path) {
    const { json } = this.config.components[path];
    const frame = make('mp-frame');
    frame.dataset.route = path;
    const title = make('mp-title', json.navigationBarTitleText ?? this.config.app.window?.navigationBarTitleText ?? '');
    const bar = make('mp-nav');
    if (this.stack.length > 0) bar.append(this.cornerButton('‹', '返回', () => this.back()));
    else if (!this.isTab(path) && path !== this.config.pages[0]) {
      bar.append(this.cornerButton('⌂', '首页', () => this.go('reLaunch', `/${this.config.pages[0]}`)));
    }
    bar.append(title);
    if ((json.navigationStyle ?? this.config.app.window?.navigationStyle) !== 'custom') frame.append(bar);
    const body = make('mp-page');
    const hole = document.createElement('span');
    body.append(hole);
    // What is fixed is fixed to the page, between the bars, and does not scroll with it.
    const view = make('mp-view');
    view.append(body);
    frame.append(view);
    if (this.isTab(path)) frame.append(this.tabBar(path));
    document.body.append(frame);
    return { frame, title, body, hole };
  }

  /** Back; or home, where a page was opened from outside and nothing is behind it. */
  cornerButton(sign, words, press) {
    const button = make('mp-back', sign);
    button.setAttribute('role', 'button');
    button.setAttribute('aria-label', words);
    button.onclick = press;
    return button;
  }

  tabBar(path) {
    const bar = make('mp-tabbar');
    const { color, selectedColor, backgroundColor } = this.config.app.tabBar;
    bar.style.background = backgroundColor ?? '';
    bar.setAttribute('role', 'tablist');
    for (const tab of this.tabs) {
      const button = make('mp-tab', tab.text);
      button.setAttribute('role', 'tab');
      button.setAttribute('aria-selected', String(tab.pagePath === path));
      button.style.color = (tab.pagePath === path ? selectedColor : color) ?? '';
      button.onclick = () => { if (tab.pagePath !== this.top().path) this.go('switchTab', `/${tab.pagePath}`); };
      bar.append(button);
    }
    return bar;
  }

  show(page, on) {
    page.frame.hidden = !on;
    this.backend.enableSheet(page.path, on);
    if (on) page.caller.onShow?.();
    else page.caller.onHide?.();
    page.component.triggerPageLifetime?.(on ? 'show' : 'hide', []);
  }

  close(page) {
    page.caller.onUnload?.();
    page.root.release();
    page.frame.remove();
    if (this.kept[page.path] === page) delete this.kept[page.path];
    if (!this.stack.some((other) => other.path === page.path)) this.backend.enableSheet(page.path, false);
  }

  closeAll() {
    while (this.stack.length > 0) this.close(this.stack.pop());
    for (const page of Object.values(this.kept)) this.close(page);
  }
}
