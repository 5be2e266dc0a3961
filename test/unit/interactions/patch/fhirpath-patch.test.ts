/** https://hl7.org/fhir/R4/fhirpatch.html */
import { expect } from 'chai';
import { createConformanceRegistry } from '../../../../src/conformance/create-conformance-registry.js';
import { FhirError } from '../../../../src/fhir/fhir-error.js';
import { type JsonObject, parseJson } from '../../../../src/fhir/json.js';
import { type JsonTree, toJsonTree, writeJsonTree } from '../../../../src/fhir/json-tree.js';
import { applyFhirPathPatch } from '../../../../src/interactions/patch/fhirpath-patch.js';
import { readFhirPathPatch } from '../../../../src/interactions/patch/fhirpath-patch-operation.js';
import { core } from '../../../support/validator-fixture.js';

const conformance = createConformanceRegistry({ core });
const LIMITS = { depth: 200, bytes: 1_000_000, breathe: () => undefined };

const treeOf = (value: JsonObject | string): JsonTree =>
  toJsonTree(parseJson(typeof value === 'string' ? value : JSON.stringify(value))) as JsonTree;

/** Parameters with one operation of each list of parts. */
function parametersOf(operations: readonly (readonly JsonObject[])[]): JsonObject {
  return { resourceType: 'Parameters', parameter: operations.map((part) => ({ name: 'operation', part: [...part] })) };
}

const type = (valueCode: string): JsonObject => ({ name: 'type', valueCode });
const path = (valueString: string): JsonObject => ({ name: 'path', valueString });
const name = (valueString: string): JsonObject => ({ name: 'name', valueString });
const value = (more: JsonObject): JsonObject => ({ name: 'value', ...more });
const index = (valueInteger: number, of = 'index'): JsonObject => ({ name: of, valueInteger });

async function patchText(resource: JsonObject | string, ...operations: (readonly JsonObject[])[]): Promise<string> {
  const tree = treeOf(resource);
  await applyFhirPathPatch(tree, readFhirPathPatch(treeOf(parametersOf(operations))), conformance, LIMITS);
  return writeJsonTree(tree);
}

async function patched(resource: JsonObject, ...operations: (readonly JsonObject[])[]): Promise<JsonObject> {
  return JSON.parse(await patchText(resource, ...operations)) as JsonObject;
}

async function refusal(resource: JsonObject, ...operations: (readonly JsonObject[])[]): Promise<{ status: number; message: string }> {
  try {
    await patchText(resource, ...operations);
  } catch (error) {
    if (error instanceof FhirError) return { status: error.status, message: error.message };
    throw error;
  }
  return expect.fail('The patch was not refused');
}

describe('FHIRPath Patch', () => {
  const patient = (more: JsonObject = {}): JsonObject => ({ resourceType: 'Patient', ...more });

  it('adds what may stand once, and items of a list', async () => {
    const result = await patched(
      patient(),
      [type('add'), path('Patient'), name('birthDate'), value({ valueDate: '1930-01-01' })],
      [type('add'), path('Patient'), name('name'), value({ valueHumanName: { family: 'Ngata' } })],
      [type('add'), path('Patient.name[0]'), name('given'), value({ valueString: 'Hine' })],
      [type('add'), path('Patient.name.first()'), name('given'), value({ valueString: 'Mere' })],
      [type('add'), path('Patient'), name('name'), value({ valueHumanName: { text: 'H' } })],
    );
    expect(result).to.deep.equal(patient({ birthDate: '1930-01-01', name: [{ family: 'Ngata', given: ['Hine', 'Mere'] }, { text: 'H' }] }));
  });

  it('builds elements of no type by their parts', async () => {
    const result = await patched(patient(), [
      type('add'),
      path('Patient'),
      name('contact'),
      value({
        part: [
          { name: 'name', valueHumanName: { text: 'a name' } },
          { name: 'telecom', valueContactPoint: { value: '1' } },
          {
            name: 'telecom',
            part: [
              { name: 'value', valueString: '2' },
              { name: 'system', valueCode: 'phone' },
            ],
          },
          { name: 'gender', valueCode: 'male', _valueCode: { extension: [{ url: 'http://x.example', valueString: 'y' }] } },
        ],
      }),
    ]);
    expect(result).to.deep.equal(
      patient({
        contact: [
          {
            name: { text: 'a name' },
            telecom: [{ value: '1' }, { value: '2', system: 'phone' }],
            gender: 'male',
            _gender: { extension: [{ url: 'http://x.example', valueString: 'y' }] },
          },
        ],
      }),
    );
  });

  it('adds, replaces and changes the type of value[x]', async () => {
    const observation = { resourceType: 'Observation' };
    const quantity = { ...observation, valueQuantity: { value: 1, unit: 'kg' } };
    expect(
      await patched(observation, [type('add'), path('Observation'), name('value'), value({ valueQuantity: { value: 1, unit: 'kg' } })]),
    ).to.deep.equal(quantity);
    expect(
      await patched(observation, [
        type('add'),
        path('Observation'),
        name('valueQuantity'),
        value({
          part: [
            { name: 'value', valueDecimal: 1 },
            { name: 'unit', valueString: 'kg' },
          ],
        }),
      ]),
    ).to.deep.equal(quantity);
    expect(await patched(quantity, [type('replace'), path('Observation.value'), value({ valueString: 'x' })])).to.deep.equal({
      ...observation,
      valueString: 'x',
    });
    expect(await patched(quantity, [type('replace'), path('Observation.value.unit'), value({ valueString: 'g' })])).to.deep.equal({
      ...observation,
      valueQuantity: { value: 1, unit: 'g' },
    });
    const taken = await refusal(quantity, [type('add'), path('Observation'), name('value'), value({ valueString: 'x' })]);
    expect(taken).to.include({ status: 422 });
    expect(taken.message).to.include("there is a 'valueQuantity' already");
    expect((await refusal(quantity, [type('replace'), path('Observation.value'), value({ valueAddress: { text: 'x' } })])).status).to.equal(
      400,
    );
  });

  it('knows an extension by its value as well', async () => {
    const result = await patched(
      patient({ birthDate: '1990-05-01', name: [{ given: ['a', 'b'], _given: [null, { id: 'g' }] }] }),
      [type('add'), path('Patient.birthDate'), name('extension'), value({ valueExtension: { url: 'http://x.example', valueInteger: 3 } })],
      [
        type('add'),
        path('Patient.name.given[0]'),
        name('extension'),
        value({
          part: [
            { name: 'url', valueUri: 'http://y.example' },
            { name: 'value', valueBoolean: true },
          ],
        }),
      ],
    );
    expect(result).to.deep.equal(
      patient({
        birthDate: '1990-05-01',
        _birthDate: { extension: [{ url: 'http://x.example', valueInteger: 3 }] },
        name: [{ given: ['a', 'b'], _given: [{ extension: [{ url: 'http://y.example', valueBoolean: true }] }, { id: 'g' }] }],
      }),
    );
    expect(await patched(result, [type('delete'), path("Patient.birthDate.extension('http://x.example')")])).to.not.have.property(
      '_birthDate',
    );
  });

  it('inserts at the beginning, in between and at the end', async () => {
    const start = patient({ identifier: [{ value: '1' }, { value: '2' }] });
    for (const at of [0, 1, 2]) {
      const wanted = ['1', '2'].toSpliced(at, 0, 'new').map((one) => ({ value: one }));
      const { identifier } = await patched(start, [
        type('insert'),
        path('Patient.identifier'),
        index(at),
        value({ valueIdentifier: { value: 'new' } }),
      ]);
      expect(identifier).to.deep.equal(wanted);
    }
    const beyond = await refusal(start, [
      type('insert'),
      path('Patient.identifier'),
      index(3),
      value({ valueIdentifier: { value: 'new' } }),
    ]);
    expect(beyond).to.deep.equal({
      status: 422,
      message: "Operation 0 of the FHIRPath Patch (counted from 0), insert 'Patient.identifier': there is no index 3: the list has 2 items",
    });
  });

  it('moves within a list, what is said of primitives with them', async () => {
    const start = patient({ name: [{ given: ['a', 'b', 'c'], _given: [{ id: 'a' }, null, null] }] });
    const [moved] = (await patched(start, [type('move'), path('Patient.name.given'), index(0, 'source'), index(2, 'destination')]))[
      'name'
    ] as JsonObject[];
    expect(moved).to.deep.equal({ given: ['b', 'c', 'a'], _given: [null, null, { id: 'a' }] });
    expect((await refusal(start, [type('move'), path('Patient.name.given'), index(0, 'source'), index(3, 'destination')])).status).to.equal(
      422,
    );
    expect(
      (await refusal(start, [type('move'), path('Patient.name.where(false)'), index(0, 'source'), index(0, 'destination')])).status,
    ).to.equal(422);
  });

  it('deletes one element, or none', async () => {
    const start = patient({ gender: 'female', name: [{ given: ['a', 'b'] }, { text: 'x' }] });
    expect(
      await patched(start, [type('delete'), path('Patient.gender')], [type('delete'), path("Patient.name.where(text='x')")]),
    ).to.deep.equal(patient({ name: [{ given: ['a', 'b'] }] }));
    expect(await patched(start, [type('delete'), path('Patient.birthDate')])).to.deep.equal(start);
    expect(await patched(start, [type('delete'), path("name.given.where($this='a')")], [type('delete'), path('name.given')])).to.deep.equal(
      patient({ gender: 'female', name: [{ text: 'x' }] }),
    );
    expect((await refusal(start, [type('delete'), path('Patient.name.given')])).message).to.include('the path selects 2 elements');
    expect((await refusal(start, [type('delete'), path('Patient')])).message).to.include('the resource itself');
  });

  it('replaces primitives, elements, and resources that are contained', async () => {
    const start = patient({
      active: true,
      _active: { id: 'a' },
      name: [{ text: 'x' }],
      contained: [{ resourceType: 'Patient', id: 'c', gender: 'male' }],
    });
    const result = await patched(
      start,
      [type('replace'), path('Patient.active'), value({ valueBoolean: false })],
      [type('replace'), path('Patient.name'), value({ part: [{ name: 'given', valueString: 'g' }] })],
      [type('replace'), path("Patient.contained.where(id='c').gender"), value({ valueCode: 'female' })],
      [type('add'), path('Patient'), name('contained'), value({ resource: { resourceType: 'Organization', id: 'o' } })],
    );
    expect(result).to.deep.equal(
      patient({
        active: false,
        name: [{ given: ['g'] }],
        contained: [
          { resourceType: 'Patient', id: 'c', gender: 'female' },
          { resourceType: 'Organization', id: 'o' },
        ],
      }),
    );
  });

  it('sees what the operations before have done', async () => {
    const result = await patched(
      { resourceType: 'Questionnaire' },
      [type('add'), path('Questionnaire'), name('item'), value({ part: [{ name: 'linkId', valueString: '1' }] })],
      [type('add'), path("Questionnaire.item.where(linkId='1')"), name('item'), value({ part: [{ name: 'linkId', valueString: '1.1' }] })],
      [type('add'), path("Questionnaire.repeat(item).where(linkId='1.1')"), name('text'), value({ valueString: 'deep' })],
    );
    expect(result['item']).to.deep.equal([{ linkId: '1', item: [{ linkId: '1.1', text: 'deep' }] }]);
  });

  it('keeps the digits of decimals, those of the patch too', async () => {
    const text = await patchText(
      '{"resourceType":"Observation","valueQuantity":{"value":1.0},"component":[{"valueQuantity":{"value":2.50}}]}',
      [type('add'), path('Observation'), name('status'), value({ valueCode: 'final' })],
    );
    expect(text).to.equal(
      '{"resourceType":"Observation","valueQuantity":{"value":1.0},"component":[{"valueQuantity":{"value":2.50}}],"status":"final"}',
    );
    const tree = treeOf('{"resourceType":"Observation","valueQuantity":{"value":1.0}}');
    const patch =
      '{"parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Observation.value.value"},{"name":"value","valueDecimal":7.00}]}]}';
    await applyFhirPathPatch(tree, readFhirPathPatch(treeOf(patch)), conformance, LIMITS);
    expect(writeJsonTree(tree)).to.include('"value":7.00');
  });

  const misfits: readonly (readonly [title: string, status: number, text: string, operation: readonly JsonObject[]])[] = [
    ['no type', 400, "has no part 'type'", [path('Patient')]],
    ['an unknown type', 400, "type 'upsert'", [type('upsert'), path('Patient')]],
    ['no path', 400, "has no part 'path'", [type('delete')]],
    ['a part that the type has not', 400, "has a part 'index'", [type('delete'), path('Patient.name'), index(1)]],
    ['two paths', 400, "two parts 'path'", [type('delete'), path('Patient.name'), path('Patient.name')]],
    ['no value', 400, "has no part 'value'", [type('replace'), path('Patient.name')]],
    ['a value that is null', 400, 'an empty valueCode', [type('replace'), path('Patient.gender'), value({ valueCode: null })]],
    [
      'a value that is an empty object',
      400,
      'an empty valueHumanName',
      [type('replace'), path('Patient.name[0]'), value({ valueHumanName: {} })],
    ],
    ['a resource that is none', 400, 'a resource that is none', [type('add'), path('Patient'), name('contained'), value({ resource: {} })]],
    ['a constant that there is not', 400, 'a constant', [type('delete'), path('%patient.name')]],
    ['an empty value', 400, 'has no value', [type('replace'), path('Patient.name'), value({})]],
    ['two values', 400, 'several values', [type('replace'), path('Patient.name'), value({ valueCode: 'a', valueString: 'b' })]],
    ['no name', 400, "has no part 'name'", [type('add'), path('Patient'), value({ valueCode: 'a' })]],
    ['a negative index', 400, 'from 0 up', [type('insert'), path('Patient.name'), index(-1), value({ valueHumanName: { text: 'x' } })]],
    ['no FHIRPath', 400, 'no FHIRPath', [type('delete'), path('Patient.name[')]],
    ['a path of thousands of characters', 400, 'at most 500', [type('delete'), path('a.'.repeat(5000))]],
    ['a path of hundreds of brackets', 400, 'at most 50', [type('delete'), path('('.repeat(400))]],
    ['a path of brackets', 400, 'no FHIRPath', [type('delete'), path('('.repeat(50))]],
    ['a computed value', 400, 'computes a value', [type('replace'), path('Patient.name.count()'), value({ valueInteger: 1 })]],
    ['a literal', 400, 'computes a value', [type('delete'), path("'x'")]],
    ['a function that the library evaluates', 400, 'without', [type('delete'), path('Patient.name.sort()')]],
    ['an unknown element', 400, "no element 'nickname'", [type('add'), path('Patient'), name('nickname'), value({ valueString: 'x' })]],
    ['a prototype', 400, "no element '__proto__'", [type('add'), path('Patient'), name('__proto__'), value({ valueString: 'x' })]],
    [
      'an unknown part',
      400,
      'no element Patient.contact.x',
      [type('add'), path('Patient'), name('contact'), value({ part: [{ name: 'x', valueString: 'x' }] })],
    ],
    [
      'parts of a primitive',
      400,
      'has no parts',
      [type('add'), path('Patient'), name('birthDate'), value({ part: [{ name: 'x', valueString: 'x' }] })],
    ],
    [
      'a part that stands twice',
      400,
      'stands twice',
      [
        type('add'),
        path('Patient'),
        name('contact'),
        value({
          part: [
            { name: 'gender', valueCode: 'x' },
            { name: 'gender', valueCode: 'x' },
          ],
        }),
      ],
    ],
    ['a choice of no such type', 400, 'no type', [type('add'), path('Patient'), name('deceased'), value({ valueString: 'x' })]],
    [
      'nothing there',
      422,
      'nothing is there',
      [type('replace'), path('Patient.maritalStatus'), value({ valueCodeableConcept: { text: 'x' } })],
    ],
    [
      'a parent that is not there',
      422,
      'nothing is there',
      [type('add'), path('Patient.contact'), name('gender'), value({ valueCode: 'male' })],
    ],
    ['several', 422, 'selects 2 elements', [type('replace'), path('Patient.name'), value({ valueHumanName: { text: 'x' } })]],
    ['what is there already', 422, 'already', [type('add'), path('Patient'), name('gender'), value({ valueCode: 'male' })]],
    [
      'an insert into nothing',
      422,
      'nothing is there',
      [type('insert'), path('Patient.contact'), index(0), value({ part: [{ name: 'gender', valueCode: 'x' }] })],
    ],
    ['an insert into what is no list', 422, 'no list', [type('insert'), path('Patient.gender'), index(0), value({ valueCode: 'x' })]],
    [
      'an insert into a part of a list',
      422,
      '1 of the 2 items',
      [type('insert'), path('Patient.name[0]'), index(0), value({ valueHumanName: { text: 'x' } })],
    ],
    [
      'an insert into several lists',
      422,
      'several lists',
      [type('insert'), path('Patient.name.given'), index(0), value({ valueString: 'x' })],
    ],
    ['single() of two', 422, 'cannot be evaluated', [type('delete'), path('Patient.name.single()')]],
  ];
  for (const [title, status, text, operation] of misfits) {
    it(`refuses ${title}`, async () => {
      const resource = patient({ gender: 'female', name: [{ given: ['a'] }, { given: ['b'] }] });
      const found = await refusal(resource, operation);
      expect(found.message).to.include(text).and.include('Operation 0 of the FHIRPath Patch');
      expect(found.status).to.equal(status);
    });
  }

  it('refuses Parameters that are no patch', () => {
    for (const bad of [
      '{}',
      '{"parameter":{}}',
      '{"parameter":[null]}',
      '{"parameter":[{"name":"x"}]}',
      '{"parameter":[{"name":"operation"}]}',
      '{"parameter":[{"name":"operation","part":[7]}]}',
    ]) {
      expect(() => readFhirPathPatch(treeOf(bad)), bad).to.throw(FhirError);
    }
  });

  it('does not become nested without end', async () => {
    const deep = (levels: number): JsonObject =>
      levels === 0 ? { name: 'linkId', valueString: 'leaf' } : { name: 'item', part: [deep(levels - 1)] };
    const leaf = 'Questionnaire.repeat(item).where(item.empty())';
    const found = await refusal(
      { resourceType: 'Questionnaire', item: [{ linkId: 'leaf' }] },
      ...Array.from({ length: 10 }, () => [type('add'), path(leaf), name('item'), value({ part: [deep(40)] })]),
    );
    expect(found.message).to.include('nested deeper than 200');
  });
});
