// Runs a mini program in a page: the component framework is WeChat's own, pages, tags and `wx` are ours.

import * as adapter from 'glass-easel-miniprogram-adapter';
import * as glassEasel from 'glass-easel';
import { Backend } from './backend.js';
import { registerBuiltins } from './builtins.js';
import { plainEvents } from './events.js';
import { Loader } from './loader.js';
import { Pages, parseQuery } from './pages.js';
import { makeWx } from './wx.js';

/** What a test may look at: errors inside the app, every call of `wx`, the page stack. */
const shell = { errors: [], warnings: [], calls: [], gesture: false, start };
globalThis.__mpweb = shell;

glassEasel.globalOptions.writeIdToDOM = true;
plainEvents(glassEasel, shell);

function listen() {
  glassEasel.addGlobalErrorListener?.((error, meta) => {
    shell.errors.push(String(error?.stack ?? error));
    console.error('[mpweb]', error, meta);
    return false;
  });
  glassEasel.addGlobalWarningListener?.((words) => {
    shell.warnings.push(String(words));
    return false;
  });
  globalThis.addEventListener('unhandledrejection', (event) => {
    shell.errors.push(String(event.reason?.stack ?? event.reason?.errMsg ?? event.reason));
  });
}

/** The component space with the settings mini programs rely on. */
function openSpace(environment, config) {
  const space = environment.createCodeSpace('', true);
  const prepare = space.prepareComponentOptions.bind(space);
  space.prepareComponentOptions = (path, options) => {
    const result = prepare(path, options);
    // Handlers may be fields of the instance, a property may be called `dataset`, and ids of a page are as written.
    result[0].useMethodCallerListeners = true;
    result[0].writeFieldsToNode = false;
    if (config.components[path]?.isPage) result[0].idPrefixGenerator = null;
    return result;
  };
  return space;
}

function registerAll(space, associated, config) {
  for (const [name, text] of Object.entries(config.sheets)) associated.registerStyleSheetContent(name, text || '/**/');
  space.addStyleSheet('app', 'app');
  const template = (name) => ({ groupList: config.templates, content: config.templates[name] });
  for (const [name, { json, scope }] of Object.entries(config.components)) {
    space.addComponentStaticConfig(name, json);
    space.addStyleSheet(name, name, scope);
    space.addCompiledTemplate(name, template(name));
  }
  for (const tag of config.builtins) {
    const name = `__wx__/${tag}`;
    space.addComponentStaticConfig(name, { component: true, styleIsolation: 'shared', usingComponents: {} });
    space.addCompiledTemplate(name, template(name));
  }
}

function start(config) {
  listen();
  const environment = new adapter.MiniProgramEnv();
  const space = openSpace(environment, config);
  const backend = new Backend();
  backend.onEvent((target, type, detail, options) => glassEasel.triggerEvent(target, type, detail, options));
  const associated = environment.associateBackend(backend);
  registerAll(space, associated, config);

  const first = (location.hash.slice(1) || config.pages[0]).replace(/^\//, '');
  const [path, query] = first.split('?');
  shell.enterOptions = { path, query: parseQuery(query), scene: 1001, referrerInfo: {} };

  const loader = new Loader(space, associated, config);
  const pages = new Pages({ config, space, associated, backend, loader });
  shell.pages = pages;
  shell.stack = pages.stack;
  globalThis.wx = makeWx({ config, shell, pages });
  globalThis.global = globalThis;
  registerBuiltins(space, config.builtins, shell);

  let app = null;
  globalThis.App = (definition) => {
    app = definition;
    app.onLaunch?.(shell.enterOptions);
    app.onShow?.(shell.enterOptions);
  };
  globalThis.getApp = () => app;
  globalThis.getCurrentPages = () => pages.stack.map((page) => page.caller);
  document.addEventListener('visibilitychange', () => (document.hidden ? app?.onHide?.() : app?.onShow?.(shell.enterOptions)));
  loader.load('app.js');
  pages.go('reLaunch', `/${first}`);
}
