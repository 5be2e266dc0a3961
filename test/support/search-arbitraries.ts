/** Random resources of several types and random searches of them, of few values so that much is found. */
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/fhir/json.js';
import { BASE_URL } from './test-api.js';

/** What a property may be; undefined leaves it out. */
type Arb = fc.Arbitrary<JsonValue | undefined>;

const UCUM = 'http://unitsofmeasure.org';
const SYSTEMS = ['http://s.example/1', 'http://s.example/2'];
const CODES = ['a', 'B', 'a|b', 'x,y', 'c$d'];
const WORDS = ['Ngata', 'Ngāta Smith', 'jones', 'Jones, the Elder', 'Van  der Berg', 'É$c'];
const DAYS = ['2020', '2020-02', '2020-02-29', '2019-12-31', '2021'];
const TIMES = ['2020-02-29T10:00:00Z', '2020-02-29T23:30:00+13:00', '2020-02-29T10:00:00.500Z', '2019-12-31T23:59:59.999Z'];
const IDS = ['a', 'b', 'c'];
const PROFILES = ['http://p.example/StructureDefinition/one', 'http://p.example/StructureDefinition/one|1.0', 'http://p.example/two'];
const SOURCES = ['https://pms.example/a', 'https://pms.example/a/b', 'https://pms.example/ab', 'urn:oid:1.2.3'];
const QUESTIONNAIRES = ['http://q.example/q', 'http://q.example/q|1', 'http://q.example/q|2'];
export const TYPES = [
  'Patient',
  'Practitioner',
  'Encounter',
  'Condition',
  'Observation',
  'RiskAssessment',
  'QuestionnaireResponse',
] as const;

const pick = <T extends JsonValue>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const maybe = (arbitrary: Arb): Arb => fc.option(arbitrary, { nil: undefined });

/** An object without the properties that came out as undefined. */
function object(shape: Readonly<Record<string, Arb>>): fc.Arbitrary<JsonObject> {
  return fc.record(shape).map((value) => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as JsonObject);
}

/** A list in JSON is not empty. */
function list(arbitrary: fc.Arbitrary<JsonValue>, maxLength = 2): Arb {
  return fc.array(arbitrary, { maxLength }).map((items) => (items.length === 0 ? undefined : items));
}

const coding = object({ system: maybe(pick(...SYSTEMS)), code: pick(...CODES), display: maybe(pick(...WORDS)) });
const concept = fc.oneof(
  object({ coding: fc.array(coding, { minLength: 1, maxLength: 2 }), text: maybe(pick(...WORDS)) }),
  object({ text: pick(...WORDS) }),
);
const identifier = object({
  system: maybe(pick(...SYSTEMS)),
  value: pick(...CODES),
  type: maybe(object({ coding: fc.array(coding, { minLength: 1, maxLength: 1 }), text: maybe(pick(...WORDS)) })),
});
const name = fc.oneof(
  object({ family: pick(...WORDS), given: list(pick(...WORDS)) }),
  object({ text: pick(...WORDS) }),
  object({ given: fc.array(pick(...WORDS), { minLength: 1, maxLength: 2 }), prefix: maybe(pick(['Dr'])) }),
);
const moment = pick(...DAYS, ...TIMES);
const period = fc
  .tuple(maybe(pick('2019', '2020-01-01', '2020-02-29T08:00:00Z')), maybe(pick('2020-02-29', '2020-03', '2021-05-01T00:00:00Z')))
  .map(([start, end]) => (start === undefined && end === undefined ? { start: '2020' } : { ...(start && { start }), ...(end && { end }) }));
const timing = fc.oneof(
  object({ event: fc.array(pick(...DAYS, ...TIMES), { minLength: 1, maxLength: 2 }) }),
  object({ repeat: object({ boundsPeriod: period }) }),
  pick({ repeat: { frequency: 1, period: 1, periodUnit: 'd' } }),
);
const number = pick(5, 5.4, 5.36, 99.5, 100, 100.4, 5400, -3, 0, 0.001);
const unit = pick<JsonObject>(
  { unit: 'mg', system: UCUM, code: 'mg' },
  { unit: 'gram', system: UCUM, code: 'g' },
  { unit: 'kg', system: UCUM, code: 'kg' },
  { unit: 'mg' },
  { system: 'http://s.example/1', code: 'g' },
  {},
);
const quantity = fc
  .tuple(number, unit, maybe(pick('<', '<=', '>', '>=')))
  .map(([value, more, comparator]) => ({ value, ...more, ...(comparator !== undefined && { comparator }) }));
const simple = fc.tuple(number, unit).map(([value, more]) => ({ value, ...more }));

function reference(...types: readonly string[]): fc.Arbitrary<JsonValue> {
  const local = fc.tuple(pick(...types), pick(...IDS)).map(([type, id]) => `${type}/${id}`);
  return fc.oneof(
    { weight: 4, arbitrary: local.map((text) => ({ reference: text })) },
    local.map((text) => ({ reference: `${BASE_URL}/${text}` })),
    local.map((text) => ({ reference: `${text}/_history/1` })),
    local.map((text) => ({ reference: `https://elsewhere.example/${text}` })),
    fc.record({ identifier, type: pick(...types) }),
    object({ identifier }),
  );
}

const observed: readonly (readonly [string, Arb])[] = [
  ['valueQuantity', quantity],
  ['valueCodeableConcept', concept],
  ['valueString', pick(...WORDS)],
  ['valueDateTime', moment],
  ['valuePeriod', period],
  [
    'valueSampledData',
    pick({ origin: { value: 0, system: UCUM, code: 'g' }, period: 10, dimensions: 1, factor: 0.5, data: '2 E 10.8 L 200' }),
  ],
];

/** One of the types of a choice element, or none. */
function choice(...types: readonly (readonly [string, Arb])[]): fc.Arbitrary<JsonObject> {
  return fc.oneof(fc.constant({}), ...types.map(([key, arbitrary]) => arbitrary.map((value) => ({ [key]: value }) as JsonObject)));
}

const component = fc
  .tuple(concept, choice(observed[0] as (typeof observed)[0], observed[1] as (typeof observed)[0]))
  .map(([code, value]) => ({ code, ...value }));
const meta = object({ tag: list(coding), security: list(coding, 1), profile: list(pick(...PROFILES)), source: maybe(pick(...SOURCES)) });

const BODIES: Readonly<Record<(typeof TYPES)[number], fc.Arbitrary<readonly JsonObject[]>>> = {
  Patient: fc.tuple(
    object({
      identifier: list(identifier),
      active: maybe(fc.boolean()),
      name: list(name),
      gender: maybe(pick('male', 'female')),
      birthDate: maybe(pick(...DAYS)),
      address: list(object({ city: pick(...WORDS), line: list(pick(...WORDS)) }), 1),
      generalPractitioner: list(reference('Practitioner', 'Organization')),
    }),
    choice(['deceasedBoolean', fc.boolean()], ['deceasedDateTime', pick(...DAYS)]),
  ),
  Practitioner: fc.tuple(object({ identifier: list(identifier), name: list(name), active: maybe(fc.boolean()) })),
  Encounter: fc.tuple(
    object({
      status: pick('planned', 'finished'),
      class: coding,
      type: list(concept),
      subject: maybe(reference('Patient', 'Group')),
      period: maybe(period),
      length: maybe(pick({ value: 90, system: UCUM, code: 'min', unit: 'min' }, { value: 1.5, system: UCUM, code: 'h', unit: 'h' })),
      partOf: maybe(reference('Encounter')),
      participant: list(object({ individual: reference('Practitioner', 'RelatedPerson') })),
    }),
  ),
  Condition: fc.tuple(
    object({ code: maybe(concept), category: list(concept), severity: maybe(concept), recordedDate: maybe(moment) }),
    object({ subject: reference('Patient', 'Group'), encounter: maybe(reference('Encounter')), identifier: list(identifier) }),
    choice(
      ['onsetDateTime', moment],
      ['onsetPeriod', period],
      ['onsetString', pick(...WORDS)],
      ['onsetAge', quantity],
      [
        'onsetRange',
        fc.tuple(simple, simple).map(([low, high]) => ({ low: { ...low, value: 1 }, high: { ...low, value: Math.max(2, high.value) } })),
      ],
    ),
  ),
  Observation: fc.tuple(
    object({ status: pick('final', 'amended'), code: concept, category: list(concept), component: list(component) }),
    object({
      subject: maybe(reference('Patient', 'Group', 'Location')),
      encounter: maybe(reference('Encounter')),
      performer: list(reference('Practitioner', 'Patient')),
    }),
    choice(['effectiveDateTime', moment], ['effectivePeriod', period], ['effectiveTiming', timing]),
    choice(...observed),
  ),
  RiskAssessment: fc.tuple(
    object({ status: pick('final'), subject: reference('Patient', 'Group') }),
    object({
      prediction: list(
        choice(
          ['probabilityDecimal', number],
          ['probabilityRange', pick({ low: { value: 1 }, high: { value: 99.5 } }, { low: { value: 5 } }, { high: { value: 5.4 } })],
        ).filter((one) => Object.keys(one).length > 0),
      ),
    }),
  ),
  QuestionnaireResponse: fc.tuple(
    object({
      status: pick('completed'),
      questionnaire: maybe(pick(...QUESTIONNAIRES)),
      subject: maybe(reference('Patient')),
      authored: maybe(pick(...TIMES)),
    }),
  ),
};

export const aResource: fc.Arbitrary<JsonObject> = fc.constantFrom(...TYPES).chain((resourceType) =>
  fc.tuple(pick(...IDS), meta, BODIES[resourceType]).map(([id, metaValue, bodies]) => ({
    resourceType,
    id,
    ...(Object.keys(metaValue).length > 0 && { meta: metaValue }),
    ...Object.assign({}, ...bodies),
  })),
);

/** Modifier (or none) and value. */
type Asked = fc.Arbitrary<readonly [modifier: string, value: string]>;

const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&');
const missing: Asked = fc.tuple(fc.constant(':missing'), fc.constantFrom('true', 'false'));
const asked = (modifiers: readonly string[], value: fc.Arbitrary<string>): Asked =>
  fc.tuple(
    fc.constantFrom(...modifiers),
    fc.array(value, { minLength: 1, maxLength: 3 }).map((values) => values.join(',')),
  );
const code = fc.constantFrom(...CODES, ...CODES.map((one) => one.toUpperCase())).map(escaped);
const tokenText = fc.oneof(
  code,
  fc.tuple(fc.constantFrom('', ...SYSTEMS), code).map(([system, one]) => `${system}|${one}`),
  fc.constantFrom(...SYSTEMS).map((system) => `${system}|`),
);
const words = fc.constantFrom(
  'nga',
  'NGĀTA',
  'ngata s',
  'jones',
  'Jones\\, the Elder',
  'van der',
  'ata',
  'the',
  'É\\$c',
  'e\\$',
  'Van  der Berg',
  'Ngata',
  'dr',
);
const prefix = fc.constantFrom('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap');
const prefixed = (...values: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(prefix, fc.constantFrom(...values)).map((parts) => parts.join(''));
const dateText = prefixed(...DAYS, ...TIMES, '2020-02-29T10:00Z', '2020-03-01', '2020-02-29T10:00:00+13:00', '2018');
const NUMBERS = ['5', '5.4', '5.40', '100', '100.0', '99.5', '5400', '-3', '0', '0.001'];

const string = asked(['', '', ':exact', ':contains'], words);
const codeable = fc.oneof(asked(['', '', ':not'], tokenText), asked([':text'], words), missing);
const identified = fc.oneof(
  asked(['', ':not'], tokenText),
  asked(
    [':of-type'],
    fc.tuple(fc.constantFrom(...SYSTEMS), code, code).map((parts) => parts.join('|')),
  ),
  missing,
);
const plainCode = (...codes: readonly string[]): Asked => fc.oneof(asked(['', ':not'], fc.constantFrom(...codes)), missing);
const boolean = fc.oneof(asked(['', ':not'], fc.constantFrom('true', 'false', 'http://hl7.org/fhir/special-values|true')), missing);
const date = fc.oneof({ weight: 4, arbitrary: asked([''], dateText) }, missing);
const numeric = fc.oneof({ weight: 4, arbitrary: asked([''], prefixed(...NUMBERS)) }, missing);
const quantityText = fc
  .tuple(
    prefixed(...NUMBERS),
    fc.constantFrom(
      '',
      '',
      `|${UCUM}|mg`,
      `|${UCUM}|g`,
      `|${UCUM}|kg`,
      `|${UCUM}|h`,
      `|${UCUM}|min`,
      '||mg',
      '||gram',
      '|http://s.example/1|g',
    ),
  )
  .map((parts) => parts.join(''));
const quantitative = fc.oneof({ weight: 4, arbitrary: asked([''], quantityText) }, missing);
const refers = (...types: readonly string[]): Asked => {
  const local = fc.tuple(fc.constantFrom(...types), fc.constantFrom(...IDS)).map(([type, id]) => `${type}/${id}`);
  return fc.oneof(
    { weight: 3, arbitrary: asked([''], local) },
    asked([''], fc.constantFrom(...IDS)),
    asked(
      [''],
      local.map((text) => `${BASE_URL}/${text}`),
    ),
    asked(
      [''],
      local.map((text) => `${text}/_history/1`),
    ),
    asked(
      [''],
      local.map((text) => `https://elsewhere.example/${text}`),
    ),
    asked(
      types.map((type) => `:${type}`),
      fc.constantFrom(...IDS),
    ),
    asked([':identifier'], tokenText),
    missing,
  );
};
const pair = (last: fc.Arbitrary<string>): Asked =>
  asked(
    [''],
    fc.tuple(tokenText, last).map((parts) => parts.join('$')),
  );

const COMMON: Readonly<Record<string, Asked>> = {
  _id: asked(['', ':not'], fc.constantFrom(...IDS, 'unknown')),
  _lastUpdated: asked([''], prefixed('2020', '2020-03', '2020-03-01T00:00:10Z', '2020-03-01T00:00:04.000Z', '2020-03-01T00:01Z')),
  _tag: codeable,
  _security: codeable,
  _profile: fc.oneof(asked(['', ':below'], fc.constantFrom(...PROFILES, 'http://p.example')), missing),
  _source: fc.oneof(
    asked(['', ':below', ':above'], fc.constantFrom(...SOURCES, 'https://pms.example', 'https://pms.example/a/b/c')),
    missing,
  ),
};

const SEARCHES: Readonly<Record<(typeof TYPES)[number], Readonly<Record<string, Asked>>>> = {
  Patient: {
    identifier: identified,
    active: boolean,
    name: string,
    family: string,
    given: string,
    gender: plainCode('male', 'FEMALE', 'http://hl7.org/fhir/administrative-gender|male', 'http://s.example/1|male'),
    birthdate: date,
    'death-date': date,
    deceased: boolean,
    'address-city': string,
    address: string,
    'general-practitioner': refers('Practitioner', 'Organization'),
    'general-practitioner.name': string,
    'general-practitioner:Practitioner.identifier': identified,
    '_has:Observation:patient:code': codeable,
    '_has:Observation:subject:value-quantity': quantitative,
    '_has:Condition:patient:encounter.class': codeable,
    '_has:Encounter:patient:_has:Condition:encounter:code': codeable,
  },
  Practitioner: { identifier: identified, name: string, active: boolean, '_has:Patient:general-practitioner:family': string },
  Encounter: {
    status: plainCode('planned', 'http://hl7.org/fhir/encounter-status|finished', 'http://hl7.org/fhir/encounter-status|'),
    class: codeable,
    type: codeable,
    subject: refers('Patient', 'Group'),
    patient: refers('Patient'),
    date,
    length: quantitative,
    'part-of': refers('Encounter'),
    'part-of.class': codeable,
    participant: refers('Practitioner', 'RelatedPerson'),
    'participant:Practitioner.name': string,
    'patient._has:Observation:patient:status': plainCode('final'),
  },
  Condition: {
    code: codeable,
    category: codeable,
    severity: codeable,
    identifier: identified,
    'recorded-date': date,
    'onset-date': date,
    'onset-age': quantitative,
    'onset-info': string,
    subject: refers('Patient', 'Group'),
    patient: refers('Patient'),
    encounter: refers('Encounter'),
    'encounter.patient.family': string,
    'patient.birthdate': date,
  },
  Observation: {
    status: plainCode('final', 'amended'),
    code: codeable,
    category: codeable,
    'combo-code': codeable,
    'component-code': codeable,
    date,
    subject: refers('Patient', 'Group', 'Location'),
    patient: refers('Patient'),
    encounter: refers('Encounter'),
    performer: refers('Practitioner', 'Patient'),
    'value-quantity': quantitative,
    'component-value-quantity': quantitative,
    'combo-value-quantity': quantitative,
    'value-concept': codeable,
    'value-string': string,
    'value-date': date,
    'code-value-quantity': pair(quantityText),
    'code-value-concept': pair(tokenText),
    'code-value-date': pair(dateText),
    'code-value-string': pair(words),
    'component-code-value-quantity': pair(quantityText),
    'combo-code-value-concept': pair(tokenText),
    'subject.name': string,
    'patient.active': boolean,
    'patient.general-practitioner.name': string,
  },
  RiskAssessment: { probability: numeric, subject: refers('Patient', 'Group'), patient: refers('Patient') },
  QuestionnaireResponse: {
    questionnaire: fc.oneof(asked([''], fc.constantFrom(...QUESTIONNAIRES)), missing),
    patient: refers('Patient'),
    authored: date,
  },
};

const SORTS: Readonly<Record<(typeof TYPES)[number], readonly string[]>> = {
  Patient: ['_id', '-_lastUpdated', 'family', '-birthdate', 'gender', '-general-practitioner'],
  Practitioner: ['_id', '_lastUpdated', '-name'],
  Encounter: ['_id', 'date', '-length', 'status'],
  Condition: ['_id', 'recorded-date', '-code'],
  Observation: ['_id', '-date', 'value-quantity', 'code', '_profile'],
  RiskAssessment: ['_id', '-probability'],
  QuestionnaireResponse: ['_id', 'questionnaire', '-authored'],
};

export interface RandomSearch {
  /** Several: a search of the whole system, by `_type`. */
  readonly types: readonly (typeof TYPES)[number][];
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly sort: readonly string[];
  readonly count: number;
}

const paramOf = (table: Readonly<Record<string, Asked>>): fc.Arbitrary<readonly [string, string]> =>
  fc
    .constantFrom(...Object.entries(table))
    .chain(([param, values]) => values.map(([modifier, value]) => [`${param}${modifier}`, value] as const));

/** Pages are what costs time. */
const pageSize = fc.constantFrom(1, 2, 50, 50, 50, 50, 50);

const typeSearch: fc.Arbitrary<RandomSearch> = fc.constantFrom(...TYPES).chain((type) =>
  fc.record({
    types: fc.constant([type]),
    pairs: fc.array(paramOf({ ...COMMON, ...SEARCHES[type] }), { minLength: 1, maxLength: 2 }),
    sort: fc.uniqueArray(fc.constantFrom(...SORTS[type]), { maxLength: 3 }),
    count: pageSize,
  }),
);

const systemSearch: fc.Arbitrary<RandomSearch> = fc.record({
  types: fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 2, maxLength: 4 }),
  pairs: fc.array(paramOf(COMMON), { minLength: 1, maxLength: 2 }),
  sort: fc.uniqueArray(fc.constantFrom('_id', '-_id', '_lastUpdated', '-_lastUpdated', '_source'), { maxLength: 2 }),
  count: pageSize,
});

export const aSearch: fc.Arbitrary<RandomSearch> = fc.oneof({ weight: 7, arbitrary: typeSearch }, { weight: 1, arbitrary: systemSearch });
