/**
 * https://hl7.org/fhir/R4/search.html#combining
 * Where the components lie at the resource itself, "both in one element" is simply "both", and their own indexes answer it.
 * Inside repeating elements the last component is indexed once more for each term of the first.
 */
import { isJsonObject } from '../../fhir/json.js';
import type { Criterion } from '../../storage/store.js';
import { splitUnescaped } from '../escaping.js';
import { IndexWriter, qualifiers } from '../index-writer.js';
import { allOf, anyOf, type ParameterPlan, type ParameterType, type ValueContext } from './parameter-type.js';

/** The types of the components, as the registry of parameter types gives them; handed in, as that registry holds this one too. */
export function createComposite(typeOf: (plan: ParameterPlan) => ParameterType): ParameterType {
  const indexElement: ParameterType['index'] = (value, type, plan, writer) => {
    const [first, last] = plan.components(type);
    if (type === plan.focusType || first === undefined || last === undefined || !isJsonObject(value)) return;
    const terms = new IndexWriter();
    first.extractor.extract(value, (inner, innerType) => typeOf(first).index(inner, innerType, first, terms));
    for (const entry of terms.entries) {
      const isOwn = entry.kind === 'term' && (entry.param === first.code || entry.param === qualifiers.system(first.code));
      if (!isOwn) continue;
      const inTerm: ParameterPlan = { ...last, code: qualifiers.component(plan.code, entry.param.slice(first.code.length) + entry.value) };
      last.extractor.extract(value, (inner, innerType) => typeOf(last).index(inner, innerType, inTerm, writer));
    }
  };

  const elementCriterion = (type: string, parts: readonly string[], plan: ParameterPlan, context: ValueContext): Criterion | undefined => {
    const [first, last] = plan.components(type);
    if (first === undefined || last === undefined) return undefined;
    const start = typeOf(first).toCriterion(parts[0] as string, undefined, first, context);
    if (start === undefined) return undefined;
    if (start.op !== 'term') return context.fault('a first component with a code or a reference');
    const each = start.values.map((value) => {
      const code = qualifiers.component(plan.code, start.param.slice(first.code.length) + value);
      return typeOf(last).toCriterion(parts[1] as string, undefined, { ...last, code }, context);
    });
    return each.every((criterion) => criterion !== undefined) ? anyOf(each) : undefined;
  };

  return {
    modifiers: [],
    sortKind: undefined,
    index: indexElement,
    toCriterion: (text, _modifier, plan, context) => {
      const parts = splitUnescaped(text, '$');
      const wanted = plan.definition.component?.length ?? 0;
      if (parts.length !== wanted) return context.fault(`${wanted} values with $ between them`);
      const found: Criterion[] = [];
      for (const type of plan.extractor.types ?? []) {
        const criterion =
          type === plan.focusType
            ? focusCriterion(plan.components(type), parts, typeOf, context)
            : elementCriterion(type, parts, plan, context);
        if (criterion === undefined) return undefined;
        found.push(criterion);
      }
      return anyOf(found);
    },
    indexedAs: () => [],
  };
}

function focusCriterion(
  components: readonly ParameterPlan[],
  parts: readonly string[],
  typeOf: (plan: ParameterPlan) => ParameterType,
  context: ValueContext,
): Criterion | undefined {
  const each = components.map((component, index) => typeOf(component).toCriterion(parts[index] as string, undefined, component, context));
  return each.every((criterion) => criterion !== undefined) ? allOf(each) : undefined;
}
