/** Examples of the published packages, each package with a validator over what it is built on. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type JsonDocument, parseJson } from '../../src/fhir/json.js';
import type { Validator } from '../../src/validation/validator.js';
import { newValidator, readPackageOnce } from './harness.js';
import { publishedPath, readPublished } from './packages-published.js';

const FOLDER = new URL('../../../shared/nz/packages/', import.meta.url);

export interface PackageExamples {
  /** `fhir.org.nz.ig.base-3.0.0.tgz`. */
  readonly packageFile: string;
  readonly validator: Validator;
  readonly files: readonly { readonly name: string; readonly resource: JsonDocument }[];
}

export async function examplesOfPackages(): Promise<readonly PackageExamples[]> {
  const packageFiles = readdirSync(fileURLToPath(FOLDER)).filter((name) => name.endsWith('.tgz'));
  const packages = await Promise.all(packageFiles.map((name) => readPackageOnce(publishedPath(name))));
  return Promise.all(
    packageFiles.map(async (packageFile, index) => {
      const published = await readPublished(packageFile);
      const files = published
        .filter(({ isExample }) => isExample)
        .map(({ name, resource }) => ({ name, resource: parseJson(JSON.stringify(resource)) }));
      // its own version above what others bring: an unversioned claim means this package's profile
      const own = packages[index];
      const given = packages.filter((one) => one === own || one.name !== own?.name);
      return { packageFile, validator: newValidator(given, []), files };
    }),
  );
}
