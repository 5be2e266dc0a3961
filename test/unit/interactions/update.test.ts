import { expect } from 'chai';
import { aPatient } from '../../support/resources.js';
import { bodyOf, idOf, refusalOf, summariesOf, TestApi } from '../../support/test-api.js';

describe('update', () => {
  let r4: TestApi;

  beforeEach(async () => {
    r4 = await TestApi.open('r4');
  });

  it('creates with the id of the path where the policy lets callers choose, and answers 405 where it does not', async () => {
    const created = await r4.update(aPatient({ id: 'mine' }));
    expect(created).to.include({ status: 201, versionId: 1, location: 'Patient/mine/_history/1' });
    const without = await TestApi.open('r4', { policy: { updateCreate: false } });
    expect(await refusalOf(without.update(aPatient({ id: 'mine' })))).to.include({ code: 'method-not-allowed', status: 405 });
  });

  it('makes the next version, whose instant is no earlier than the last one', async () => {
    await r4.update(aPatient({ id: 'a' }));
    const first = r4.now;
    r4.now -= 60_000;
    const { status, versionId, lastModified, body } = await r4.update(aPatient({ id: 'a', active: true }));
    expect({ status, versionId, lastModified }).to.deep.equal({ status: 200, versionId: 2, lastModified: first });
    expect(JSON.parse(body ?? '')).to.deep.include({ active: true, meta: { versionId: '2', lastUpdated: '2025-03-04T05:06:07.089Z' } });
  });

  it('brings a deleted resource back, also where callers choose no ids', async () => {
    const api = await TestApi.open('r4', { policy: { updateCreate: false } });
    const id = idOf(await api.create(aPatient()));
    await api.call('delete', { type: 'Patient', id });
    expect(await api.update(aPatient({ id }))).to.include({ status: 201, versionId: 3 });
    expect((await api.call('read', { type: 'Patient', id })).status).to.equal(200);
  });

  it('wants the id of the path in the body', async () => {
    for (const [id, diagnostics] of [
      [undefined, /has no id/],
      ['b', /has the id "b"/],
      [7, /has the id 7/],
    ] as const) {
      const refusal = await r4.refusal('update', { type: 'Patient', id: 'a', body: aPatient(id === undefined ? {} : { id }) });
      expect(refusal).to.include({ code: 'malformed-request', status: 400 });
      expect(refusal.issues[0]).to.include({ expression: 'Patient.id' });
      expect(refusal.message).to.match(diagnostics);
    }
    expect(await refusalOf(r4.update(aPatient({ id: 'a_b' })))).to.include({ status: 400 });
    expect(await r4.count('Patient')).to.equal(0);
  });

  it('lets all writers through that ask for no version, one after the other', async () => {
    await r4.update(aPatient({ id: 'a' }));
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => r4.update(aPatient({ id: 'a', multipleBirthInteger: index }))),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(12).fill(200));
    expect(answers.map(({ versionId }) => versionId).sort((a = 0, b = 0) => a - b)).to.deep.equal(
      Array.from({ length: 12 }, (_, index) => index + 2),
    );
  });

  it('lets one writer through of those that name the same version', async () => {
    await r4.update(aPatient({ id: 'a' }));
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, () => r4.update(aPatient({ id: 'a' }), { preconditions: { ifMatch: 'W/"1"' } })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).to.include({ code: 'precondition-failed', status: 412 });
    }
  });

  it('checks the version before it checks the resource', async () => {
    await r4.update(aPatient({ id: 'a' }));
    const refusal = await refusalOf(r4.update(aPatient({ id: 'a', unknown: 1 }), { preconditions: { ifMatch: '2' } }));
    expect(refusal.status).to.equal(412);
    const both = await refusalOf(r4.update(aPatient({ id: 'new' }), { preconditions: { ifMatch: '*' } }));
    expect(both.status).to.equal(412);
    expect(await refusalOf(r4.update(aPatient({ id: 'a' }), { preconditions: { ifNoneMatch: '*' } }))).to.include({ status: 412 });
  });

  it('leaves the old version when the new one is invalid', async () => {
    await r4.update(aPatient({ id: 'a' }));
    const refusal = await refusalOf(r4.update(aPatient({ id: 'a', gender: 'none' })));
    expect(refusal).to.include({ code: 'resource-invalid', status: 422 });
    expect(summariesOf(refusal.issues.filter(({ severity }) => severity === 'error'))).to.deep.equal([
      { severity: 'error', code: 'code-invalid', expression: 'Patient.gender' },
    ]);
    expect(await r4.call('read', { type: 'Patient', id: 'a' })).to.include({ versionId: 1 });
  });

  describe('of what a search finds', () => {
    const patient = aPatient({ identifier: [{ system: 'urn:mrn', value: '1' }] });
    const put = (body: object, query = 'identifier=urn:mrn|1') =>
      r4.call('update', { type: 'Patient', query, body: { ...patient, ...body } });

    it('creates what is not there, with an id of the server or the one of the body', async () => {
      expect(await put({})).to.include({ status: 201, versionId: 1 });
      expect(await put({ id: 'mine' }, 'identifier=urn:mrn|none')).to.include({ status: 201, location: 'Patient/mine/_history/1' });
    });

    it('answers 404 to what is not there where an update of the API creates nothing', async () => {
      const api = await TestApi.open('hcw-at-home');
      const body = { resourceType: 'Patient', active: true };
      const refusal = await api.refusal('update', { type: 'Patient', query: 'identifier=urn:mrn|1', body });
      expect(refusal).to.include({ code: 'resource-not-found', status: 404 });
      expect(await api.count('Patient')).to.equal(0);
    });

    it('updates the one that is there, whose id the body need not have', async () => {
      const id = idOf(await r4.create(patient));
      expect(await put({ active: false })).to.include({ status: 200, location: `Patient/${id}/_history/2` });
      expect(bodyOf(await r4.call('read', { type: 'Patient', id }))).to.include({ id, active: false });
      expect(await refusalOf(put({ id: 'other' }))).to.include({ code: 'malformed-request', status: 400 });
    });

    it('answers 412 when there are several, and creates one however many ask at once', async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => put({})));
      expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
      expect(await r4.count('Patient')).to.equal(1);
      await r4.create(patient);
      expect(await refusalOf(put({}))).to.include({ code: 'multiple-matches', status: 412 });
    });

    it('needs a condition', async () => {
      expect(await refusalOf(put({}, ''))).to.include({ code: 'invalid-parameter', status: 400 });
    });
  });
});
