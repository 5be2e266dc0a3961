/** Type specifiers of is, as and ofType(): https://hl7.org/fhir/R4/fhirpath.html#types */
import type { TypedNode, TypeModel } from './fhirpath.js';

/** System type that a FHIR primitive stands for. */
const SYSTEM_TYPES: Readonly<Record<string, string>> = {
  boolean: 'Boolean',
  integer: 'Integer',
  positiveInt: 'Integer',
  unsignedInt: 'Integer',
  decimal: 'Decimal',
  date: 'Date',
  dateTime: 'DateTime',
  instant: 'DateTime',
  time: 'Time',
};

/**
 * `FHIR.x` and `System.X` are exact about the namespace. Without one, a name of a System type also takes the FHIR primitive
 * that stands for it: R4's que-7 asks whether an answer `is Boolean`.
 */
export function typeTest(typeName: string, model: TypeModel): (node: TypedNode) => boolean {
  const [namespace, name] = split(typeName);
  let lastType = '';
  let last = false;
  const test = (type: string): boolean => {
    if (namespace === 'System') return type === typeName;
    if (type === name || (!type.startsWith('System.') && model.isSubtype(type, name))) return true;
    if (namespace === 'FHIR') return false;
    return type === `System.${name}` || (model.isPrimitive(type) && (SYSTEM_TYPES[type] ?? 'String') === name);
  };
  return (node) => {
    if (node.type === lastType) return last;
    last = test(node.type);
    lastType = node.type;
    return last;
  };
}

function split(typeName: string): [string | undefined, string] {
  for (const namespace of ['FHIR', 'System']) {
    if (typeName.startsWith(`${namespace}.`)) return [namespace, typeName.slice(namespace.length + 1)];
  }
  return [undefined, typeName];
}
