/** https://hl7.org/fhir/R4/search.html#uri */
import { isJsonObject } from '../../fhir/json.js';
import { unescapeValue } from '../escaping.js';
import { qualifiers } from '../index-writer.js';
import { exactText } from '../normalize-text.js';
import type { ParameterType } from './parameter-type.js';

export const uri: ParameterType = {
  modifiers: ['above', 'below'],
  sortKind: 'term',
  index: (value, type, { code }, writer) => {
    const given = isJsonObject(value) ? value['value'] : value;
    if (typeof given !== 'string' || given === '') return;
    const text = exactText(given);
    writer.term(code, text);
    // a canonical is also found by its url alone, as `_profile` without a version finds every version
    const bar = type === 'canonical' ? text.indexOf('|') : -1;
    if (bar > 0) writer.term(code, text.slice(0, bar));
    writer.string(qualifiers.below(code), bar > 0 ? text.slice(0, bar) : text);
  },
  toCriterion: (text, modifier, { code }) => {
    const value = exactText(unescapeValue(text));
    if (modifier === 'above') return { op: 'term', param: code, values: ancestorsOf(value) };
    if (modifier !== 'below') return { op: 'term', param: code, values: [value] };
    const stem = value.replace(/\/+$/, '');
    return {
      op: 'or',
      of: [
        { op: 'term', param: code, values: [value, stem] },
        { op: 'string', param: qualifiers.below(code), match: 'starts', value: `${stem}/` },
      ],
    };
  },
  indexedAs: ({ code }) => [code],
};

/** The uri itself and every shorter one that ends before a `/` of its path, with that `/` and without it. */
function ancestorsOf(value: string): readonly string[] {
  const root = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(value)?.[0].length ?? 0;
  const ancestors = [value];
  for (let slash = value.lastIndexOf('/'); slash >= root && slash > 0; slash = value.lastIndexOf('/', slash - 1)) {
    ancestors.push(value.slice(0, slash + 1), value.slice(0, slash));
  }
  return [...new Set(ancestors)];
}
