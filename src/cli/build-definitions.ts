/** `npm run build` ends with this: writes the index of the built-in definitions, unless it is there and whole; the command becomes executable. */
import { chmodSync, existsSync } from 'node:fs';
import { DEFINITIONS_FOLDER, openCoreDefinitions } from '../conformance/definitions-index.js';

for (const { packageId, entries } of openCoreDefinitions()) {
  process.stdout.write(`${entries.length} definitions of ${packageId} in ${DEFINITIONS_FOLDER}\n`);
}

// the compiler writes files that are none to execute
const command = new URL('kauri.js', import.meta.url);
if (existsSync(command)) chmodSync(command, 0o755);
