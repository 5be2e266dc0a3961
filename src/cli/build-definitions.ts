/** `npm run build` ends with this: writes the index of R4's definitions, unless it is there and whole. */
import { DEFINITIONS_FOLDER, openCoreDefinitions } from '../conformance/definitions-index.js';

const { entries, close } = openCoreDefinitions();
close?.();
process.stdout.write(`${entries.length} definitions of R4 in ${DEFINITIONS_FOLDER}\n`);
