/** Every invariant that is native, by the text of its expression: keys are used again with other texts. */
import { bundleInvariants } from './bundle.js';
import { clinicalInvariants } from './clinical.js';
import { containedInvariants } from './contained.js';
import { correctedInvariants } from './corrections.js';
import { datatypeInvariants } from './datatypes.js';
import { domainResourceInvariants, narrativeInvariants } from './domain-resource.js';
import { elementDefinitionInvariants } from './element-definition.js';
import { elementInvariants } from './elements.js';
import type { NativeInvariant } from './native-invariant.js';
import { structureDefinitionInvariants } from './structure-definition.js';
import { terminologyInvariants } from './terminology.js';
import { timingInvariants } from './timing.js';

const TABLES = [
  elementInvariants,
  domainResourceInvariants,
  containedInvariants,
  datatypeInvariants,
  timingInvariants,
  clinicalInvariants,
  bundleInvariants,
  terminologyInvariants,
  elementDefinitionInvariants,
  structureDefinitionInvariants,
  correctedInvariants,
];

/** By expression with its white space normalised. */
export const nativeInvariants: ReadonlyMap<string, NativeInvariant> = new Map(TABLES.flatMap((table) => Object.entries(table)));

/** By the text of the expression (white space normalised), since keys are reused with other texts; txt-1 and txt-2 by both. */
export function findNativeInvariant(expression: string, key?: string): NativeInvariant | undefined {
  const text = expression.trim().replace(/\s+/g, ' ');
  return text === 'htmlChecks()' && key !== undefined ? narrativeInvariants[key] : nativeInvariants.get(text);
}
