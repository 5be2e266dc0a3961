/** The entry: configuration -> server -> listen; signals -> an end that loses nothing. */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { ConfigError, describeConfig, readConfig, type ServerConfig } from './config.js';
import { DefinitionsIndexError } from './conformance/definitions-index.js';
import { ApiFolderError } from './conformance/load-api.js';
import { createLogger } from './observability/logger.js';
import { createServer, type KauriServer } from './server.js';
import { StoreError } from './storage/store.js';
import { maskStoreUrl } from './storage/store-url.js';
import { welcomeText } from './welcome.js';

const USAGE = `node dist/main.js [--print-config]

Serves the APIs that the configuration names; README.md lists its keys.
  --print-config  print the configuration as it would be used (secrets masked), and end
`;
/** As the command line of validate: the caller must mend something. */
const EXIT_UNUSABLE = 2;

async function main(): Promise<void> {
  const { values } = readArguments();
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const config = readConfig();
  if (values['print-config'] === true) {
    process.stdout.write(`${describeConfig(config)}\n`);
    return;
  }
  await serve(config);
}

function readArguments() {
  try {
    return parseArgs({ options: { 'print-config': { type: 'boolean' }, help: { type: 'boolean' } } });
  } catch (error) {
    throw new ConfigError([`${(error as Error).message}; there is --print-config`]);
  }
}

async function serve(config: ServerConfig): Promise<void> {
  // V8 alone lets a small heap grow fourfold before it collects: 60 MB more resident under writes, and no quicker
  setFlagsFromString('--heap-growing-percent=100');
  const logger = createLogger(config.logLevel);
  const server = await createServer(config, { logger });
  stopOnSignals(server, (signal) => logger.info({ signal }, 'stopping'));
  const address = await server.start();
  const { origin, apis, issueToken } = server;
  if (config.apiBaseUrl === undefined && (config.host === '0.0.0.0' || config.host === '::')) {
    logger.warn(`links start with ${origin}, which no caller can follow: set KAURI_API_BASE_URL to the URL that callers use`);
  }
  if (issueToken === undefined) {
    logger.info(
      { address, bases: apis.map((api) => `${origin}${api.config.basePath}`), store: maskStoreUrl(config.storeUrl) },
      'listening',
    );
  } else {
    logger.warn('the development issuer is on: every program on this machine can get a token');
    process.stdout.write(await welcomeText(config, server, address));
  }
}

/** The first signal lets answers out and closes the store; the second ends at once. */
function stopOnSignals(server: KauriServer, say: (signal: string) => void): void {
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      say(signal);
      server.stop().then(() => process.exit(0), fail);
    });
  }
}

/** One line for what the operator must mend; everything else is a fault of ours, and shows its stack. */
function fail(error: unknown): void {
  const message = describeFault(error);
  process.stderr.write(message === undefined ? `${String((error as Error | undefined)?.stack ?? error)}\n` : `kauri: ${message}\n`);
  process.exit(message === undefined ? 1 : EXIT_UNUSABLE);
}

function describeFault(error: unknown): string | undefined {
  if (error instanceof ConfigError || error instanceof ApiFolderError) return error.message.replace(/:\n\s+/, ': ').replace(/\n\s+/g, '; ');
  if (error instanceof DefinitionsIndexError) return error.message;
  if (error instanceof StoreError) return `The store cannot be used: ${error.message}`;
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & { readonly address?: string; readonly port?: number };
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return undefined;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there already: end it, or choose another port with PORT',
    EACCES: 'this user may not use that port: choose one above 1023 with PORT',
    EADDRNOTAVAIL: 'this machine has no such address: choose one with HOST',
    ENOTFOUND: 'no machine has that name: choose an address with HOST',
  };
  const place = address === undefined ? 'the address of HOST' : port === undefined ? address : `port ${port} of ${address}`;
  return `Cannot listen on ${place}: ${reasons[code ?? ''] ?? (error as Error).message}`;
}

main().catch(fail);
