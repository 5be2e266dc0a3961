import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { createHl7Engine, type Hl7Engine, Hl7EngineAway, type Hl7EngineOptions } from '../../../src/hl7/hl7-engine.js';

interface Question {
  readonly sessionId: string | null;
  readonly cliContext: Readonly<Record<string, unknown>>;
  readonly filesToValidate: readonly { readonly fileContent: string }[];
}

/** The service, as far as it is asked: sessions are told apart by their number. */
class FakeService {
  readonly asked: Question[] = [];
  sessions = 0;
  answer: (response: ServerResponse, question: Question) => void = (response, question) => this.say(response, question, []);
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const question = JSON.parse(await text(request)) as Question;
      this.asked.push(question);
      this.answer(response, question);
    });
  }

  say(response: ServerResponse, { sessionId }: Question, issues: readonly unknown[]): void {
    response.end(JSON.stringify({ outcomes: [{ issues }], sessionId: sessionId ?? `session-${++this.sessions}` }));
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((one: unknown) => one);
  expect(error).to.be.instanceOf(Hl7EngineAway);
  return String(error);
}

describe("HL7's validator", () => {
  let service: FakeService;
  let url: string;
  const engineOf = (more: Partial<Hl7EngineOptions> = {}): Hl7Engine =>
    createHl7Engine({ url: `${url}/`, packages: ['a#1.0.0'], timeoutMs: 1_000, openingTimeoutMs: 2_000, ...more });

  beforeEach(async () => {
    service = new FakeService();
    url = await service.start();
  });
  afterEach(() => service.stop());

  it('is asked by its URL, in one session, with the text as it is and the profiles of each question', async () => {
    const engine = engineOf();
    await engine.validate('{"resourceType":"Patient", "x":1.0}', ['http://x.example/p']);
    await engine.validate('{"resourceType":"Basic"}', []);
    const context = { sv: '4.0.1', igs: ['a#1.0.0'], locale: 'en' };
    expect(service.asked.map(({ sessionId, cliContext }) => ({ sessionId, cliContext }))).to.deep.equal([
      { sessionId: null, cliContext: { ...context, profiles: [] } },
      { sessionId: 'session-1', cliContext: { ...context, profiles: ['http://x.example/p'] } },
      { sessionId: 'session-1', cliContext: { ...context, profiles: [] } },
    ]);
    expect(service.asked[1]?.filesToValidate[0]?.fileContent).to.equal('{"resourceType":"Patient", "x":1.0}');
  });

  it('says issues in R4’s words, with their place', async () => {
    service.answer = (response, question) =>
      service.say(response, question, [
        { level: 'ERROR', type: 'CODEINVALID', message: 'wrong', location: 'Patient.gender', line: 3, col: 7 },
        { level: 'INFORMATION', type: 'SOMETHINGNEW', message: 'note', location: '', line: -1, col: -1 },
      ]);
    expect(await engineOf().validate('{}', [])).to.deep.equal([
      { severity: 'error', code: 'code-invalid', diagnostics: 'wrong', rule: 'hl7', expression: 'Patient.gender', line: 3, column: 7 },
      { severity: 'information', code: 'invalid', diagnostics: 'note', rule: 'hl7' },
    ]);
  });

  it('is away when it fails, hangs or talks nonsense, and there again afterwards', async () => {
    const engine = engineOf({ timeoutMs: 100 });
    await engine.validate('{}', []);
    const answers: readonly (readonly [FakeService['answer'], string])[] = [
      [(response) => response.writeHead(500).end(), 'answers 500'],
      [(response) => response.destroy(), 'other side closed'],
      [() => undefined, 'did not answer in time'],
      [(response) => response.end('<html>'), 'is not valid JSON'],
      [(response) => response.end('{}'), 'without issues'],
    ];
    for (const [answer, reason] of answers) {
      service.answer = answer;
      expect(await reasonOf(engine.validate('{}', []))).to.include(reason);
      service.answer = (response, question) => service.say(response, question, []);
      expect(await engine.validate('{}', [])).to.deep.equal([]);
    }
    expect(await reasonOf(engineOf({ url: 'http://127.0.0.1:9' }).validate('{}', []))).to.match(/bad port|ECONNREFUSED/);
  });

  it('takes the session that the service has opened for one that it has lost', async () => {
    const engine = engineOf();
    await engine.validate('{}', []);
    service.answer = (response, question) => service.say(response, { ...question, sessionId: 'session-new' }, []);
    await engine.validate('{}', []);
    service.answer = (response, question) => service.say(response, question, []);
    await engine.validate('{}', []);
    expect(service.asked.at(-1)?.sessionId).to.equal('session-new');
  });

  it('opens its session once, however long that takes and whoever gives up meanwhile', async () => {
    let ready: () => void = () => undefined;
    service.answer = (response, question) => {
      ready = () => service.say(response, question, []);
    };
    const engine = engineOf({ timeoutMs: 100 });
    for (let count = 0; count < 3; count++) expect(await reasonOf(engine.validate('{}', []))).to.include('in time');
    expect(service.asked).to.have.length(1);
    service.answer = (response, question) => service.say(response, question, []);
    ready();
    expect(await engine.validate('{}', [])).to.deep.equal([]);
    expect(service.sessions).to.equal(1);
  });

  it('opens another session where the first one was never answered', async () => {
    service.answer = () => undefined;
    const engine = engineOf({ timeoutMs: 100, openingTimeoutMs: 150 });
    expect(await reasonOf(engine.validate('{}', []))).to.include('in time');
    await new Promise((resolve) => setTimeout(resolve, 200));
    service.answer = (response, question) => service.say(response, question, []);
    expect(await engine.validate('{}', [])).to.deep.equal([]);
  });

  it('is away for whoever comes while a hundred wait', async () => {
    const waiting: (() => void)[] = [];
    service.answer = (response, question) => waiting.push(() => service.say(response, question, []));
    const engine = engineOf({ timeoutMs: 5_000, openingTimeoutMs: 5_000 });
    const asked = Array.from({ length: 100 }, () => engine.validate('{}', []));
    expect(await reasonOf(engine.validate('{}', []))).to.include('100 resources wait');
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    service.answer = (response, question) => service.say(response, question, []);
    for (const answer of waiting) answer();
    expect(await Promise.all(asked)).to.have.length(100);
    expect(await engine.validate('{}', [])).to.deep.equal([]);
  });

  it('is run by its package where no URL is named, which says what to install where it is absent', async () => {
    expect(await reasonOf(engineOf({ url: undefined }).validate('{}', []))).to.include('npm install fhir-validator-js');
    const contexts: unknown[] = [];
    const start = (context: unknown): Promise<unknown> => {
      contexts.push(context);
      return Promise.reject(new Error('JDK directory not found'));
    };
    const failing = engineOf({ url: undefined, load: () => Promise.resolve({ default: start }) });
    expect(await reasonOf(failing.validate('{}', []))).to.include('JDK directory not found');
    expect(contexts).to.deep.equal([{ sv: '4.0.1', igs: ['a#1.0.0'], locale: 'en' }]);
    expect(await reasonOf(engineOf({ url: undefined, load: () => Promise.resolve({}) }).validate('{}', []))).to.include('another shape');
  });
});
