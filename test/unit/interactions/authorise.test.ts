import { expect } from 'chai';
import type { InteractionCode } from '../../../src/conformance/capability-statement.js';
import { interactions } from '../../../src/interactions/index.js';
import { aPatient } from '../../support/resources.js';
import { type CallOptions, TestApi } from '../../support/test-api.js';

describe('the table of interactions', () => {
  it('has a handler for each of these codes and no other', () => {
    expect(Object.keys(interactions)).to.have.members([
      'read',
      'vread',
      'create',
      'update',
      'patch',
      'delete',
      'history-instance',
      'history-type',
      'history-system',
      'search-type',
      'search-system',
      'capabilities',
      'batch',
      'transaction',
      'operation',
    ]);
  });

  const calls: readonly (readonly [InteractionCode, CallOptions, scope: string])[] = [
    ['read', { type: 'Patient', id: 'a' }, 'system/Patient.r'],
    ['vread', { type: 'Patient', id: 'a', versionId: '1' }, 'system/Patient.r'],
    ['create', { type: 'Patient', body: aPatient() }, 'system/Patient.c'],
    ['update', { type: 'Patient', id: 'a', body: aPatient({ id: 'a' }) }, 'system/Patient.u'],
    ['patch', { type: 'Patient', id: 'a', body: { gender: 'female' } }, 'system/Patient.u'],
    ['delete', { type: 'Patient', id: 'b' }, 'system/Patient.d'],
    ['history-instance', { type: 'Patient', id: 'a' }, 'system/Patient.r'],
    ['history-type', { type: 'Patient' }, 'system/Patient.s'],
    ['history-system', {}, 'system/*.s'],
    ['search-type', { type: 'Patient' }, 'user/Patient.s'],
    ['search-system', { query: '_type=Patient' }, 'system/Patient.s'],
    ['update', { type: 'Patient', query: 'identifier=a', body: aPatient() }, 'system/Patient.us'],
    ['patch', { type: 'Patient', query: '_id=a', body: { gender: 'female' } }, 'system/Patient.us'],
    ['delete', { type: 'Patient', query: 'identifier=b' }, 'system/Patient.ds'],
  ];

  for (const [interaction, options, scope] of calls) {
    const condition = interaction !== 'search-system' && options.query !== undefined ? ' of what a search finds' : '';

    it(`lets '${scope}' do ${interaction}${condition}, and nothing less`, async () => {
      const r4 = await TestApi.open('r4');
      await r4.update(aPatient({ id: 'a' }));
      const letters = scope.slice(scope.indexOf('.') + 1);
      for (const less of [...letters].map((letter) => `system/Patient.${letters.replace(letter, '')}`)) {
        const refusal = await r4.refusal(interaction, { ...options, scope: `${less} system/Group.cruds openid` });
        expect(refusal, less).to.include({ code: 'forbidden', status: 403 });
      }
      expect((await r4.call(interaction, { ...options, scope })).status).to.be.lessThan(300);
    });
  }

  it('answers 501 to what the policy does not list, whoever asks', async () => {
    const sdhr = await TestApi.open('sdhr');
    for (const [interaction, options] of [
      ['vread', { type: 'Condition', id: 'a', versionId: '1' }],
      ['history-type', { type: 'Condition' }],
      ['history-system', {}],
      ['read', { type: 'Patient', id: 'a' }],
    ] as const) {
      expect(await sdhr.refusal(interaction, { ...options, scope: '' }), interaction).to.include({ code: 'not-implemented', status: 501 });
    }
  });

  it('tells everyone its capabilities', async () => {
    const r4 = await TestApi.open('r4');
    expect((await r4.call('capabilities', { scope: '' })).status).to.equal(200);
  });

  it('translates what the store says, so that no driver is heard of', async () => {
    const r4 = await TestApi.open('r4');
    await r4.services.store.close();
    const refusal = await r4.refusal('read', { type: 'Patient', id: 'a' });
    expect(refusal).to.deep.include({ code: 'store-unavailable', status: 503, headers: { 'Retry-After': '1' } });
  });
});
