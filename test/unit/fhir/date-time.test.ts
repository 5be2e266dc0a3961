import { expect } from 'chai';
import fc from 'fast-check';
import { parseDateTime } from '../../../src/fhir/date-time.js';

const at = (text: string): number => Date.parse(text);

describe('parseDateTime', () => {
  const intervals: [string, string, string][] = [
    ['2013', '2013-01-01T00:00:00.000Z', '2013-12-31T23:59:59.999Z'],
    ['2013-02', '2013-02-01T00:00:00.000Z', '2013-02-28T23:59:59.999Z'],
    ['2012-02', '2012-02-01T00:00:00.000Z', '2012-02-29T23:59:59.999Z'],
    ['2000-02', '2000-02-01T00:00:00.000Z', '2000-02-29T23:59:59.999Z'],
    ['1900-02', '1900-02-01T00:00:00.000Z', '1900-02-28T23:59:59.999Z'],
    ['2013-01-14', '2013-01-14T00:00:00.000Z', '2013-01-14T23:59:59.999Z'],
    ['2013-01-14T10:00', '2013-01-14T10:00:00.000Z', '2013-01-14T10:00:59.999Z'],
    ['2013-01-14T10:00Z', '2013-01-14T10:00:00.000Z', '2013-01-14T10:00:59.999Z'],
    ['2013-01-14T10:00:30', '2013-01-14T10:00:30.000Z', '2013-01-14T10:00:30.999Z'],
    ['2013-01-14T10:00:30+13:00', '2013-01-13T21:00:30.000Z', '2013-01-13T21:00:30.999Z'],
    ['2013-01-14T10:00:30-03:30', '2013-01-14T13:30:30.000Z', '2013-01-14T13:30:30.999Z'],
    ['2013-01-14T10:00:30.5Z', '2013-01-14T10:00:30.500Z', '2013-01-14T10:00:30.599Z'],
    ['2013-01-14T10:00:30.123Z', '2013-01-14T10:00:30.123Z', '2013-01-14T10:00:30.123Z'],
    ['2013-01-14T10:00:30.123456789Z', '2013-01-14T10:00:30.123Z', '2013-01-14T10:00:30.123Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z', '2017-01-01T00:00:00.999Z'],
    ['0001', '0001-01-01T00:00:00.000Z', '0001-12-31T23:59:59.999Z'],
    ['9999-12-31', '9999-12-31T00:00:00.000Z', '9999-12-31T23:59:59.999Z'],
  ];
  for (const [text, low, high] of intervals) {
    it(`reads ${text} as ${low} to ${high}`, () => {
      expect(parseDateTime(text)).to.include({ low: at(low), high: at(high) });
    });
  }

  const others =
    '|abcd|201|20134|0000|2013-|2013-1|2013-00|2013-13|2013-02-29|2013-04-31|2013-01-00|2013-01-1|2013-01-14T|2013-01-14T10|2013-01-14 10:00|' +
    '2013-01-14T24:00|2013-01-14T10:60|2013-01-14T10:00:61Z|2013-01-14T10:00:00.Z|2013-01-14T10:00:00z|2013-01-14T10:00:00+1300|' +
    '2013-01-14T10:00:00+15:00|2013-01-14T10:00:00+13:60|2013-01-14T10:00:00Z |2013-01-14Z|-2013|١٩٩٩';
  for (const text of others.split('|')) {
    it(`refuses '${text}'`, () => {
      expect(parseDateTime(text)).to.equal(undefined);
    });
  }

  it('says how exact the text is, and whether it states a zone', () => {
    expect(parseDateTime('2013-01-14')).to.include({ precision: 'day', hasZone: false });
    expect(parseDateTime('2013-01-14T10:00')).to.include({ precision: 'minute', hasZone: false });
    expect(parseDateTime('2013-01-14T10:00:00Z')).to.include({ precision: 'second', hasZone: true });
    expect(parseDateTime('2013-01-14T10:00:00.1+01:00')).to.include({ precision: 'fraction', hasZone: true });
  });

  it('agrees with Date on every instant', () => {
    const instants = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    fc.assert(
      fc.property(instants, (date) => {
        expect(parseDateTime(date.toISOString())).to.include({ low: date.getTime(), high: date.getTime() });
        const day = Math.floor(date.getTime() / 86_400_000) * 86_400_000;
        expect(parseDateTime(date.toISOString().slice(0, 10))).to.include({ low: day, high: day + 86_399_999 });
      }),
    );
  });
});
