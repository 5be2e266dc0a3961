/** Syntax tree -> operators. */
import type { Ast } from './ast.js';
import { NotCoveredError } from './ast.js';
import { binaryOperator } from './binary-operators.js';
import type { EvaluationContext, TypedNode, TypeModel } from './fhirpath.js';
import { collectionFunctions } from './functions/collection.js';
import { conversionFunctions } from './functions/conversion.js';
import { existenceFunctions } from './functions/existence.js';
import { fhirFunctions } from './functions/fhir.js';
import { mathFunctions } from './functions/math.js';
import { stringFunctions } from './functions/string.js';
import { ChildTypes, pathOperator } from './navigation.js';
import { collection, constant, numeric, type Operator, type Scope } from './operator.js';
import { isOperator, ofTypeOperator } from './type-operators.js';
import { typeTest } from './type-test.js';
import { EMPTY, EvaluationFault, integerOf, type Nodes, numberNode, single, systemNode, truthOf } from './typed-value.js';

/** A function as it is called; `input` is what stands before the dot. */
export interface Call {
  readonly name: string;
  readonly input: Operator;
  /** Whether there was no dot: the input is `$this`. */
  readonly isRoot: boolean;
  readonly args: readonly Ast[];
  readonly compiler: Compiler;
  /** Compiles an argument. */
  argument(index: number): Operator;
}

export interface FunctionDefinition {
  readonly min: number;
  readonly max: number;
  readonly compile: (call: Call) => Operator;
}

export type FunctionTable = Readonly<Record<string, FunctionDefinition>>;

const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = new Map(
  [collectionFunctions, conversionFunctions, existenceFunctions, fhirFunctions, mathFunctions, stringFunctions].flatMap((table) =>
    Object.entries(table),
  ),
);

/** Names of the functions that are compiled; any other is left to the library. */
export const COMPILED_FUNCTIONS: readonly string[] = [...FUNCTIONS.keys()];

/** Functions of N1 and FHIR, and of the versions after, that the library has and we leave to it. */
const LIBRARY_FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'coalesce sort sum min max avg weight ordinal type defineVariable toLong convertsToLong pathname encode decode escape unescape ' +
    'lowBoundary highBoundary yearOf monthOf dayOf hourOf minuteOf secondOf millisecondOf timezoneOffsetOf dateOf timeOf comparable'
  ).split(' '),
);

const thisOperator: Operator = {
  evaluate: (scope) => scope.all ?? [scope.node],
  exists: (scope) => scope.all === undefined || scope.all.length > 0,
  count: (scope) => scope.all?.length ?? 1,
  truth: (scope) => {
    if (scope.all !== undefined) return truthOf(scope.all);
    const { value, type } = scope.node;
    return typeof value === 'boolean' ? value : value === undefined && type === 'boolean' ? undefined : true;
  },
  equalsText: (scope, text) => {
    if (scope.all === undefined) return scope.node.value === text;
    return scope.all.length === 0 ? undefined : scope.all.length === 1 && scope.all[0]?.value === text;
  },
};

export class Compiler {
  readonly model: TypeModel;
  readonly childTypes: ChildTypes;

  constructor(model: TypeModel) {
    this.model = model;
    this.childTypes = new ChildTypes(model);
  }

  compile(ast: Ast): Operator {
    switch (ast.kind) {
      case 'this':
        return thisOperator;
      case 'index':
        return numeric((scope) => scope.index, 'System.Integer');
      case 'total':
        return collection((scope) => scope.total);
      case 'empty':
        return constant(EMPTY);
      case 'literal':
        return constant([ast.node]);
      case 'constant':
        return compileConstant(ast.name);
      case 'member':
        return this.#member(ast);
      case 'call':
        return this.#call(ast);
      case 'indexer':
        return this.#indexer(this.compile(ast.input), this.compile(ast.index));
      case 'type':
        return ast.operator === 'is'
          ? isOperator(this.compile(ast.input), ast.typeName, this.model)
          : ofTypeOperator(this.compile(ast.input), ast.typeName, this.model);
      case 'negate':
        return negation(this.compile(ast.operand));
      case 'binary':
        return binaryOperator(ast.operator, this.compile(ast.left), this.compile(ast.right));
    }
  }

  #member(ast: Extract<Ast, { kind: 'member' }>): Operator {
    const names: string[] = [];
    let input: Ast | undefined = ast;
    while (input?.kind === 'member') {
      names.unshift(input.name);
      input = input.input;
    }
    if (input !== undefined) return pathOperator(input.kind === 'this' ? undefined : this.compile(input), names, undefined, this.model);
    const first = names[0] as string;
    // only types start with a capital; FHIR. and System. before them say nothing more
    if (!/^[A-Z]/.test(first)) return pathOperator(undefined, names, undefined, this.model);
    return names.length === 1 ? typeFilter(first, this.model) : pathOperator(undefined, names.slice(1), first, this.model);
  }

  #call(ast: Extract<Ast, { kind: 'call' }>): Operator {
    const definition = FUNCTIONS.get(ast.name);
    if (definition === undefined) {
      if (ast.name !== '' && !LIBRARY_FUNCTIONS.has(ast.name)) throw new EvaluationFault(`There is no function ${ast.name}()`);
      throw new NotCoveredError(`${ast.name}() is not compiled`);
    }
    if (ast.args.length < definition.min || ast.args.length > definition.max) {
      throw new EvaluationFault(`${ast.name}() does not take ${ast.args.length} arguments`);
    }
    return definition.compile({
      name: ast.name,
      input: ast.input === undefined ? thisOperator : this.compile(ast.input),
      isRoot: ast.input === undefined,
      args: ast.args,
      compiler: this,
      argument: (index) => this.compile(ast.args[index] as Ast),
    });
  }

  #indexer(input: Operator, index: Operator): Operator {
    return collection((scope) => {
      const at = integerOf(index.evaluate(scope), 'An index');
      const found = at === undefined ? undefined : input.evaluate(scope)[at];
      return found === undefined ? EMPTY : [found];
    });
  }
}

/** A type's name alone: the focus itself where it is of that type (`Patient` in a search expression). */
function typeFilter(name: string, model: TypeModel): Operator {
  const isType = typeTest(name, model);
  const path = pathOperator(undefined, [name], undefined, model);
  return collection((scope) => {
    const nodes = thisOperator.evaluate(scope);
    return nodes.length > 0 && nodes.every(isType) ? nodes : path.evaluate(scope);
  });
}

function negation(operand: Operator): Operator {
  return collection((scope) => {
    const node = single(operand.evaluate(scope), 'The sign -');
    if (node === undefined || node.value === undefined) return EMPTY;
    if (typeof node.value === 'number') return [numberNode(-node.value, node.type === 'System.Decimal' ? node.type : undefined)];
    if (node.type === 'System.Quantity' && typeof node.value === 'object' && node.value !== null && !Array.isArray(node.value)) {
      return [{ value: { ...node.value, value: -Number(node.value['value']) }, type: node.type }];
    }
    throw new EvaluationFault(`The sign - cannot stand before a ${node.type}`);
  });
}

const TEXT_CONSTANTS: Readonly<Record<string, string>> = {
  ucum: 'http://unitsofmeasure.org',
  sct: 'http://snomed.info/sct',
  loinc: 'http://loinc.org',
  'us-zip': '[0-9]{5}(-[0-9]{4}){0,1}',
};

/** https://hl7.org/fhir/R4/fhirpath.html#variables */
function compileConstant(name: string): Operator {
  const text = TEXT_CONSTANTS[name];
  if (text !== undefined) return constant([systemNode(text, 'System.String')]);
  if (name.startsWith('vs-')) return constant([systemNode(`http://hl7.org/fhir/ValueSet/${name.slice(3)}`, 'System.String')]);
  if (name.startsWith('ext-')) return constant([systemNode(`http://hl7.org/fhir/StructureDefinition/${name.slice(4)}`, 'System.String')]);
  if (name === 'resource') return nodeConstant((context) => context.resource);
  if (name === 'rootResource') return nodeConstant((context) => context.rootResource);
  if (name === 'context') return nodeConstant((_context, scope) => scope.memo.focus);
  if (name === 'extension') return nodeConstant(({ extension }) => extension ?? fail('%extension stands for nothing here'));
  throw new NotCoveredError(`%${name} is not compiled`);
}

function fail(message: string): never {
  throw new EvaluationFault(message);
}

function nodeConstant(node: (context: EvaluationContext, scope: Scope) => TypedNode): Operator {
  const evaluate = (scope: Scope): Nodes => [node(scope.context, scope)];
  return { ...collection(evaluate), exists: () => true, count: () => 1, truth: (scope) => truthOf(evaluate(scope)) };
}
