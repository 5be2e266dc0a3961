/** Bundles as for a browser: what needs Node makes the build fail, or leaves an import outside. */
import { build, type Metafile } from 'esbuild';

export interface BrowserBundle {
  readonly text: string;
  readonly inputs: Metafile['inputs'];
  /** What the bundler could not take in. */
  readonly warnings: readonly string[];
}

/** Rejects with esbuild's BuildFailure. */
export async function bundleForBrowser(entry: string): Promise<BrowserBundle> {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2023',
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${entry} gave no bundle`);
  return { text: output.text, inputs: metafile.inputs, warnings: warnings.map(({ text }) => text) };
}
