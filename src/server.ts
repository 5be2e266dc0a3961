/** The composition root: the one place that constructs things. Configuration in, a server out that listens when it is told to. */
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { createTokenVerifier, openRemoteKeys } from './auth/access-token.js';
import { createBasicAuthenticator, DEFAULT_SCOPE } from './auth/client-credentials.js';
import { createKeyRing, type KeyConfig } from './auth/key-ring.js';
import { createRequestContextReader, type RequestContextReader } from './auth/request-context.js';
import { createDevelopmentIssuer, type DevelopmentIssuer } from './auth/token-endpoint.js';
import { basicClientsOf, ConfigError, isLoopback, PACKAGE_ROOT, type ServerConfig } from './config.js';
import { type FhirPackage, readPackage } from './conformance/package-reader.js';
import { createUuidSource } from './fhir/uuid.js';
import { createApp } from './http/app.js';
import { HttpListener } from './http/listener.js';
import { SERVER_PATHS } from './http/server-routes.js';
import type { TokenIssuer } from './http/smart-configuration.js';
import { interactions } from './interactions/index.js';
import { createNumberSource } from './interactions/number-source.js';
import { createLogger, type Logger } from './observability/logger.js';
import { createMetrics, type Metrics } from './observability/metrics.js';
import { openApi, openR4Definitions } from './open-api.js';
import type { Api, SecondEngine, Services } from './services.js';
import { openStore } from './storage/open-store.js';
import type { Store } from './storage/store.js';
import { openTenants } from './tenants.js';
import { readTlsFiles } from './tls-files.js';

/** What tests put in place of the real thing. */
export interface ServerOptions {
  /** Closed when the server stops; default: the one that `storeUrl` names. */
  readonly store?: Store;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly newId?: () => string;
  readonly logger?: Logger;
}

export interface KauriServer {
  readonly apis: readonly Api[];
  /** Public URL that links start with, without a slash at the end. */
  readonly origin: string;
  /** A token of the development issuer for its first client; absent where tokens come from elsewhere. */
  readonly issueToken?: (scope?: string) => Promise<string>;
  /** Listens; resolves to the address as a URL. Rejects with the system's error (EADDRINUSE) when it cannot. */
  start(): Promise<string>;
  /** Takes nothing new, lets what is under way end for some seconds, closes the store. */
  stop(): Promise<void>;
}

/**
 * Loads the APIs and opens the store. Rejects with ConfigError, ApiFolderError or StoreError for what an operator must mend;
 * what an API can live with is logged.
 */
export async function createServer(config: ServerConfig, options: ServerOptions = {}): Promise<KauriServer> {
  const { host, port, limits } = config;
  const clock = options.clock ?? Date.now;
  const logger = options.logger ?? createLogger(config.logLevel);
  const metrics = createMetrics();
  const tls = readTlsFiles(config.tls);
  if (tls !== undefined && tls.expiresAt <= clock()) {
    logger.warn(`the certificate of tls.certFile expired on ${new Date(tls.expiresAt).toISOString()}: callers will refuse it`);
  }
  const { headerBytes, requestTimeoutMs } = limits;
  const listener = new HttpListener({ host, port, headerBytes, requestTimeoutMs, logger, ...(tls !== undefined && { tls }) });
  const origin = (): string => config.apiBaseUrl ?? listener.url;
  const { apis, tenants } = openTenants(config, await openApis(config, clock, logger, metrics), origin);
  const requestContexts = openRequestContexts(apis);
  const issuer = await openDevelopmentIssuer(config, clock, origin);
  if (issuer === undefined && config.auth.tokenUrl === undefined) {
    logger.warn('.well-known/smart-configuration names no token_endpoint: set auth.tokenUrl in the file of KAURI_CONFIG');
  }
  if (issuer !== undefined && config.auth.audience !== undefined) {
    logger.warn(
      'auth.audience is set, but no auth.issuer: the development issuer is on, and its tokens are for that audience. ' +
        'For your own issuer set KAURI_AUTH_ISSUER and KAURI_AUTH_JWKS_URL too',
    );
  }
  const store = options.store ?? (await openStore(config.storeUrl));
  await store.migrate();
  const newId = options.newId ?? createUuidSource(clock);
  const services: Services = { config, store, apis, clock, newId, numbers: createNumberSource(store, clock) };

  const createHandler = (): RequestListener => {
    const tokenIssuer = toTokenIssuer(config, origin());
    const app = createApp({
      services,
      interactions,
      verifier: createTokenVerifier({
        issuer: tokenIssuer.issuer,
        audience: config.auth.audience ?? origin(),
        keys: issuer?.keys ?? openRemoteKeys(tokenIssuer.jwksUrl),
        clock,
        realm: 'kauri',
        basic: createBasicAuthenticator(basicClientsOf(config.auth)),
        // as the issuer itself, for laptops only
        keyRing: issuer === undefined ? undefined : createKeyRing(config.auth.clients.map(toKey)),
      }),
      tenants,
      requestContexts,
      logger,
      metrics,
      origin,
      tokenIssuer: () => tokenIssuer,
      developmentIssuer: issuer,
      isAccepting: () => listener.isListening,
    });
    return app.callback();
  };

  const [client] = config.auth.clients;
  return {
    apis,
    get origin() {
      return origin();
    },
    ...(issuer !== undefined &&
      client !== undefined && { issueToken: (scope?: string) => issuer.issueToken(client.clientId, scope ?? client.scope) }),
    async start() {
      await listener.listen(createHandler);
      return listener.url;
    },
    async stop() {
      await listener.close();
      await store.close();
    },
  };
}

function toKey({ clientId, clientSecret, scope = DEFAULT_SCOPE }: ServerConfig['auth']['clients'][number]): KeyConfig {
  return { name: clientId, key: clientSecret, scope };
}

async function openApis(config: ServerConfig, clock: () => number, logger: Logger, metrics: Metrics): Promise<readonly Api[]> {
  const reportEngines: SecondEngine['report'] = (verdict, about) => {
    metrics.countEngines(verdict);
    if (verdict !== 'agree') logger.warn({ verdict, ...about }, "HL7's validator does not agree, or cannot be asked");
  };
  const definitions = openR4Definitions();
  const packages = await readPackages(config.packages);
  const apis: Api[] = [];
  // packages that several APIs stand on have one fault, not several
  const told = new Set<string>();
  for (const folder of config.apis) {
    const { api, problems } = await openApi(folder, definitions, { packages, clock, reportEngines });
    for (const problem of problems) {
      if (told.size < told.add(problem).size) logger.warn({ api: api.name, problem }, 'a definition is faulty');
    }
    requireDistinct(api, apis);
    apis.push(api);
  }
  return apis;
}

async function readPackages(paths: readonly string[]): Promise<readonly FhirPackage[]> {
  const packages: FhirPackage[] = [];
  for (const path of paths) {
    try {
      packages.push(await readPackage(path));
    } catch (error) {
      throw new ConfigError([`packages: ${(error as Error).message}`]);
    }
  }
  return packages;
}

/** The name is the namespace in the store, the path chooses the API of a request. */
function requireDistinct({ name, config: { basePath } }: Api, others: readonly Api[]): void {
  const refuse = (fault: string): ConfigError => new ConfigError([`apis (KAURI_APIS): ${fault}`]);
  const taken = SERVER_PATHS.find((path) => isBelow(basePath.toLowerCase(), path));
  if (taken !== undefined) throw refuse(`the base path ${basePath} of '${name}' is below ${taken}, where the server's own paths are`);
  for (const other of others) {
    const otherPath = other.config.basePath;
    if (other.name === name) throw refuse(`two folders have the name '${name}'`);
    if (otherPath === basePath) throw refuse(`'${other.name}' and '${name}' have the same base path ${basePath}`);
    if (isBelow(basePath, otherPath) || isBelow(otherPath, basePath)) {
      throw refuse(
        `the base paths ${otherPath} of '${other.name}' and ${basePath} of '${name}' lie one below the other: give one another path`,
      );
    }
  }
}

/** Whether the path is the base or lies below it. */
function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`);
}

function openRequestContexts(apis: readonly Api[]): ReadonlyMap<string, RequestContextReader> {
  const readers = new Map<string, RequestContextReader>();
  for (const { name, config } of apis) {
    if (config.requestContext === undefined) continue;
    const { required, schema } = config.requestContext;
    readers.set(name, createRequestContextReader({ required, schema: readRequestContextSchema(schema) }));
  }
  return readers;
}

/** JSON Schema of a Request-Context; `examples` are whole contexts that fit it. */
export interface RequestContextSchema {
  readonly $schema?: string;
  readonly examples?: readonly unknown[];
}

/** `file`: its name in schemas/, as api.json gives it. */
export function readRequestContextSchema(file: string): RequestContextSchema {
  try {
    return JSON.parse(readFileSync(join(PACKAGE_ROOT, 'schemas', file), 'utf8')) as RequestContextSchema;
  } catch (error) {
    throw new ConfigError([`requestContext.schema of api.json: schemas/${file} cannot be used: ${(error as Error).message}`]);
  }
}

async function openDevelopmentIssuer(
  config: ServerConfig,
  clock: () => number,
  origin: () => string,
): Promise<DevelopmentIssuer | undefined> {
  const { developmentIssuer, audience, clients, tokenLifetimeSeconds, jwksUrl } = config.auth;
  // readConfig refuses both as well; this holds for a configuration of the caller's own making
  if (!developmentIssuer && jwksUrl === undefined) throw new ConfigError(['auth.jwksUrl is required beside auth.issuer']);
  if (developmentIssuer && !isLoopback(config.host)) throw new ConfigError(['auth.developmentIssuer is for loopback addresses only']);
  return developmentIssuer
    ? createDevelopmentIssuer({ issuer: origin, audience: () => audience ?? origin(), clients, tokenLifetimeSeconds, clock })
    : undefined;
}

function toTokenIssuer({ auth }: ServerConfig, origin: string): TokenIssuer {
  const own: TokenIssuer = { issuer: origin, jwksUrl: `${origin}/oauth2/jwks`, tokenUrl: `${origin}/oauth2/token` };
  return auth.developmentIssuer ? own : { issuer: auth.issuer ?? origin, jwksUrl: auth.jwksUrl ?? own.jwksUrl, tokenUrl: auth.tokenUrl };
}
