/** $import: NDJSON written line by line. */
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { aPatient } from '../support/resources.js';
import { type Answer, describeServer, TestServer } from '../support/test-server.js';

const NDJSON = { 'Content-Type': 'application/fhir+ndjson' };
const toLines = (resources: readonly (JsonObject | string)[]): string =>
  resources.map((resource) => `${typeof resource === 'string' ? resource : JSON.stringify(resource)}\n`).join('');
const linesOf = ({ text }: Pick<Answer, 'text'>): readonly JsonObject[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject);

describeServer('$import', (server) => {
  const send = (lines: readonly (JsonObject | string)[], query = '', headers: Readonly<Record<string, string>> = NDJSON): Promise<Answer> =>
    server().request(`/r4/$import${query}`, { method: 'POST', headers, body: toLines(lines) });
  const patients = async (): Promise<unknown> => (await server().get('/r4/Patient?_summary=count')).json['total'];

  it('creates what has no id and updates what has one, and answers each line in order', async () => {
    const answer = await send([aPatient(), aPatient({ id: 'import-a' }), '', aPatient({ id: 'import-a', active: true })]);
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.headers.get('content-type')).to.equal('application/fhir+ndjson');
    const [first, second, third, counts] = linesOf(answer);
    expect(first).to.include({ line: 1, status: 201 });
    expect(first?.['location']).to.match(/^Patient\/[^/]+\/_history\/1$/);
    expect(second).to.deep.equal({ line: 2, status: 201, location: 'Patient/import-a/_history/1' });
    expect(third).to.deep.equal({ line: 4, status: 200, location: 'Patient/import-a/_history/2' });
    expect(counts).to.deep.equal({ lines: 4, created: 2, updated: 1, failed: 0 });
    expect((await server().get('/r4/Patient/import-a')).json).to.include({ active: true });
  });

  it('tells of a line that cannot be written why, and writes the others', async () => {
    const before = await patients();
    const answer = await send([
      'no json',
      '[]',
      { resourceType: 'Nothing' },
      aPatient({ id: 'a b' }),
      aPatient({ gender: 'x' }),
      aPatient(),
    ]);
    const lines = linesOf(answer);
    expect(lines.map(({ status }) => status)).to.deep.equal([400, 400, 501, 400, 422, 201, undefined]);
    for (const { outcome } of lines.slice(0, 5)) expect(outcome).to.have.property('resourceType', 'OperationOutcome');
    expect(JSON.stringify(lines[4])).to.include('Patient.gender');
    expect(lines.at(-1)).to.deep.equal({ lines: 6, created: 1, updated: 0, failed: 5 });
    expect(await patients()).to.equal((before as number) + 1);
  });

  it('allows each line what the caller may do', async () => {
    const answer = await server().request('/r4/$import', {
      method: 'POST',
      headers: NDJSON,
      body: toLines([aPatient(), aPatient({ id: 'import-scope' }), { resourceType: 'Basic', code: { text: 'x' } }]),
      scope: 'system/Patient.c',
    });
    expect(linesOf(answer).map(({ status }) => status)).to.deep.equal([201, 403, 403, undefined]);
  });

  it('writes lines for one resource one after the other', async () => {
    const lines = Array.from({ length: 150 }, (_, index) => aPatient({ id: 'import-many', multipleBirthInteger: index + 1 }));
    const answers = linesOf(await send(lines));
    expect(answers.slice(0, 150).map(({ location }) => location)).to.deep.equal(
      lines.map((_, index) => `Patient/import-many/_history/${index + 1}`),
    );
    expect((await server().get('/r4/Patient/import-many')).json).to.include({ multipleBirthInteger: 150 });
  });

  it('is known by its id: what was written is not written again', async () => {
    const lines = [aPatient(), aPatient({ id: 'import-again' }), aPatient({ gender: 'x' })];
    const before = await patients();
    const first = linesOf(await send(lines, '?id=first'));
    expect(first.map(({ status }) => status)).to.deep.equal([201, 201, 422, undefined]);
    const again = linesOf(await send([...lines, aPatient()], '?id=first'));
    expect(again[0]).to.deep.equal({ resumed: true, next: 4 });
    expect(again.slice(1).map(({ line, status }) => [line, status])).to.deep.equal([
      [4, 201],
      [undefined, undefined],
    ]);
    expect(await patients()).to.equal((before as number) + 3);
    const { json } = await server().get('/r4/$import?id=first');
    expect(json).to.deep.equal({ resourceType: 'Parameters', parameter: [{ name: 'next', valueInteger: 5 }] });
    expect((await server().get('/r4/$import?id=other')).status).to.equal(404);
  });

  it('goes on where it was broken off, and doubles nothing', async () => {
    const lines = Array.from({ length: 400 }, (_, index) => aPatient({ multipleBirthInteger: index + 1 }));
    const before = (await patients()) as number;
    const seen = await breakOff(server(), '/r4/$import?id=broken', lines, 100);
    expect(seen).to.be.at.least(100);
    const rest = linesOf(await send(lines, '?id=broken'));
    expect(rest.at(-1), JSON.stringify(rest.at(-1))).to.include({ lines: 400, failed: 0 });
    expect(await patients()).to.equal(before + 400);
    expect(rest.every(({ status }) => status === undefined || status === 200 || status === 201)).to.equal(true);
  });

  it('takes lines compressed, and goes on where they were broken off', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => aPatient({ multipleBirthInteger: index + 1 }));
    const whole = await send(lines.slice(0, 2), '', { ...NDJSON, 'Content-Encoding': 'deflate' });
    expect(whole.status).to.equal(415);
    const outgoing = request(`${server().url}/r4/$import?id=zipped`, {
      method: 'POST',
      headers: { ...NDJSON, 'Content-Encoding': 'gzip', Authorization: `Bearer ${await server().token()}` },
    });
    outgoing.on('error', () => undefined);
    const answered = new Promise<void>((resolve) => {
      outgoing.on('response', (response) => {
        response.once('data', () => resolve());
        response.on('error', () => undefined);
      });
    });
    const zipped = gzipSync(toLines(lines));
    outgoing.write(zipped.subarray(0, zipped.length - 20));
    await answered;
    outgoing.destroy();
    let next: unknown = 1;
    for (let count = 0; count < 100 && next === 1; count++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const { json } = await server().get('/r4/$import?id=zipped');
      next = (json['parameter'] as unknown as readonly [JsonObject])[0]['valueInteger'];
    }
    expect(next).to.be.greaterThan(1);
  });

  it('answers a line before the next one is sent', async () => {
    const { url } = server();
    const token = await server().token();
    const outgoing = request(`${url}/r4/$import`, { method: 'POST', headers: { ...NDJSON, Authorization: `Bearer ${token}` } });
    const answered = new Promise<string>((resolve) => {
      outgoing.on('response', (response) => response.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    });
    outgoing.write(toLines(Array.from({ length: 64 }, () => aPatient())));
    expect(JSON.parse((await answered).split('\n')[0] as string)).to.include({ line: 1, status: 201 });
    outgoing.destroy();
  });

  it('takes a line as long as a body may be, and no longer', async () => {
    const long = aPatient({ text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${'x'.repeat(60_000)}</div>` } });
    const small = await server().request('/r4/$import', { method: 'POST', headers: NDJSON, body: toLines([long, aPatient()]) });
    expect(linesOf(small).map(({ status }) => status)).to.deep.equal([201, 201, undefined]);
    const narrow = await TestServer.start({ config: { limits: { bodyBytes: 10_000 } } });
    try {
      const body = toLines([`"${'x'.repeat(100_000)}"`, aPatient()]);
      const answer = await narrow.request('/r4/$import', { method: 'POST', headers: NDJSON, body });
      expect(linesOf(answer).map(({ status }) => status)).to.deep.equal([413, 201, undefined]);
    } finally {
      await narrow.stop();
    }
  });

  it('refuses what is no NDJSON, no id, or nothing', async () => {
    const wrong = await send([aPatient()], '', { 'Content-Type': 'application/fhir+json' });
    expect(wrong.status).to.equal(415);
    expect(wrong.diagnostics).to.include('application/fhir+ndjson');
    expect((await send([aPatient()], '?id=a%20b')).status).to.equal(400);
    expect((await send([aPatient()], '?name=a')).status).to.equal(400);
    expect((await server().post('/r4/$import', '')).status).to.equal(400);
    const inBatch = { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'POST', url: '$import' } }] };
    expect((await server().post('/r4', inBatch)).text).to.include('There is nothing to import');
    expect((await server().request('/sdhr/$import', { method: 'POST', headers: NDJSON, body: toLines([aPatient()]) })).status).to.equal(
      501,
    );
  });
});

/** Sends the lines and hangs up after so many answers; resolves to how many there were. */
async function breakOff(server: TestServer, path: string, lines: readonly JsonObject[], after: number): Promise<number> {
  const token = await server.token();
  const outgoing = request(`${server.url}${path}`, { method: 'POST', headers: { ...NDJSON, Authorization: `Bearer ${token}` } });
  Readable.from([toLines(lines)]).pipe(outgoing);
  return new Promise((resolve, reject) => {
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET') reject(error);
    });
    outgoing.on('response', (response) => {
      let count = 0;
      response.on('data', (chunk: Buffer) => {
        count += chunk.toString().split('\n').length - 1;
        if (count < after) return;
        outgoing.destroy();
        resolve(count);
      });
      response.on('error', () => undefined);
    });
  });
}
