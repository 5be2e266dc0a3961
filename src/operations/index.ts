/** Operations by their name: https://hl7.org/fhir/R4/operations.html. Each says itself what its caller must be allowed. */
import { FhirError } from '../fhir/fhir-error.js';
import type { Interaction, InteractionTable } from '../interactions/interaction.js';
import { everything } from './everything.js';
import { expand } from './expand.js';
import { createImport } from './import.js';
import { lookup } from './lookup.js';
import { createMetaAdd, createMetaDelete, meta } from './meta.js';
import { subsumes } from './subsumes.js';
import { createValidate } from './validate.js';
import { validateCode } from './validate-code.js';

const CREATORS: Readonly<Record<string, (handlers: InteractionTable) => Interaction>> = {
  everything: () => everything,
  expand: () => expand,
  import: createImport,
  lookup: () => lookup,
  meta: () => meta,
  'meta-add': createMetaAdd,
  'meta-delete': createMetaDelete,
  subsumes: () => subsumes,
  validate: createValidate,
  'validate-code': () => validateCode,
};

/** What the server has operations for; a policy claims no other. */
export const OPERATIONS: ReadonlySet<string> = new Set(Object.keys(CREATORS));

/** Those that take lines of NDJSON, as they arrive. */
export const STREAMED_OPERATIONS: ReadonlySet<string> = new Set(['import']);

/** `handlers`: of the interactions that operations may use. */
export function createOperations(handlers: InteractionTable): Interaction {
  const operations = new Map(Object.entries(CREATORS).map(([name, create]) => [name, create(handlers)]));
  return (services, request) => {
    const operation = operations.get(request.operation ?? '');
    if (operation === undefined) throw new FhirError('not-implemented', `The server has no operation '${request.operation ?? ''}'`);
    return operation(services, request);
  };
}
