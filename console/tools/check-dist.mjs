// The build: small enough at first sight, nothing from a foreign host, nothing that the content policy would refuse.

import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const FIRST_LOAD_BYTES_MAX = 400 * 1024;
/** Addresses that are names and are never asked for. */
const NAMES = /^https?:\/\/(www\.w3\.org|vuejs\.org|element-plus\.org|github\.com|localhost|127\.0\.0\.1|a\/|json-schema\.org|router\.vuejs\.org|pinia\.vuejs\.org|developer\.mozilla\.org|link\.vuejs\.org)/;

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const problems = [];
const files = fs.readdirSync(dist, { recursive: true }).filter((name) => fs.statSync(dist + name).isFile());

for (const name of files.filter((one) => /\.(js|css|html|svg)$/.test(one))) {
  const text = fs.readFileSync(dist + name, 'utf8');
  for (const [address] of text.matchAll(/https?:\/\/[^\s"'`)\\<>]+/g)) {
    if (!NAMES.test(address)) problems.push(`${name} names a foreign host: ${address}`);
  }
  if (/\beval\(|new Function\(/.test(text)) problems.push(`${name} makes code out of text`);
}
const index = fs.readFileSync(`${dist}index.html`, 'utf8');
if (/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/.test(index)) problems.push('index.html has a script or style of its own');

// What the page asks for before it shows anything, and the sheet and script those name.
const first = [...index.matchAll(/(?:src|href)="\/console\/([^"]+)"/g)].map(([, name]) => name);
const bytes = first.reduce((sum, name) => sum + gzipSync(fs.readFileSync(dist + name)).length, 0);
if (bytes > FIRST_LOAD_BYTES_MAX) problems.push(`the first load is ${bytes} bytes gzipped, more than ${FIRST_LOAD_BYTES_MAX}`);

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`console: ${files.length} files, first load ${Math.round(bytes / 1024)} KiB gzipped`);
