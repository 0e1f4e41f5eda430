// What is installed: exact, from nowhere in particular, and under licences that ask for nothing.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Package { license?: string; resolved?: string; link?: boolean }

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const lock = read('package-lock.json').packages as Record<string, Package>;
const named = read('package.json') as { dependencies: Record<string, string>; devDependencies: Record<string, string> };

const ALLOWED = ['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'CC0-1.0', 'Python-2.0'];
/** Used by tools on this machine alone, never shipped: changes to its own files stay free, ours are ours. */
const TOOLS_UNDER_MPL = /^node_modules\/(lightningcss|mdn-data)/;
/** Says it in an older field. Read by hand: MIT. */
const READ_BY_HAND = ['node_modules/string.fromcodepoint'];

test('every version is exact', () => {
  for (const version of Object.values({ ...named.dependencies, ...named.devDependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test('the lock file names no registry', () => {
  expect(Object.entries(lock).filter(([, one]) => one.resolved).map(([name]) => name)).toEqual([]);
});

test('every licence is on the list', () => {
  const wrong = Object.entries(lock).filter(([name, { license }]) => name !== '' && !READ_BY_HAND.includes(name)
    && !(license === 'MPL-2.0' && TOOLS_UNDER_MPL.test(name))
    && !(license ?? 'none').replace(/[()]/g, '').split(' OR ').some((one) => ALLOWED.includes(one)));
  expect(wrong.map(([name, { license }]) => `${name}: ${license}`)).toEqual([]);
});
