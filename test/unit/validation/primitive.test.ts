import { expect } from 'chai';
import { type JsonDocument, type JsonObject, type JsonValue, parseJson } from '../../../src/fhir/json.js';
import { anObservation, aPatient } from '../../support/resources.js';
import { validatorWith } from '../../support/validator-fixture.js';

const base = validatorWith();

/** JSON text of an element that has the type, with the value written as it is given. */
function parameterText(type: string, literal: string): string {
  const property = `value${type.charAt(0).toUpperCase()}${type.slice(1)}`;
  return `{"resourceType":"Parameters","parameter":[{"name":"x","${property}":${literal}}]}`;
}

function check(type: string, literal: string): readonly string[] {
  return base.issuesOfText(parameterText(type, literal));
}

function place(type: string): string {
  return `Parameters.parameter[0].value.ofType(${type})`;
}

interface Cases {
  /** As JSON literals. */
  readonly valid: readonly string[];
  /** Of the right JSON type, and against the format. */
  readonly invalid: readonly string[];
  /** Of another JSON type. */
  readonly mistyped: readonly string[];
}

const OBJECTS = ['{"value":1}', '[1]', '{}'];
const text = (...values: string[]): string[] => values.map((value) => JSON.stringify(value));
const UUID = 'c757873d-ec9a-4326-a141-556f43239520';

const CASES: Readonly<Record<string, Cases>> = {
  boolean: { valid: ['true', 'false'], invalid: [], mistyped: ['"true"', '1', '0', ...OBJECTS] },
  integer: {
    valid: ['0', '1', '-1', '2147483647', '-2147483648'],
    invalid: ['2147483648', '-2147483649', '1.5', '1.0', '1e0', '1E2', '-0', '1e400', '12345678901234567890'],
    mistyped: ['"1"', 'true', ...OBJECTS],
  },
  unsignedInt: {
    valid: ['0', '1', '2147483647'],
    invalid: ['-1', '-0', '2147483648', '0.0', '1e1'],
    mistyped: ['"0"', 'false', ...OBJECTS],
  },
  positiveInt: {
    valid: ['1', '2147483647'],
    invalid: ['0', '-1', '2147483648', '1.0', '1e0'],
    mistyped: ['"1"', ...OBJECTS],
  },
  decimal: {
    valid: ['0', '-0', '1', '1.0', '1.10', '-0.5', '1e2', '1E-3', '0.000000000000000001', '123456789012345678'],
    invalid: ['1e400', '-1e400'],
    mistyped: ['"1.0"', 'true', ...OBJECTS],
  },
  string: {
    valid: text('a', 'ā', '😀', 'two  spaces', 'tab\tline\nreturn\r.', '\u00a0', 'null', '<b>', '\u007f', '\ufeffx'),
    invalid: text('', ' ', '\t\n', 'a\u0000b', 'a\u0008', '\u001f.', 'a\u000bb'),
    mistyped: ['1', 'true', ...OBJECTS],
  },
  markdown: { valid: text('# a\n\n- b'), invalid: text('', '   ', 'a\u0000'), mistyped: ['1', ...OBJECTS] },
  code: {
    valid: text('final', 'a b', 'a-b_c.d/e', 'é', '*', '=', 'a\tb', 'a\u00a0b'),
    invalid: text('', ' ', ' a', 'a ', 'a  b', 'a\n', '\ta', 'a \tb'),
    mistyped: ['1', 'true', ...OBJECTS],
  },
  id: {
    valid: text('a', 'A-z.9', '1', 'x'.repeat(64), '.', '-'),
    invalid: text('', 'x'.repeat(65), 'a_b', 'a b', 'a/b', 'a\n', ' a', 'é', 'a#b', 'a|b'),
    mistyped: ['1', ...OBJECTS],
  },
  uri: {
    valid: text('http://x.example/a?b=c#d', 'urn:oid:1.2.3', 'relative/path', '#local', 'a|1.0', 'tel:+64-21', 'http://x.example/ā'),
    invalid: text('', ' ', 'http://x.example/a b', ' http://x.example', 'http://x.example\n', 'a\tb'),
    mistyped: ['1', ...OBJECTS],
  },
  url: {
    valid: text('http://x.example', 'mailto:a@b.example'),
    invalid: text('', 'a b', 'http://x.example '),
    mistyped: ['1', ...OBJECTS],
  },
  canonical: {
    valid: text('http://x.example/a|1.0#f', 'urn:uuid:x', '#contained'),
    invalid: text('', 'http://x.example/a | 1.0', 'http://x.example/a|1.0 '),
    mistyped: ['1', ...OBJECTS],
  },
  oid: {
    valid: text('urn:oid:1.2.3', 'urn:oid:0.0', 'urn:oid:2.16.840.1.113883'),
    invalid: text('', '1.2.3', 'urn:oid:3.1', 'urn:oid:1', 'urn:oid:1.02', 'urn:oid:1.2.', 'urn:oid:1..2', 'URN:OID:1.2', 'urn:oid:1.2 '),
    mistyped: ['1.2', ...OBJECTS],
  },
  uuid: {
    // R4's regex has lower case only; like the reference validator this one takes either
    valid: text(`urn:uuid:${UUID}`, `urn:uuid:${UUID.toUpperCase()}`),
    invalid: text(
      '',
      UUID,
      `urn:uuid:${UUID}0`,
      `urn:uuid:${UUID.slice(1)}`,
      `urn:uuid:{${UUID}}`,
      `urn:uuid:${UUID.replaceAll('-', '')}`,
      `urn:uuid:${UUID.replace('c', 'g')}`,
    ),
    mistyped: ['1', ...OBJECTS],
  },
  date: {
    valid: text('2024', '2024-02', '2024-02-29', '2000-02-29', '0001', '9999-12-31', '1905-08-23'),
    invalid: text(
      '',
      '0000',
      '0000-01-01',
      '2023-02-29',
      '1900-02-29',
      '2024-13',
      '2024-00',
      '2024-04-31',
      '2024-01-00',
      '2024-1-1',
      '24',
      '20240101',
      '2024-01-01T00:00:00Z',
      '2024-01-01Z',
      ' 2024',
      '2024\n',
      '2024-02-',
      '-2024',
      '+2024',
      '١٩٩٠',
    ),
    mistyped: ['2024', ...OBJECTS],
  },
  dateTime: {
    valid: text(
      '2024',
      '2024-02',
      '2024-02-29',
      '2024-02-29T00:00:00Z',
      '2024-02-29T23:59:59.999999999+13:45',
      '2016-12-31T23:59:60Z',
      '2024-01-01T00:00:00-12:00',
      '2024-01-01T00:00:00+14:00',
      '2024-01-01T00:00:00-00:00',
    ),
    invalid: text(
      '',
      '0000',
      '2023-02-29T00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01T00:60:00Z',
      '2024-01-01T00:00:61Z',
      '2024-01-01T00:00Z',
      '2024-01-01T00Z',
      '2024-01-01T00:00:00',
      '2024-01-01t00:00:00Z',
      '2024-01-01T00:00:00z',
      '2024-01-01 00:00:00Z',
      '2024-01-01T00:00:00+1300',
      '2024-01-01T00:00:00+13',
      '2024-01-01T00:00:00+14:01',
      '2024-01-01T00:00:00+13:60',
      '2024-01-01T00:00:00.Z',
      '2024-01T00:00:00Z',
      '2024-01-01T00:00:00ZZ',
      '2024-01-01T00:00:00 Z',
      '2024-01-01T',
    ),
    mistyped: ['2024', ...OBJECTS],
  },
  instant: {
    valid: text('2024-02-29T00:00:00Z', '2024-02-29T23:59:59.1+13:00', '2016-12-31T23:59:60Z'),
    invalid: text(
      '',
      '2024',
      '2024-02-29',
      '2024-02-29T00:00Z',
      '2024-02-29T00:00:00',
      '2024-02-30T00:00:00Z',
      '2024-02-29t00:00:00z',
      '2024-02-29T24:00:00Z',
      '0000-01-01T00:00:00Z',
    ),
    mistyped: ['1', ...OBJECTS],
  },
  time: {
    valid: text('00:00:00', '23:59:59', '23:59:60', '12:00:00.123456789'),
    invalid: text('', '24:00:00', '12:00', '12:60:00', '12:00:61', '12:00:00Z', '1:00:00', '12:00:00.', ' 12:00:00', '12:00:00+13:00'),
    mistyped: ['12', ...OBJECTS],
  },
  base64Binary: {
    valid: text('YQ==', 'YWI=', 'YWJj', 'YWJj\nYWJj', ' YWJj ', '+/+/', 'YW Jj'),
    invalid: text('', ' ', 'YQ', 'YQ=', 'YWJjY', 'YQ===', '=', '====', 'Y=Q=', 'YWJj-_8=', 'YWJ%', 'é==='),
    mistyped: ['1', ...OBJECTS],
  },
};

describe('Primitive values', () => {
  for (const [type, { valid, invalid, mistyped }] of Object.entries(CASES)) {
    describe(type, () => {
      it('accepts what R4 allows', () => {
        const refused = valid.flatMap((literal) => check(type, literal).map((issue) => `${literal}: ${issue}`));
        expect(refused).to.deep.equal([]);
      });

      it('refuses what breaks the format, once and there', () => {
        for (const literal of invalid)
          expect(check(type, literal), literal).to.deep.equal([`error value type-${type === 'markdown' ? 'string' : type} ${place(type)}`]);
      });

      it('refuses values of another JSON type, once and there', () => {
        for (const literal of mistyped) expect(check(type, literal), literal).to.deep.equal([`error structure json-type ${place(type)}`]);
      });
    });
  }

  it('warns of strings that begin or end with white space', () => {
    for (const value of [' a', 'a ', '\ta', 'a\n', '\r\na']) {
      expect(check('string', JSON.stringify(value)), JSON.stringify(value)).to.deep.equal([`warning value type-string ${place('string')}`]);
    }
  });

  it('warns of decimals with more digits than R4 asks systems to keep, and keeps them exact in the text', () => {
    for (const literal of ['1234567890123456789', '0.1234567890123456789', '1.00000000000000000000', '123456789012345678901234567890']) {
      expect(check('decimal', literal), literal).to.deep.equal([`warning value type-decimal ${place('decimal')}`]);
    }
    const [issue] = base.validator.validate(documentWith('decimal', '1.23456789012345678901')).issues;
    expect(issue?.diagnostics).to.contain('1.23456789012345678901');
  });

  it('says what is wanted, and shows what is there', () => {
    const textOf = (type: string, literal: string): string | undefined =>
      base.validator.validate(documentWith(type, literal)).issues[0]?.diagnostics;
    expect(textOf('dateTime', '"2024-01-01T00:00:00"')).to.equal(
      '"2024-01-01T00:00:00" is no dateTime: a zone (Z or +hh:mm) after a time is wanted',
    );
    expect(textOf('boolean', '"true"')).to.equal('The value of a boolean is a JSON boolean (true or false, without quotes), not a string');
    expect(textOf('integer', '1.0')).to.contain('1.0 is no integer');
    expect(textOf('code', JSON.stringify(`${'x y'.repeat(100)} `))).to.have.length.lessThan(200);
  });

  it('refuses a string of more than 1024 * 1024 characters of Unicode', () => {
    expect(check('string', JSON.stringify('x'.repeat(1_048_576)))).to.deep.equal([]);
    expect(check('string', JSON.stringify('x'.repeat(1_048_577)))).to.deep.equal([`error too-long type-string ${place('string')}`]);
    expect(check('string', JSON.stringify('€😀'.repeat(524_288)))).to.deep.equal([]);
    expect(check('string', JSON.stringify(`${'😀'.repeat(1_048_577)}`))).to.deep.equal([`error too-long type-string ${place('string')}`]);
  });

  it('checks texts of megabytes like short ones', () => {
    const count = 2_000_000;
    expect(check('code', JSON.stringify('a b '.repeat(count)))).to.deep.equal([`error value type-code ${place('code')}`]);
    expect(check('code', JSON.stringify(`${'a b '.repeat(count)}c`))).to.deep.equal([]);
    expect(check('oid', JSON.stringify(`urn:oid:1${'.10'.repeat(count)}`))).to.deep.equal([]);
    expect(check('oid', JSON.stringify(`urn:oid:1${'.01'.repeat(count)}`))).to.deep.equal([`error value type-oid ${place('oid')}`]);
    const language = `{"resourceType":"Basic","code":{"text":"x"},"language":"en${'-abcde'.repeat(count)}"}`;
    const mime = `{"resourceType":"Binary","contentType":"text/plain${';a=b'.repeat(count)}"}`;
    expect(base.issuesOfText(language)).to.deep.equal(['error code-invalid binding Basic.language']);
    expect(base.issuesOfText(mime)).to.deep.equal(['error code-invalid binding Binary.contentType']);
  });

  it('checks the id of a resource as an id, and that of an element as a string', () => {
    expect(base.issuesOf(aPatient({ id: 'a_b' }))).to.deep.equal(['error value type-id Patient.id']);
    expect(base.issuesOf(aPatient({ id: 1 }))).to.deep.equal(['error structure json-type Patient.id']);
    // https://hl7.org/fhir/R4/element.html#id: any string without spaces would do; the reference validator takes spaces too
    expect(base.issuesOf(aPatient({ name: [{ id: 'a_b', text: 'x' }] }))).to.deep.equal([]);
    expect(base.issuesOf(aPatient({ name: [{ id: '', text: 'x' }] }))).to.deep.equal(['error value type-string Patient.name[0].id']);
  });

  it('checks the XHTML of a narrative, and says what is not allowed in it', () => {
    const of = (div: JsonValue): readonly string[] => base.issuesOf(aPatient({ text: { status: 'generated', div } }));
    const inDiv = (content: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`;
    expect(of(inDiv('<p>x</p>'))).to.deep.equal([]);
    for (const div of [inDiv('x<script>y</script>'), inDiv('x<b>'), '<div>x</div>', 'x']) {
      expect(of(div), div).to.deep.equal(['error invalid type-xhtml Patient.text.div', 'error invariant txt-1 Patient.text.div']);
    }
    for (const div of ['', ' ']) {
      expect(of(div)).to.deep.equal(['error value type-xhtml Patient.text.div', 'error invariant txt-1 Patient.text.div']);
    }
    expect(of(inDiv(' '))).to.deep.equal(['error invariant txt-2 Patient.text.div']);
    for (const div of [1, true, {}, { a: 1 }]) expect(of(div)).to.deep.equal(['error structure json-type Patient.text.div']);
  });

  it('knows the entities of XHTML in a narrative, and no others', () => {
    const problemsOf = (content: string): readonly (string | undefined)[] => {
      const div = `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`;
      const issues = base.validate(aPatient({ text: { status: 'generated', div } }));
      return issues.filter(({ rule }) => rule === 'type-xhtml').map(({ diagnostics }) => diagnostics);
    };
    expect(problemsOf('&amp;&nbsp;&frac12;&thetasym;&sup2;&apos;&#160;<a href="?a=1&amp;b=2">x</a>')).to.deep.equal([]);
    expect(problemsOf('<!-- &foo; --><![CDATA[&foo;]]>')).to.deep.equal([]);
    expect(problemsOf('x&foo;')).to.deep.equal(['The narrative has the entity &foo;, which XHTML does not have']);
    expect(problemsOf('<b title="&constructor;">x</b>')).to.deep.equal([
      'The narrative has the entity &constructor;, which XHTML does not have',
    ]);
    expect(problemsOf('x & y')).to.have.length(1);
  });

  it('knows no other namespace than XHTML in a narrative', () => {
    const of = (content: string): readonly string[] =>
      base.issuesOf(aPatient({ text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>` } }));
    expect(of('<p xmlns="http://www.w3.org/1999/xhtml">x</p>')).to.deep.equal([]);
    expect(of('<p xmlns="http://evil.test">x</p>')).to.include('error invalid type-xhtml Patient.text.div');
  });

  it('checks items of an array each at its index', () => {
    const resource: JsonObject = aPatient({ name: [{ given: ['a', '', 'b', 1] }] });
    expect(base.issuesOf(resource)).to.deep.equal([
      'error value type-string Patient.name[0].given[1]',
      'error structure json-type Patient.name[0].given[3]',
    ]);
  });

  it('names elements as their definitions do, `div` too, as the reference validator writes it', () => {
    expect(base.issuesOf(aPatient({ extension: [{ url: '', valueString: 'x' }] }))).to.deep.equal([
      'error value type-uri Patient.extension[0].url',
    ]);
    expect(base.issuesOf(aPatient({ text: { status: 'generated', div: 1 } }))[0]).to.equal('error structure json-type Patient.text.div');
  });
});

function documentWith(type: string, literal: string): JsonDocument {
  return parseJson(parameterText(type, literal));
}

describe('Ids of elements', () => {
  const named = (...ids: readonly string[]): JsonObject => aPatient({ name: ids.map((id) => ({ id, family: 'x' })) });

  it('have no white space, and are given once in a resource', () => {
    expect(base.issuesOf(named('a', 'b', 'É!'))).to.deep.equal([]);
    expect(base.issuesOf(named('a b'))).to.deep.equal(['error value element-id Patient.name[0].id']);
    expect(base.issuesOf(named('a', 'a'))).to.deep.equal(['error invalid element-id Patient.name[1].id']);
    expect(base.issuesOf({ ...named('a'), gender: 'male', _gender: { id: 'a' } })).to.deep.equal([
      'error invalid element-id Patient.gender.id',
    ]);
  });

  it('are each resource’s own', () => {
    const contained = [{ ...named('a'), id: 'p' }];
    expect(base.issuesOf({ ...named('a'), contained, link: [{ other: { reference: '#p' }, type: 'seealso' }] })).to.deep.equal([]);
  });
});

describe('urns', () => {
  it('of UUIDs and OIDs are what they say, but where a Bundle has links yet to be resolved', () => {
    const identified = (system: string): JsonObject => aPatient({ identifier: [{ system, value: 'x' }] });
    for (const system of ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520', 'urn:oid:1.2.3', 'urn:iso:std:iso:3166']) {
      expect(base.issuesOf(identified(system)), system).to.deep.equal([]);
    }
    expect(base.issuesOf(identified('urn:uuid:c757873d-ec9a-4326-a141-556f43239520#part'))).to.deep.equal([]);
    for (const system of ['urn:uuid:xyz', 'urn:oid:a', 'urn:oid:1..2', 'urn:uuid:xyz#part']) {
      expect(base.issuesOf(identified(system)), system).to.deep.equal(['error value type-uri Patient.identifier[0].system']);
    }
    const entry = [{ fullUrl: 'urn:uuid:temporary', resource: identified('urn:oid:1.2.3'), request: { method: 'POST', url: 'Patient' } }];
    for (const type of ['transaction', 'batch']) {
      expect(base.issuesOf({ resourceType: 'Bundle', type, entry }), type).to.deep.equal([
        'warning value type-uri Bundle.entry[0].fullUrl',
      ]);
    }
    for (const [fullUrl, system] of [
      ['urn:uuid:1', 'urn:oid:1.2.3'],
      ['urn:oid:9.9', 'urn:oid:1.2.3'],
    ] as const) {
      const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl, resource: identified(system) }] };
      expect(base.issuesOf(bundle), fullUrl).to.deep.equal(['error value type-uri Bundle.entry[0].fullUrl']);
    }
    const inner = { fullUrl: 'https://example.org/Patient/1', resource: identified('urn:uuid:1') };
    expect(base.issuesOf({ resourceType: 'Bundle', type: 'collection', entry: [inner] })).to.deep.equal([
      'error value type-uri Bundle.entry[0].resource.identifier[0].system',
    ]);
  });
});

describe('Narratives', () => {
  it('warn of links to places that there are not', () => {
    const linking = (div: string, more: JsonObject = {}): JsonObject =>
      aPatient({ text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${div}</div>` }, ...more });
    const name = [{ id: 'n', family: 'x' }];
    for (const div of [
      '<a href="#a">x</a><p id="a">y</p>',
      "<a href='#a'>x</a><a name='a'>y</a>",
      '<a href="#n">x</a>',
      '<a href="x#z">x</a>',
    ]) {
      expect(base.issuesOf(linking(div, { name })), div).to.deep.equal([]);
    }
    expect(base.issuesOf(linking('<a class="b" href="#a">x</a>', { name }))).to.deep.equal([
      'warning invalid narrative-link Patient.text.div',
    ]);
  });

  it('have ids that stand once', () => {
    const withIds = (div: string): JsonObject =>
      aPatient({ text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${div}</div>` } });
    expect(base.issuesOf(withIds('<a id="a" name="a">x</a><p id=\'b\'>x id="b"</p>'))).to.deep.equal([]);
    expect(base.issuesOf(withIds('<p id="a">x</p><p class="c" id=\'a\'>y</p><p id="a">z</p>'))).to.deep.equal([
      'warning invalid narrative-id Patient.text.div',
    ]);
  });

  it('are where the extension narrativeLink leads, in the resource or in another entry', () => {
    const div = (...ids: readonly string[]): JsonObject => ({
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml">${ids.map((id) => `<p id="${id}">x</p>`).join('')}</div>`,
    });
    const extension = (link: string): JsonObject => ({ url: 'http://hl7.org/fhir/StructureDefinition/narrativeLink', valueUrl: link });
    const linking = (link: string): JsonObject => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        { fullUrl: 'https://example.org/Patient/1', resource: aPatient({ id: '1', text: div('a', 'b', 'b') }) },
        { fullUrl: 'https://example.org/Patient/2', resource: aPatient({ id: '2', text: div('c'), extension: [extension(link)] }) },
      ],
    });
    const twice = 'warning invalid narrative-id Bundle.entry[0].resource.text.div';
    for (const link of ['#c', 'Patient/1#a', 'https://example.org/Patient/1#a', 'https://example.org/elsewhere#a', 'Patient/1']) {
      expect(base.issuesOf(linking(link)), link).to.deep.equal([twice]);
    }
    const place = 'Bundle.entry[1].resource.extension[0].value.ofType(url)';
    expect(base.issuesOf(linking('#a'))).to.deep.equal([twice, `error not-found narrative-link ${place}`]);
    expect(base.issuesOf(linking('Patient/1#c'))).to.deep.equal([twice, `error not-found narrative-link ${place}`]);
    const named = { ...div(), div: '<div xmlns="http://www.w3.org/1999/xhtml"><a id="c" name="c">x</a></div>' };
    expect(base.issuesOf(aPatient({ text: named, extension: [extension('#c')] }))).to.deep.equal([]);
    expect(base.issuesOf(linking('Patient/1#b'))).to.deep.equal([twice, `error invalid narrative-link ${place}`]);
  });

  it('have no links that run a script', () => {
    const linking = (href: string): JsonObject =>
      aPatient({ text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${href}">x</a></div>` } });
    for (const href of ['https://example.org/?a=javascript:b', 'page#a', 'data:image/png;base64,AA==']) {
      expect(base.issuesOf(linking(href)), href).to.deep.equal([]);
    }
    for (const href of [
      'javascript:alert(1)',
      ' JavaScript:a',
      'java&#10;script:a',
      'java&#115;cript:a',
      'vbscript:a',
      'data:text/html,x',
      'jav\tascript:a',
      'java\nscript:a',
      'vb\tscript:a',
      'javascript&colon;a',
      'jav&Tab;ascript:a',
    ]) {
      expect(base.issuesOf(linking(href)), href).to.include('error invalid type-xhtml Patient.text.div');
    }
  });
});

describe('Units', () => {
  it('are looked at as long as they are few', () => {
    const extension = Array.from({ length: 600 }, (_, index) => ({
      url: 'http://example.org/e',
      valueQuantity: { value: 1, system: 'http://unitsofmeasure.org', code: `kg/m${index}` },
    }));
    const noted = base.issuesOf(aPatient({ extension })).filter((issue) => issue.includes('unit-unchecked'));
    expect(noted).to.have.length(1);
  });

  it('that their system has not are a warning where no binding forbids them', () => {
    const measured = (code: string): JsonObject =>
      anObservation({ valueQuantity: { value: 1, system: 'http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm', code } });
    expect(base.issuesOf(measured('TAB'))).to.deep.equal([]);
    expect(base.issuesOf(measured('tabs'))).to.deep.equal(['warning code-invalid unknown-code Observation.value.ofType(Quantity).code']);
  });
});
