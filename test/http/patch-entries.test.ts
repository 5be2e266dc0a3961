/** PATCH in the entries of batches and transactions: as a Binary with the patch, or as the Parameters of a FHIRPath Patch. */
import { expect } from 'chai';
import type { JsonObject, JsonValue } from '../../src/fhir/json.js';
import { aBundle, anEntry, anObservation, aPatient } from '../support/resources.js';
import { type Answer, describeServer } from '../support/test-server.js';

const JSON_PATCH = 'application/json-patch+json';

function aBinary(patch: JsonValue, contentType = JSON_PATCH): JsonObject {
  const data = Buffer.from(typeof patch === 'string' ? patch : JSON.stringify(patch)).toString('base64');
  return { resourceType: 'Binary', contentType, data };
}

function aFhirPathPatch(...parts: JsonObject[]): JsonObject {
  return { resourceType: 'Parameters', parameter: [{ name: 'operation', part: parts }] };
}

const addGender = (code: string): JsonObject =>
  aFhirPathPatch(
    { name: 'type', valueCode: 'add' },
    { name: 'path', valueString: 'Patient' },
    { name: 'name', valueString: 'gender' },
    { name: 'value', valueCode: code },
  );

describeServer('PATCH in Bundles', (server) => {
  const send = (type: string, ...entries: JsonObject[]): Promise<Answer> => server().post('/r4', aBundle(type, ...entries));
  const patchEntry = (url: string, resource: JsonObject | undefined, more: Readonly<Record<string, string>> = {}): JsonObject =>
    anEntry({ method: 'PATCH', url, ...more }, resource);
  const put = async (resource: JsonObject): Promise<void> => {
    const answer = await server().put(`/r4/${String(resource['resourceType'])}/${String(resource['id'])}`, resource);
    expect(answer.status, answer.text).to.be.oneOf([200, 201]);
  };
  const read = async (path: string): Promise<JsonObject> => (await server().get(`/r4/${path}`)).json;
  const responsesOf = (answer: Answer): readonly JsonObject[] =>
    (answer.json['entry'] as JsonObject[]).map(({ response }) => response as JsonObject);
  const statusesOf = (answer: Answer): readonly JsonValue[] => responsesOf(answer).map(({ status }) => status as JsonValue);

  beforeEach(async () => {
    await put(aPatient({ id: 'a' }));
    await put(aPatient({ id: 'b', identifier: [{ system: 'urn:b', value: '1' }] }));
  });

  for (const type of ['batch', 'transaction']) {
    it(`patches in a ${type}, by id and by condition, each way`, async () => {
      const answer = await send(
        type,
        patchEntry('Patient/a', aBinary([{ op: 'add', path: '/active', value: true }])),
        patchEntry('Patient?identifier=urn:b|1', addGender('male')),
        anEntry({ method: 'POST', url: 'Patient' }, aPatient()),
      );
      expect(answer.status, answer.text).to.equal(200);
      expect(statusesOf(answer)).to.deep.equal(['200 OK', '200 OK', '201 Created']);
      const [first] = responsesOf(answer);
      const { meta } = await read('Patient/a');
      expect(first?.['location']).to.equal(`Patient/a/_history/${String((meta as JsonObject)['versionId'])}`);
      expect(first?.['etag']).to.equal(`W/"${String((meta as JsonObject)['versionId'])}"`);
      expect((await read('Patient/a'))['active']).to.equal(true);
      expect((await read('Patient/b'))['gender']).to.equal('male');
      const [entry] = (await read('Patient/a/_history'))['entry'] as JsonObject[];
      expect(entry?.['request']).to.deep.equal({ method: 'PATCH', url: 'Patient/a' });
    });
  }

  it('takes a merge patch in a Binary, and keeps the digits of decimals', async () => {
    const text = JSON.stringify(anObservation({ id: 'digits', valueQuantity: { value: 7 } })).replace(':7}', ':1.0}');
    await server().put('/r4/Observation/digits', text);
    const answer = await send(
      'transaction',
      patchEntry('Observation/digits', aBinary('{"referenceRange":[{"low":{"value":0.50}}]}', 'application/merge-patch+json')),
    );
    expect(statusesOf(answer)).to.deep.equal(['200 OK']);
    const patched = (await server().get('/r4/Observation/digits')).text;
    expect(patched).to.include('"value":1.0}').and.include('"value":0.50}');
  });

  it('resolves links in Parameters, and to what is patched', async () => {
    await put(anObservation({ id: 'linked' }));
    const answer = await send(
      'transaction',
      anEntry({ method: 'POST', url: 'Patient' }, aPatient(), 'urn:uuid:0d4ad1c5-2c4a-4a5f-8d5f-0c6d5d3f0c01'),
      patchEntry(
        'Observation/linked',
        aFhirPathPatch(
          { name: 'type', valueCode: 'add' },
          { name: 'path', valueString: 'Observation' },
          { name: 'name', valueString: 'subject' },
          { name: 'value', valueReference: { reference: 'urn:uuid:0d4ad1c5-2c4a-4a5f-8d5f-0c6d5d3f0c01' } },
        ),
      ),
      { ...patchEntry('Patient/a', addGender('female')), fullUrl: 'urn:uuid:0d4ad1c5-2c4a-4a5f-8d5f-0c6d5d3f0c02' },
      anEntry(
        { method: 'POST', url: 'Observation' },
        anObservation({ subject: { reference: 'urn:uuid:0d4ad1c5-2c4a-4a5f-8d5f-0c6d5d3f0c02' } }),
      ),
    );
    expect(answer.status, answer.text).to.equal(200);
    const [created, , , observation] = responsesOf(answer).map(({ location }) => String(location).replace(/\/_history.*/, ''));
    expect((await read('Observation/linked'))['subject']).to.deep.equal({ reference: created });
    expect((await read(observation ?? ''))['subject']).to.deep.equal({ reference: 'Patient/a' });
  });

  it('is read after it is patched, and not deleted in the same transaction', async () => {
    const answer = await send(
      'transaction',
      anEntry({ method: 'GET', url: 'Patient/a' }),
      patchEntry('Patient/a', addGender('female')),
      anEntry({ method: 'GET', url: 'Patient?_id=a&gender=female&_summary=count' }),
    );
    expect(answer.status, answer.text).to.equal(200);
    const [first, , last] = (answer.json['entry'] as JsonObject[]).map(({ resource }) => resource as JsonObject | undefined);
    expect(first).to.include({ gender: 'female' });
    expect(last).to.include({ total: 1 });
    const twice = await send('transaction', patchEntry('Patient/b', addGender('male')), anEntry({ method: 'DELETE', url: 'Patient/b' }));
    expect(twice.status).to.equal(400);
    expect(twice.issueSummaries).to.deep.equal([{ severity: 'error', code: 'duplicate', expression: ['Bundle.entry[1].request.url'] }]);
  });

  it('tells the faults of all entries of a transaction together, and stores nothing', async () => {
    const answer = await send(
      'transaction',
      anEntry({ method: 'POST', url: 'Patient' }, aPatient({ identifier: [{ system: 'urn:never', value: '1' }] })),
      patchEntry('Patient/a', addGender('unheard-of')),
      patchEntry('Patient/never', addGender('male')),
      patchEntry('Patient/b', aBinary([{ op: 'remove', path: '/nothing' }])),
      patchEntry('Patient?identifier=urn:b|2', addGender('male')),
    );
    expect(answer.status).to.equal(400);
    expect(answer.issueSummaries).to.deep.equal([
      { severity: 'error', code: 'code-invalid', expression: ['Bundle.entry[1].resource'] },
      { severity: 'error', code: 'not-found', expression: ['Bundle.entry[2]'] },
      { severity: 'error', code: 'structure', expression: ['Bundle.entry[3]'] },
      { severity: 'error', code: 'not-found', expression: ['Bundle.entry[4]'] },
    ]);
    expect(answer.diagnostics).to.include('As patched, Patient.gender: ');
    expect((await server().get('/r4/Patient?identifier=urn:never|1')).json['total']).to.equal(0);
    expect(await read('Patient/a')).to.not.have.property('gender');
  });

  it('answers each failing entry of a batch by itself', async () => {
    await put(aPatient({ id: 'gone' }));
    await server().delete('/r4/Patient/gone');
    const answer = await send(
      'batch',
      patchEntry('Patient/a', addGender('unheard-of')),
      patchEntry('Patient/gone', addGender('male')),
      patchEntry('Patient/a', addGender('male'), { ifMatch: 'W/"99"' }),
      patchEntry('Patient/a', aBinary([{ op: 'test', path: '/birthDate', value: 'x' }])),
      patchEntry('Patient/a', aBinary('<diff/>', 'application/xml-patch+xml')),
      patchEntry('Patient/a', aBinary('no JSON')),
      patchEntry('Patient/a', addGender('male')),
    );
    expect(statusesOf(answer)).to.deep.equal([
      '422 Unprocessable Entity',
      '410 Gone',
      '412 Precondition Failed',
      '422 Unprocessable Entity',
      '415 Unsupported Media Type',
      '400 Bad Request',
      '200 OK',
    ]);
    expect(JSON.stringify(responsesOf(answer)[0])).to.include('"Patient.gender"');
  });

  it('loses none of several transactions that patch the same resource', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        send(
          'transaction',
          patchEntry('Patient/b', aBinary([{ op: 'add', path: '/identifier/-', value: { system: 'urn:t', value: `${index}` } }])),
        ),
      ),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 200));
    expect((await read('Patient/b'))['identifier']).to.have.length(13);
  });

  const misfits: readonly (readonly [title: string, resource: JsonObject | undefined, expression: string, text: RegExp])[] = [
    ['no resource', undefined, 'resource', /is missing: a PATCH carries/],
    ['a resource of another kind', aPatient(), 'resource', /is a Patient: a PATCH carries/],
    ['a Binary without a contentType', { resourceType: 'Binary', data: 'W10=' }, 'resource.contentType', /no contentType/],
    ['a Binary without data', { resourceType: 'Binary', contentType: JSON_PATCH }, 'resource.data', /no data/],
    ['a Binary that is no JSON', aBinary('[{]'), 'resource.data', /line 1, column 3/],
    ['a Binary that is no base64', { resourceType: 'Binary', contentType: JSON_PATCH, data: '[]' }, 'resource.data', /base64/],
    ['a Binary that is no UTF-8', { resourceType: 'Binary', contentType: JSON_PATCH, data: '/w==' }, 'resource.data', /UTF-8/],
  ];
  for (const [title, resource, expression, text] of misfits) {
    it(`answers 400 to ${title}`, async () => {
      const answer = await send('transaction', patchEntry('Patient/a', resource));
      expect(answer.status, answer.text).to.equal(400);
      expect(answer.issueSummaries).to.deep.equal([
        { severity: 'error', code: 'structure', expression: [`Bundle.entry[0].${expression}`] },
      ]);
      expect(answer.diagnostics).to.match(text);
    });
  }

  it('says of a broken operation which parameter of the entry it is', async () => {
    const answer = await send('transaction', patchEntry('Patient/a', aFhirPathPatch({ name: 'type', valueCode: 'upsert' })));
    expect(answer.issueSummaries).to.deep.equal([
      { severity: 'error', code: 'structure', expression: ['Bundle.entry[0].resource.parameter[0]'] },
    ]);
  });
});
