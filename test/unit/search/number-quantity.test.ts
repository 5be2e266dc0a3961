import { expect } from 'chai';
import { idsOf, issuesOf } from './search-fixture.js';

const UCUM = 'http://unitsofmeasure.org';

/** https://hl7.org/fhir/R4/search.html#number */
describe('number search', () => {
  const probability = (value: number) => ({ prediction: [{ probabilityDecimal: value }] });
  const rows: [string, number, boolean][] = [
    ['100', 99.5, true],
    ['100', 100.4, true],
    ['100', 100.5, false],
    ['100', 99.4, false],
    ['100.00', 100.004, true],
    ['100.00', 100.005, false],
    ['1e2', 104.9, true],
    ['1e2', 105, false],
    ['ne100', 100.4, false],
    ['ne100', 100.5, true],
    ['lt100', 99.9, true],
    ['lt100', 100, false],
    ['le100', 100, true],
    ['gt100', 100, false],
    ['gt100', 100.1, true],
    ['ge100', 100, true],
    ['sa100', 101, true],
    ['eb100', 99, true],
    ['ap100', 109, true],
    ['ap100', 111, false],
    ['-0.5', -0.51, true],
  ];
  for (const [value, element, expected] of rows) {
    it(`${value} ${expected ? 'matches' : 'does not match'} ${element}`, async () => {
      expect(await idsOf('RiskAssessment', { it: probability(element) }, `probability=${value}`)).to.deep.equal(expected ? ['it'] : []);
    });
  }

  it('reads a Range as all that lies in it', async () => {
    const ranges = {
      wide: { prediction: [{ probabilityRange: { low: { value: 1 }, high: { value: 9 } } }] },
      open: { prediction: [{ probabilityRange: { low: { value: 5 } } }] },
    };
    const find = (query: string) => idsOf('RiskAssessment', ranges, query);
    expect(await find('probability=5')).to.deep.equal([]);
    expect(await find('probability=gt8')).to.deep.equal(['open', 'wide']);
    expect(await find('probability=sa4')).to.deep.equal(['open']);
    expect(await find('probability=eb10')).to.deep.equal(['wide']);
  });

  for (const value of ['abc', '1,2,x', 'gt', '1e999', '0x1', 'NaN']) {
    it(`refuses ${value}`, () => {
      expect(issuesOf('RiskAssessment', `probability=${value}`)[0]).to.include({ code: 'value' });
    });
  }
});

/** https://hl7.org/fhir/R4/search.html#quantity */
describe('quantity search', () => {
  const observations = {
    mg: { valueQuantity: { value: 5400, system: UCUM, code: 'mg', unit: 'milligram' } },
    g: { valueQuantity: { value: 5.4, system: UCUM, code: 'g', unit: 'g' } },
    bare: { valueQuantity: { value: 5.4 } },
    words: { valueQuantity: { value: 5.4, unit: 'grams' } },
    local: { valueQuantity: { value: 5.4, system: 'http://local.example', code: 'g' } },
    less: { valueQuantity: { value: 5, comparator: '<', system: UCUM, code: 'g' } },
    sampled: { valueSampledData: { origin: { value: 0, system: UCUM, code: 'g' }, period: 1, dimensions: 1, data: '1 E 3 L' } },
    celsius: { valueQuantity: { value: 37, system: UCUM, code: 'Cel' } },
  };
  const rows: [string, string[]][] = [
    ['value-quantity=5.4', ['bare', 'g', 'local', 'words']],
    [`value-quantity=5.4|${UCUM}|g`, ['g', 'mg']],
    [`value-quantity=5400|${UCUM}|mg`, ['g', 'mg']],
    [`value-quantity=5.40e-3|${UCUM}|kg`, ['g', 'mg']],
    ['value-quantity=5.4||g', ['g', 'local']],
    ['value-quantity=5.4||grams', ['words']],
    ['value-quantity=5.4|http://local.example|g', ['local']],
    [`value-quantity=lt5|${UCUM}|g`, ['less', 'sampled']],
    [`value-quantity=ge5.4|${UCUM}|g`, ['g', 'mg']],
    [`value-quantity=gt2|${UCUM}|g`, ['g', 'less', 'mg', 'sampled']],
    [`value-quantity=ap5|${UCUM}|g`, ['g', 'less', 'mg']],
    [`value-quantity=98.6|${UCUM}|[degF]`, ['celsius']],
    [`value-quantity=5.4|${UCUM}|m`, []],
    [`value-quantity=5.4|${UCUM}|nonsense`, []],
    ['value-quantity:missing=true', []],
  ];
  // less is [-max, 5]: "ap5" overlaps it; 5.4 lies within 5 ± 0.5
  for (const [query, ids] of rows) {
    it(`${query} finds ${ids.join(', ') || 'nothing'}`, async () => {
      expect(await idsOf('Observation', observations, query)).to.deep.equal(ids);
    });
  }

  it('knows money by its currency', async () => {
    const invoices = { nzd: { totalNet: { value: 12.5, currency: 'NZD' } }, aud: { totalNet: { value: 12.5, currency: 'AUD' } } };
    expect(await idsOf('Invoice', invoices, 'totalnet=12.5|urn:iso:std:iso:4217|NZD')).to.deep.equal(['nzd']);
    expect(await idsOf('Invoice', invoices, 'totalnet=12.5')).to.deep.equal(['aud', 'nzd']);
  });

  for (const value of ['abc', '5.4|g', `5.4|${UCUM}|`, '5.4|a|b|c', '|g', 'zz5.4']) {
    it(`refuses ${value}`, () => {
      expect(issuesOf('Observation', `value-quantity=${value}`)[0]).to.include({ code: 'value' });
    });
  }
});
