import { expect } from 'chai';
import type { JsonObject } from '../../../src/fhir/json.js';
import { idsOf, issuesOf } from './search-fixture.js';

/** The tables of https://hl7.org/fhir/R4/search.html#date and #prefix, one row each: prefix and value, element, whether it matches. */
describe('date search', () => {
  const at = (text: string): JsonObject => ({ effectiveDateTime: text });
  const period = (start?: string, end?: string): JsonObject => ({ effectivePeriod: { ...(start && { start }), ...(end && { end }) } });
  const rows: [string, JsonObject, boolean][] = [
    ['eq2013-01-14', at('2013-01-14T00:00:00Z'), true],
    ['eq2013-01-14', at('2013-01-14T10:00:00Z'), true],
    ['eq2013-01-14', at('2013-01-15T00:00:00Z'), false],
    ['2013-01-14', at('2013-01-14'), true],
    ['2013-01-14', at('2013-01'), false],
    ['2013-01', at('2013-01-14'), true],
    ['2013', at('2013-12-31T23:59:59Z'), true],
    ['2013-01-14', period('2013-01-14T08:00:00Z', '2013-01-14T09:00:00Z'), true],
    ['2013-01-14', period('2013-01-14T08:00:00Z', '2013-01-15T09:00:00Z'), false],
    ['2013-01-14', period('2013-01-14'), false],
    ['ne2013-01-14', at('2013-01-15T00:00:00Z'), true],
    ['ne2013-01-14', at('2013-01-14T00:00:00Z'), false],
    ['ne2013-01-14', at('2013-01-14T10:00:00Z'), false],
    ['ne2013-01-14', {}, false],
    ['lt2013-01-14T10:00:00Z', at('2013-01-14'), true],
    ['lt2013-01-14T10:00:00Z', at('2013-01-14T10:00:00Z'), false],
    ['lt2013-01-14T10:00:00Z', period(undefined, '2013-01-20'), true],
    ['gt2013-01-14T10:00:00Z', at('2013-01-14'), true],
    ['gt2013-01-14T10:00:00Z', at('2013-01-14T10:00:00Z'), false],
    ['gt2013-03-14', period('2013-01-21'), true],
    ['gt2013-03-14', period('2013-01-21', '2013-03-14'), false],
    ['ge2013-03-14', period('2013-01-21'), true],
    ['ge2013-03-14', at('2013-03-14'), true],
    ['ge2013-03-14', at('2013-03-13T23:59:59Z'), false],
    ['ge2013-03-14', at('2013-03-15'), true],
    ['le2013-03-14', period('2013-01-21'), true],
    ['le2013-03-14', at('2013-03-14T23:59:59Z'), true],
    ['le2013-03-14', at('2013-03-15'), false],
    ['sa2013-03-14', period('2013-03-15'), true],
    ['sa2013-03-14', period('2013-03-14'), false],
    ['sa2013-03-14', period('2013-01-21', '2013-05-01'), false],
    ['eb2013-03-14', period('2013-01-21'), false],
    ['eb2013-03-14', period('2013-01-01', '2013-03-13'), true],
    ['eb2013-03-14', period('2013-01-01', '2013-03-14'), false],
    ['ap2024-06-01', at('2024-06-01'), true],
    ['ap2024-06-01', at('2024-06-03'), true],
    ['ap2024-06-01', at('2024-06-20'), false],
    // zones: 14 January in Auckland is still the 13th in UTC
    ['2013-01-13', at('2013-01-14T10:00:00+13:00'), true],
    ['2013-01-14', at('2013-01-14T10:00:00+13:00'), false],
    ['2013-01-14T10:00:00+13:00', at('2013-01-13T21:00:00Z'), true],
    ['2013-01-14T10:00+13:00', at('2013-01-13T21:00:59Z'), true],
    ['2013-01-14T10:00:00%2013:00', at('2013-01-13T21:00:00Z'), true],
    ['2016-12-31T23:59:60Z', at('2017-01-01T00:00:00Z'), true],
  ];
  for (const [value, element, expected] of rows) {
    it(`${value} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(element)}`, async () => {
      expect(await idsOf('Observation', { it: element }, `date=${value}`)).to.deep.equal(expected ? ['it'] : []);
    });
  }

  it('looks at the outer limits of a Timing', async () => {
    const events = { effectiveTiming: { event: ['2013-01-10', '2013-01-20'] } };
    const bounded = { effectiveTiming: { repeat: { boundsPeriod: { start: '2013-01-10', end: '2013-01-20' } } } };
    const open = { effectiveTiming: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } } };
    const find = (query: string) => idsOf('Observation', { events, bounded, open }, query);
    expect(await find('date=2013-01')).to.deep.equal(['bounded', 'events']);
    expect(await find('date=gt2013-01-15')).to.deep.equal(['bounded', 'events', 'open']);
    expect(await find('date=sa2013-01-15')).to.deep.equal([]);
  });

  it('ANDs repetitions and ORs what commas separate', async () => {
    const all = { a: at('2013-01-14'), b: at('2013-02-14'), c: at('2013-03-14') };
    expect(await idsOf('Observation', all, 'date=ge2013-02-01&date=lt2013-03-01')).to.deep.equal(['b']);
    expect(await idsOf('Observation', all, 'date=2013-01-14,2013-03-14')).to.deep.equal(['a', 'c']);
  });

  it('searches _lastUpdated with every prefix', async () => {
    const patients = {
      old: { meta: { lastUpdated: '2020-01-01T10:00:00.500Z' } },
      young: { meta: { lastUpdated: '2021-01-01T10:00:00.000Z' } },
    };
    const find = (query: string) => idsOf('Patient', patients, query);
    expect(await find('_lastUpdated=2020-01-01T10:00:00Z')).to.deep.equal(['old']);
    expect(await find('_lastUpdated=ne2020')).to.deep.equal(['young']);
    expect(await find('_lastUpdated=gt2020-01-01T10:00:00Z')).to.deep.equal(['young']);
    expect(await find('_lastUpdated=ge2020-01-01&_lastUpdated=le2020-12-31')).to.deep.equal(['old']);
    expect(await find('_lastUpdated=eb2020')).to.deep.equal([]);
  });

  for (const value of ['yesterday', '2013-02-30', 'xx2013', '2013-13', 'gt', '14/01/2013', '2013-01-14T25:00:00Z']) {
    it(`refuses ${value}`, () => {
      expect(issuesOf('Observation', `date=${value}`)[0]).to.include({ code: 'value', location: 'http.date' });
      expect(issuesOf('Observation', `_lastUpdated=${value}`)[0]).to.include({ code: 'value', location: 'http._lastUpdated' });
    });
  }
});
