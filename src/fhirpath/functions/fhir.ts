/** What FHIR adds to FHIRPath: https://hl7.org/fhir/R4/fhirpath.html#functions */
import { isJsonObject } from '../../fhir/json.js';
import type { Call, FunctionTable } from '../compiler.js';
import type { EvaluationContext, TypedNode } from '../fhirpath.js';
import { narrativeProblem } from '../narrative.js';
import { pathOperator } from '../navigation.js';
import { collection, type Operator, predicate, type Scope } from '../operator.js';
import { resolveNode } from '../resolve-node.js';
import { formatTemporal, type Temporal } from '../temporal.js';
import { EMPTY, type Nodes, single, stringOf, systemNode } from '../typed-value.js';

export const fhirFunctions: FunctionTable = {
  extension: { min: 1, max: 1, compile: extension },
  hasValue: {
    min: 0,
    max: 0,
    compile: (call) => {
      if (call.isRoot) return predicate((scope) => (scope.all === undefined ? hasValue(scope.node) : isSingleValue(scope.all)));
      return predicate((scope) => isSingleValue(call.input.evaluate(scope)));
    },
  },
  getValue: {
    min: 0,
    max: 0,
    compile: ({ input }) => collection((scope) => (isSingleValue(input.evaluate(scope)) ? input.evaluate(scope) : EMPTY)),
  },
  resolve: {
    min: 0,
    max: 0,
    compile: ({ input }) =>
      collection((scope) =>
        input.evaluate(scope).flatMap((node) => {
          const target = resolveNode(node, scope.context);
          return target === undefined ? [] : [target];
        }),
      ),
  },
  memberOf: {
    min: 1,
    max: 1,
    compile: (call) => asked(call, (node, valueSet, { memberOf }) => memberOf?.(node, valueSet)),
  },
  conformsTo: {
    min: 1,
    max: 1,
    compile: (call) => asked(call, (node, profile, { conformsTo }) => conformsTo?.(node, profile)),
  },
  htmlChecks: {
    min: 0,
    max: 0,
    compile: ({ input }) =>
      predicate((scope) => {
        const text = stringOf(input.evaluate(scope), 'htmlChecks()');
        return text === undefined ? undefined : narrativeProblem(text) === undefined;
      }),
  },
  now: { min: 0, max: 0, compile: () => moment('System.DateTime', { isTime: false, precision: 6 }) },
  today: { min: 0, max: 0, compile: () => moment('System.Date', { isTime: false, precision: 3 }) },
  timeOfDay: { min: 0, max: 0, compile: () => moment('System.Time', { isTime: true, precision: 6 }) },
};

function extension(call: Call): Operator {
  const extensions = pathOperator(call.isRoot ? undefined : call.input, ['extension'], undefined, call.compiler.model);
  const url = call.argument(0);
  return collection((scope) => {
    const found = extensions.evaluate(scope);
    if (found.length === 0) return found;
    const wanted = stringOf(url.evaluate(scope), 'extension()');
    return found.filter(({ value }) => isJsonObject(value) && value['url'] === wanted);
  });
}

function hasValue(node: TypedNode): boolean {
  return node.value !== undefined && typeof node.value !== 'object';
}

function isSingleValue(nodes: Nodes): boolean {
  return nodes.length === 1 && hasValue(nodes[0] as TypedNode);
}

function asked(call: Call, ask: (node: TypedNode, canonical: string, context: EvaluationContext) => boolean | undefined): Operator {
  const argument = call.argument(0);
  return predicate((scope) => {
    const node = single(call.input.evaluate(scope), `${call.name}()`);
    const canonical = stringOf(argument.evaluate(scope), `${call.name}()`);
    return node === undefined || canonical === undefined ? undefined : ask(node, canonical, scope.context);
  });
}

/** The clock's moment, in UTC. */
function moment(type: string, shape: Pick<Temporal, 'isTime' | 'precision'>): Operator {
  return collection((scope: Scope) => {
    const local = (scope.context.clock ?? Date.now)();
    return [systemNode(formatTemporal({ ...shape, local, offset: 0, hasMilliseconds: true }), type)];
  });
}
