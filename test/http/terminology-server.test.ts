/** Codes that nothing loaded can decide, and a terminology server that can: https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { anObservation } from '../support/resources.js';
import { TestServer } from '../support/test-server.js';

const R4_FOLDER = fileURLToPath(new URL('../../profiles/r4', import.meta.url));
const PROFILE = 'http://example.org/StructureDefinition/clinical';
const coded = (code: string): JsonObject => ({
  ...anObservation({ code: { text: 'secret', coding: [{ system: 'http://snomed.info/sct', code }] } }),
  meta: { profile: [PROFILE] },
});
/** A profile that binds the code to a part of SNOMED CT. */
const definition = {
  resourceType: 'StructureDefinition',
  url: PROFILE,
  name: 'Clinical',
  status: 'active',
  kind: 'resource',
  abstract: false,
  type: 'Observation',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Observation',
  derivation: 'constraint',
  differential: {
    element: [
      {
        id: 'Observation.code',
        path: 'Observation.code',
        binding: { strength: 'required', valueSet: 'http://snomed.info/sct?fhir_vs=isa/404684003' },
      },
    ],
  },
};

describe('a terminology server', () => {
  let terminology: Server;
  let url = '';
  let isUp = true;
  let questions: string[] = [];
  let folder = '';

  before(async () => {
    terminology = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      questions.push(text);
      const result = { resourceType: 'Parameters', parameter: [{ name: 'result', valueBoolean: text.includes('"271649006"') }] };
      response.writeHead(isUp ? 200 : 503).end(JSON.stringify(result));
    });
    await new Promise<void>((resolve) => {
      terminology.listen(0, '127.0.0.1', resolve);
    });
    url = `http://127.0.0.1:${(terminology.address() as AddressInfo).port}/r4`;
    folder = mkdtempSync(join(tmpdir(), 'kauri-terminology-'));
  });
  after(() => {
    terminology.closeAllConnections();
    terminology.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    isUp = true;
    questions = [];
  });

  /** A server of plain R4 with the profile, whose writes follow `whenAway`. */
  async function withServer(whenAway: string, use: (server: TestServer) => Promise<void>): Promise<void> {
    const api = join(folder, whenAway);
    cpSync(R4_FOLDER, api, { recursive: true });
    const config = JSON.parse(readFileSync(join(api, 'api.json'), 'utf8')) as { validation?: object };
    const validation = { ...config.validation, terminologyServer: { url, whenAway, cacheSeconds: 0 } };
    writeFileSync(join(api, 'api.json'), JSON.stringify({ ...config, validation }));
    writeFileSync(join(api, 'StructureDefinition-clinical.json'), JSON.stringify(definition));
    const server = await TestServer.start({ store: 'memory', config: { apis: [api] } });
    try {
      await use(server);
    } finally {
      await server.stop();
    }
  }

  it('decides about codes, and is told nothing but which they are', () =>
    withServer('refuse', async (server) => {
      expect((await server.post('/r4/Observation', coded('271649006'))).status).to.equal(201);
      const refused = await server.post('/r4/Observation', coded('1'));
      expect(refused.status).to.equal(422);
      expect(refused.issueSummaries[0]).to.deep.include({ severity: 'error', code: 'code-invalid', expression: ['Observation.code'] });
      expect(questions.join()).to.include('fhir_vs=isa/404684003').and.not.to.include('secret');
      const entry = [coded('271649006'), coded('1')].map((resource) => ({ resource, request: { method: 'POST', url: 'Observation' } }));
      const transaction = await server.post('/r4', { resourceType: 'Bundle', type: 'transaction', entry });
      expect(transaction.status).to.equal(422);
      expect(transaction.issueSummaries[0]).to.deep.include({ expression: ['Bundle.entry[1].resource.code'] });
    }));

  it('that is away refuses writes with 503, or lets them pass with a warning or a remark, as api.json says', async () => {
    isUp = false;
    await withServer('refuse', async (server) => {
      const answer = await server.post('/r4/Observation', coded('271649006'));
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('Retry-After')).to.equal('10');
      expect((await server.post('/r4/Observation', anObservation())).status).to.equal(201);
    });
    for (const [whenAway, severity] of [
      ['warn', 'warning'],
      ['accept', 'information'],
    ] as const) {
      await withServer(whenAway, async (server) => {
        const answer = await server.post('/r4/Observation', coded('1'), { Prefer: 'return=OperationOutcome' });
        expect(answer.status).to.equal(201);
        expect(answer.issueSummaries).to.deep.include({ severity, code: 'not-supported', expression: ['Observation.code'] });
      });
    }
  });
});
