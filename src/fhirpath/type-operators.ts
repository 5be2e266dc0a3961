/** Tests and filters by type, as operators and as functions: http://hl7.org/fhirpath/N1/#types */
import type { TypedNode, TypeModel } from './fhirpath.js';
import { collection, type Operator, predicate } from './operator.js';
import { typeTest } from './type-test.js';
import { EMPTY, single } from './typed-value.js';

export function isOperator(input: Operator, typeName: string, model: TypeModel): Operator {
  const isType = typeTest(typeName, model);
  return predicate((scope) => {
    const node = single(input.evaluate(scope), 'is');
    return node === undefined ? undefined : isType(node);
  });
}

/**
 * as and ofType() both filter: R4's own expressions use as() on several items (`descendants().as(canonical)`), and the
 * reference implementation lets them.
 */
export function ofTypeOperator(input: Operator, typeName: string, model: TypeModel): Operator {
  const isType = typeTest(typeName, model);
  return collection((scope) => {
    const nodes = input.evaluate(scope);
    if (nodes.length === 1) return isType(nodes[0] as TypedNode) ? nodes : EMPTY;
    return nodes.length === 0 ? nodes : nodes.filter(isType);
  });
}
