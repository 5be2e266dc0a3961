/** One walk over the elements of a resource with their types: what looks for references and links is told where it stands. */
import type { ConformanceRegistry } from '../conformance/conformance-registry.js';
import { createTypeModel } from '../conformance/type-model.js';
import { isJsonObject, type JsonObject, type JsonPath, type JsonValue } from '../fhir/json.js';
import type { TypeModel } from '../fhirpath/fhirpath.js';

export interface WalkVisitor {
  /** A Reference whose `reference` is a string. */
  readonly reference?: (value: JsonObject, text: string, place: Place) => void;
  /** Any other string, with the name of its type (`uri`, `xhtml`); what comes back takes its place in the resource. */
  readonly text?: (value: string, type: string, place: Place) => string | undefined;
}

/** Where the walk stands; read at once or not at all, as the walk goes on. */
export interface Place {
  /** Keys and indexes from the resource. */
  path(): JsonPath;
  /** FHIRPath from the resource: `Observation.value.ofType(Reference)`. */
  expression(): string;
  /** Bundles that this stands in, the outermost first: their entries' full URLs say what is meant here. */
  readonly bundles: readonly JsonObject[];
  /** Of the innermost entry around this, in the innermost of these Bundles. */
  readonly fullUrl: string | undefined;
  /** Whether this is inside a resource of a Bundle that is stored as such. */
  readonly isNested: boolean;
}

/** Elements that R4 does not know are passed over: the validator names them. */
export function walkResource(resource: JsonObject, conformance: ConformanceRegistry, visitor: WalkVisitor): void {
  const model = createTypeModel(conformance);
  new Walk(model, visitor).resource(resource);
}

class Walk implements Place {
  readonly #model: TypeModel;
  readonly #visitor: WalkVisitor;
  readonly #path: (string | number)[] = [];
  /** Type of the object that each key of the path belongs to; of an index undefined. */
  readonly #owners: (string | undefined)[] = [];
  readonly #bundles: JsonObject[] = [];
  /** Of the entries whose resources are around the place; one that has none is there too. */
  readonly #fullUrls: (string | undefined)[] = [];
  #rootType = '';

  constructor(model: TypeModel, visitor: WalkVisitor) {
    this.#model = model;
    this.#visitor = visitor;
  }

  get bundles(): readonly JsonObject[] {
    return this.#bundles;
  }

  get fullUrl(): string | undefined {
    return this.#fullUrls.at(-1);
  }

  get isNested(): boolean {
    return this.#fullUrls.length > 0;
  }

  path(): JsonPath {
    return [...this.#path];
  }

  expression(): string {
    let text = this.#rootType;
    for (const [index, step] of this.#path.entries()) {
      text += typeof step === 'number' ? `[${step}]` : `.${this.#toExpression(this.#owners[index] ?? '', step)}`;
    }
    return text;
  }

  resource(resource: JsonObject): void {
    const type = resource['resourceType'];
    if (typeof type !== 'string') return;
    this.#rootType = type;
    this.#object(resource, type);
  }

  #object(value: JsonObject, declared: string): void {
    const type = declared === 'Resource' || declared === 'DomainResource' ? value['resourceType'] : declared;
    if (typeof type !== 'string') return;
    if (type === 'Reference') {
      const text = value['reference'];
      if (typeof text === 'string') this.#visitor.reference?.(value, text, this);
    }
    if (type === 'Bundle') this.#bundles.push(value);
    for (const key in value) {
      const child = value[key];
      const isCompanion = key.charCodeAt(0) === 0x5f;
      const childType = isCompanion ? 'Element' : this.#typeOf(type, key);
      if (childType === undefined || child === undefined || child === null || typeof child === 'number' || typeof child === 'boolean')
        continue;
      if (type === 'Reference' && key === 'reference') continue;
      const isEntry = type === 'Bundle.entry' && key === 'resource';
      if (isEntry) this.#fullUrls.push(typeof value['fullUrl'] === 'string' ? value['fullUrl'] : undefined);
      this.#path.push(key);
      this.#owners.push(type);
      if (Array.isArray(child)) {
        this.#array(child, childType);
      } else {
        const replaced = this.#item(child, childType);
        if (replaced !== undefined) value[key] = replaced;
      }
      this.#path.pop();
      this.#owners.pop();
      if (isEntry) this.#fullUrls.pop();
    }
    if (type === 'Bundle') this.#bundles.pop();
  }

  #array(items: JsonValue[], type: string): void {
    for (const [index, item] of items.entries()) {
      this.#path.push(index);
      this.#owners.push(undefined);
      const replaced = this.#item(item, type);
      if (replaced !== undefined) items[index] = replaced;
      this.#path.pop();
      this.#owners.pop();
    }
  }

  #item(item: JsonValue, type: string): string | undefined {
    if (typeof item === 'string') return this.#visitor.text?.(item, type, this);
    if (isJsonObject(item)) this.#object(item, type);
    return undefined;
  }

  #typeOf(type: string, key: string): string | undefined {
    const children = this.#model.children(type, key);
    if (children === undefined) return undefined;
    for (const child of children) if (child.property === key) return child.type;
    return undefined;
  }

  /** `valueQuantity` is `value.ofType(Quantity)`; what stands under `_birthDate` is said of `birthDate`. */
  #toExpression(owner: string, key: string): string {
    const property = key.charCodeAt(0) === 0x5f ? key.slice(1) : key;
    const type = this.#typeOf(owner, property);
    if (type === undefined || property.length <= type.length || !property.endsWith(type.charAt(0).toUpperCase() + type.slice(1)))
      return property;
    const stem = property.slice(0, -type.length);
    const isChoice = this.#model.children(owner, stem)?.some((child) => child.property === property) ?? false;
    return isChoice ? `${stem}.ofType(${type})` : property;
  }
}
