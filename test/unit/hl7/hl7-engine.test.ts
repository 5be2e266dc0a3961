import { expect } from 'chai';
import { createHl7Engine, Hl7EngineAway, type Hl7EngineOptions } from '../../../src/hl7/hl7-engine.js';

/** What fhir-validator-js gives, as far as it is used, and what was done with it. */
class FakePackage {
  readonly contexts: Readonly<Record<string, unknown>>[] = [];
  readonly asked: { readonly resource: unknown; readonly profiles: unknown }[] = [];
  closed = 0;
  answer: () => Promise<unknown> = () => Promise.resolve({ issues: [] });

  readonly load = (): Promise<unknown> =>
    Promise.resolve({
      default: (context: Readonly<Record<string, unknown>>) => {
        this.contexts.push(context);
        const cliContext: { profiles?: unknown } = {};
        return Promise.resolve({
          cliContext,
          validate: (resource: unknown) => {
            this.asked.push({ resource, profiles: cliContext.profiles });
            return this.answer();
          },
          shutdown: () => {
            this.closed++;
          },
        });
      },
    });
}

const engineOf = (fake: FakePackage, more: Partial<Hl7EngineOptions> = {}) =>
  createHl7Engine({ url: 'http://127.0.0.1:3500/', packages: ['a#1.0.0'], timeoutMs: 200, load: fake.load, ...more });

/** Asks until the session is open. */
async function engineReady(engine: ReturnType<typeof engineOf>): Promise<unknown> {
  for (let count = 0; count < 100; count++) {
    const answer = await engine.validate('{}', []).catch(() => undefined);
    if (answer !== undefined) return answer;
  }
  throw new Error('The session never opened');
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((one: unknown) => one);
  expect(error).to.be.instanceOf(Hl7EngineAway);
  return String(error);
}

describe("HL7's validator", () => {
  it('is asked by its URL, in one session, with the profiles of each question', async () => {
    const fake = new FakePackage();
    const engine = engineOf(fake);
    await Promise.all([
      engine.validate('{"resourceType":"Patient"}', ['http://x.example/p']),
      engine.validate('{"resourceType":"Basic"}', []),
    ]);
    expect(fake.contexts).to.deep.equal([{ validatorUrl: 'http://127.0.0.1:3500', sv: '4.0.1', igs: ['a#1.0.0'], locale: 'en' }]);
    expect(fake.asked).to.deep.equal([
      { resource: { resourceType: 'Patient' }, profiles: ['http://x.example/p'] },
      { resource: { resourceType: 'Basic' }, profiles: [] },
    ]);
  });

  it('says issues in R4’s words', async () => {
    const fake = new FakePackage();
    fake.answer = () =>
      Promise.resolve({
        issues: [
          { level: 'ERROR', type: 'CODEINVALID', message: 'wrong', location: 'Patient.gender', line: 3, col: 7 },
          { level: 'INFORMATION', type: 'SOMETHINGNEW', message: 'note', location: '', line: -1, col: -1 },
        ],
      });
    expect(await engineOf(fake).validate('{}', [])).to.deep.equal([
      { severity: 'error', code: 'code-invalid', diagnostics: 'wrong', rule: 'hl7', expression: 'Patient.gender' },
      { severity: 'information', code: 'invalid', diagnostics: 'note', rule: 'hl7' },
    ]);
  });

  it('is away when it fails, hangs or talks nonsense, and asked in a new session then', async () => {
    const fake = new FakePackage();
    const engine = engineOf(fake, { timeoutMs: 30 });
    for (const [answer, reason] of [
      [() => Promise.reject(new Error('ECONNREFUSED')), 'ECONNREFUSED'],
      [() => new Promise(() => undefined), 'within 30 ms'],
      [() => Promise.resolve('<html>'), 'no issues'],
    ] as const) {
      fake.answer = answer;
      expect(await reasonOf(engine.validate('{}', []))).to.include(reason);
    }
    fake.answer = () => Promise.resolve({ issues: [] });
    expect(await engine.validate('{}', [])).to.deep.equal([]);
    expect(fake.contexts).to.have.length(4);
    expect(fake.closed).to.equal(3);
  });

  it('is away for whoever comes while a hundred wait', async () => {
    const fake = new FakePackage();
    let answer: (issues: unknown) => void = () => undefined;
    const first = new Promise<unknown>((resolve) => {
      answer = resolve;
    });
    fake.answer = () => first;
    const engine = engineOf(fake, { timeoutMs: 5_000 });
    const asked = Array.from({ length: 100 }, () => engine.validate('{}', []));
    expect(await reasonOf(engine.validate('{}', []))).to.include('100 resources wait');
    answer({ issues: [] });
    expect(await Promise.all(asked)).to.have.length(100);
    expect(await engine.validate('{}', [])).to.deep.equal([]);
  });

  it('opens its session once, however long that takes and whoever gives up meanwhile', async () => {
    const fake = new FakePackage();
    let ready: () => void = () => undefined;
    const packagesRead = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const load = async (): Promise<unknown> => {
      await packagesRead;
      return fake.load();
    };
    const engine = engineOf(fake, { timeoutMs: 20, load });
    for (let count = 0; count < 3; count++) expect(await reasonOf(engine.validate('{}', []))).to.include('within 20 ms');
    ready();
    expect(await engineReady(engine)).to.deep.equal([]);
    expect(fake.contexts).to.have.length(1);
    // the first was begun, the other two had given up before their turn
    expect(fake.asked.length).to.be.lessThan(4);
  });

  it('is away where its package is not installed, and says what to install', async () => {
    const { load: _load, ...rest } = { url: 'http://127.0.0.1:3500', packages: [], timeoutMs: 5_000, load: undefined };
    expect(await reasonOf(createHl7Engine(rest).validate('{}', []))).to.include('npm install fhir-validator-js');
    expect(await reasonOf(createHl7Engine({ ...rest, load: () => Promise.resolve({}) }).validate('{}', []))).to.include('another shape');
  });
});
