import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { createTerminologyServer, type TerminologyServer, TerminologyServerAway } from '../../../src/terminology/terminology-server.js';

const VALUE_SET = 'http://example.org/vs';
const coding = (code: string): { readonly coding: JsonObject } => ({ coding: { system: 'http://snomed.info/sct', code } });

type Answer = { readonly status: number; readonly body: unknown };

/** Codes that begin with `y` are members, with `n` are none, with `u` of a system that is not known there. */
function answerTo(parameters: JsonObject): Answer {
  const asked = (parameters['parameter'] as JsonObject[]).find(({ name }) => name === 'coding') ?? {};
  const code = String((asked['valueCoding'] as JsonObject)['code']);
  if (code.startsWith('u')) return { status: 404, body: { resourceType: 'OperationOutcome' } };
  return { status: 200, body: { resourceType: 'Parameters', parameter: [{ name: 'result', valueBoolean: code.startsWith('y') }] } };
}

describe('A terminology server', () => {
  let server: Server;
  let url = '';
  let requests: { readonly path: string; readonly body: JsonObject }[] = [];
  let behaviour: 'answers' | 'takes no batches' | 'fails' | 'hangs' | 'talks nonsense' | 'is busy' = 'answers';

  before(async () => {
    server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const body = JSON.parse(text) as JsonObject;
      requests.push({ path: request.url ?? '', body });
      if (behaviour === 'hangs') return;
      const isBatch = body['resourceType'] === 'Bundle';
      const say = ({ status, body: said }: Answer): void => void response.writeHead(status).end(JSON.stringify(said));
      if (behaviour === 'fails') say({ status: 503, body: {} });
      else if (behaviour === 'is busy') say({ status: 429, body: {} });
      else if (behaviour === 'talks nonsense') response.writeHead(200).end('<html>');
      else if (!isBatch) say(answerTo(body));
      else if (behaviour === 'takes no batches') say({ status: 501, body: {} });
      else {
        const entry = (body['entry'] as JsonObject[]).map(({ resource }) => {
          const { status, body: resourceOf } = answerTo(resource as JsonObject);
          return { response: { status: `${status} x` }, resource: resourceOf };
        });
        say({ status: behaviour === 'answers' ? 200 : 501, body: { resourceType: 'Bundle', type: 'batch-response', entry } });
      }
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir/`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    requests = [];
    behaviour = 'answers';
  });

  const ask = (terminology: TerminologyServer, ...codes: readonly string[]) =>
    Promise.all(codes.map((code) => terminology.validateCode(VALUE_SET, coding(code))));

  it('is asked once for what is asked at once, and says member, not member, unknown', async () => {
    const terminology = createTerminologyServer({ url });
    expect(await ask(terminology, 'yes', 'no', 'unknown', 'yes')).to.deep.equal(['member', 'not-member', 'unknown', 'member']);
    expect(requests.map(({ path, body }) => [path, (body['entry'] as JsonObject[]).length])).to.deep.equal([['/fhir', 3]]);
  });

  it('is not asked again for a while', async () => {
    const terminology = createTerminologyServer({ url });
    await ask(terminology, 'yes');
    await ask(terminology, 'yes');
    expect(requests).to.have.length(1);
    expect(requests[0]?.path).to.equal('/fhir/ValueSet/$validate-code');
  });

  it('is asked for the version that a binding names', async () => {
    await createTerminologyServer({ url }).validateCode(`${VALUE_SET}|1.0.0`, coding('yes'));
    expect(requests[0]?.body['parameter']).to.deep.equal([
      { name: 'url', valueUri: VALUE_SET },
      { name: 'valueSetVersion', valueString: '1.0.0' },
      { name: 'coding', valueCoding: coding('yes').coding },
    ]);
  });

  it('is asked singly where it takes no batches', async () => {
    behaviour = 'takes no batches';
    const terminology = createTerminologyServer({ url });
    expect(await ask(terminology, 'yes', 'no')).to.deep.equal(['member', 'not-member']);
    expect(await ask(terminology, 'yes2', 'no2')).to.deep.equal(['member', 'not-member']);
    expect(requests).to.have.length(5);
  });

  it('is away when it fails, hangs, or is not there, and what it did not say is asked again', async () => {
    const terminology = createTerminologyServer({ url, timeoutMs: 50 });
    for (const [now, reason] of [
      ['fails', 'it answers 503'],
      ['hangs', 'within 50 ms'],
    ] as const) {
      behaviour = now;
      for (const codes of [['yes'], ['yes', 'no']]) {
        const results = await Promise.allSettled(codes.map((code) => terminology.validateCode(VALUE_SET, coding(code))));
        for (const result of results) {
          expect(result.status, now).to.equal('rejected');
          expect((result as PromiseRejectedResult).reason).to.be.instanceOf(TerminologyServerAway);
          expect(String((result as PromiseRejectedResult).reason)).to.include(reason);
        }
      }
    }
    behaviour = 'answers';
    expect(await ask(terminology, 'yes', 'no')).to.deep.equal(['member', 'not-member']);
    const [absent] = await Promise.allSettled([
      createTerminologyServer({ url: 'http://127.0.0.1:9' }).validateCode(VALUE_SET, coding('yes')),
    ]);
    expect(absent?.status).to.equal('rejected');
  });

  it('that talks nonsense is none', async () => {
    behaviour = 'talks nonsense';
    const [alone] = await Promise.allSettled([createTerminologyServer({ url }).validateCode(VALUE_SET, coding('yes'))]);
    expect(alone?.status).to.equal('rejected');
  });

  it('that is busy once is asked in batches again', async () => {
    const terminology = createTerminologyServer({ url });
    behaviour = 'is busy';
    for (const result of await Promise.allSettled(['yes', 'no'].map((code) => terminology.validateCode(VALUE_SET, coding(code))))) {
      expect(result.status).to.equal('rejected');
    }
    expect(requests).to.have.length(1);
    behaviour = 'answers';
    expect(await ask(terminology, 'yes', 'no')).to.deep.equal(['member', 'not-member']);
    expect(requests).to.have.length(2);
  });
});
