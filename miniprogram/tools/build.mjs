// src/ -> dist/, the folder that is uploaded: one CommonJS file per TypeScript file, everything else as it is, and of
// TDesign what is used. API_BASE is the server's address; '' is the page's own, for tests. Fails above the size limits.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { TDesign } from './tdesign.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = path.join(root, 'src');
const dist = path.join(root, 'dist');
const KIB = 1024;
/** WeChat takes 2 MiB; a lift with one bar of signal takes less. */
const MAIN_KIB_MAX = 1024;
const PACKAGE_KIB_MAX = 512;
/** For people who build it without saying where their server is. */
const API_BASE = process.env.API_BASE ?? 'https://api.example.com';

const walk = (folder) => fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
  const full = path.join(folder, entry.name);
  return entry.isDirectory() ? walk(full) : [full];
});

fs.rmSync(dist, { recursive: true, force: true });
const files = walk(src);
await esbuild.build({
  entryPoints: files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')),
  outdir: dist, outbase: src, format: 'cjs', target: 'es2018', logLevel: 'warning',
  define: { __API_BASE__: JSON.stringify(API_BASE) },
});
for (const file of files.filter((one) => !one.endsWith('.ts'))) {
  const to = path.join(dist, path.relative(src, file));
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(file, to);
}
new TDesign(root, dist).copyUsed(walk(dist));

const app = JSON.parse(fs.readFileSync(path.join(dist, 'app.json'), 'utf8'));
const roots = (app.subPackages ?? []).map((one) => one.root);
const sizes = new Map([['main', 0], ...roots.map((name) => [name, 0])]);
for (const file of walk(dist)) {
  const relative = path.relative(dist, file);
  const name = roots.find((one) => relative.startsWith(`${one}${path.sep}`)) ?? 'main';
  sizes.set(name, sizes.get(name) + fs.statSync(file).size);
}
for (const [name, bytes] of sizes) {
  const most = name === 'main' ? MAIN_KIB_MAX : PACKAGE_KIB_MAX;
  console.log(`${name}: ${Math.ceil(bytes / KIB)} KiB of ${most}`);
  if (bytes > most * KIB) {
    console.error(`the package "${name}" is too large`);
    process.exitCode = 1;
  }
}
