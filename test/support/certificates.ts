import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
/** Stands behind the title of tests that need certificates. */
export const withoutOpenssl = hasOpenssl ? '' : ' (SKIPPED: openssl is not installed, no certificates can be made)';

/** Files of an authority of our own, of a server on loopback and of a client that it knows. */
export interface Certificates {
  /** Path of a file: `ca.crt`, `server.crt`, `server.key`, `client.crt`, `client.key`, or one made later. */
  path(name: string): string;
  text(name: string): string;
  /** Runs openssl in the folder. */
  openssl(...args: readonly string[]): void;
  /** Makes NAME.crt and NAME.key, signed by the authority or by itself. */
  issue(name: string, selfSigned?: boolean): void;
  remove(): void;
}

/** Makes them in a folder of their own. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-certificates-'));
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const byAuthority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
  const issue = (name: string, selfSigned = false): void => {
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost'];
    openssl(...newKey, ...subject, ...(selfSigned ? [] : byAuthority), '-keyout', `${name}.key`, '-out', `${name}.crt`);
  };
  issue('ca', true);
  issue('server');
  issue('client');
  return {
    path: file,
    text: (name) => readFileSync(file(name), 'utf8'),
    openssl,
    issue,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
