/** What no caller should send: each is a 4xx with an OperationOutcome, nothing is stored, and the server goes on as if nothing had been. */
import { expect } from 'chai';
import { outcomeOf, sendRaw } from '../support/raw-http.js';
import { describeServer } from '../support/test-server.js';

interface BadBody {
  readonly title: string;
  readonly body: string | Uint8Array;
  readonly status: number;
  readonly text: RegExp;
}

const SPLIT = Buffer.from('{"resourceType":"Patient","gender":"X"}');
const INVALID_UTF8 = Buffer.from(SPLIT.map((byte) => (byte === 0x58 ? 0xc3 : byte)));

/** Wrong whatever is asked for. */
const BAD_JSON: readonly BadBody[] = [
  { title: 'an empty body', body: '', status: 400, text: /body/i },
  { title: 'spaces', body: ' \n', status: 400, text: /JSON/ },
  { title: 'a word', body: 'Patient', status: 400, text: /line 1, column 1\b/ },
  { title: 'JSON that is cut off', body: '{"resourceType":"Patient",\n "gender":', status: 400, text: /line 2, column 1\d\b/ },
  { title: 'a comma too many', body: '{"resourceType":"Patient",}', status: 400, text: /line 1, column 27\b/ },
  { title: 'two values', body: '{"resourceType":"Patient"}{}', status: 400, text: /line 1, column 27\b/ },
  { title: 'XML', body: '<Patient xmlns="http://hl7.org/fhir"/>', status: 400, text: /line 1, column 1\b/ },
  { title: 'an array', body: '[{"resourceType":"Patient"}]', status: 400, text: /object/ },
  { title: 'a string', body: '"Patient"', status: 400, text: /object/ },
  { title: 'null', body: 'null', status: 400, text: /object/ },
  { title: 'a number', body: '1', status: 400, text: /object/ },
  { title: 'NaN', body: '{"resourceType":"Patient","multipleBirthInteger":NaN}', status: 400, text: /line 1, column 50\b/ },
  { title: 'Infinity', body: '{"resourceType":"Patient","multipleBirthInteger":-Infinity}', status: 400, text: /line 1, column 5\d\b/ },
  { title: 'a leading zero', body: '{"resourceType":"Patient","multipleBirthInteger":01}', status: 400, text: /line 1, column 5\d\b/ },
  { title: 'a leading plus', body: '{"resourceType":"Patient","multipleBirthInteger":+1}', status: 400, text: /line 1, column 50\b/ },
  { title: 'invalid UTF-8', body: INVALID_UTF8, status: 400, text: /UTF-8/ },
  { title: '10,000 nested objects', body: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, status: 400, text: /nested deeper/ },
  {
    title: '10,000 nested arrays',
    body: `{"resourceType":"Patient","name":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    status: 400,
    text: /nested deeper/,
  },
];

/** Wrong for the interactions of one type. */
const BAD_PATIENTS: readonly BadBody[] = [
  { title: 'no resourceType', body: '{"gender":"male"}', status: 400, text: /resourceType/ },
  { title: 'a resourceType that is a number', body: '{"resourceType":1}', status: 400, text: /resourceType/ },
  { title: 'a resourceType that R4 has not', body: '{"resourceType":"Patients"}', status: 400, text: /Patients/ },
  {
    title: 'a resource of another type',
    body: '{"resourceType":"Observation","status":"final","code":{"text":"a"}}',
    status: 400,
    text: /Observation/,
  },
  { title: 'a __proto__ key', body: '{"resourceType":"Patient","__proto__":{"gender":"male"}}', status: 422, text: /__proto__/ },
  { title: 'a nested __proto__ key', body: '{"resourceType":"Patient","name":[{"__proto__":[]}]}', status: 422, text: /__proto__/ },
  {
    title: 'a key that stands twice',
    body: '{"resourceType":"Patient","gender":"male","gender":"female"}',
    status: 422,
    text: /'gender' stands twice/,
  },
  { title: 'half a surrogate pair', body: '{"resourceType":"Patient","name":[{"family":"\\ud83d"}]}', status: 422, text: /surrogate/ },
  { title: 'half a surrogate pair in a name', body: '{"resourceType":"Patient","\\udc00":1}', status: 422, text: /no property/ },
  { title: 'a constructor key', body: '{"resourceType":"Patient","constructor":{"a":1}}', status: 422, text: /constructor/ },
  { title: 'a number beyond all bounds', body: '{"resourceType":"Patient","multipleBirthInteger":1e999}', status: 422, text: /integer/i },
  { title: 'NaN as a string', body: '{"resourceType":"Patient","multipleBirthInteger":"NaN"}', status: 422, text: /integer|number/i },
];

describeServer('bad input', (server) => {
  const patients = async (): Promise<unknown> => (await server().get('/r4/Patient?_summary=count')).json['total'];

  async function expectRefused(path: string, method: string, bad: BadBody): Promise<void> {
    const before = await patients();
    const answer = await server().request(path, { method, body: bad.body });
    expect(answer.status, answer.text).to.equal(bad.status);
    expect(answer.headers.get('Content-Type')).to.equal('application/fhir+json; charset=utf-8');
    expect(answer.issues.map((issue) => issue['severity'])).to.include('error');
    expect(answer.diagnostics + positionsOf(answer.text)).to.match(bad.text);
    expect(await patients()).to.equal(before);
  }

  for (const bad of [...BAD_JSON, ...BAD_PATIENTS]) {
    it(`answers ${bad.status} to a create of ${bad.title}`, () => expectRefused('/r4/Patient', 'POST', bad));
    it(`answers ${bad.status} to an update with ${bad.title}`, () => {
      const body = typeof bad.body === 'string' ? bad.body.replace('"resourceType":"', '"id":"a","resourceType":"') : bad.body;
      // positions move by the id that an update needs
      return expectRefused('/r4/Patient/a', 'PUT', { ...bad, body, text: /column/.test(bad.text.source) ? /column/ : bad.text });
    });
  }

  for (const bad of BAD_JSON) {
    it(`answers ${bad.status} to a Bundle that is ${bad.title}`, () => expectRefused('/r4', 'POST', bad));
  }

  const bundles: readonly BadBody[] = [
    { title: 'no Bundle', body: '{"resourceType":"Patient"}', status: 400, text: /Bundle/ },
    { title: 'without a type', body: '{"resourceType":"Bundle"}', status: 400, text: /type/ },
    { title: 'of another type', body: '{"resourceType":"Bundle","type":"collection"}', status: 400, text: /collection|type/ },
    { title: 'whose entry is no list', body: '{"resourceType":"Bundle","type":"transaction","entry":{}}', status: 400, text: /entry/ },
    { title: 'whose entry is null', body: '{"resourceType":"Bundle","type":"transaction","entry":[null]}', status: 400, text: /entry/ },
    { title: 'whose entry is a number', body: '{"resourceType":"Bundle","type":"transaction","entry":[7]}', status: 400, text: /entry/ },
    {
      title: 'without requests',
      body: '{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"}}]}',
      status: 400,
      text: /request/,
    },
    {
      title: 'with a method that is none',
      body: '{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"FETCH","url":"Patient"}}]}',
      status: 400,
      text: /FETCH|method/,
    },
    {
      title: 'with a request to another server',
      body: '{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"GET","url":"http://169.254.169.254/x"}}]}',
      status: 400,
      text: /url|169/,
    },
  ];
  for (const bad of bundles) {
    it(`answers ${bad.status} to a transaction ${bad.title}`, () => expectRefused('/r4', 'POST', bad));
  }

  it('answers 400 to an update whose id is missing, another, or none that R4 allows', async () => {
    for (const [path, id] of [
      ['/r4/Patient/a', undefined],
      ['/r4/Patient/a', 'b'],
      ['/r4/Patient/a', 7],
      ['/r4/Patient/a_b', 'a_b'],
      [`/r4/Patient/${'a'.repeat(65)}`, 'a'.repeat(65)],
    ] as const) {
      const answer = await server().put(path, { resourceType: 'Patient', ...(id !== undefined && { id }) });
      expect(answer.status, `${path} ${id}`).to.equal(400);
      expect(answer.issues[0]).to.include({ severity: 'error' });
    }
    expect((await server().get('/r4/Patient/a')).status).to.equal(404);
  });

  it('answers the NZ APIs with 400 and the code invalid, with the precise code beside it', async () => {
    const answer = await server().post('/sdhr/Condition', '{"resourceType":"Condition","__proto__":{},"subject":{"reference":"Patient/"}}');
    expect(answer.status).to.equal(400);
    for (const issue of answer.issues.filter(({ severity }) => severity === 'error')) expect(issue['code']).to.equal('invalid');
  });

  it('answers 413 to a body of 50 MB', async () => {
    const body = `{"resourceType":"Patient","name":[{"family":"${'a'.repeat(50 * 1024 * 1024)}"}]}`;
    await expectRefused('/r4/Patient', 'POST', { title: '', body, status: 413, text: /larger than/ });
  });

  it('answers 400 to a URL with characters that are not percent-encoded, and says how they are to be', async () => {
    for (const url of ['/r4/Patient?family=Ngāta', '/r4/Patient/ā']) {
      const answer = await sendRaw(server().url, `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(answer).to.match(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(outcomeOf(answer)).to.deep.equal({ severity: 'error', code: 'structure', location: ['http.url'] });
      expect(answer).to.include('percent-encoded').and.to.not.include('Ng');
      expect(answer).to.match(/\r\nX-Request-Id: [0-9a-f-]{36}\r\n/);
    }
  });

  it('answers 400 with an outcome to what is no HTTP, once for each connection', async () => {
    const post = 'POST /r4/Patient HTTP/1.1\r\nHost: a\r\n';
    for (const text of [
      'FHIR please\r\n\r\n',
      'GET /r4/metadata HTTP/9.1\r\nHost: a\r\n\r\n',
      'GET /r4/metadata HTTP/1.1\r\nHost: a\r\nno header\r\n\r\n',
      'GET /r4/a b HTTP/1.1\r\nHost: a\r\nX-Name: Ngāta\r\n\r\n',
      `${post}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      'NONSENSE\r\n\r\nNONSENSE\r\n\r\n',
    ]) {
      const answer = await sendRaw(server().url, text);
      expect(answer, text).to.match(/^HTTP\/1\.1 400 /);
      expect(outcomeOf(answer), text).to.deep.equal({ severity: 'error', code: 'structure' });
      expect(answer).to.include('is no HTTP/1.1 that can be read: ').and.to.not.include('percent');
    }
    const answer = await sendRaw(server().url, 'GET /r4/metadata HTTP/1.1\r\n\r\n');
    expect(answer).to.match(/^HTTP\/1\.1 400 /);
    expect(outcomeOf(answer)).to.deep.equal({ severity: 'error', code: 'structure', location: ['http.Host'] });
  });

  it('answers 431 to headers of 100 kB', async () => {
    const answer = await sendRaw(server().url, `GET /r4/Patient HTTP/1.1\r\nHost: a\r\nX-Filler: ${'a'.repeat(100_000)}\r\n\r\n`);
    expect(answer).to.match(/^HTTP\/1\.1 431 /);
  });

  it('answers 400 to a Bundle of more than 10,000 entries', async () => {
    const body = { resourceType: 'Bundle', type: 'transaction', entry: Array.from({ length: 10_001 }, entryOf) };
    const answer = await server().post('/r4', body);
    expect(answer.status).to.equal(400);
    expect(answer.issueSummaries[0]).to.include({ severity: 'error', code: 'too-costly' });
  });

  it('takes a Bundle of 5,000 entries, and answers others meanwhile', async () => {
    const body = { resourceType: 'Bundle', type: 'transaction', entry: Array.from({ length: 5_000 }, entryOf) };
    let isAnswered = false;
    const transaction = server()
      .post('/r4', body)
      .finally(() => {
        isAnswered = true;
      });
    let others = 0;
    while (!isAnswered) {
      expect((await server().get('/r4/Patient/unknown')).status).to.equal(404);
      if (!isAnswered) others++;
    }
    expect((await transaction).status).to.equal(200);
    expect(others).to.be.greaterThan(20);
  }).timeout(60_000);

  it('is alive and quick after all that', async () => {
    expect((await server().post('/r4/Patient', { resourceType: 'Patient' })).status).to.equal(201);
    expect((await server().get('/health/ready')).json).to.deep.equal({ status: 'ready' });
  }).timeout(1_000);
});

function entryOf(_: unknown, index: number): { resource: { resourceType: string; id?: string }; request: { method: string; url: string } } {
  return { resource: { resourceType: 'Patient', id: `p${index}` }, request: { method: 'PUT', url: `Patient/p${index}` } };
}

/** Line and column of the issues' extensions, as their messages would say it. */
function positionsOf(text: string): string {
  const outcome = JSON.parse(text) as { issue: { extension?: { url: string; valueInteger?: number }[] }[] };
  const value = (extensions: { url: string; valueInteger?: number }[], name: string): number | undefined =>
    extensions.find(({ url }) => url.endsWith(name))?.valueInteger;
  return outcome.issue
    .map(({ extension = [] }) => `\nline ${value(extension, 'issue-line')}, column ${value(extension, 'issue-col')}`)
    .join('');
}
