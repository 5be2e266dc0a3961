/** FHIRPath text -> an expression that is evaluated often: our own closures where they cover it, else the fhirpath library. */
import { NotCoveredError, parseExpression } from './ast.js';
import { Compiler } from './compiler.js';
import { type CompiledExpression, type EvaluationContext, FhirPathError, type TypedNode, type TypeModel } from './fhirpath.js';
import { evaluateByLibrary } from './library-evaluation.js';
import { newScope, type Operator } from './operator.js';
import type { Nodes } from './typed-value.js';

const compilers = new WeakMap<TypeModel, Compiler>();

function compilerOf(model: TypeModel): Compiler {
  let compiler = compilers.get(model);
  if (compiler === undefined) {
    compiler = new Compiler(model);
    compilers.set(model, compiler);
  }
  return compiler;
}

/** Throws `FhirPathError` where the text is no FHIRPath. */
export function compileExpression(expression: string, model: TypeModel): CompiledExpression {
  const operator = compileNatively(expression, model);
  return operator === undefined ? libraryExpression(expression) : nativeExpression(expression, operator);
}

/** What is wrong with the text as FHIRPath; undefined where nothing is. */
export function faultOfExpression(expression: string, model: TypeModel): string | undefined {
  try {
    compileExpression(expression, model);
    return undefined;
  } catch (error) {
    if (error instanceof FhirPathError) return error.message;
    throw error;
  }
}

function compileNatively(expression: string, model: TypeModel): Operator | undefined {
  try {
    return compilerOf(model).compile(parseExpression(expression));
  } catch (error) {
    if (error instanceof NotCoveredError) return undefined;
    throw toFhirPathError(error, expression);
  }
}

function toFhirPathError(error: unknown, expression: string): FhirPathError {
  if (error instanceof FhirPathError) return error;
  return new FhirPathError(error instanceof Error ? error.message : String(error), expression, { cause: error });
}

function nativeExpression(expression: string, operator: Operator): CompiledExpression {
  return {
    expression,
    native: true,
    evaluate: (focus, context) => {
      try {
        return operator.evaluate(newScope(focus, context));
      } catch (error) {
        throw toFhirPathError(error, expression);
      }
    },
    holds: operator.isBoolean
      ? (focus, context) => {
          try {
            return operator.truth(newScope(focus, context)) === true;
          } catch (error) {
            throw toFhirPathError(error, expression);
          }
        }
      : (focus, context) => {
          try {
            return isSatisfied(operator.evaluate(newScope(focus, context)));
          } catch (error) {
            throw toFhirPathError(error, expression);
          }
        },
  };
}

function libraryExpression(expression: string): CompiledExpression {
  const evaluate = (focus: TypedNode, context: EvaluationContext): Nodes => {
    try {
      return evaluateByLibrary(expression, focus, context);
    } catch (error) {
      throw toFhirPathError(error, expression);
    }
  };
  return { expression, native: false, evaluate, holds: (focus, context) => isSatisfied(evaluate(focus, context)) };
}

/** A single Boolean says itself; anything else is satisfied by being there. */
function isSatisfied(nodes: Nodes): boolean {
  const value = nodes.length === 1 ? nodes[0]?.value : undefined;
  return typeof value === 'boolean' ? value : nodes.length > 0;
}
