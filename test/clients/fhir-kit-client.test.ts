/** fhir-kit-client, which nobody here wrote, against a real server. */
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runSession } from '../support/run-session.js';
import { TestServer } from '../support/test-server.js';
import { CONNECTIONS, describeConnection } from './connections.js';

const SESSION = fileURLToPath(new URL('fhir-kit-client-session.ts', import.meta.url));

const SHARED = {
  statement: '4.0.1',
  read: '1990-05-01',
  resolved: true,
  sorted: ['Smith', 'Ngata', 'Chalmers'],
  'by form': ['Ngata'],
  paged: ['Chalmers Ngata', 'Smith'],
  updated: '2',
  stale: [412, ['conflict']],
  'first version': '1990-05-01',
  'created once': [201, 200],
  transaction: ['201', '201'],
  'faulty transaction': [422, ['code-invalid']],
  batch: ['201', '422'],
  invalid: [422, ['code-invalid']],
  'unknown parameter': [400, ['not-supported']],
};

const PLAIN = {
  ...SHARED,
  'created by query': 200,
  patched: '1990-05-03',
  deleted: 204,
  gone: [410, ['deleted']],
  history: 4,
  'in the system': ['Smith'],
  validated: true,
};

const HEALTHPASS = { ...SHARED, 'created by query': [400, ['invalid']] };

describe('fhir-kit-client', function () {
  this.timeout(60_000);

  for (const connection of CONNECTIONS) {
    describe(connection.title, () => {
      let server: TestServer;
      before(async () => {
        server = await TestServer.start(connection.server);
      });
      after(() => server.stop());

      const talk = (path: string, isPlain: boolean): Promise<unknown> => {
        const { certificate, ...given } = describeConnection(connection, server, path);
        const environment = certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate };
        return runSession(
          process.execPath,
          ['--import', 'tsx', SESSION],
          { ...given, createByQuery: isPlain, deletes: isPlain, patch: isPlain },
          { environment },
        );
      };

      it('lists, sorts, saves, updates, deletes and transacts on plain R4', async () => {
        expect(await talk('/r4', true)).to.deep.equal(PLAIN);
      });

      it('does what HealthPass offers', async () => {
        expect(await talk('/fhir/R4', false)).to.deep.equal(HEALTHPASS);
      });
    });
  }
});
