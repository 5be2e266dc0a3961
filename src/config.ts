/** File and environment -> validated, frozen configuration. The only reader of process.env. */

export interface ServerConfig {
  readonly port: number;
  readonly host: string;
  /** `sqlite:PATH` or `memory:`. */
  readonly storeUrl: string;
  /** Public URL of the server behind a proxy, without a slash at the end; undefined: http://HOST:PORT. */
  readonly apiBaseUrl: string | undefined;
  /** Folders of APIs; each holds a package and its api.json. */
  readonly apis: readonly string[];
  /** Further FHIR packages (.tgz or folder) that every API may use. */
  readonly packages: readonly string[];
  readonly auth: {
    /** All undefined: the development issuer. */
    readonly issuer: string | undefined;
    readonly audience: string | undefined;
    readonly jwksUrl: string | undefined;
    readonly developmentIssuer: boolean;
    readonly clients: readonly { readonly clientId: string; readonly clientSecret: string; readonly scope?: string }[];
    readonly tokenLifetimeSeconds: number;
  };
  readonly limits: {
    readonly bodyBytes: number;
    readonly bundleEntries: number;
    readonly requestTimeoutMs: number;
    readonly jsonDepth: number;
  };
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
}
