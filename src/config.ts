/**
 * File and environment -> validated, frozen configuration. The only reader of process.env.
 * schemas/server-config.schema.json has every key with its meaning and default.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject } from 'ajv';
import { maskStoreUrl } from './storage/store-url.js';

export interface TenantConfig {
  /** Name of the API whose tenant it is. */
  readonly api: string;
  readonly name: string;
  /** Hosts whose requests are the tenant's, the primary one first. */
  readonly domains: readonly string[];
  readonly keys: readonly { readonly name: string; readonly key: string; readonly scope: string }[];
  /** In place of what canonical systems are derived from. */
  readonly systemBaseUrl?: string;
  /** Canonical systems by type. */
  readonly systems: Readonly<Record<string, string>>;
  /** The partner's systems by type; an empty one disables the external identifier of the type. */
  readonly externalSystems: Readonly<Record<string, string>>;
}

interface ClientConfig {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

export interface ServerConfig {
  readonly port: number;
  readonly host: string;
  /** `sqlite:PATH`, `mongodb://…` or `memory:`. */
  readonly storeUrl: string;
  /** Public URL of the server behind a proxy, without a slash at the end; undefined: http(s)://HOST:PORT. */
  readonly apiBaseUrl: string | undefined;
  /** PEM files of the certificate (with those between it and the root) and its key; both undefined: plain HTTP. */
  readonly tls: {
    readonly certFile: string | undefined;
    readonly keyFile: string | undefined;
  };
  /** Folders of APIs; each holds a package and its api.json. */
  readonly apis: readonly string[];
  /** Further FHIR packages (.tgz or folder) that every API may use. */
  readonly packages: readonly string[];
  readonly auth: {
    /** All undefined: the development issuer. */
    readonly issuer: string | undefined;
    readonly audience: string | undefined;
    readonly jwksUrl: string | undefined;
    /** Token endpoint of that issuer, for discovery. */
    readonly tokenUrl: string | undefined;
    /** Whether the server itself issues tokens; never true beside `issuer`. */
    readonly developmentIssuer: boolean;
    readonly clients: readonly ClientConfig[];
    /** Those that may authenticate by HTTP Basic, beside the clients of the development issuer where it is on. */
    readonly basicClients: readonly ClientConfig[];
    readonly tokenLifetimeSeconds: number;
  };
  /** What canonical identifier systems are made of, for the APIs that have them. */
  readonly identifierSystems: {
    readonly scheme: 'http' | 'https';
    /** Empty, or starts with a slash. */
    readonly path: string;
    /** For all tenants, in place of their domains. */
    readonly baseUrl: string | undefined;
    /** Whole systems by type. */
    readonly systems: Readonly<Record<string, string>>;
  };
  readonly tenants: readonly TenantConfig[];
  readonly cors: {
    /** `*`, or the origins that may call. */
    readonly origins: readonly string[];
  };
  readonly limits: {
    readonly bodyBytes: number;
    readonly headerBytes: number;
    readonly bundleEntries: number;
    readonly requestTimeoutMs: number;
    readonly jsonDepth: number;
  };
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
}

/** The configuration cannot be used; the message has one line for each fault. */
export class ConfigError extends Error {
  constructor(faults: readonly string[]) {
    super(`The configuration cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable {
  readonly path: readonly string[];
  readonly read?: (text: string) => unknown;
}

/** Environment variable -> key. Their names are fixed: they are the server's interface to its operator. */
const VARIABLES: Readonly<Record<string, Variable>> = {
  PORT: { path: ['port'], read: readNumber },
  HOST: { path: ['host'] },
  KAURI_STORE_URL: { path: ['storeUrl'] },
  KAURI_API_BASE_URL: { path: ['apiBaseUrl'] },
  KAURI_TLS_CERT_FILE: { path: ['tls', 'certFile'] },
  KAURI_TLS_KEY_FILE: { path: ['tls', 'keyFile'] },
  KAURI_APIS: { path: ['apis'], read: readList },
  KAURI_AUTH_ISSUER: { path: ['auth', 'issuer'] },
  KAURI_AUTH_AUDIENCE: { path: ['auth', 'audience'] },
  KAURI_AUTH_JWKS_URL: { path: ['auth', 'jwksUrl'] },
  FHIR_SYSTEM_SCHEME: { path: ['identifierSystems', 'scheme'] },
  FHIR_SYSTEM_PATH: { path: ['identifierSystems', 'path'] },
  FHIR_SYSTEM_BASE_URL: { path: ['identifierSystems', 'baseUrl'] },
  KAURI_LOG_LEVEL: { path: ['logLevel'] },
};

/** Folder that holds package.json, profiles/ and schemas/, for sources and compiled code alike. */
export const PACKAGE_ROOT = fileURLToPath(new URL('..', import.meta.url));

type JsonRecord = Record<string, unknown>;

/** Throws ConfigError, which names every key at fault and the form it wants. */
export function readConfig(environment: Environment = process.env, workingDirectory = process.cwd()): ServerConfig {
  const config = readValues(environment, workingDirectory);
  const faults = findContradictions(config, environment);
  if (faults.length > 0) throw new ConfigError(faults);
  return deepFreeze(config);
}

/** The APIs and what they need, for a command that serves nobody: who may call a server and how does not matter to it. */
export function readApiConfiguration(
  environment: Environment = process.env,
  workingDirectory = process.cwd(),
): Pick<ServerConfig, 'apis' | 'packages' | 'limits'> {
  const { apis, packages, limits } = readValues(environment, workingDirectory);
  return { apis, packages, limits };
}

function readValues(environment: Environment, workingDirectory: string): ServerConfig {
  const file = environment['KAURI_CONFIG'];
  const configFile = file === undefined || file === '' ? undefined : resolve(workingDirectory, file);
  const values: JsonRecord = configFile === undefined ? {} : readConfigFile(configFile);
  const sources = new Map<string, string>();
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const text = environment[name];
    if (text === undefined || text === '') continue;
    setValue(values, variable.path, variable.read === undefined ? text : variable.read(text));
    sources.set(`/${variable.path.join('/')}`, name);
  }
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strict: false });
  const schema = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'schemas', 'server-config.schema.json'), 'utf8')) as object;
  if (!ajv.validate(schema, values)) throw new ConfigError((ajv.errors ?? []).map((error) => describeFault(error, sources)));

  const folderOf = (key: string): string => (sources.has(key) || configFile === undefined ? workingDirectory : dirname(configFile));
  return toServerConfig(values, folderOf);
}

/** As JSON for people: what is secret is masked. */
export function describeConfig(config: ServerConfig): string {
  const mask = (key: string, value: unknown): unknown => {
    if (key === 'clientSecret' || key === 'key') return '***';
    if (key === 'storeUrl') return maskStoreUrl(String(value));
    return value === undefined ? null : value;
  };
  return JSON.stringify(config, mask, 2);
}

/** Whoever may authenticate by HTTP Basic. */
export function basicClientsOf({ developmentIssuer, clients, basicClients }: ServerConfig['auth']): readonly ClientConfig[] {
  return developmentIssuer ? [...clients, ...basicClients] : basicClients;
}

/** 127.0.0.0/8, ::1 and localhost: addresses that no other machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** `folderOf`: what the paths of a key are relative to. */
function toServerConfig(values: JsonRecord, folderOf: (key: string) => string): ServerConfig {
  // the schema has made sure of every key and type
  const raw = nullsToUndefined(values) as unknown as ServerConfig;
  const pathOf = (key: 'certFile' | 'keyFile'): string | undefined => raw.tls[key] && resolve(folderOf(`/tls/${key}`), raw.tls[key]);
  return {
    ...raw,
    apiBaseUrl: raw.apiBaseUrl?.replace(/\/+$/, ''),
    tls: { certFile: pathOf('certFile'), keyFile: pathOf('keyFile') },
    apis: raw.apis.map((folder) => resolveApi(folder, folderOf('/apis'))),
    packages: raw.packages.map((path) => resolve(folderOf('/packages'), path)),
    auth: { ...raw.auth, developmentIssuer: raw.auth.developmentIssuer && raw.auth.issuer === undefined },
  };
}

/** A path, or the name of a folder below profiles/. */
function resolveApi(folder: string, base: string): string {
  const path = resolve(base, folder);
  const isName = !folder.includes('/') && !folder.includes(sep) && !folder.startsWith('.');
  return isName && !existsSync(join(path, 'api.json')) ? join(PACKAGE_ROOT, 'profiles', folder) : path;
}

const ENCRYPT = 'set tls.certFile and tls.keyFile, or apiBaseUrl (KAURI_API_BASE_URL) to the https URL of the proxy in front';

function findContradictions(config: ServerConfig, environment: Environment): readonly string[] {
  const faults: string[] = [];
  const { certFile, keyFile } = config.tls;
  if (certFile !== undefined && keyFile === undefined) faults.push('tls.certFile needs tls.keyFile (KAURI_TLS_KEY_FILE) beside it');
  if (keyFile !== undefined && certFile === undefined) faults.push('tls.keyFile needs tls.certFile (KAURI_TLS_CERT_FILE) beside it');
  const { issuer, audience, jwksUrl, developmentIssuer } = config.auth;
  if (issuer !== undefined && (audience === undefined || jwksUrl === undefined)) {
    faults.push('auth.issuer needs auth.audience (KAURI_AUTH_AUDIENCE) and auth.jwksUrl (KAURI_AUTH_JWKS_URL) beside it');
  }
  if (issuer === undefined && jwksUrl !== undefined) faults.push('auth.jwksUrl needs auth.issuer (KAURI_AUTH_ISSUER) beside it');
  if (issuer === undefined && !developmentIssuer) {
    faults.push('auth.issuer (KAURI_AUTH_ISSUER) is wanted, as the development issuer is off: without either no token could be checked');
  }
  const wanted = 'set KAURI_AUTH_ISSUER, KAURI_AUTH_AUDIENCE and KAURI_AUTH_JWKS_URL to your own issuer';
  if (developmentIssuer && environment['NODE_ENV'] === 'production') {
    faults.push(`auth.developmentIssuer is refused when NODE_ENV is production: ${wanted}`);
  }
  if (developmentIssuer && !isLoopback(config.host)) {
    faults.push(
      `auth.developmentIssuer is refused when host is '${config.host}', as others could reach it: listen on 127.0.0.1, or ${wanted}`,
    );
  }
  const isReadable = certFile === undefined && config.apiBaseUrl?.startsWith('https:') !== true;
  if (config.auth.basicClients.length > 0 && !isLoopback(config.host) && isReadable) {
    faults.push(
      `auth.basicClients is refused when host is '${config.host}' and the server speaks plain HTTP, as every request would carry a secret ` +
        `that others can read: ${ENCRYPT}`,
    );
  }
  if (config.tenants.length > 0 && !isLoopback(config.host) && isReadable) {
    faults.push(
      `tenants is refused when host is '${config.host}' and the server speaks plain HTTP, as others could read the keys: ${ENCRYPT}`,
    );
  }
  faults.push(...findTenantFaults(config.tenants));
  const ids = basicClientsOf(config.auth).map(({ clientId }) => clientId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) faults.push(`auth.clients and auth.basicClients name the clientId '${twice}' twice`);
  const colon = config.auth.basicClients.find(({ clientId }) => clientId.includes(':'));
  if (colon !== undefined) faults.push(`auth.basicClients: HTTP Basic has no room for the colon in the clientId '${colon.clientId}'`);
  return faults;
}

/** What would let one tenant pass for another. */
function findTenantFaults(tenants: readonly TenantConfig[]): readonly string[] {
  const faults: string[] = [];
  const owners = new Map<string, string>();
  const claim = (what: string, key: string, owner: string): void => {
    const other = owners.get(key);
    if (other !== undefined) faults.push(`tenants: ${what} is given to '${other}' and to '${owner}'`);
    else owners.set(key, owner);
  };
  for (const { api, name, domains, keys } of tenants) {
    claim(`the name '${name}'`, `name ${api} ${name}`, name);
    for (const domain of domains) claim(`the domain '${domain}'`, `domain ${api} ${domain}`, name);
    for (const { key } of keys) claim('one key', `key ${key}`, name);
  }
  return faults;
}

function readConfigFile(path: string): JsonRecord {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`KAURI_CONFIG names ${path}, which cannot be read: ${(error as Error).message}`]);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonRecord;
  } catch (error) {
    throw new ConfigError([`${path} (KAURI_CONFIG) is not JSON: ${(error as Error).message}`]);
  }
  throw new ConfigError([`${path} (KAURI_CONFIG) is JSON, but not an object`]);
}

function setValue(target: JsonRecord, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  target[key] ??= {};
  // a file that has something else than an object here is told so by the schema
  if (typeof target[key] === 'object' && target[key] !== null) setValue(target[key] as JsonRecord, rest, value);
}

/** Text that is no number stays text, for the schema to refuse. */
function readNumber(text: string): unknown {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function readList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function describeFault(error: ErrorObject, sources: ReadonlyMap<string, string>): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  const missing = params['missingProperty'] ?? params['additionalProperty'];
  const pointer = missing === undefined ? error.instancePath : `${error.instancePath}/${String(missing)}`;
  const source = sources.get(error.instancePath);
  const key = pointer.slice(1).replaceAll('/', '.') || 'the file';
  const name = source === undefined ? key : `${key} (${source})`;
  switch (error.keyword) {
    case 'additionalProperties':
      return `${name} is no key of the configuration`;
    case 'required':
      return `${name} is required`;
    case 'enum':
      return `${name} must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    case 'pattern':
      return `${name} must have the form ${FORMS[error.instancePath] ?? String(params['pattern'])}`;
    default:
      return `${name} ${error.message ?? 'is not allowed'}`;
  }
}

const FORMS: Readonly<Record<string, string>> = {
  '/storeUrl': 'sqlite:PATH, mongodb://… or memory:',
  '/apiBaseUrl': 'https://host[:port][/path], without query or fragment',
  '/auth/jwksUrl': 'https://host/path',
  '/auth/tokenUrl': 'https://host/path',
};

function nullsToUndefined(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(nullsToUndefined);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, nullsToUndefined(item)]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
