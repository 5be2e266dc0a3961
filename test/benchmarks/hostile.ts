/**
 * Inputs of 1 MB that are made to take long, each parsed and validated twice (definitions are linked in the first round, and both
 * are printed), and the first validation of each resource type by a new validator. None should take over 250 ms; a first one, 30 ms.
 */

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseJson } from '../../src/fhir/json.js';
import { newValidator, say, validateFile } from '../conformance/harness.js';
import { core } from '../support/validator-fixture.js';

const SIZE = 1_000_000;
const DIV = '<div xmlns="http://www.w3.org/1999/xhtml">';

/** As many as make up the size. */
function many(item: (index: number) => unknown, wrap: (items: readonly unknown[]) => unknown): string {
  const one = JSON.stringify(item(100_000)).length + 1;
  return JSON.stringify(wrap(Array.from({ length: Math.floor(SIZE / one) }, (_, index) => item(index))));
}

const patient = (more: object): object => ({ resourceType: 'Patient', ...more });
const observation = (more: object): object => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...more });
const narrated = (inner: string): string => JSON.stringify(patient({ text: { status: 'generated', div: `${DIV}${inner}</div>` } }));
const nest = (depth: number, open: string, close: string, core_: string): string => `${open.repeat(depth)}${core_}${close.repeat(depth)}`;

const BY_USE = { discriminator: [{ type: 'value', path: 'use' }], rules: 'open' };
const profile = (element: readonly unknown[]): object => ({
  resourceType: 'StructureDefinition',
  url: 'http://x.example/p',
  name: 'P',
  status: 'draft',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  derivation: 'constraint',
  differential: { element },
});

const INPUTS: Readonly<Record<string, () => string>> = {
  'identifiers of a Patient': () =>
    many(
      (index) => ({ system: 'http://x.example/s', value: `${index}` }),
      (identifier) => patient({ identifier }),
    ),
  'names with element ids': () =>
    many(
      (index) => ({ id: `n${index}`, family: 'x' }),
      (name) => patient({ name }),
    ),
  'unknown properties': () =>
    JSON.stringify(patient(Object.fromEntries(Array.from({ length: 9_990 }, (_, index) => [`unknown-${'x'.repeat(80)}${index}`, 1])))),
  'unknown extensions': () =>
    many(
      (index) => ({ url: `http://x.example/${index}`, valueString: 'x' }),
      (extension) => patient({ extension }),
    ),
  'extensions within extensions': () =>
    many(
      () => JSON.parse(nest(60, '{"url":"http://x.example/e","extension":[', ']}', '{"url":"http://x.example/e","valueString":"x"}')),
      (extension) => patient({ extension }),
    ),
  'contained resources, each referred to (dom-3)': () =>
    many(
      (index) => ({ resourceType: 'Organization', id: `o${index}`, name: 'x', partOf: { reference: `#o${index + 1}` } }),
      (contained) => patient({ contained, managingOrganization: { reference: '#o0' } }),
    ),
  'contained resources, none referred to': () =>
    many(
      (index) => ({ resourceType: 'Basic', id: `b${index}`, code: { text: 'x' } }),
      (contained) => patient({ contained }),
    ),
  'codings of one concept': () =>
    many(
      (index) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: `x${index}` }),
      (coding) => patient({ maritalStatus: { coding } }),
    ),
  'UCUM units': () =>
    many(
      (index) => ({
        code: { text: 'x' },
        valueQuantity: { value: 1, system: 'http://unitsofmeasure.org', code: `kg/m${index}.s-${index}` },
      }),
      (component) => observation({ component }),
    ),
  'profile claims': () =>
    many(
      (index) => `http://x.example/p${index}`,
      (profile) => patient({ meta: { profile } }),
    ),
  'one profile claimed often': () =>
    many(
      () => 'http://hl7.org/fhir/StructureDefinition/Patient',
      (profile) => patient({ meta: { profile } }),
    ),
  'entries with the same fullUrl (bdl-7)': () =>
    many(
      () => ({ fullUrl: 'http://x.example/Basic/1', resource: { resourceType: 'Basic', code: { text: 'x' } } }),
      (entry) => ({ resourceType: 'Bundle', type: 'collection', entry }),
    ),
  'entries that refer to each other': () =>
    many(
      (index) => ({
        fullUrl: `http://x.example/Observation/${index}`,
        resource: observation({ id: `${index}`, hasMember: [{ reference: `Observation/${index + 1}` }] }),
      }),
      (entry) => ({ resourceType: 'Bundle', type: 'collection', entry }),
    ),
  'a document whose Composition refers to all': () =>
    many(
      (index) => ({ fullUrl: `http://x.example/Basic/${index}`, resource: { resourceType: 'Basic', id: `${index}`, code: { text: 'x' } } }),
      (entry) => ({
        resourceType: 'Bundle',
        type: 'document',
        timestamp: '2026-01-01T00:00:00Z',
        identifier: { system: 'http://x.example', value: 'x' },
        entry: [
          {
            fullUrl: 'http://x.example/Composition/1',
            resource: {
              resourceType: 'Composition',
              status: 'final',
              type: { text: 'x' },
              date: '2026',
              author: [{ display: 'x' }],
              title: 'x',
              section: [{ title: 'x', entry: entry.map((_, index) => ({ reference: `Basic/${index}` })) }],
            },
          },
          ...entry,
        ],
      }),
    ),
  'concepts of a CodeSystem, all the same (csd-1)': () =>
    many(
      () => ({ code: 'x' }),
      (concept) => ({ resourceType: 'CodeSystem', status: 'draft', content: 'complete', concept }),
    ),
  'concepts of a ValueSet': () =>
    many(
      (index) => ({ code: `x${index}` }),
      (concept) => ({
        resourceType: 'ValueSet',
        status: 'draft',
        compose: { include: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', concept }] },
      }),
    ),
  'filters with patterns of a ValueSet': () =>
    many(
      (index) => ({ property: 'display', op: 'regex', value: `(a+)+${index}$` }),
      (filter) => ({
        resourceType: 'ValueSet',
        status: 'draft',
        compose: { include: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', filter }] },
      }),
    ),
  'items of a Questionnaire (que-2)': () =>
    many(
      (index) => ({ linkId: `${index}`, type: 'string', text: 'x' }),
      (item) => ({ resourceType: 'Questionnaire', status: 'draft', item }),
    ),
  'answers to a contained Questionnaire': () => {
    const items = Array.from({ length: 6_000 }, (_, index) => ({
      linkId: `${index}`,
      type: 'string',
      enableWhen: [{ question: '0', operator: '=', answerString: 'x' }],
    }));
    return JSON.stringify({
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      questionnaire: '#q',
      contained: [{ resourceType: 'Questionnaire', id: 'q', url: 'http://x.example/q', status: 'draft', item: items }],
      item: items.map(({ linkId }) => ({ linkId, answer: [{ valueString: 'x' }] })),
    });
  },
  'elements of a StructureDefinition': () =>
    many(
      (index) => ({ id: `Patient.name:${index}`, path: 'Patient.name', sliceName: `${index}`, min: 0 }),
      (element) => profile([{ id: 'Patient.name', path: 'Patient.name', slicing: BY_USE }, ...element]),
    ),
  'constraints of a StructureDefinition': () =>
    many(
      (index) => ({
        key: `x-${index}`,
        severity: 'error',
        human: 'x',
        expression: `name.given.where($this = '${index}').exists() implies active`,
      }),
      (constraint) => profile([{ id: 'Patient', path: 'Patient', constraint }]),
    ),
  'parameters within parameters': () =>
    many(
      () => JSON.parse(nest(60, '{"name":"x","part":[', ']}', '{"name":"x","valueString":"x"}')),
      (parameter) => ({ resourceType: 'Parameters', parameter }),
    ),
  'a narrative of nested elements': () => narrated(nest(90_000, '<b>', '</b>', 'x')),
  'a narrative of attributes': () => narrated(`<p ${Array.from({ length: 60_000 }, (_, index) => `title="${index}"`).join(' ')}>x</p>`),
  'a narrative of local links': () => narrated(Array.from({ length: 30_000 }, (_, index) => `<a href="#a${index}">x</a>`).join('')),
  'a narrative of open quotes': () => narrated('<a href="#'.repeat(90_000)),
  'a narrative of entities': () => narrated('&#x41;'.repeat(160_000)),
  'a narrative of ampersands': () => narrated('&'.repeat(900_000)),
  'a string of white space': () => JSON.stringify(patient({ name: [{ family: `${' '.repeat(SIZE)}x` }] })),
  'a name of one letter (patterns that backtrack)': () =>
    JSON.stringify({ resourceType: 'ValueSet', status: 'draft', name: 'a'.repeat(SIZE), url: `http://${'a'.repeat(1000)}` }),
  'an id of digits and dots': () => JSON.stringify(patient({ identifier: [{ system: `urn:oid:${'1.'.repeat(SIZE / 2)}`, value: 'x' }] })),
  'base64 of one group': () => JSON.stringify({ resourceType: 'Binary', contentType: 'text/plain', data: 'A'.repeat(SIZE) }),
  'base64 with white space': () => JSON.stringify({ resourceType: 'Binary', contentType: 'text/plain', data: 'AA AA '.repeat(SIZE / 6) }),
  'numbers of many digits': () =>
    `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.${'0'.repeat(SIZE)}1}}`,
  'duplicate keys': () => `{"resourceType":"Patient",${'"active":true,'.repeat(70_000)}"gender":"male"}`,
};

say('  input, MB, first and second run in ms');
const validator = newValidator([], []);
let slowest = 0;
for (const [name, make] of Object.entries(INPUTS)) {
  const text = make();
  const took = [0, 1].map(() => {
    const started = performance.now();
    try {
      validator.validate(parseJson(text));
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'JsonSyntaxError') throw error;
    }
    return performance.now() - started;
  });
  slowest = Math.max(slowest, ...took);
  say(
    `    ${name.padEnd(50)} ${(text.length / 1e6).toFixed(2)} ${took.map((one) => one.toFixed(0).padStart(6)).join(' ')}${Math.max(...took) > 250 ? '  !' : ''}`,
  );
}
say(`  slowest ${slowest.toFixed(0)} ms`);

const folder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'));
const files = readdirSync(folder);
const first = newValidator([], []);
const firsts = [...core.resourceTypes].sort().flatMap((type) => {
  const file = files.find((name) => name.startsWith(`${type}-`) && name.endsWith('.json'));
  if (file === undefined) return [];
  const started = performance.now();
  validateFile(first, join(folder, file));
  return [{ type, file, took: performance.now() - started }];
});
firsts.sort((a, b) => b.took - a.took);
say(
  `  first validation of ${firsts.length} types: mean ${(firsts.reduce((sum, { took }) => sum + took, 0) / firsts.length).toFixed(1)} ms, slowest:`,
);
for (const { type, file, took } of firsts.slice(0, 8)) say(`    ${took.toFixed(1).padStart(6)} ms  ${type}  ${file}`);
