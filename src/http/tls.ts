import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { AgentOptions } from 'node:https';
import * as tls from 'node:tls';
import { configError } from '../core/errors.ts';
import type { HttpSettings, Pem } from './settings.ts';

/** The authorities that node trusts by itself, those of NODE_EXTRA_CA_CERTS too where node can tell. */
const usualAuthorities = (): readonly string[] =>
  'getCACertificates' in tls
    ? tls.getCACertificates('default')
    : (tls as { rootCertificates: readonly string[] }).rootCertificates;

const certificateBlock = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const keyBlock = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;

/** What to do about a file that holds something else. DER and PKCS #12 begin with this byte. */
const inPem = ({ text, from }: Pem): string =>
  text.startsWith('0')
    ? `Convert it to PEM. From PKCS #12: openssl pkcs12 -in ${from} -nodes -out client.pem; from DER: openssl x509 -inform der -in ${from}`
    : 'Specify a file in PEM: a text with -----BEGIN … lines.';

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The certificates of a text. Throws CONFIG: OpenSSL would pass over what it cannot read, and everything would fail later. */
function certificatesIn(pem: Pem): readonly X509Certificate[] {
  const blocks = pem.text.match(certificateBlock) ?? [];
  if (blocks.length === 0)
    throw configError(`${pem.from} holds ${keyBlock.test(pem.text) ? 'a key and ' : ''}no certificate`, { hint: inPem(pem) });
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw configError(`${pem.from}: certificate ${index + 1} of ${blocks.length} cannot be read: ${reasonOf(error)}`);
    }
  });
}

/** Throws CONFIG when the key cannot be read, or does not belong to the first of the certificates. */
function checkKey(key: Pem, cert: Pem, passphrase: string | undefined): void {
  const [own] = certificatesIn(cert);
  if (!keyBlock.test(key.text))
    throw configError(`${key.from} holds no private key`, {
      hint: key === cert ? 'Specify its key with --client-key FILE, or set clientKey in the profile.' : inPem(key),
    });
  let readable;
  try {
    readable = createPrivateKey({ key: key.text, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    const encrypted = /ENCRYPTED/.test(key.text);
    const without = `or without one: openssl pkey -in ${key.from} -out KEY.pem`;
    if (encrypted && passphrase === undefined)
      throw configError(`${key.from} is encrypted, and there is no passphrase for it`, {
        hint: `Use imgctl profile set NAME clientKeyPassphrase=cmd:…, or IMGCTL_PROFILE_<NAME>_CLIENT_KEY_PASSPHRASE; ${without}`,
      });
    if (encrypted)
      throw configError(`${key.from}: the passphrase does not open the key`, {
        hint: 'Check clientKeyPassphrase in the profile.',
      });
    // The messages of OpenSSL name the fault and never the key.
    throw configError(`${key.from}: the key cannot be read: ${reasonOf(error)}`);
  }
  if (!own?.checkPrivateKey(readable))
    throw configError(`${key.from} is not the key of the certificate in ${cert.from}`, {
      hint: 'Put the certificate of the client first in its file, followed by those of its authorities.',
    });
}

/** Certificate, key and what opens it, as node wants them. Throws CONFIG when they do not fit together. */
function identity({ cert, key, passphrase }: HttpSettings): tls.SecureContextOptions {
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined)
    throw configError(`${key?.from} is a client's key without a certificate`, {
      hint: 'Use --client-cert FILE, or set clientCert in the profile.',
    });
  const own = key ?? cert;
  const opener = passphrase?.reveal();
  checkKey(own, cert, opener);
  return { cert: cert.text, key: own.text, ...(opener === undefined ? {} : { passphrase: opener }) };
}

/**
 * What TLS is set to, in the words of node: `toServer`, and `toOthers`, who never see the client certificate. Throws
 * CONFIG when a PEM text cannot be used. Certificates are read once and shared by all connections: reading all
 * authorities anew costs each connection milliseconds.
 */
export function tlsOptions(settings: HttpSettings): { readonly toServer: AgentOptions; readonly toOthers: AgentOptions } {
  const { ca, insecure } = settings;
  const trust = insecure ? { rejectUnauthorized: false } : {};
  const own = identity(settings);
  if (ca !== undefined) certificatesIn(ca);
  const authorities = ca === undefined ? {} : { ca: [...usualAuthorities(), ca.text] };
  const contextOf = (options: tls.SecureContextOptions): AgentOptions =>
    Object.keys(options).length === 0 ? trust : { ...trust, secureContext: contextFrom(options) };
  const toOthers = contextOf(authorities);
  if (settings.pinned !== undefined) return { toOthers, toServer: { ...trust, ...pinnedTo(settings.pinned, own) } };
  return { toOthers, toServer: Object.keys(own).length === 0 ? toOthers : contextOf({ ...authorities, ...own }) };
}

/** Trust in one certificate, whatever name stands in it: what is pinned is mostly made by the server itself, for its short name. */
function pinnedTo(pem: Pem, own: tls.SecureContextOptions): AgentOptions {
  const [certificate] = certificatesIn(pem);
  return {
    secureContext: contextFrom({ ...own, ca: pem.text }),
    checkServerIdentity: (_host, shown) =>
      certificate?.raw.equals(shown.raw)
        ? undefined
        : Object.assign(new Error(`it is not the certificate in ${pem.from}`), { code: 'ERR_TLS_CERT_PINNED' }),
  };
}

function contextFrom(options: tls.SecureContextOptions): tls.SecureContext {
  try {
    return tls.createSecureContext(options);
  } catch (error) {
    throw configError(`the certificates cannot be used: ${reasonOf(error)}`);
  }
}
