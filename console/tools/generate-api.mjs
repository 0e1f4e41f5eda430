// docs/openapi.json -> src/api/schema.d.ts: what the server says of itself types every call.

import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTypescript, { astToString } from 'openapi-typescript';

const STAFF = '/api/staff/';
const from = new URL('../../docs/openapi.json', import.meta.url);
const to = fileURLToPath(new URL('../src/api/schema.d.ts', import.meta.url));

const description = JSON.parse(fs.readFileSync(from, 'utf8'));
// The owners' routes are none of this program's business.
description.paths = Object.fromEntries(Object.entries(description.paths).filter(([path]) => path.startsWith(STAFF)));
const text = `// Made from docs/openapi.json by tools/generate-api.mjs.\n\n${astToString(await openapiTypescript(description, { defaultNonNullable: false }))}`;
// (A field with a default may be left out of a request, whatever the answer says.)
// Unchanged files keep their time, so that nothing is built twice.
if (!fs.existsSync(to) || fs.readFileSync(to, 'utf8') !== text) fs.writeFileSync(to, text);
