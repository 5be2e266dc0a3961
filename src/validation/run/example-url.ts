/** URLs of domains that are kept for examples (RFC 2606): they name nothing that is in use. */
import type { Run } from './run.js';

const EXAMPLE = /^https?:\/\/([^/?#]*\.)?example\.(com|net|org|edu)([:/?#]|$)/i;

/** Says so of a url at a property below the run's path. */
export function reportExampleUrl(run: Run, url: string, property: string): void {
  if (!EXAMPLE.test(url)) return;
  run.path.push({ property, expression: property });
  run.error('invalid', 'example-url', `${url} is a URL for examples, which may not be used here: put the real one`);
  run.path.pop();
}
