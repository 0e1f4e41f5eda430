// An uploadable mini program folder: its files, its pages, and every component they reach.

import fs from 'node:fs';
import path from 'node:path';
import { COMPONENTS, TAGS, nameOf, pathOf } from './builtins.mjs';

const COMPONENT_FILES = ['.json', '/index.json', '.js', '/index.js'];

export class Project {
  constructor(root) {
    this.root = path.resolve(root);
    this.problems = [];
    this.app = JSON.parse(this.read('app.json'));
    const packages = this.app.subPackages ?? this.app.subpackages ?? [];
    const more = packages.flatMap((one) => one.pages.map((page) => path.posix.join(one.root, page)));
    this.pages = [...this.app.pages, ...more];
    /** Path without suffix -> { isPage, json, shadows }. */
    this.components = new Map();
    this.walk();
  }

  has(file) {
    const full = path.join(this.root, file);
    return fs.existsSync(full) && fs.statSync(full).isFile();
  }

  read(file) {
    return fs.readFileSync(path.join(this.root, file), 'utf8');
  }

  problem(words) {
    this.problems.push(words);
  }

  /** The file that `spec` names in `from`: absolute, relative, or of an npm package, as WeChat looks for it. */
  resolve(from, spec, suffixes) {
    const pick = (base) => suffixes.map((suffix) => path.posix.normalize(base + suffix)).find((file) => this.has(file));
    if (spec.startsWith('/')) return pick(spec.slice(1));
    const here = pick(path.posix.join(path.posix.dirname(from), spec));
    if (here || spec.startsWith('.')) return here;
    for (let folder = path.posix.dirname(from); ; folder = path.posix.dirname(folder)) {
      const found = pick(path.posix.join(folder, 'miniprogram_npm', spec));
      if (found || folder === '.' || folder === '/') return found;
    }
  }

  walk() {
    const queue = [];
    const add = (name, isPage) => {
      if (this.components.has(name)) return;
      this.components.set(name, { isPage, json: {}, shadows: [] });
      queue.push(name);
    };
    this.pages.forEach((page) => add(page, true));
    const everywhere = this.using('app', this.app.usingComponents, add);
    const builtin = Object.fromEntries(COMPONENTS.map((tag) => [nameOf(tag), `/${pathOf(tag)}`]));
    while (queue.length > 0) {
      const name = queue.shift();
      const json = this.has(`${name}.json`) ? JSON.parse(this.read(`${name}.json`)) : {};
      const own = { ...everywhere, ...this.using(name, json.usingComponents, add) };
      delete json.componentPlaceholder;
      json.usingComponents = { ...builtin, ...own };
      this.defaults(name, json, add);
      const component = this.components.get(name);
      component.json = json;
      // A component of the mini program may be named like a built-in tag.
      component.shadows = Object.keys(own).filter((tag) => TAGS.includes(tag));
    }
  }

  /** `usingComponents` with each component's path. */
  using(from, wanted, add) {
    const found = {};
    for (const [tag, spec] of Object.entries(wanted ?? {})) {
      const file = this.resolve(from, spec, COMPONENT_FILES);
      if (!file) {
        this.problem(`${from}: usingComponents ${tag}: ${spec} is not there`);
        continue;
      }
      const name = file.replace(/\.(json|js)$/, '');
      add(name, false);
      found[tag] = `/${name}`;
    }
    return found;
  }

  /** The default components of generics. */
  defaults(name, json, add) {
    for (const [generic, value] of Object.entries(json.componentGenerics ?? {})) {
      if (value?.default) json.componentGenerics[generic] = { default: this.using(name, { it: value.default }, add).it };
    }
  }
}
