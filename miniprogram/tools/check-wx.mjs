// Do Tencent's own compilers accept every WXML, WXS and WXSS file? node check-wx.mjs <dist>
// And is nothing in the folder loaded from a foreign host?

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const OUTPUT_BYTES_MAX = 1 << 28;
const FOREIGN = /(?:url\(|src=["'])\s*["']?https?:\/\/[^"')\s]+/;

const root = process.argv[2];
const files = fs.readdirSync(root, { recursive: true }).map(String);
const having = (suffix) => files.filter((file) => file.endsWith(suffix));

function compile(name, args, kinds) {
  const program = path.join(path.dirname(require.resolve('miniprogram-compiler/package.json')), 'bin/linux', name);
  fs.chmodSync(program, 0o755);
  const done = spawnSync(program, args, { cwd: root, maxBuffer: OUTPUT_BYTES_MAX });
  if (done.status === 0) {
    console.log(`${name}: ${kinds} accepted`);
    return;
  }
  console.error(`${name}: ${String(done.stderr ?? done.error).trim()}`);
  process.exitCode = 1;
}

const [wxml, wxs, wxss] = ['.wxml', '.wxs', '.wxss'].map(having);
compile('wcc', ['-d', '-cc', '0', ...wxml, ...wxs, '-gn', '$gwx'], `${wxml.length} wxml, ${wxs.length} wxs`);
compile('wcsc', ['-db', '-pc', '0', ...wxss], `${wxss.length} wxss`);

for (const file of [...wxml, ...wxss]) {
  const found = fs.readFileSync(path.join(root, file), 'utf8').match(FOREIGN);
  if (!found) continue;
  console.error(`${file} loads ${found[0]} from a foreign host`);
  process.exitCode = 1;
}
