// The used part of TDesign: all of it would be 6 MB. Its icons come from the program itself, not from a foreign host.

import fs from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';

const NAME = 'tdesign-miniprogram';
const FONT = /@font-face\s*\{[^}]*\}/;
const IMPORT = /(?:from|import|require\()\s*["']([^"']+)["']/g;
const MENTION = /(?:src=|@import\s+|require\()\s*["']([^"'{}]+)["']/g;
const FOREIGN = /^(https?:|data:|\/)/;
const COMPONENT_FILES = ['.js', '.json', '.wxml', '.wxss'];

export class TDesign {
  constructor(root, dist) {
    this.from = path.join(root, 'node_modules', NAME, 'miniprogram_dist');
    this.to = path.join(dist, 'miniprogram_npm', NAME);
    this.font = fs.readFileSync(path.join(root, 'assets/icons.wxss'), 'utf8').match(FONT)[0];
    this.seen = new Set();
  }

  /** Copies what these files name, and what that names in turn. */
  copyUsed(files) {
    for (const file of files) {
      const text = fs.readFileSync(file, 'utf8');
      for (const [, spec] of text.matchAll(new RegExp(`["']${NAME}/([^"']+)["']`, 'g'))) this.component(spec);
    }
  }

  component(name) {
    for (const suffix of COMPONENT_FILES) this.file(name + suffix);
  }

  file(name) {
    const from = path.join(this.from, name);
    if (this.seen.has(name) || !fs.existsSync(from) || !fs.statSync(from).isFile()) return;
    this.seen.add(name);
    const near = (spec) => path.posix.normalize(path.posix.join(path.posix.dirname(name), spec));
    const text = fs.readFileSync(from, 'utf8');
    if (name.endsWith('.js')) {
      this.write(name, esbuild.transformSync(text, { format: 'cjs', target: 'es2018', minifyWhitespace: true }).code);
      for (const [, spec] of text.matchAll(IMPORT)) this.script(spec, near);
      return;
    }
    this.write(name, name === 'icon/icon.wxss' ? text.replace(FONT, this.font) : text);
    if (name.endsWith('.json')) {
      for (const spec of Object.values(JSON.parse(text).usingComponents ?? {})) this.component(near(spec));
    }
    for (const [, spec] of text.matchAll(MENTION)) if (!FOREIGN.test(spec)) this.file(near(spec));
  }

  script(spec, near) {
    const base = spec.startsWith('.') ? near(spec) : `miniprogram_npm/${spec}`;
    for (const suffix of ['', '.js', '/index.js']) this.file(base + suffix);
  }

  write(name, text) {
    const to = path.join(this.to, name);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.writeFileSync(to, text);
  }
}
