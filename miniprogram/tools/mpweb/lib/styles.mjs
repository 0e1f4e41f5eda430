// WXSS -> CSS: imports inlined, rpx as a share of the screen's width, classes of a component prefixed.

import postcss from 'postcss';
import selectors from 'postcss-selector-parser';
import { TAGS, nameOf } from './builtins.mjs';

const IMPORT = /@import\s+(?:url\()?['"]([^'"]+)['"]\)?\s*;/g;
/** A screen is 750 rpx wide, whatever it is. */
const RPX_PER_VW = 7.5;
const RPX = /(-?\d*\.?\d+)rpx\b/g;

function inlined(project, file) {
  return project.read(file).replace(IMPORT, (_, spec) => {
    const found = project.resolve(file, spec, ['', '.wxss']);
    if (found) return inlined(project, found);
    project.problem(`${file}: @import ${spec} is not there`);
    return '';
  });
}

const isKeyframe = (rule) => rule.parent?.type === 'atrule' && /keyframes$/.test(rule.parent.name);

function renamed(scope) {
  const host = () => selectors.attribute({ attribute: 'wx-host', operator: '=', value: scope ?? '', quoteMark: '"', raws: {} });
  return selectors((root) => {
    root.walkTags((tag) => {
      if (tag.value === 'page') tag.value = '.mp-page';
      else if (TAGS.includes(tag.value)) tag.value = nameOf(tag.value);
    });
    if (scope) root.walkClasses((node) => { node.value = `${scope}--${node.value}`; });
    root.walkPseudos((pseudo) => { if (pseudo.value === ':host') pseudo.replaceWith(host()); });
  });
}

/** The CSS of a component, page or `app`; empty without a sheet. */
export function compileStyle(project, name, scope) {
  const file = `${name}.wxss`;
  if (!project.has(file)) return '';
  const root = postcss.parse(inlined(project, file), { from: file });
  root.walkDecls((declaration) => {
    declaration.value = declaration.value.replace(RPX, (_, number) => `${Number((number / RPX_PER_VW).toFixed(4))}vw`);
  });
  root.walkRules((rule) => { if (!isKeyframe(rule)) rule.selector = renamed(scope).processSync(rule.selector); });
  return root.toString();
}

const SHARED = ['shared', 'page-shared'];

/** All sheets. `plain` has those of isolated components once more without prefix: a script may ask to be shared. */
export function compileStyles(project) {
  const sheets = { app: compileStyle(project, 'app') };
  const plain = {};
  let count = 0;
  for (const [name, component] of project.components) {
    const isolated = !component.isPage && !SHARED.includes(component.json.styleIsolation);
    component.scope = isolated ? `c${(count++).toString(36)}` : undefined;
    sheets[name] = compileStyle(project, name, component.scope);
    if (component.scope && sheets[name]) plain[name] = compileStyle(project, name);
  }
  return { sheets, plain };
}
