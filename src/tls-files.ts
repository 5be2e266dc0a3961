/** Certificate and key of the configuration, read at start: what a handshake would fail by later is said now. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError, type ServerConfig } from './config.js';

export interface TlsFiles {
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Undefined where none are configured. Throws ConfigError. */
export function readTlsFiles({ certFile, keyFile }: ServerConfig['tls']): TlsFiles | undefined {
  if (certFile === undefined || keyFile === undefined) return undefined;
  const cert = readText(certFile, 'tls.certFile (KAURI_TLS_CERT_FILE)');
  const key = readText(keyFile, 'tls.keyFile (KAURI_TLS_KEY_FILE)');
  const certificate = toCertificate(cert, certFile);
  if (!certificate.checkPrivateKey(toPrivateKey(key, keyFile))) {
    throw new ConfigError([
      `tls: the key of ${keyFile} does not fit the certificate of ${certFile}, whose first certificate must be the server's own`,
    ]);
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new ConfigError([`tls: ${certFile} and ${keyFile} cannot be used together: ${(error as Error).message}`]);
  }
  return { cert, key, expiresAt: Date.parse(certificate.validTo) };
}

function readText(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`${name} names ${path}, which cannot be read: ${(error as Error).message}`]);
  }
}

function toCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new ConfigError([`tls.certFile (KAURI_TLS_CERT_FILE): ${path} holds no certificate in PEM: ${(error as Error).message}`]);
  }
}

/** The system's message says nothing of the key itself. */
function toPrivateKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new ConfigError([
      `tls.keyFile (KAURI_TLS_KEY_FILE): ${path} holds no private key in PEM without a passphrase: ${(error as Error).message}`,
    ]);
  }
}
