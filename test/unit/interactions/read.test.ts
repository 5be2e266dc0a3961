import { expect } from 'chai';
import type { ResourcePolicy } from '../../../src/conformance/capability-statement.js';
import { aPatient } from '../../support/resources.js';
import { TestApi } from '../../support/test-api.js';

describe('read', () => {
  it('answers the stored text with its version and instant', async () => {
    const r4 = await TestApi.open('r4');
    const { body } = await r4.update(aPatient({ id: 'a' }));
    expect(await r4.call('read', { type: 'Patient', id: 'a' })).to.deep.equal({
      status: 200,
      body,
      versionId: 1,
      lastModified: r4.now,
    });
  });

  describe('with a condition', () => {
    /** 304 or 200 for each way that a policy supports conditional reads. */
    async function statuses(conditionalRead: ResourcePolicy['conditionalRead'], ifNoneMatch?: string, ifModifiedSince?: string) {
      const api = await TestApi.open('r4', { policy: { conditionalRead } });
      await api.update(aPatient({ id: 'a' }));
      const options = { type: 'Patient', id: 'a', preconditions: { ifNoneMatch, ifModifiedSince } };
      const read = await api.call('read', options);
      const vread = await api.call('vread', { ...options, versionId: '1' });
      expect(vread.status).to.equal(read.status);
      if (read.status === 304) expect(read).to.not.have.property('body');
      return read.status;
    }

    it('answers 304 to the version that the caller has', async () => {
      expect(await statuses('full-support', 'W/"1"')).to.equal(304);
      expect(await statuses('not-match', '*')).to.equal(304);
      expect(await statuses('full-support', 'W/"2"')).to.equal(200);
    });

    it('answers 304 to the second in which it was written, as HTTP knows no parts of seconds', async () => {
      expect(await statuses('full-support', undefined, 'Tue, 04 Mar 2025 05:06:07 GMT')).to.equal(304);
      expect(await statuses('modified-since', undefined, 'Tue, 04 Mar 2025 05:06:06 GMT')).to.equal(200);
    });

    it('lets the ETag decide where there are both', async () => {
      expect(await statuses('full-support', 'W/"2"', 'Tue, 04 Mar 2025 06:00:00 GMT')).to.equal(200);
    });

    it('is no condition where the policy does not support it', async () => {
      expect(await statuses('not-supported', 'W/"1"')).to.equal(200);
      expect(await statuses('modified-since', 'W/"1"')).to.equal(200);
      expect(await statuses('not-match', undefined, 'Tue, 04 Mar 2025 06:00:00 GMT')).to.equal(200);
    });
  });
});
