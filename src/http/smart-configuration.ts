/** `[base]/.well-known/smart-configuration`: https://hl7.org/fhir/smart-app-launch/conformance.html */

export interface TokenIssuer {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly tokenUrl: string | undefined;
}

export function smartConfiguration(tokenIssuer: TokenIssuer): Readonly<Record<string, unknown>> {
  return {
    issuer: tokenIssuer.issuer,
    jwks_uri: tokenIssuer.jwksUrl,
    ...(tokenIssuer.tokenUrl !== undefined && { token_endpoint: tokenIssuer.tokenUrl }),
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    grant_types_supported: ['client_credentials'],
    scopes_supported: ['system/*.cruds', 'user/*.cruds'],
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-symmetric', 'permission-v1', 'permission-v2'],
  };
}
