/** A certificate for 127.0.0.1 and localhost that no one trusts but who is told to, and its key, which is no secret. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const LOOPBACK_TLS = {
  certFile: fileURLToPath(new URL('tls/loopback.cert.pem', import.meta.url)),
  keyFile: fileURLToPath(new URL('tls/loopback.key.pem', import.meta.url)),
};

export const LOOPBACK_TLS_CERT = readFileSync(LOOPBACK_TLS.certFile, 'utf8');
