import { expect } from 'chai';
import { fitDefinition } from '../../../src/conformance/definition-shape.js';
import type { JsonObject } from '../../../src/fhir/json.js';

function definition(element: JsonObject, more: JsonObject = {}): JsonObject {
  return { resourceType: 'StructureDefinition', type: 'Patient', differential: { element: [{ path: 'Patient' }, element] }, ...more };
}

function fitted(element: JsonObject, more: JsonObject = {}) {
  const { definition: found, problems } = fitDefinition(definition(element, more));
  const [, kept] = (found['differential'] as { element: JsonObject[] }).element;
  return { kept, problems: problems.map(({ elementId, message }) => `${elementId} ${message}`) };
}

const AT = 'StructureDefinition.differential.element[1]';

describe('fitDefinition', () => {
  it('gives back the resource itself where nothing is wrong', () => {
    const sound = definition({
      path: 'Patient.name',
      min: 1,
      constraint: [{ key: 'a-1', severity: 'error', human: 'x', expression: 'true' }],
    });
    const { definition: found, problems } = fitDefinition(sound);
    expect(found).to.equal(sound);
    expect(problems).to.deep.equal([]);
  });

  it('names a part of another shape and leaves it out', () => {
    expect(fitted({ path: 'Patient.name', constraint: 4, min: 1 })).to.deep.equal({
      kept: { path: 'Patient.name', min: 1 },
      problems: [`${AT}.constraint is no list`],
    });
    expect(fitted({ path: 'Patient.name', type: [{ code: 'HumanName', profile: 'x' }, 'y'] })).to.deep.equal({
      kept: { path: 'Patient.name', type: [{ code: 'HumanName' }] },
      problems: [`${AT}.type[0].profile is no list`, `${AT}.type[1] is no object`],
    });
    expect(fitted({ path: 'Patient.name', slicing: [], binding: null })).to.deep.equal({
      kept: { path: 'Patient.name' },
      problems: [`${AT}.slicing is no object`, `${AT}.binding is no object`],
    });
  });

  it('leaves out what is nothing without a part that it lacks', () => {
    expect(fitted({ path: 'Patient.name', type: [{ profile: [] }], binding: { valueSet: 'x' } })).to.deep.equal({
      kept: { path: 'Patient.name', type: [] },
      problems: [`${AT}.type[0] has no code`, `${AT}.binding has no strength`],
    });
    expect(fitted({ min: 1 }).problems).to.deep.equal([`${AT} has no path`]);
  });

  it('looks at the definition around the elements as well', () => {
    const { definition: found, problems } = fitDefinition({
      resourceType: 'StructureDefinition',
      context: 'Patient',
      snapshot: 1,
    });
    expect(found).to.deep.equal({ resourceType: 'StructureDefinition' });
    expect(problems).to.have.lengthOf(2);
  });

  it('leaves the resource that it was given as it was', () => {
    const broken = definition({ path: 'Patient.name', constraint: 4 });
    const before = structuredClone(broken);
    fitDefinition(broken);
    expect(broken).to.deep.equal(before);
  });
});
