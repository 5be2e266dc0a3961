/** What a SearchParameter's expression says and can never find: https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression */
import { type Ast, NotCoveredError, parseExpression } from '../fhirpath/ast.js';
import { faultOfExpression } from '../fhirpath/compile-expression.js';
import type { TypeModel } from '../fhirpath/fhirpath.js';

/** Types of what an expression gives; undefined where they cannot be known. */
type Types = readonly string[] | undefined;

/** An element or a type that there is not. */
class UnknownNameError extends Error {}

/** R4's longest has less than 1,500; what is far longer takes long to parse. */
const MAX_LENGTH = 4000;

/** Undefined where nothing is wrong. `bases` are the types whose elements may stand at the beginning. */
export function faultOfSearchExpression(expression: string, bases: readonly string[], model: TypeModel): string | undefined {
  if (expression.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  const fault = faultOfExpression(expression, model);
  if (fault !== undefined) return `is no FHIRPath (${fault})`;
  try {
    typesOf(parseExpression(expression), bases, model);
    return undefined;
  } catch (error) {
    if (error instanceof UnknownNameError) return `names no element: ${error.message}`;
    if (error instanceof NotCoveredError) return undefined;
    throw error;
  }
}

/** Functions that give some of their input. */
const OF_INPUT: ReadonlySet<string> = new Set(['where', 'first', 'last', 'single', 'tail', 'skip', 'take', 'distinct', 'trace']);

function typesOf(ast: Ast, context: Types, model: TypeModel): Types {
  switch (ast.kind) {
    case 'this':
      return context;
    case 'member':
      if (ast.input === undefined && /^[A-Z]/.test(ast.name)) return [known(ast.name, model)];
      return childrenOf(ast.input === undefined ? context : typesOf(ast.input, context, model), ast.name, model);
    case 'type': {
      typesOf(ast.input, context, model);
      return ast.operator === 'as' ? [ast.typeName] : undefined;
    }
    case 'indexer':
      return typesOf(ast.input, context, model);
    case 'binary': {
      const [left, right] = [typesOf(ast.left, context, model), typesOf(ast.right, context, model)];
      return ast.operator === '|' && left !== undefined && right !== undefined ? [...left, ...right] : undefined;
    }
    case 'call':
      return typesOfCall(ast, context, model);
    default:
      return undefined;
  }
}

function typesOfCall({ input, name, args }: Extract<Ast, { kind: 'call' }>, context: Types, model: TypeModel): Types {
  const types = input === undefined ? context : typesOf(input, context, model);
  const [first] = args;
  if (name === 'as' || name === 'ofType') return first?.kind === 'member' ? [first.name] : undefined;
  if (name === 'extension') return ['Extension'];
  if (!OF_INPUT.has(name)) return undefined;
  if (name === 'where' && first !== undefined) typesOf(first, types, model);
  return types;
}

function known(type: string, model: TypeModel): string {
  if (model.properties(type).length === 0) throw new UnknownNameError(`R4 has no type ${type}`);
  return type;
}

/** Of what has subtypes nobody knows all elements. */
const ABSTRACT: ReadonlySet<string> = new Set(['Resource', 'DomainResource', 'Element', 'BackboneElement']);

function childrenOf(types: Types, name: string, model: TypeModel): Types {
  if (types === undefined || types.length === 0) return undefined;
  const found = types.flatMap((type) => (model.children(type, name) ?? []).map((child) => child.type));
  if (found.length > 0) return found;
  if (types.some((type) => ABSTRACT.has(type) || model.properties(type).length === 0)) return undefined;
  throw new UnknownNameError(`there is no '${name}' in ${[...new Set(types)].join(', ')}`);
}
