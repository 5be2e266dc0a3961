/** The syntax tree that the compiler reads, made from the fhirpath library's parser (its grammar is that of FHIRPath N1). */
import fhirpath from 'fhirpath';
import type { TypedNode } from './fhirpath.js';
import { numberNode, systemNode } from './typed-value.js';

export type BinaryOperator =
  | 'and'
  | 'or'
  | 'xor'
  | 'implies'
  | 'in'
  | 'contains'
  | '='
  | '!='
  | '~'
  | '!~'
  | '<'
  | '<='
  | '>'
  | '>='
  | '|'
  | '+'
  | '-'
  | '&'
  | '*'
  | '/'
  | 'div'
  | 'mod';

export type Ast =
  | { readonly kind: 'this' }
  | { readonly kind: 'index' }
  | { readonly kind: 'total' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'literal'; readonly node: TypedNode }
  | { readonly kind: 'constant'; readonly name: string }
  /** `input` undefined: the term stands at the start and speaks of `$this`. */
  | { readonly kind: 'member'; readonly input: Ast | undefined; readonly name: string }
  | { readonly kind: 'call'; readonly input: Ast | undefined; readonly name: string; readonly args: readonly Ast[] }
  | { readonly kind: 'indexer'; readonly input: Ast; readonly index: Ast }
  | { readonly kind: 'type'; readonly operator: 'is' | 'as'; readonly input: Ast; readonly typeName: string }
  | { readonly kind: 'negate'; readonly operand: Ast }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Ast; readonly right: Ast };

/** The expression is FHIRPath, but has a construct that this compiler leaves to the library. */
export class NotCoveredError extends Error {}

interface ParsedNode {
  readonly type: string;
  readonly text?: string;
  readonly value?: string;
  readonly unit?: string;
  readonly delimitedText?: string;
  readonly children?: readonly ParsedNode[];
}

/** Throws the library's error where the text is no FHIRPath, `NotCoveredError` where a construct has no place in `Ast`. */
export function parseExpression(expression: string): Ast {
  return toAst(fhirpath.parse(expression) as ParsedNode);
}

function child(node: ParsedNode, index: number): ParsedNode {
  const found = node.children?.[index];
  if (found === undefined) throw new NotCoveredError(`${node.type} without operand ${index}`);
  return found;
}

const BINARY_EXPRESSIONS: ReadonlySet<string> = new Set([
  'OrExpression',
  'AndExpression',
  'ImpliesExpression',
  'MembershipExpression',
  'EqualityExpression',
  'InequalityExpression',
  'UnionExpression',
  'AdditiveExpression',
  'MultiplicativeExpression',
]);

function toAst(node: ParsedNode): Ast {
  if (BINARY_EXPRESSIONS.has(node.type)) {
    const operator = (node.type === 'ImpliesExpression' ? 'implies' : node.text) as BinaryOperator;
    return { kind: 'binary', operator, left: toAst(child(node, 0)), right: toAst(child(node, 1)) };
  }
  switch (node.type) {
    case 'EntireExpression':
    case 'TermExpression':
    case 'ParenthesizedTerm':
      return toAst(child(node, 0));
    case 'InvocationTerm':
      return toInvocation(child(node, 0), undefined);
    case 'InvocationExpression':
      return toInvocation(child(node, 1), toAst(child(node, 0)));
    case 'IndexerExpression':
      return { kind: 'indexer', input: toAst(child(node, 0)), index: toAst(child(node, 1)) };
    case 'TypeExpression':
      return {
        kind: 'type',
        operator: node.text === 'is' ? 'is' : 'as',
        input: toAst(child(node, 0)),
        typeName: typeSpecifier(child(child(node, 1), 0)),
      };
    case 'PolarityExpression': {
      const operand = toAst(child(node, 0));
      return node.text === '-' ? { kind: 'negate', operand } : operand;
    }
    case 'LiteralTerm':
      return toLiteral(child(node, 0));
    case 'ExternalConstantTerm':
      return { kind: 'constant', name: node.delimitedText ?? constantName(child(node, 0)) };
    default:
      throw new NotCoveredError(`${node.type} is not compiled`);
  }
}

function toInvocation(node: ParsedNode, input: Ast | undefined): Ast {
  switch (node.type) {
    case 'MemberInvocation':
      return { kind: 'member', input, name: identifier(child(node, 0)) };
    case 'ThisInvocation':
      if (input !== undefined) throw new NotCoveredError('$this after a dot is not compiled');
      return { kind: 'this' };
    case 'IndexInvocation':
      return { kind: 'index' };
    case 'TotalInvocation':
      return { kind: 'total' };
    case 'FunctionInvocation': {
      const call = child(node, 0);
      const params = call.children?.[1];
      if (params !== undefined && params.type !== 'ParamList') throw new NotCoveredError(`${params.type} is not compiled`);
      return { kind: 'call', input, name: identifier(child(call, 0)), args: (params?.children ?? []).map(toAst) };
    }
    default:
      throw new NotCoveredError(`${node.type} is not compiled`);
  }
}

function toLiteral(node: ParsedNode): Ast {
  const text = node.text ?? '';
  switch (node.type) {
    case 'NullLiteral':
      return { kind: 'empty' };
    case 'BooleanLiteral':
      return { kind: 'literal', node: systemNode(text === 'true', 'System.Boolean') };
    case 'StringLiteral':
      return { kind: 'literal', node: systemNode(unescaped(text.slice(1, -1)), 'System.String') };
    case 'NumberLiteral':
      return { kind: 'literal', node: numberNode(Number(text), text.includes('.') ? 'System.Decimal' : 'System.Integer') };
    case 'DateLiteral':
      return { kind: 'literal', node: systemNode(text.slice(1), 'System.Date') };
    case 'DateTimeLiteral':
      return { kind: 'literal', node: systemNode(text.slice(1).replace(/T$/, ''), 'System.DateTime') };
    case 'TimeLiteral':
      return { kind: 'literal', node: systemNode(text.slice(2), 'System.Time') };
    case 'QuantityLiteral': {
      if (node.value === undefined || node.unit === undefined) throw new NotCoveredError('a quantity literal without unit');
      const unit = node.unit.startsWith("'") ? unescaped(node.unit.slice(1, -1)) : node.unit;
      return { kind: 'literal', node: { value: { value: Number(node.value), unit }, type: 'System.Quantity' } };
    }
    default:
      throw new NotCoveredError(`${node.type} is not compiled`);
  }
}

function identifier(node: ParsedNode): string {
  const text = node.text ?? '';
  return text.startsWith('`') ? unescaped(text.slice(1, -1)) : text;
}

function typeSpecifier(qualified: ParsedNode): string {
  return (qualified.children ?? []).map(identifier).join('.');
}

function constantName(node: ParsedNode): string {
  const name = node.children?.[0];
  if (name !== undefined) return identifier(name);
  const text = node.text ?? '';
  return text.startsWith("'") ? unescaped(text.slice(1, -1)) : text;
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', f: '\f' };

/** http://hl7.org/fhirpath/N1/#string ; a backslash before any other character leaves that character. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_match, sequence: string) =>
    sequence.length > 1 ? String.fromCharCode(Number.parseInt(sequence.slice(1), 16)) : (ESCAPES[sequence] ?? sequence),
  );
}

/** `Quantity` or `FHIR.Quantity` as an argument of is(), as() and ofType(). */
export function typeNameOf(ast: Ast | undefined): string {
  if (ast?.kind === 'member') {
    if (ast.input === undefined) return ast.name;
    return `${typeNameOf(ast.input)}.${ast.name}`;
  }
  throw new NotCoveredError('a type specifier was expected');
}
