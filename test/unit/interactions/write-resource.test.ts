import { expect } from 'chai';
import { attemptWrite } from '../../../src/interactions/write-resource.js';
import { refusalOf } from '../../support/test-api.js';

describe('attemptWrite', () => {
  it('tries again while others write in between, and gives up after a while', async () => {
    let attempts = 0;
    const third = await attemptWrite(async () => (++attempts < 3 ? undefined : { status: 201 }));
    expect({ third, attempts }).to.deep.equal({ third: { status: 201 }, attempts: 3 });
    const refusal = await refusalOf(attemptWrite(async () => undefined));
    expect(refusal).to.deep.include({ code: 'version-conflict', status: 409, headers: { 'Retry-After': '1' } });
  });

  it('rejects at once with what an attempt rejects with', async () => {
    let attempts = 0;
    const failed = await attemptWrite(async () => {
      attempts++;
      throw new Error('no');
    }).catch((error: Error) => error.message);
    expect({ failed, attempts }).to.deep.equal({ failed: 'no', attempts: 1 });
  });
});
