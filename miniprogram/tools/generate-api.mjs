// docs/openapi.json -> src/api/schema.d.ts: what the server says of itself types every call.

import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTypescript, { astToString } from 'openapi-typescript';

const OWNERS = '/api/owner/';
const from = new URL('../../docs/openapi.json', import.meta.url);
const to = fileURLToPath(new URL('../src/api/schema.d.ts', import.meta.url));

const description = JSON.parse(fs.readFileSync(from, 'utf8'));
// The console's routes are none of this program's business.
description.paths = Object.fromEntries(Object.entries(description.paths).filter(([path]) => path.startsWith(OWNERS)));
const text = `// Made from docs/openapi.json by tools/generate-api.mjs.\n\n${astToString(await openapiTypescript(description))}`;
// Unchanged files keep their time, so that nothing is built twice.
if (!fs.existsSync(to) || fs.readFileSync(to, 'utf8') !== text) fs.writeFileSync(to, text);
