import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Nothing that asks for our own sources. */
const ALLOWED = /^\(?(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|CC0-1\.0|BlueOak-1\.0\.0|Python-2\.0|MPL-2\.0|CC-BY-4\.0|Unlicense)/;
/** These build and look, and are in no build. */
const TOOLS_ONLY = ['axe-core', 'lightningcss'];

interface Locked { version?: string; license?: string; resolved?: string; dev?: boolean; optional?: boolean; link?: boolean }
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<'dependencies' | 'devDependencies', Record<string, string>>;

test('licences are permissive, and what shares alike does not ship', () => {
  for (const [path, one] of Object.entries(lock.packages)) {
    if (!path) continue;
    expect(one.license, path).toMatch(ALLOWED);
    if (one.license?.startsWith('MPL')) expect(TOOLS_ONLY.some((name) => path.includes(name)), path).toBe(true);
  }
});

test('versions are exact, and the lock file names no registry', () => {
  for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  for (const [path, one] of Object.entries(lock.packages)) expect(one.resolved, path).toBeUndefined();
});
