/** `npm run benchmark [name…]`: runs the benchmarks one after the other (two cores: never side by side) and prints their figures. */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

const benchmarks = ['validator', 'apis', 'hostile', 'store', 'http'];
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !benchmarks.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No benchmark named ${unknown.join(', ')}; there are ${benchmarks.join(', ')}\n`);
  process.exit(2);
}
process.stdout.write(`Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}\n`);
for (const name of chosen.length > 0 ? chosen : benchmarks) {
  process.stdout.write(`\n${name}\n`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', `test/benchmarks/${name}.ts`], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
