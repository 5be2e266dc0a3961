/** What the tests of operations on terminology share: names of what is loaded, and how answers and faults are read. */
import { expect } from 'chai';
import type { Parameters, ValueSet } from 'fhir/r4.js';
import type { JsonObject, JsonValue } from '../../src/fhir/json.js';
import type { Answer, TestServer } from './test-server.js';

export const GENDER = 'http://hl7.org/fhir/ValueSet/administrative-gender';
export const GENDERS = 'http://hl7.org/fhir/administrative-gender';
export const ACT_CODES = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
export const SNOMED = 'http://snomed.info/sct';

export const parameters = (...parameter: JsonObject[]): JsonObject => ({ resourceType: 'Parameters', parameter });
export const aValueSet = (...include: JsonObject[]): JsonObject => ({ resourceType: 'ValueSet', status: 'active', compose: { include } });

export const codesOf = ({ status, text, json }: Answer): readonly (string | undefined)[] => {
  expect(status, text).to.equal(200);
  return ((json as unknown as ValueSet).expansion?.contains ?? []).map(({ code }) => code);
};
/** What an answer in Parameters says, by name. */
export const answerOf = ({ status, text, json }: Answer): Record<string, unknown> => {
  expect(status, text).to.equal(200);
  const list = (json as unknown as Parameters).parameter ?? [];
  return Object.fromEntries(list.map(({ name, valueBoolean, valueString, valueCode }) => [name, valueBoolean ?? valueString ?? valueCode]));
};

/** A GET without a body, a POST with one; `told` stands in the diagnostics. */
export type Fault = readonly [path: string, body: JsonValue | undefined, status: number, told: string];

export async function expectFaults(server: TestServer, faults: readonly Fault[]): Promise<void> {
  for (const [path, body, status, told] of faults) {
    const answer = await (body === undefined ? server.get(`/r4/${path}`) : server.post(`/r4/${path}`, body));
    expect(answer.status, `${path} ${answer.text}`).to.equal(status);
    expect(answer.diagnostics, path).to.include(told);
  }
}
