/**
 * The resource of a Bundle's entry as a document of its own, though the Bundle was parsed once: positions and number literals
 * are read from the entry's text as it was sent, and only when something asks for them.
 */
import {
  type JsonDocument,
  type JsonObject,
  type JsonPath,
  type JsonProblem,
  type JsonText,
  parseJson,
  type TextPosition,
} from '../../fhir/json.js';
import type { TextSpan } from '../../fhir/json-text.js';

/** A Bundle's document and where its lines start. */
export class BundleText {
  readonly document: JsonDocument;
  #lineStarts: number[] | undefined;

  constructor(document: JsonDocument) {
    this.document = document;
  }

  positionAt(offset: number): TextPosition {
    const { text } = this.document;
    if (this.#lineStarts === undefined) {
      this.#lineStarts = [0];
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
    }
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] as number) + 1 };
  }
}

export class EntryDocument implements JsonDocument {
  /** As it is written: links are replaced in it. */
  text: string;
  readonly value: JsonObject;
  readonly problems: readonly JsonProblem[];
  readonly #bundle: BundleText;
  readonly #span: TextSpan;
  readonly maxDepth: number;
  #sent: JsonText | undefined;

  constructor(bundle: BundleText, span: TextSpan, value: JsonObject, problems: readonly JsonProblem[], maxDepth: number) {
    this.text = bundle.document.text.slice(span.start, span.end);
    this.value = value;
    this.problems = problems;
    this.#bundle = bundle;
    this.#span = span;
    this.maxDepth = maxDepth;
  }

  get hasInexactNumbers(): boolean {
    return this.#bundle.document.hasInexactNumbers && this.#asSent().hasInexactNumbers;
  }

  positionOf(path: JsonPath): TextPosition {
    const position = this.#asSent().positionOf(path);
    const start = this.#bundle.positionAt(this.#span.start);
    if (position.line === 1) return { line: start.line, column: start.column + position.column - 1 };
    return { line: start.line + position.line - 1, column: position.column };
  }

  numberLiteral(path: JsonPath): string | undefined {
    return this.#asSent().numberLiteral(path);
  }

  #asSent(): JsonText {
    this.#sent ??= parseJson(this.#bundle.document.text.slice(this.#span.start, this.#span.end), { maxDepth: this.maxDepth });
    return this.#sent;
  }
}
