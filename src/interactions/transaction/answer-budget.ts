/** How long the answer to a Bundle may become: it is one text, and is built in memory. */
import { FhirError } from '../../fhir/fhir-error.js';

/** Characters: a fifth of what a string of Node holds. */
export const MOST_ANSWER_LENGTH = 100_000_000;

export class AnswerBudget {
  #used = 0;

  get isSpent(): boolean {
    return this.#used > MOST_ANSWER_LENGTH;
  }

  /** Counts the text, and gives it back. */
  take(text: string): string {
    this.#used += text.length;
    return text;
  }
}

export function tooLongAnswer(advice: string): FhirError {
  return new FhirError('too-large', `The answer to the Bundle would be longer than ${MOST_ANSWER_LENGTH} characters: ${advice}`);
}
