import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Identity } from '../support/fault-proxy.ts';

/** Certificates for this machine under 127.0.0.1, and how they are wrong. */
export interface WrongCertificates {
  /** The authority of all but `self`, as PEM, and the file that it lies in. */
  readonly authority: string;
  readonly authorityFile: string;
  readonly good: Identity;
  /** For another name. */
  readonly other: Identity;
  readonly expired: Identity;
  /** Not valid yet. */
  readonly early: Identity;
  /** Signed by nobody but itself. */
  readonly self: Identity;
  remove(): void;
}

const settings = `[ca]
default_ca=d
[d]
database=index.txt
serial=serial
new_certs_dir=.
default_md=sha256
policy=p
certificate=ca.crt
private_key=ca.key
unique_subject=no
[p]
commonName=supplied
`;
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes them with openssl, in a temporary folder. */
export function makeWrongCertificates(): WrongCertificates {
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-certificates-'));
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const identity = (name: string): Identity => ({
    cert: readFileSync(path.join(folder, `${name}.crt`), 'utf8'),
    key: readFileSync(path.join(folder, `${name}.key`), 'utf8'),
  });
  function selfSigned(name: string, ...more: readonly string[]): void {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
    openssl('req', '-x509', ...newKey, ...files, '-subj', `/CN=${name}`, '-days', '2', ...more);
  }
  /** `dates` are OpenSSL's, beginning and end. */
  function issue(name: string, alternative: string, dates?: readonly [string, string]): Identity {
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    writeFileSync(path.join(folder, `${name}.ext`), `subjectAltName=${alternative}\n`);
    // `openssl ca` can date a certificate back; `openssl x509` cannot before OpenSSL 3.4.
    const time = dates ? ['-startdate', dates[0], '-enddate', dates[1]] : ['-days', '2'];
    const files = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-extfile', `${name}.ext`];
    openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...files, ...time);
    return identity(name);
  }
  const files = { 'index.txt': '', serial: '01\n', 'ca.cnf': settings };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  selfSigned('ca');
  selfSigned('self', '-addext', 'subjectAltName=IP:127.0.0.1');
  return {
    authority: identity('ca').cert,
    authorityFile: path.join(folder, 'ca.crt'),
    good: issue('good', 'IP:127.0.0.1,DNS:localhost'),
    other: issue('other', 'DNS:elsewhere.example'),
    expired: issue('expired', 'IP:127.0.0.1', ['200101000000Z', '200201000000Z']),
    early: issue('early', 'IP:127.0.0.1', ['490101000000Z', '490201000000Z']),
    self: identity('self'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
