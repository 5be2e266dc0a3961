/** An extension by the definition that its url names: https://hl7.org/fhir/R4/extensibility.html */
import { withArticle } from '../../fhir/article.js';
import { isJsonObject, type JsonValue } from '../../fhir/json.js';
import type { ProfilePlan } from '../plan.js';
import { reportExampleUrl } from '../run/example-url.js';
import { checkNarrativeExtension } from '../run/narrative-links.js';
import type { Run } from '../run/run.js';
import { checkContext, isInsideExtension } from './extension-context.js';
import type { ItemRule } from './item-rule.js';
import type { LinkedProfile, Linker } from './linker.js';

const EXTENSION = 'http://hl7.org/fhir/StructureDefinition/Extension';
const NARRATIVE_LINK = 'http://hl7.org/fhir/StructureDefinition/narrativeLink';

interface ExtensionOptions {
  /** The children that the profile lists for it: an extension inside another's definition has no definition of its own. */
  readonly own: ItemRule | undefined;
  /** Canonicals that the profile demands. */
  readonly profiles: readonly string[];
  readonly isModifier: boolean;
  readonly profile: ProfilePlan;
  readonly linker: Linker;
}

export function linkExtension({ own, profiles, isModifier, profile, linker }: ExtensionOptions): ItemRule {
  const [canonical] = profiles;
  // a slicing that is closed says itself what belongs to no slice
  const isClosed = profile.root.children.find(({ name }) => name === 'extension')?.slicing?.rules === 'closed';
  return (run, value, companion, type) => {
    own?.(run, value, companion, type);
    const demanded = canonical === undefined ? undefined : linker.findProfile(canonical, profile.packageId);
    const url = isJsonObject(value) ? value['url'] : undefined;
    if (demanded !== undefined) {
      checkDefinition(run, value, demanded, isModifier, linker);
      return;
    }
    // inside an extension a url without scheme is a name that the outer definition gives
    const isLocal = typeof url !== 'string' || !url.includes(':');
    const defined = isLocal ? undefined : linker.findProfile(url, profile.packageId);
    if (defined !== undefined && defined.plan.type === 'Extension') {
      checkDefinition(run, value, defined, isModifier, linker);
      return;
    }
    if (own === undefined) linker.findType('Extension')?.check(run, value, undefined, 'Extension');
    if (typeof url !== 'string' || url === '') return;
    if (!linker.services.options.exampleUrls) reportExampleUrl(run, url, 'url');
    if (defined !== undefined) {
      run.error('extension', 'extension-type', `${url} defines ${withArticle(defined.plan.type)}, not an extension`);
    } else if (!isLocal) {
      reportUnknown(run, url, linker);
    } else if (!isInsideExtension(run)) {
      run.error('extension', 'extension-url', `The url of an extension is an absolute URI, not '${url}'`);
    } else if (own === undefined && !isClosed && profile.type === 'Extension' && profile.url !== EXTENSION) {
      const text = `The extension ${profile.url} has no part '${url.slice(0, 64)}': use those that its definition names`;
      run.error('extension', 'extension-part', text, { definition: profile.canonical });
    }
  };
}

function checkDefinition(
  run: Run,
  value: JsonValue | undefined,
  { plan, check }: LinkedProfile,
  isModifier: boolean,
  linker: Linker,
): void {
  check(run, value, undefined, 'Extension');
  const origin = { definition: plan.canonical };
  if (plan.root.isModifier !== isModifier) {
    const text = isModifier
      ? `The extension ${plan.url} is no modifier: it goes into 'extension', not into 'modifierExtension'`
      : `The extension ${plan.url} is a modifier: it goes into 'modifierExtension', not into 'extension'`;
    run.error('extension', 'extension-modifier', text, origin);
  }
  checkContext(run, value, plan, linker);
  if (plan.url === NARRATIVE_LINK) checkNarrativeExtension(run, value);
}

function reportUnknown(run: Run, url: string, linker: Linker): void {
  const isAllowed = run.options.allowUnknownExtensions ?? linker.services.options.allowUnknownExtensions;
  const text = isAllowed
    ? `The extension ${url} is unknown and was not checked`
    : `The extension ${url} is unknown and not allowed here: load the package that defines it`;
  run.add(isAllowed ? 'warning' : 'error', 'extension', 'extension-unknown', text);
}
