import { X509Certificate } from 'node:crypto';
import type { AgentOptions } from 'node:https';
import * as tls from 'node:tls';
import { configError } from '../core/errors.ts';
import type { HttpSettings } from './settings.ts';

/** The authorities that node trusts by itself, those of NODE_EXTRA_CA_CERTS too where node can tell. */
const usualAuthorities = (): readonly string[] =>
  'getCACertificates' in tls
    ? tls.getCACertificates('default')
    : (tls as { rootCertificates: readonly string[] }).rootCertificates;

const pemBlock = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** OpenSSL passes over what it cannot read, and everything would fail later for want of a certificate. */
function checkBundle(ca: string): void {
  const blocks = ca.match(pemBlock) ?? [];
  if (blocks.length === 0) throw new Error('the CA bundle holds no certificate (-----BEGIN CERTIFICATE-----)');
  for (const block of blocks) new X509Certificate(block);
}

/**
 * What TLS is set to, in the words of node. Throws CONFIG when a PEM text cannot be used. Certificates are read
 * once and shared by all connections: reading all authorities anew costs each connection milliseconds.
 */
export function tlsOptions({ ca, cert, key, insecure }: HttpSettings): AgentOptions {
  const trust = insecure ? { rejectUnauthorized: false } : {};
  if (ca === undefined && cert === undefined && key === undefined) return trust;
  try {
    if (ca !== undefined) checkBundle(ca);
    const secureContext = tls.createSecureContext({
      ...(ca === undefined ? {} : { ca: [...usualAuthorities(), ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    return { ...trust, secureContext };
  } catch (error) {
    // The messages of OpenSSL name the fault and never the key.
    throw configError(`the certificates cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
