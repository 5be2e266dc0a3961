/** Whether an interaction exists (501) and its caller may do it (403): asked once for each request and each entry of a Bundle. */
import { isAllowed, requireAccess } from '../auth/access-policy.js';
import { insufficientScope } from '../fhir/insufficient-scope.js';
import type { InteractionRequest } from './interaction.js';
import { isOffered, notOffered } from './routes.js';

export function authorise(request: InteractionRequest): void {
  const { api, interaction, type, operation, principal } = request;
  if (!isOffered(api, request)) throw notOffered(api, `'${operation ?? interaction}'${type === undefined ? '' : ` of ${type}`}`);
  // each operation says itself what it needs
  if (interaction === 'operation') return;
  const named = interaction === 'search-system' ? namedTypes(request) : [];
  if (named.length > 0) {
    for (const one of named) requireAccess(principal, { interaction: 'search-type', type: one });
  } else {
    requireAccess(principal, { interaction, type });
  }
  if (isConditional(request)) requireConditionAccess(request);
}

/** Whether a search decides what is written: If-None-Exist, PUT, PATCH and DELETE of what a query finds. */
export function isConditional({ interaction, id, preconditions }: InteractionRequest): boolean {
  if (interaction === 'create') return preconditions.ifNoneExist !== undefined;
  return id === undefined && (interaction === 'update' || interaction === 'patch' || interaction === 'delete');
}

/** A condition tells what there is, as a search does. */
function requireConditionAccess({ api, interaction, type, principal }: InteractionRequest): void {
  if (type === undefined) return;
  if (interaction === 'create' && api.policy.resources.get(type)?.conditionalCreate !== true) {
    throw notOffered(api, `conditional create of ${type}`);
  }
  requireSearchAccess({ api, principal }, type);
}

/** For conditions and conditional references: the API has the type, and the caller may search it. */
export function requireSearchAccess({ api, principal }: Pick<InteractionRequest, 'api' | 'principal'>, type: string): void {
  if (!api.policy.resources.has(type)) throw notOffered(api, `the resource type '${type.slice(0, 64)}'`);
  if (isAllowed(principal, { interaction: 'search-type', type })) return;
  const scope = `system/${type}.s`;
  throw insufficientScope(`The condition searches ${type}: the access token needs the scope '${scope}'`, scope);
}

function namedTypes({ search }: InteractionRequest): readonly string[] {
  return search.flatMap(([name, value]) => (name === '_type' ? value.split(',').filter((one) => one !== '') : []));
}
