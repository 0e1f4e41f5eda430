// WXML and WXS -> the template objects of glass-easel.

import { createRequire } from 'node:module';
import path from 'node:path';
import { COMPONENTS, TAGS, nameOf, pathOf, templateOf } from './builtins.mjs';

const { TmplGroup } = createRequire(import.meta.url)('glass-easel-template-compiler');

const longestFirst = [...TAGS].sort((a, b) => b.length - a.length).join('|');
const TAG = new RegExp(`<(/?)(${longestFirst})(?=[\\s>/])`, 'g');
/** `catchtap`: the compiler takes the form without a colon for an attribute on plain nodes. */
const OLD_EVENT = /(\s)(capture-bind|capture-catch|mut-bind|bind|catch)(?=[a-z])(\w+)(\s*=)/g;

// WXS is not quite JavaScript: `x.constructor` is a type's NAME ('Array'), and RegExp and Date are functions.
const WXS_RUNTIME = `
function getRegExp(pattern, flags) { return new RegExp(pattern, flags) }
function getDate() { return new (Function.prototype.bind.apply(Date, [null].concat([].slice.call(arguments))))() }
function __typeName(x) { return x == null ? undefined : Object.prototype.toString.call(x).slice(8, -1) };`;
const WXS_REQUIRE = /require\(\s*(['"])([^'"]+?)(?:\.wxs)?\1\s*\)/g;
const WXS_CONSTRUCTOR = /([A-Za-z_$][\w$]*(?:\.[\w$]+|\[[^\]]+\])*)\.constructor\b/g;

export const translateWxs = (source) => source
  .replace(WXS_REQUIRE, (_, quote, spec) => `require(${quote}${spec}${quote})`)
  .replace(WXS_CONSTRUCTOR, '__typeName($1)');

export const translateWxml = (source, shadows = []) => source
  .replace(TAG, (whole, slash, tag) => (shadows.includes(tag) ? whole : `<${slash}${nameOf(tag)}`))
  .replace(OLD_EVENT, '$1$2:$3$4');

/** The JavaScript expression of all templates of a project. Mistakes become problems of the project. */
export function compileTemplates(project) {
  const group = new TmplGroup();
  group.setExtraRuntimeScript(WXS_RUNTIME);
  const templates = new Set();
  const scripts = new Set();

  const addScript = (name) => {
    if (scripts.has(name)) return;
    scripts.add(name);
    const source = project.read(`${name}.wxs`);
    for (const [, , spec] of source.matchAll(WXS_REQUIRE)) {
      addScript(path.posix.normalize(path.posix.join(path.posix.dirname(name), spec)));
    }
    group.addScript(name, translateWxs(source));
  };
  const addTemplate = (name, shadows) => {
    if (templates.has(name)) return;
    templates.add(name);
    const source = project.has(`${name}.wxml`) ? project.read(`${name}.wxml`) : '';
    for (const remark of group.addTmpl(name, translateWxml(source, shadows)) ?? []) {
      const kind = remark.isError ? 'ERROR' : 'warning';
      project.problem(`${name}.wxml:${remark.startLine + 1}:${remark.startColumn + 1} ${kind} ${remark.message}`);
    }
    for (const inline of group.getInlineScriptModuleNames(name)) {
      group.setInlineScript(name, inline, translateWxs(group.getInlineScript(name, inline)));
    }
    for (const other of group.getDirectDependencies(name)) addTemplate(other, shadows);
    for (const other of group.getScriptDependencies(name)) addScript(other);
  };

  for (const [name, component] of project.components) addTemplate(name, component.shadows);
  for (const tag of COMPONENTS) group.addTmpl(pathOf(tag), templateOf(tag));
  return group.getTmplGenObjectGroups();
}
