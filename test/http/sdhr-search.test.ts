/** Searches of the SDHR API as its CapabilityStatement's page lists them: each parameter, and the one that every search must have. */
import { expect } from 'chai';
import type { JsonObject } from '../../src/fhir/json.js';
import { aBundle, aCondition, anEntry, NHI_PATIENT, RHEUMATIC_CONDITION_PROFILE } from '../support/resources.js';
import { describeServer } from '../support/test-server.js';

const PATIENT = `patient=${NHI_PATIENT}`;
const OTHER_PATIENT = NHI_PATIENT.replace('ZZZ0032', 'ZZZ0016');
const UUID = '7f0c8f0a-34d2-4b58-9a3d-5b0a5a4f0d11';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const REQUIRED = [{ severity: 'error', code: 'required', location: ['http.patient'] }];
const BATCH_PROFILE = 'https://fhir-ig.digital.health.nz/sdhr/StructureDefinition/SDHRBatchBundle';

/** "Search Parameters" of each resource, `patient` aside; highlighted and long-term-condition are of the package. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: [
    'category=food',
    'clinical-status=active',
    'code=91936005',
    'identifier=a|b',
    `recorder=Practitioner/${UUID}`,
    'severity=mild',
  ],
  Condition: [
    'category=problem-list-item',
    'code=http://snomed.info/sct|44054006',
    `encounter=Encounter/${UUID}`,
    'identifier=https://pms.example.org.nz/conditions|c-1',
    'onset-date=ge2020',
    `participant=Practitioner/${UUID}`,
    'severity=24484000',
    `subject=${NHI_PATIENT}`,
    'highlighted=true',
    'long-term-condition=true',
  ],
  Consent: [],
  Encounter: [
    'identifier=a',
    `location=Location/${UUID}`,
    `participant=Practitioner/${UUID}`,
    `participant-actor=Practitioner/${UUID}`,
    'status=finished',
    `subject=${NHI_PATIENT}`,
  ],
  Observation: [
    'category=vital-signs',
    'code=8310-5',
    'date=2024',
    `encounter=Encounter/${UUID}`,
    'identifier=a',
    `performer=Practitioner/${UUID}`,
    'status=final',
    `subject=${NHI_PATIENT}`,
    'value-concept=a',
    'value-date=2024',
    'value-quantity=gt5.4|http://unitsofmeasure.org|mg',
    'value-string=a',
  ],
};

describeServer('searches of the SDHR API', (server) => {
  before(async () => {
    for (const reference of [NHI_PATIENT, OTHER_PATIENT]) {
      const answer = await server().post('/sdhr/Condition', aCondition({ subject: { reference, type: 'Patient' } }));
      expect(answer.status, answer.text).to.equal(201);
    }
  });

  for (const [type, parameters] of Object.entries(PARAMETERS)) {
    it(`answers every parameter of ${type}, by GET and by POST`, async () => {
      const common = [
        '_lastUpdated=ge2024-01-01',
        `_id=${UUID}`,
        '_profile=https://example.org/p',
        '_source=https://example.org',
        '_tag=a',
      ];
      for (const parameter of ['', ...parameters, ...common]) {
        const query = `${PATIENT}${parameter === '' ? '' : `&${parameter}`}`;
        for (const answer of [await server().get(`/sdhr/${type}?${query}`), await server().post(`/sdhr/${type}/_search`, query, FORM)]) {
          expect(answer.status, `${type}?${query}: ${answer.text.slice(0, 500)}`).to.equal(200);
          expect(answer.json['type']).to.equal('searchset');
        }
      }
    });
  }

  it('finds the records of one patient only', async () => {
    const totals = async (path: string): Promise<unknown> => (await server().get(path)).json['total'];
    expect(await totals(`/sdhr/Condition?${PATIENT}`)).to.equal(1);
    expect(await totals(`/sdhr/Condition?patient=${OTHER_PATIENT}&code=44054006`)).to.equal(1);
    expect(await totals(`/sdhr/Condition?${PATIENT},${OTHER_PATIENT}`)).to.equal(2);
    expect(await totals(`/sdhr?_type=Condition,Observation&${PATIENT}`)).to.equal(1);
    expect(await totals(`/sdhr?${PATIENT}`)).to.equal(1);
  });

  const withoutPatient: readonly string[] = [
    '/Condition',
    '/Condition?code=44054006',
    '/Condition?_include=Condition:encounter',
    `/Condition?subject=${NHI_PATIENT}`,
    '/Condition?patient:missing=false',
    '/Condition?_summary=count',
    '/Condition?_id=a&_count=0',
    '?_type=Condition',
    '?_type=Consent,Observation',
    '?_id=a',
    '/AllergyIntolerance?code=a',
    '/Encounter?status=finished',
    '/Observation?date=2024',
  ];
  for (const path of withoutPatient) {
    it(`refuses ${path} by GET, by POST and in a batch: 'patient' is wanted`, async () => {
      const [resource = '', query = ''] = path.split('?');
      const posted = await server().post(`/sdhr${resource}/_search`, query, FORM);
      for (const answer of [await server().get(`/sdhr${path}`), posted]) {
        expect(answer.status, answer.text).to.equal(400);
        expect(answer.issueSummaries).to.deep.include.members(REQUIRED);
        expect(answer.diagnostics).to.include("must have the parameter 'patient'");
      }
      if (resource === '') return;
      const batch = await server().post('/sdhr', aBundle('batch', anEntry({ method: 'GET', url: path.slice(1) })));
      const [entry] = batch.json['entry'] as { response: JsonObject }[];
      expect(String(entry?.response['status'])).to.match(/^400 /);
      expect(JSON.stringify(entry?.response['outcome'])).to.include("must have the parameter 'patient'");
      const transaction = await server().post('/sdhr', aBundle('transaction', anEntry({ method: 'GET', url: path.slice(1) })));
      expect(transaction.status).to.equal(400);
      expect(transaction.diagnostics).to.include("must have the parameter 'patient'");
    });
  }

  it('refuses a reference of a transaction that is a search without it', async () => {
    const observation = {
      resourceType: 'Condition',
      ...aCondition(),
      encounter: { reference: 'Encounter?identifier=a' },
    };
    const answer = await server().post('/sdhr', aBundle('transaction', anEntry({ method: 'POST', url: 'Condition' }, observation)));
    expect(answer.status).to.be.oneOf([400, 412]);
    expect(answer.diagnostics).to.include("'patient'");
  });

  it('asks for it under lenient handling too', async () => {
    const answer = await server().get('/sdhr/Condition?unheard-of=1', { Prefer: 'handling=lenient' });
    expect([answer.status, answer.issueSummaries.some(({ code }) => code === 'required')]).to.deep.equal([400, true]);
  });

  describe('SDHRBatchBundle, where it is claimed', () => {
    const claiming = (type: string, ...entries: JsonObject[]) => ({ ...aBundle(type, ...entries), meta: { profile: [BATCH_PROFILE] } });
    const create = (reference = NHI_PATIENT) =>
      anEntry({ method: 'POST', url: 'Condition' }, aCondition({ subject: { reference, type: 'Patient' } }));

    it('takes a batch of one patient', async () => {
      const answer = await server().post('/sdhr', claiming('batch', create(), create()));
      expect(answer.status, answer.text).to.equal(200);
    });

    const broken: readonly (readonly [string, JsonObject, string])[] = [
      ['two patients', claiming('batch', create(), create(OTHER_PATIENT)), 'one-patient-only'],
      ['no patient', claiming('batch', anEntry({ method: 'GET', url: `Condition?${PATIENT}` })), 'one-patient-only'],
      ['a transaction', claiming('transaction', create()), 'Bundle.type'],
      ['$participate', claiming('batch', create(), anEntry({ method: 'POST', url: '$participate' })), 'no-participation-ops'],
      ['$hnz-participate', claiming('batch', create(), anEntry({ method: 'POST', url: '$hnz-participate' })), 'no-participation-ops'],
    ];
    for (const [title, bundle, text] of broken) {
      it(`refuses ${title}, and stores nothing`, async () => {
        const count = async (): Promise<unknown> => (await server().get(`/sdhr/Condition?${PATIENT},${OTHER_PATIENT}`)).json['total'];
        const before = await count();
        const answer = await server().post('/sdhr', bundle);
        expect(answer.status, answer.text).to.equal(400);
        expect(answer.text).to.include(text);
        expect(await count()).to.equal(before);
      });
    }
  });
});

describeServer('searches of the Rheumatic Fever API', (server) => {
  it('finds by profile with its version, the bar as the guide writes it', async () => {
    const answer = await server().get(`/rheumatic-fever/Condition?_profile=${RHEUMATIC_CONDITION_PROFILE}|1.0.0`);
    expect([answer.status, answer.json['total']]).to.deep.equal([200, 0]);
    const [self] = answer.json['link'] as JsonObject[];
    expect(decodeURIComponent(String(self?.['url']))).to.match(/nz-rheumaticfever-condition\|1\.0\.0$/);
  });
});
