/** A MeasureReport against its Measure, where that is loaded: https://hl7.org/fhir/R4/measurereport.html */
import { isJsonObject, type JsonObject, type JsonValue } from '../../fhir/json.js';
import type { Run } from '../run/run.js';
import { at, forEachObject, objectsOf, textOf } from './objects.js';
import type { ResourceRule } from './resource-rule.js';

const SCORING = 'http://terminology.hl7.org/CodeSystem/measure-scoring';

export const checkMeasureReport: ResourceRule = (run, report, { conformance }) => {
  const canonical = textOf(report['measure']);
  if (canonical === undefined) return;
  const measure = conformance.find('Measure', canonical)?.resource;
  if (measure === undefined) {
    const text = `The Measure ${canonical} is not loaded: the report was not held against it`;
    at(run, 'measure', undefined, () => run.add('warning', 'not-found', 'measure-unknown', text));
    return;
  }
  const scoring = codesOf(measure['scoring']).find(({ system }) => system === SCORING)?.code;
  const defined = objectsOf(measure['group']);
  forEachObject(run, report, 'group', (group) => {
    const definition = matching(run, group, defined, 'group');
    checkScore(run, group, textOf(report['type']), scoring);
    if (definition === undefined) return;
    for (const part of ['population', 'stratifier']) {
      const parts = objectsOf(definition[part]);
      const seen = new Set<JsonObject>();
      forEachObject(run, group, part, (item) => {
        const found = matching(run, item, parts, part);
        if (found === undefined || seen.size < seen.add(found).size) return;
        run.error('business-rule', 'measure-part', `There is a ${part} with this code before this one`);
      });
    }
  });
};

/** The group, population or stratifier of the Measure that one of the report is about; one alone needs no code. */
function matching(run: Run, item: JsonObject, defined: readonly JsonObject[], what: string): JsonObject | undefined {
  const codes = codesOf(item['code']);
  if (codes.length === 0) {
    if (defined.length > 1)
      run.error('business-rule', 'measure-part', `The Measure has ${defined.length} of ${what}: a code says which is meant`);
    return defined.length === 1 ? defined[0] : undefined;
  }
  const found = defined.find((one) => codesOf(one['code']).some((known) => codes.some((code) => isSame(known, code))));
  // where the Measure says no codes there is nothing to match
  if (found === undefined && defined.some((one) => codesOf(one['code']).length > 0)) {
    run.error(
      'business-rule',
      'measure-part',
      `The Measure has no ${what} with the code ${codes.map(({ code }) => `'${code}'`).join(', ')}`,
    );
  }
  return found;
}

interface Code {
  readonly system: string | undefined;
  readonly code: string;
}

function codesOf(concept: JsonValue | undefined): readonly Code[] {
  if (!isJsonObject(concept)) return [];
  return objectsOf(concept['coding']).flatMap((coding) => {
    const code = textOf(coding['code']);
    return code === undefined ? [] : [{ system: textOf(coding['system']), code }];
  });
}

function isSame(left: Code, right: Code): boolean {
  return left.system === right.system && left.code === right.code;
}

/** https://hl7.org/fhir/R4/valueset-measure-scoring.html */
function checkScore(run: Run, group: JsonObject, type: string | undefined, scoring: string | undefined): void {
  const score = group['measureScore'];
  if (!isJsonObject(score)) return;
  at(run, 'measureScore', undefined, () => {
    if (type === 'data-collection') run.error('business-rule', 'measure-score', 'A collection of data has no score: leave it out');
    else if (scoring === 'cohort')
      run.error('business-rule', 'measure-score', "A Measure whose scoring is 'cohort' has no score: leave it out");
    else if (scoring === 'proportion' || scoring === 'ratio') checkShare(run, score, scoring);
  });
}

function checkShare(run: Run, { value, unit }: JsonObject, scoring: string): void {
  if (scoring === 'proportion' && typeof value === 'number' && (value < 0 || value > 1)) {
    at(run, 'value', undefined, () => run.error('business-rule', 'measure-score', `A proportion is from 0 to 1, and not ${value}`));
  }
  if (unit !== undefined) {
    at(run, 'unit', undefined, () => run.add('warning', 'business-rule', 'measure-score', `The score of a ${scoring} has no unit`));
  }
}
