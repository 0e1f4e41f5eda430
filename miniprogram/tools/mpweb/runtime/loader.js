// CommonJS as WeChat loads it: a component's file runs inside the registration of its own path.

const SHARED = /^(page-)?shared$/;

export class Loader {
  constructor(space, associated, config) {
    Object.assign(this, { space, associated, config });
    this.loaded = {};
    this.ready = new Set();
    this.formField = space.behavior().definition({ properties: { name: String, value: null } }).register();
    this.nothing = space.behavior().definition({}).register();
    space.componentEnv('__outside__', (environment) => { this.current = { environment, done() {} }; });
    this.defineGlobals();
  }

  load(file) {
    if (this.loaded[file]) return this.loaded[file].exports;
    const module = { exports: {} };
    this.loaded[file] = module;
    const [needs, run] = this.config.modules[file];
    const require = (spec) => {
      if (!needs[spec]) throw new Error(`${file}: module '${spec}' is not defined`);
      return this.load(needs[spec]);
    };
    require.async = async (spec) => require(spec);
    const name = file.replace(/\.js$/, '');
    if (this.config.components[name]) this.register(name, () => run(require, module, module.exports));
    else run(require, module, module.exports);
    return module.exports;
  }

  register(name, run) {
    const before = this.current;
    let registered = false;
    this.space.componentEnv(name, (environment) => {
      this.current = { environment, name, done: () => { registered = true; } };
      run();
    });
    this.current = before;
    if (!registered) console.warn(`[mpweb] ${name} calls neither Page nor Component`);
  }

  /** A component must be registered before the first page that uses it is made. */
  prepare(name) {
    if (this.ready.has(name) || !this.config.components[name]) return;
    this.ready.add(name);
    const { usingComponents = {}, componentGenerics = {} } = this.config.components[name].json;
    const generics = Object.values(componentGenerics).map((generic) => generic?.default).filter(Boolean);
    for (const path of [...Object.values(usingComponents), ...generics]) {
      if (!path.startsWith('/__wx__/')) this.prepare(path.slice(1));
    }
    if (this.config.modules[`${name}.js`]) this.load(`${name}.js`);
  }

  // Set once: whoever wraps these globals expects the wrapper to stay.
  defineGlobals() {
    globalThis.Page = (definition) => {
      this.current.done();
      return this.current.environment.Page(this.patched(definition));
    };
    globalThis.Behavior = (definition) => (definition
      ? this.current.environment.Behavior(this.patched(definition)) : this.current.environment.Behavior());
    globalThis.Component = (definition) => {
      this.current.done();
      if (!definition) return this.current.environment.Component();
      this.applyOptions(definition.options ?? {});
      return this.current.environment.Component(this.patched(definition));
    };
  }

  patched(definition) {
    if (!definition.behaviors) return definition;
    const behaviors = definition.behaviors.map((one) => {
      if (typeof one !== 'string') return one;
      return one === 'wx://form-field' ? this.formField : this.nothing;
    });
    return { ...definition, behaviors };
  }

  /** Style options in the script count like those in the JSON. */
  applyOptions({ styleIsolation, addGlobalClass }) {
    const { name } = this.current;
    const component = this.config.components[name];
    if (styleIsolation && !component.json.styleIsolation) component.json.styleIsolation = styleIsolation;
    if (addGlobalClass) component.json.addGlobalClass = true;
    if (SHARED.test(component.json.styleIsolation ?? '') && component.scope) {
      component.scope = undefined;
      this.associated.registerStyleSheetContent(name, this.config.plain[name] || '/**/');
      this.space.addStyleSheet(name, name, undefined);
    }
    this.space.addComponentStaticConfig(name, component.json);
  }
}
