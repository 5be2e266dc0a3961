/** Whether resources conform to profiles, each asked once in a run, however many references lead to it and in whatever circles. */
import type { JsonObject } from '../../fhir/json.js';

interface Verdict {
  readonly resource: JsonObject;
  /** The linked profile: what it is does not matter here. */
  readonly profile: object;
}

export class Verdicts {
  readonly #known = new Map<JsonObject, Map<object, boolean>>();
  readonly #underWay: Verdict[] = [];
  /** Resources found to conform while others were under way, and perhaps only because those were taken to conform. */
  readonly #provisional: Verdict[] = [];

  /** While a question is under way it is answered yes, so that circles come to an end. */
  find(resource: JsonObject, profile: object, decide: () => boolean): boolean {
    const known = this.#known.get(resource)?.get(profile);
    if (known !== undefined) return known;
    if (this.#underWay.some((one) => one.resource === resource && one.profile === profile)) return true;
    const before = this.#provisional.length;
    this.#underWay.push({ resource, profile });
    const conforms = decide();
    this.#underWay.pop();
    if (conforms) {
      this.#provisional.push({ resource, profile });
    } else {
      // whatever was decided in between may have counted on this one
      for (const one of this.#provisional.splice(before)) this.#known.get(one.resource)?.delete(one.profile);
    }
    this.#keep(resource, profile, conforms);
    if (this.#underWay.length === 0) this.#provisional.length = 0;
    return conforms;
  }

  #keep(resource: JsonObject, profile: object, conforms: boolean): void {
    const known = this.#known.get(resource) ?? new Map<object, boolean>();
    this.#known.set(resource, known.set(profile, conforms));
  }
}
