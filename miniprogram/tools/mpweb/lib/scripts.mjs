// Every script that app.js and the components reach, each with what its `require` calls mean.

import esbuild from 'esbuild';

const IS_MODULE = /^\s*(import|export)\b|[;}]\s*(import|export)\b/;
const REQUIRE = /\brequire(?:\.async)?\(\s*['"]([^'"]+)['"]\s*\)/g;

export async function collectScripts(project) {
  const modules = new Map();
  const queue = [];
  const add = (file) => {
    if (modules.has(file)) return;
    modules.set(file, null);
    queue.push(file);
  };
  add('app.js');
  for (const name of project.components.keys()) {
    if (project.has(`${name}.js`)) add(`${name}.js`);
    else project.problem(`${name}.js ERROR is not there`);
  }
  while (queue.length > 0) {
    const file = queue.shift();
    let code = project.read(file);
    // DevTools does the same where "es6" is set.
    if (IS_MODULE.test(code)) code = (await esbuild.transform(code, { format: 'cjs', target: 'es2020' })).code;
    const needs = {};
    for (const [, spec] of code.matchAll(REQUIRE)) {
      const found = project.resolve(file, spec, ['', '.js', '/index.js']);
      if (!found) project.problem(`${file}: require ${spec} is not there`);
      else if (found.endsWith('.js')) {
        needs[spec] = found;
        add(found);
      }
    }
    modules.set(file, { code, needs });
  }
  return modules;
}
