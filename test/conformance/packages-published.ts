/** The published packages that ours are held against; they lie beside the repository and may be absent. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { list } from 'tar';
import { isJsonObject, type JsonObject } from '../../src/fhir/json.js';

const FOLDER = new URL('../../../shared/nz/packages/', import.meta.url);

export const PUBLISHED_PRESENT = existsSync(FOLDER);
/** For the title of a test that is skipped. */
export const ABSENT_NOTE = PUBLISHED_PRESENT ? '' : ' (skipped: ../shared/nz/packages is absent)';

export interface PublishedFile {
  /** `StructureDefinition-NzPatient.json`, without folders. */
  readonly name: string;
  readonly isExample: boolean;
  readonly resource: JsonObject;
}

export function publishedPath(packageFile: string): string {
  return fileURLToPath(new URL(packageFile, FOLDER));
}

/** Every resource of a package and its examples, in the order of their names. */
export async function readPublished(packageFile: string): Promise<readonly PublishedFile[]> {
  const files: PublishedFile[] = [];
  const pending: Promise<void>[] = [];
  await list({
    file: publishedPath(packageFile),
    filter: (path) => /^package\/(example\/)?[^./][^/]*-[^/]*\.json$/.test(path),
    onReadEntry: (entry) => {
      pending.push(
        entry.concat().then((content) => {
          const resource: unknown = JSON.parse(content.toString('utf8'));
          if (!isJsonObject(resource) || !('resourceType' in resource)) return;
          files.push({ name: entry.path.replace(/^.*\//, ''), isExample: entry.path.includes('/example/'), resource });
        }),
      );
    },
  });
  await Promise.all(pending);
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}
