import { expect } from 'chai';
import { createConformanceRegistry } from '../../../../src/conformance/create-conformance-registry.js';
import { createTypeModel } from '../../../../src/conformance/type-model.js';
import { toJsonDocument } from '../../../../src/fhir/json.js';
import { createTerminologyService } from '../../../../src/terminology/create-terminology-service.js';
import { linkRule } from '../../../../src/validation/compile/rules/link-rule.js';
import type { RuleScope } from '../../../../src/validation/link/item-rule.js';
import type { RulePlan } from '../../../../src/validation/plan.js';
import { Run } from '../../../../src/validation/run/run.js';
import { core } from '../../../support/validator-fixture.js';

const conformance = createConformanceRegistry({ core });
const scope: RuleScope = {
  definition: 'http://x.example/p|1',
  elementId: 'Patient.gender',
  packageId: 'x#1',
  types: [],
  services: {
    conformance,
    terminology: createTerminologyService({ conformance }),
    model: createTypeModel(conformance),
    options: {
      clock: Date.now,
      allowUnknownExtensions: true,
      bestPractice: false,
      wrongDisplay: 'warning',
      unknownProfile: 'error',
      vitalSigns: false,
      exampleUrls: true,
      contained: true,
    },
  },
};

/** Each with a value that it refuses. */
const RULES: readonly (readonly [RulePlan, string | number])[] = [
  [{ keyword: 'fixed', value: 'male' }, 'female'],
  [{ keyword: 'pattern', value: 'male' }, 'female'],
  [{ keyword: 'minValue', value: 2 }, 1],
  [{ keyword: 'maxValue', value: 2 }, 3],
  [{ keyword: 'maxLength', limit: 3 }, 'male'],
  [{ keyword: 'regex', source: 'a*' }, 'b'],
  [
    {
      keyword: 'binding',
      strength: 'required',
      valueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender',
      maxValueSet: undefined,
    },
    'x',
  ],
];

describe('A linked rule', () => {
  for (const [plan, value] of RULES) {
    it(`of the keyword ${plan.keyword} reports what it is linked for`, () => {
      const run = new Run(toJsonDocument({}), 'Patient');
      linkRule(plan, scope)?.(run, value, undefined, 'code');
      expect(run.findings.map(({ severity, rule, origin }) => [severity, rule, origin?.definition])).to.deep.equal([
        ['error', plan.keyword, 'http://x.example/p|1'],
      ]);
    });
  }

  it('is none where nothing has to hold: a preferred binding, a best practice', () => {
    expect(linkRule({ keyword: 'binding', strength: 'preferred', valueSet: 'x', maxValueSet: undefined }, scope)).to.equal(undefined);
    const practice = {
      keyword: 'constraint',
      key: 'x',
      severity: 'warning',
      human: 'x',
      expression: 'false',
      isBestPractice: true,
    } as const;
    expect(linkRule(practice, scope)).to.equal(undefined);
    expect(linkRule({ ...practice, isBestPractice: false }, scope)).to.be.a('function');
  });
});
