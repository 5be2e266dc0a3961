import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError, describeConfig, isLoopback, PACKAGE_ROOT, readConfig } from '../../src/config.js';

describe('configuration', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kauri-config-'));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  const fileOf = (value: unknown): string => {
    const path = join(folder, 'kauri.json');
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    return path;
  };

  it('needs nothing: every key has a default', () => {
    const config = readConfig({}, folder);
    expect(config.port).to.equal(8080);
    expect(config.host).to.equal('127.0.0.1');
    expect(config.apiBaseUrl).to.equal(undefined);
    expect(config.auth.developmentIssuer).to.equal(true);
    expect(config.auth.clients).to.deep.equal([{ clientId: 'kauri-dev', clientSecret: 'kauri-dev-secret' }]);
    expect(config.limits.bundleEntries).to.equal(10_000);
    expect(config.apis).to.include(join(PACKAGE_ROOT, 'profiles', 'sdhr'));
  });

  it('puts the environment above the file, and the file above the defaults', () => {
    const KAURI_CONFIG = fileOf({ port: 1000, host: '::1', limits: { bundleEntries: 5 } });
    const config = readConfig({ KAURI_CONFIG, PORT: '2000' }, folder);
    expect(config.port).to.equal(2000);
    expect(config.host).to.equal('::1');
    expect(config.limits.bundleEntries).to.equal(5);
    expect(config.limits.jsonDepth).to.equal(200);
  });

  it('reads every variable of the environment', () => {
    const config = readConfig(
      {
        PORT: '0',
        HOST: '0.0.0.0',
        KAURI_STORE_URL: 'memory:',
        KAURI_API_BASE_URL: 'https://api.example.org/fhir/',
        KAURI_TLS_CERT_FILE: 'tls/cert.pem',
        KAURI_TLS_KEY_FILE: '/etc/kauri/key.pem',
        KAURI_APIS: 'sdhr, ./mine',
        KAURI_AUTH_ISSUER: 'https://issuer.example.org',
        KAURI_AUTH_AUDIENCE: 'kauri',
        KAURI_AUTH_JWKS_URL: 'https://issuer.example.org/jwks',
        KAURI_LOG_LEVEL: 'warn',
        NODE_ENV: 'production',
      },
      folder,
    );
    expect(config.port).to.equal(0);
    expect(config.storeUrl).to.equal('memory:');
    expect(config.apiBaseUrl).to.equal('https://api.example.org/fhir');
    expect(config.tls).to.deep.equal({ certFile: join(folder, 'tls/cert.pem'), keyFile: '/etc/kauri/key.pem' });
    expect(config.apis).to.deep.equal([join(PACKAGE_ROOT, 'profiles', 'sdhr'), join(folder, 'mine')]);
    expect(config.auth.issuer).to.equal('https://issuer.example.org');
    expect(config.auth.developmentIssuer).to.equal(false);
    expect(config.logLevel).to.equal('warn');
  });

  it('takes paths of the file relative to the file', () => {
    const KAURI_CONFIG = fileOf({ apis: ['apis/one'], packages: ['packages/a.tgz'], tls: { certFile: 'cert.pem', keyFile: 'key.pem' } });
    const config = readConfig({ KAURI_CONFIG }, '/');
    expect(config.tls).to.deep.equal({ certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') });
    expect(config.apis).to.deep.equal([join(folder, 'apis/one')]);
    expect(config.packages).to.deep.equal([join(folder, 'packages/a.tgz')]);
  });

  it('is frozen to the bottom', () => {
    const config = readConfig({}, folder);
    expect(Object.isFrozen(config.auth.clients[0])).to.equal(true);
  });

  const refused: readonly (readonly [title: string, environment: Record<string, string>, file: unknown, message: RegExp])[] = [
    ['a port that is no number', { PORT: 'http' }, undefined, /port \(PORT\) must be integer/],
    ['a port beyond 65535', { PORT: '70000' }, undefined, /port \(PORT\) must be <= 65535/],
    ['an unknown key', {}, { prot: 1 }, /prot is no key of the configuration/],
    ['an unknown nested key', {}, { auth: { secret: 1 } }, /auth\.secret is no key/],
    [
      'an unknown store',
      { KAURI_STORE_URL: 'redis://x' },
      undefined,
      /storeUrl \(KAURI_STORE_URL\) must have the form sqlite:PATH, mongodb:\/\/… or memory:/,
    ],
    ['a base URL that is none', { KAURI_API_BASE_URL: 'example.org' }, undefined, /apiBaseUrl \(KAURI_API_BASE_URL\) must have the form/],
    ['an unknown log level', { KAURI_LOG_LEVEL: 'loud' }, undefined, /logLevel \(KAURI_LOG_LEVEL\) must be one of fatal, error/],
    ['an issuer without its keys', { KAURI_AUTH_ISSUER: 'x' }, undefined, /auth\.issuer needs auth\.audience/],
    ['no issuer at all', {}, { auth: { developmentIssuer: false } }, /auth\.issuer \(KAURI_AUTH_ISSUER\) is wanted/],
    ['the development issuer in production', { NODE_ENV: 'production' }, undefined, /refused when NODE_ENV is production/],
    ['the development issuer on a public address', { HOST: '0.0.0.0' }, undefined, /refused when host is '0\.0\.0\.0'/],
    ['a file that is no JSON', {}, '{"port": }', /is not JSON/],
    ['a file that is no object', {}, [], /not an object/],
    ['a section that is no object', { KAURI_AUTH_ISSUER: 'x' }, { auth: 7 }, /auth must be object/],
  ];
  for (const [title, environment, file, message] of refused) {
    it(`refuses ${title}`, () => {
      const withFile = file === undefined ? environment : { ...environment, KAURI_CONFIG: fileOf(file) };
      expect(() => readConfig(withFile, folder)).to.throw(ConfigError, message);
    });
  }

  it('names a file that is not there', () => {
    expect(() => readConfig({ KAURI_CONFIG: 'absent.json' }, folder)).to.throw(ConfigError, /absent\.json, which cannot be read/);
  });

  it('takes a certificate with its key only', () => {
    expect(readConfig({}, folder).tls).to.deep.equal({ certFile: undefined, keyFile: undefined });
    expect(() => readConfig({ KAURI_TLS_CERT_FILE: 'a.pem' }, folder)).to.throw(ConfigError, /tls\.certFile needs tls\.keyFile/);
    expect(() => readConfig({ KAURI_TLS_KEY_FILE: 'a.pem' }, folder)).to.throw(ConfigError, /tls\.keyFile needs tls\.certFile/);
  });

  it('takes clients by HTTP Basic with a secret that is one and scopes, where nobody can read along', () => {
    const client = { clientId: 'pms', clientSecret: 'sixteen-letters!', scope: 'system/*.rs' };
    const configOf = (auth: unknown, more = {}) => ({ KAURI_CONFIG: fileOf({ auth, ...more }) });
    expect(readConfig(configOf({ basicClients: [client] }), folder).auth.basicClients).to.deep.equal([client]);
    const refused: readonly (readonly [unknown, RegExp])[] = [
      [{ ...client, clientSecret: 'short' }, /auth\.basicClients\.0\.clientSecret must NOT have fewer than 16/],
      [{ ...client, scope: undefined }, /auth\.basicClients\.0\.scope is required/],
      [{ ...client, clientId: 'a:b' }, /no room for the colon in the clientId 'a:b'/],
      [{ ...client, clientId: 'kauri-dev' }, /name the clientId 'kauri-dev' twice/],
    ];
    for (const [one, message] of refused) {
      expect(() => readConfig(configOf({ basicClients: [one] }), folder)).to.throw(ConfigError, message);
    }
    const issuer = { issuer: 'https://i.example.org', audience: 'kauri', jwksUrl: 'https://i.example.org/jwks', basicClients: [client] };
    const isTaken = (more: object): boolean => {
      try {
        return readConfig(configOf(issuer, { host: '0.0.0.0', ...more }), folder).auth.basicClients.length === 1;
      } catch (error) {
        expect((error as Error).message).to.match(/auth\.basicClients is refused when host is '0\.0\.0\.0'/);
        return false;
      }
    };
    expect(isTaken({})).to.equal(false);
    expect(isTaken({ apiBaseUrl: 'http://fhir.example.org' })).to.equal(false);
    expect(isTaken({ apiBaseUrl: 'https://fhir.example.org' })).to.equal(true);
    expect(isTaken({ tls: { certFile: 'a', keyFile: 'b' } })).to.equal(true);
    expect(describeConfig(readConfig(configOf({ basicClients: [client] }), folder))).to.not.include('sixteen');
  });

  it('names every fault at once', () => {
    expect(() => readConfig({ PORT: 'x', KAURI_LOG_LEVEL: 'y' }, folder)).to.throw(ConfigError, /PORT[\s\S]*KAURI_LOG_LEVEL/);
  });

  it('masks secrets when it is printed', () => {
    const text = describeConfig(readConfig({}, folder));
    expect(text).to.not.include('kauri-dev-secret');
    expect(JSON.parse(text)).to.have.nested.property('auth.clients[0].clientSecret', '***');
    expect(JSON.parse(text)).to.have.property('apiBaseUrl', null);
  });

  it('knows loopback addresses', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].every(isLoopback)).to.equal(true);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', ''].some(isLoopback)).to.equal(false);
  });

  describe('tenants', () => {
    const tenant = {
      api: 'hcw-at-home',
      name: 'hopital_a',
      domains: ['hopital-a.fr'],
      keys: [{ name: 'ozone', key: 'sixteen-characters' }],
    };
    const read = (tenants: unknown, more: object = {}) => readConfig({ KAURI_CONFIG: fileOf({ tenants, ...more }) }, folder);

    it('have keys that are not shown, with every scope unless they say another', () => {
      const config = read([tenant]);
      expect(config.tenants[0]).to.deep.include({ systems: {}, externalSystems: {} });
      expect(config.tenants[0]?.keys).to.deep.equal([{ name: 'ozone', key: 'sixteen-characters', scope: 'system/*.cruds' }]);
      expect(describeConfig(config)).not.to.contain('sixteen-characters');
    });

    it('share no name, no domain and no key, and no fault tells a key', () => {
      const other = { ...tenant, name: 'hopital_b', domains: ['hopital-b.fr'], keys: [{ name: 'b', key: 'another-sixteen-characters' }] };
      expect(() => read([tenant, other])).not.to.throw();
      expect(() => read([tenant, { ...other, domains: tenant.domains }])).to.throw(ConfigError, "the domain 'hopital-a.fr'");
      expect(() => read([tenant, { ...other, name: tenant.name }])).to.throw(ConfigError, "the name 'hopital_a'");
      expect(() => read([tenant, { ...other, keys: tenant.keys }]))
        .to.throw(ConfigError, /one key is given/)
        .and.not.match(/sixteen/);
      expect(() => read([{ ...tenant, keys: [{ name: 'short', key: 'secret' }] }])).to.throw(ConfigError, 'tenants.0.keys.0.key');
      expect(() => read([{ ...tenant, name: '$numbers' }])).to.throw(ConfigError, 'tenants.0.name');
    });

    it('are refused where others could read their keys on the way', () => {
      const open = { host: '0.0.0.0', auth: { issuer: 'i', audience: 'a', jwksUrl: 'https://issuer.example.org/jwks' } };
      expect(() => read([tenant], open)).to.throw(ConfigError, 'tenants is refused');
      expect(() => read([tenant], { ...open, apiBaseUrl: 'https://hopital-a.fr' })).not.to.throw();
    });
  });

  it('reads what canonical identifier systems are made of', () => {
    const environment = { FHIR_SYSTEM_SCHEME: 'http', FHIR_SYSTEM_PATH: '/fhir', FHIR_SYSTEM_BASE_URL: 'https://hcw.santé-publique.fr' };
    expect(readConfig(environment, folder).identifierSystems).to.deep.equal({
      scheme: 'http',
      path: '/fhir',
      baseUrl: 'https://hcw.santé-publique.fr',
      systems: {},
    });
    expect(() => readConfig({ FHIR_SYSTEM_PATH: 'fhir' }, folder)).to.throw(ConfigError, 'FHIR_SYSTEM_PATH');
  });
});
