import { expect } from 'chai';
import { createRequestContextReader, type RequestContextReader } from '../../../src/auth/request-context.js';
import { FhirError } from '../../../src/fhir/fhir-error.js';
import type { Issue } from '../../../src/fhir/operation-outcome.js';

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['userIdentifier', 'purposeOfUse'],
  properties: {
    userIdentifier: { type: 'string', minLength: 1 },
    purposeOfUse: { type: 'array', minItems: 1, items: { enum: ['TREAT', 'SYSDEV'] } },
    userRole: { enum: ['PROV', 'PAT', '110150'] },
  },
  if: { properties: { userRole: { const: 'PROV' } }, required: ['userRole'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['secondaryIdentifier'] },
};

describe('Request-Context', () => {
  const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
  const valid = { userIdentifier: 'ÿÿ>>???', purposeOfUse: ['TREAT'] };
  let read: RequestContextReader;

  beforeEach(() => {
    read = createRequestContextReader({ required: true, schema });
  });

  const faultsOf = (header: string | undefined): readonly Issue[] => {
    try {
      read(header);
    } catch (error) {
      expect(error).to.be.instanceOf(FhirError);
      expect((error as FhirError).status).to.equal(400);
      for (const issue of (error as FhirError).issues) expect(issue).to.include({ severity: 'error', location: 'http.Request-Context' });
      return (error as FhirError).issues;
    }
    return expect.fail('should have thrown');
  };

  it('takes both alphabets of base64, padded or not', () => {
    const standard = encode(valid);
    expect(standard).to.match(/[+/]/).and.to.match(/=$/);
    const urlSafe = standard.replaceAll('+', '-').replaceAll('/', '_');
    for (const header of [standard, urlSafe, standard.replaceAll('=', ''), urlSafe.replaceAll('=', '')]) {
      expect(read(header)).to.deep.equal(valid);
    }
  });

  it('takes a byte order mark before the JSON, but not within it', () => {
    expect(read(encode(`\uFEFF${JSON.stringify(valid)}`))).to.deep.equal(valid);
    expect(faultsOf(encode(`\uFEFF\uFEFF${JSON.stringify(valid)}`))[0]?.diagnostics).to.match(/is not JSON/);
  });

  it('gives the same object for the same header', () => {
    expect(read(encode(valid))).to.equal(read(encode(valid)));
  });

  it('is not asked for where it is not required', () => {
    expect(createRequestContextReader({ required: false, schema })(undefined)).to.equal(undefined);
  });

  it('refuses a missing header with code required', () => {
    expect(faultsOf(undefined)[0]).to.include({ code: 'required' });
    expect(faultsOf(' ')[0]).to.include({ code: 'required' });
  });

  const undecodable: readonly (readonly [string, string, RegExp])[] = [
    ['text that is no base64', '{"a":1}', /is not base64/],
    ['a mixture of alphabets', 'ab+_', /is not base64/],
    ['an impossible length', 'abcde', /is not base64/],
    ['wrong padding', 'ab=', /is not base64/],
    ['two headers', `${encode(valid)}, ${encode(valid)}`, /is not base64/],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x7b]).toString('base64'), /not UTF-8/],
    ['text that is no JSON', encode('{"a": tru}'), /is not JSON: .*line 1/],
    ['a JSON array', encode('[]'), /not an object/],
    ['JSON null', encode('null'), /not an object/],
    ['a doubled key', encode('{"userIdentifier":"a","userIdentifier":"b"}'), /userIdentifier/],
    ['a __proto__ key', encode('{"__proto__":{}}'), /__proto__/],
    ['bottomless nesting', encode('['.repeat(5000)), /is not JSON/],
  ];
  for (const [title, header, message] of undecodable) {
    it(`refuses ${title}`, () => {
      expect(faultsOf(header)[0]?.diagnostics).to.match(message);
    });
  }

  it('reports one issue for each fault, each naming its property', () => {
    const texts = faultsOf(encode({ purposeOfUse: ['TREAT', 'FUN'], userRole: 'PROV' })).map((issue) => issue.diagnostics);
    expect(texts).to.deep.equal([
      "Request-Context: the property 'secondaryIdentifier' is required",
      "Request-Context: the property 'userIdentifier' is required",
      "Request-Context: 'purposeOfUse[1]' is 'FUN' but must be one of TREAT, SYSDEV",
    ]);
  });

  it('says of a value that two lists refuse what both of them allow', () => {
    const systems = { properties: { purposeOfUse: { items: { enum: ['SYSDEV', 'RECORDMGT'] } } } };
    read = createRequestContextReader({ required: true, schema: { ...schema, allOf: [systems] } as typeof schema });
    const texts = faultsOf(encode({ ...valid, purposeOfUse: ['FUN'] })).map((issue) => issue.diagnostics);
    expect(texts).to.deep.equal(["Request-Context: 'purposeOfUse[0]' is 'FUN' but must be SYSDEV"]);
  });

  it('says that a code sent as a number must be a string', () => {
    const [issue] = faultsOf(encode({ ...valid, userRole: 110150 }));
    expect(issue?.diagnostics).to.equal(
      "Request-Context: 'userRole' is the number 110150 but must be one of PROV, PAT, 110150 as a string",
    );
  });
});
