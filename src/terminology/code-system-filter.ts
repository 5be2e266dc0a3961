/** Filters of ValueSet.compose over a loaded code system: https://hl7.org/fhir/R4/valueset-filter-operator.html */
import type { CodeSystemConcept, ValueSetComposeIncludeFilter } from 'fhir/r4.js';
import { wholePattern } from '../fhir/bounded-pattern.js';
import { type Concept, type LoadedCodeSystem, propertyText } from './code-system.js';

type ConceptTest = (concept: Concept) => boolean;

/** Codes that all filters select; undefined where one of them asks for what neither the system nor a supplement states. */
export function selectCodes(
  system: LoadedCodeSystem,
  filters: readonly ValueSetComposeIncludeFilter[],
  supplements: readonly LoadedCodeSystem[],
): ReadonlySet<string> | undefined {
  const tests: ConceptTest[] = [];
  for (const filter of filters) {
    const test = conceptTest([system, ...supplements], filter);
    if (test === undefined) return undefined;
    tests.push(test);
  }
  const codes = new Set<string>();
  for (const concept of system.concepts()) {
    if (tests.every((test) => test(concept))) codes.add(concept.definition.code);
  }
  return codes;
}

/** The system first, and what adds to it. */
type Sources = readonly [LoadedCodeSystem, ...LoadedCodeSystem[]];

function conceptTest(sources: Sources, filter: ValueSetComposeIncludeFilter): ConceptTest | undefined {
  const { op, value } = filter;
  const [system] = sources;
  switch (op) {
    case 'is-a': {
      const below = system.descendants(value);
      return ({ definition }) => definition.code === value || below.has(definition.code);
    }
    case 'descendent-of': {
      const below = system.descendants(value);
      return ({ definition }) => below.has(definition.code);
    }
    case 'is-not-a': {
      const below = system.descendants(value);
      return ({ definition }) => definition.code !== value && !below.has(definition.code);
    }
    case 'generalizes': {
      const above = system.ancestors(value);
      return ({ definition }) => definition.code === value || above.has(definition.code);
    }
    default:
      return propertyTest(sources, filter);
  }
}

function propertyTest(sources: Sources, { property, op, value }: ValueSetComposeIncludeFilter): ConceptTest | undefined {
  const values = valuesOf(sources, property);
  if (values === undefined) return undefined;
  switch (op) {
    case '=':
      return (concept) => values(concept).includes(value);
    case 'in': {
      const listed = new Set(value.split(',').map((code) => code.trim()));
      return (concept) => values(concept).some((text) => listed.has(text));
    }
    case 'not-in': {
      const listed = new Set(value.split(',').map((code) => code.trim()));
      return (concept) => !values(concept).some((text) => listed.has(text));
    }
    case 'exists':
      return (concept) => values(concept).length > 0 === (value === 'true');
    case 'regex': {
      const pattern = wholePattern(value);
      return pattern === undefined ? undefined : (concept) => values(concept).some((text) => pattern.test(text));
    }
    default:
      return undefined;
  }
}

function valuesOf(sources: Sources, property: string): ((concept: Concept) => readonly string[]) | undefined {
  if (property === 'concept' || property === 'code') return ({ definition }) => [definition.code];
  if (property === 'display') return ({ definition }) => (definition.display === undefined ? [] : [definition.display]);
  if (property === 'parent') return ({ parents }) => parents;
  const [system, ...supplements] = sources;
  const adding = supplements.filter((supplement) => supplement.hasProperty(property));
  if (adding.length === 0) return system.hasProperty(property) ? ({ definition }) => propertyTexts(definition, property) : undefined;
  return ({ definition }) => [
    ...propertyTexts(definition, property),
    ...adding.flatMap((supplement) => propertyTexts(supplement.find(definition.code)?.definition, property)),
  ];
}

function propertyTexts(definition: CodeSystemConcept | undefined, property: string): readonly string[] {
  return (definition?.property ?? []).flatMap((candidate) => {
    const text = candidate.code === property ? propertyText(candidate) : undefined;
    return text === undefined ? [] : [text];
  });
}
