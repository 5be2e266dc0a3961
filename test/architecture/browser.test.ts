import { builtinModules } from 'node:module';
import { expect } from 'chai';
import type { BuildFailure } from 'esbuild';
import { bundleForBrowser } from '../support/browser-bundle.js';

const BUILT_IN = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);

describe('kauri/validation', () => {
  it('has nothing of Node in its import graph, its packages included', async () => {
    const { inputs, warnings } = await bundleForBrowser('src/library/validation.ts');
    expect(warnings).to.deep.equal([]);
    const imports = Object.entries(inputs).flatMap(([file, input]) => input.imports.map((one) => ({ file, ...one })));
    expect(imports.length).to.be.greaterThan(200);
    // what a package keeps from browsers esbuild replaces by an empty module, and names it so
    const missing = imports.filter(
      ({ path, external, original }) => external === true || path.startsWith('(disabled)') || BUILT_IN.has(original ?? path),
    );
    expect(missing.map(({ file, path }) => `${file} -> ${path}`)).to.deep.equal([]);
  });

  it('brings a browser these packages and no others', async () => {
    const { inputs } = await bundleForBrowser('src/library/validation.ts');
    const names = Object.keys(inputs).flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
    expect([...new Set(names)].sort()).to.deep.equal([
      '@lhncbc/ucum-lhc',
      '@noble/hashes',
      'decimal.js',
      'fhirpath',
      'is-finite',
      'is-integer',
      'lru-cache',
      're2js',
      'saxes',
      'semver',
      'xmlchars',
    ]);
  });

  it('is not to be confused with its part for Node, which no browser can have', async () => {
    const failure = (await bundleForBrowser('src/library/node.ts').catch((error: unknown) => error)) as BuildFailure;
    expect(failure.errors.map(({ text }) => text).join('\n')).to.match(/Could not resolve "node:fs"/);
  });
});
