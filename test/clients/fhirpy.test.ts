/** fhir-py, which nobody here wrote, against a real server: the Python client of the Zato page. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { INSTALL_TIMEOUT_MS, pythonOrSkip } from '../support/python.js';
import { aCondition, NHI_PATIENT } from '../support/resources.js';
import { runProgram, runSession } from '../support/run-session.js';
import { SDHR_CONTEXT, TestServer } from '../support/test-server.js';
import { CONNECTIONS, describeConnection } from './connections.js';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const SESSION = fileURLToPath(new URL('fhirpy_session.py', import.meta.url));

const PLAIN = {
  sorted: ['Smith', 'Ngata', 'Chalmers'],
  fetched: ['Ngata'],
  paged: ['Chalmers', 'Ngata', 'Smith'],
  count: ['OperationOutcome', ['not-supported']],
  'count, leniently': 3,
  first: ['Chalmers'],
  referred: true,
  searched: [true],
  included: ['Appointment', 'Patient'],
  updated: ['2', '1990-05-02'],
  'updated by search': [['Smythe'], false, '2'],
  'got or created': [true, false, true],
  several: ['MultipleResourcesFound', ['multiple-matches']],
  transaction: [['201', '201'], ['OperationOutcome', ['code-invalid', 'code-invalid']], 2],
  valid: [true, false],
  invalid: ['OperationOutcome', ['code-invalid']],
  'unknown parameter': ['OperationOutcome', ['not-supported']],
  patched: [false, 'Once', '2'],
  deleted: ['ResourceNotFound', ['deleted']],
  left: 0,
};

const SHARED_RECORD = {
  listed: ['c-1', 'c-2'],
  sorted: ['c-1', 'c-2'],
  updated: ['2', 'inactive'],
  transaction: ['201'],
  deleted: ['ResourceNotFound', ['deleted']],
  left: ['c-1', 'c-3'],
  invalid: ['OperationOutcome', ['invalid', 'invalid', 'invalid', 'invalid', 'invalid']],
  'without patient': ['OperationOutcome', ['required']],
  'get or create': ['OperationOutcome', ['invalid']],
};

describe('fhir-py', function () {
  this.timeout(60_000);
  let python: string;
  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS);
    python = await pythonOrSkip(this, REQUIREMENTS);
  });

  for (const connection of CONNECTIONS) {
    describe(connection.title, () => {
      let server: TestServer;
      before(async () => {
        server = await TestServer.start(connection.server);
      });
      after(() => server.stop());

      const talk = (session: string, path: string, more: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
        runSession(python, [SESSION], { session, ...describeConnection(connection, server, path), ...more });

      it('lists, sorts, saves, updates, deletes and transacts on plain R4', async () => {
        expect(await talk('plain', '/r4')).to.deep.equal(PLAIN);
      });

      it('does so on the Shared Digital Health Record, by its rules', async () => {
        const given = { headers: { 'Request-Context': SDHR_CONTEXT }, patient: NHI_PATIENT, condition: aCondition() };
        expect(await talk('shared_record', '/sdhr', given)).to.deep.equal(SHARED_RECORD);
      });

      it('is told so in its own exception when nobody knows it', async () => {
        const refused = ['AuthorizationError', ['login']];
        expect(await talk('stranger', '/r4', { authorization: 'Basic bm9ib2R5Om5vdGhpbmc=' })).to.deep.equal({ refused });
        expect(await talk('stranger', '/r4', { authorization: 'Bearer nothing' })).to.deep.equal({ refused });
      });
    });
  }

  it("does what README.md's example says", async () => {
    const server = await TestServer.start({ store: 'memory' });
    try {
      const [, example = ''] = /```python\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? [];
      const printed = await runProgram(python, ['-c', example.replaceAll('http://127.0.0.1:8080', server.url)]);
      expect(printed).to.equal("[{'family': 'Ngata', 'given': ['Hine']}] 1990-05-01\n");
    } finally {
      await server.stop();
    }
  });
});
