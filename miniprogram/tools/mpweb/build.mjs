// An uploadable mini program folder -> a web page that runs it: node build.mjs <dist> <out>
// Exits with 1 where a template does not compile or a page is missing.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { COMPONENTS } from './lib/builtins.mjs';
import { Project } from './lib/project.mjs';
import { collectScripts } from './lib/scripts.mjs';
import { compileStyles } from './lib/styles.mjs';
import { compileTemplates } from './lib/templates.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const PICTURE = /\.(png|jpe?g|gif|svg|webp|ttf|woff2?)$/;
/** The names of the browser that WeChat hides from a mini program's scripts. */
const HIDDEN = 'window,document,frames,self,location,navigator,localStorage,history,screen,alert,confirm,prompt,XMLHttpRequest,WebSocket,fetch';

/** Every name of `wx`, from the official typings. */
function apiNames() {
  const typings = fs.readFileSync(require.resolve('miniprogram-api-typings/types/wx/lib.wx.api.d.ts'), 'utf8');
  const body = typings.slice(typings.indexOf('interface Wx {'));
  return [...new Set([...body.matchAll(/^ {8}([a-zA-Z]\w+)[<(]/gm)].map((match) => match[1]))];
}

function bundle(project, templates, styles, modules) {
  const text = JSON.stringify;
  const components = [...project.components].map(([name, { json, scope, isPage }]) => [name, { json, scope, isPage }]);
  const functions = [...modules].map(([file, { code, needs }]) =>
    `${text(file)}:[${text(needs)},function(require,module,exports,${HIDDEN}){${code}\n}]`);
  return `__mpweb.start({app:${text(project.app)},pages:${text(project.pages)},apiNames:${text(apiNames())},
components:${text(Object.fromEntries(components))},builtins:${text(COMPONENTS)},
sheets:${text(styles.sheets)},plain:${text(styles.plain)},templates:${templates},
modules:{\n${functions.join(',\n')}}})\n`;
}

async function writeRuntime(out) {
  const glassEasel = path.join(path.dirname(require.resolve('glass-easel')), 'glass_easel.dev.all.es.js');
  await esbuild.build({
    entryPoints: [path.join(here, 'runtime/index.js')],
    outfile: path.join(out, 'runtime.js'),
    bundle: true,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: { 'glass-easel': glassEasel },
    logLevel: 'warning',
  });
}

const page = (title) => `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="base.css">
</head>
<body>
<script src="host.js"></script>
<script src="runtime.js"></script>
<script src="app.js"></script>
</body>
</html>
`;

function copyPictures(from, to) {
  for (const entry of fs.readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !PICTURE.test(entry.name)) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const target = path.join(to, path.relative(from, file));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(file, target);
  }
}

/** Builds and answers what was found. `host` is a script that speaks for WeChat in the page; without one nobody does. */
export async function build(dist, out, { host } = {}) {
  const project = new Project(dist);
  const templates = compileTemplates(project);
  const styles = compileStyles(project);
  const modules = await collectScripts(project);
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(path.join(out, 'app.js'), bundle(project, templates, styles, modules));
  await writeRuntime(out);
  fs.copyFileSync(path.join(here, 'runtime/base.css'), path.join(out, 'base.css'));
  if (host) fs.copyFileSync(host, path.join(out, 'host.js'));
  else fs.writeFileSync(path.join(out, 'host.js'), '');
  fs.writeFileSync(path.join(out, 'index.html'), page(project.app.window?.navigationBarTitleText ?? ''));
  copyPictures(project.root, out);
  return { pages: project.pages.length, components: project.components.size, modules: modules.size, problems: project.problems };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [dist, out, host] = process.argv.slice(2);
  const done = await build(dist, out, { host });
  console.log(`mpweb: ${done.pages} pages, ${done.components} components, ${done.modules} scripts -> ${out}`);
  done.problems.forEach((problem) => console.error(problem));
  if (done.problems.some((problem) => problem.includes('ERROR') || problem.includes('is not there'))) process.exitCode = 1;
}
