/**
 * What a token's scopes allow: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 * A batch or transaction is allowed by its entries: each of them is an interaction of its own.
 */
import type { InteractionCode } from '../conformance/capability-statement.js';
import { insufficientScope } from '../fhir/insufficient-scope.js';
import type { Principal } from './principal.js';
import type { Permission, SmartScope } from './smart-scope.js';

/** Permission that each interaction needs; those without one need no resource scope of their own. */
const PERMISSIONS: Readonly<Record<InteractionCode, Permission | 'all' | undefined>> = {
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  'search-type': 's',
  'search-system': 's',
  'history-type': 's',
  'history-system': 's',
  create: 'c',
  update: 'u',
  patch: 'u',
  delete: 'd',
  operation: 'all',
  capabilities: undefined,
  batch: undefined,
  transaction: undefined,
};

export interface AccessRequest {
  readonly interaction: InteractionCode;
  /** Absent for interactions of the whole system. */
  readonly type?: string | undefined;
  /** Canonical URL of an operation's definition: a scope of that text allows it. */
  readonly operationDefinition?: string | undefined;
}

/** Whether some scope allows the interaction. Scopes of level patient need a patient in context, which no token here carries. */
export function isAllowed(principal: Principal, access: AccessRequest): boolean {
  const needed = PERMISSIONS[access.interaction];
  if (needed === undefined) return true;
  return principal.scopes.some((scope) => grants(scope, needed, access));
}

/** Throws 403 `forbidden`, which names the scope that is needed. */
export function requireAccess(principal: Principal, access: AccessRequest): void {
  if (isAllowed(principal, access)) return;
  const needed = PERMISSIONS[access.interaction];
  const scope = `system/${access.type ?? '*'}.${needed === 'all' ? 'cruds' : needed}`;
  const target = access.type === undefined ? access.interaction : `${access.interaction} of ${access.type}`;
  const wanted = access.operationDefinition === undefined ? `'${scope}'` : `'${scope}' or '${access.operationDefinition}'`;
  throw insufficientScope(`The access token does not allow ${target}: it needs the scope ${wanted}`, scope);
}

function grants(scope: SmartScope, needed: Permission | 'all', access: AccessRequest): boolean {
  if (scope.level === 'other') return access.operationDefinition !== undefined && scope.text === access.operationDefinition;
  if (scope.level === 'patient') return false;
  // a granular scope allows less than its type; as long as nothing narrows the interaction by it, it allows nothing
  if (scope.parameters.length > 0) return false;
  if (scope.type !== '*' && scope.type !== access.type) return false;
  return needed === 'all' ? scope.permissions.size === 5 : scope.permissions.has(needed);
}
