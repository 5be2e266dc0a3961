/** `npm run build` ends with this: writes the index of R4's definitions, unless it is there and whole; the command becomes executable. */
import { chmodSync, existsSync } from 'node:fs';
import { DEFINITIONS_FOLDER, openCoreDefinitions } from '../conformance/definitions-index.js';

const { entries, close } = openCoreDefinitions();
close?.();
process.stdout.write(`${entries.length} definitions of R4 in ${DEFINITIONS_FOLDER}\n`);

// the compiler writes files that are none to execute
const command = new URL('kauri.js', import.meta.url);
if (existsSync(command)) chmodSync(command, 0o755);
