import { execFileSync } from 'node:child_process';
import { createSign, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startFakeServer } from '../../support/fake-server.ts';
import { user } from '../../clouds/oci/tokens.ts';

/** A token server that a real registry trusts. */
export interface TokenServer {
  readonly settings: { readonly realm: string; readonly service: string; readonly issuer: string; readonly certificate: string };
  /** Scopes of every token handed out. */
  readonly granted: readonly string[];
  stop(): Promise<void>;
}

const service = 'registry.tests';
const issuer = 'token.tests';
const basic = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
const coded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs in ada, and grants her all that is asked for. Tokens as https://distribution.github.io/distribution/spec/auth/jwt/ has them. */
export async function startTokenServer(lifeSeconds: number): Promise<TokenServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-tokens-'));
  const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=token.tests',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    {
      stdio: 'ignore',
    },
  );
  const chain = [readFileSync(certificate, 'utf8').replace(/-----[^-]+-----|\s/g, '')];
  const granted: string[] = [];

  function tokenFor(scopes: readonly string[]): string {
    const now = Math.floor(Date.now() / 1000);
    const access = scopes.map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
    const claims = {
      iss: issuer,
      sub: user.username,
      aud: service,
      exp: now + lifeSeconds,
      nbf: now - 5,
      iat: now,
      jti: randomUUID(),
      access,
    };
    const text = `${coded({ typ: 'JWT', alg: 'RS256', x5c: chain })}.${coded(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(readFileSync(key, 'utf8')).toString('base64url')}`;
  }

  const server = await startFakeServer(({ url, headers }) => {
    if (headers.authorization !== basic)
      return { status: 401, body: { errors: [{ code: 'UNAUTHORIZED', message: 'who are you?' }] } };
    if (url.searchParams.get('service') !== service) return { status: 400, body: 'unknown service' };
    const scopes = url.searchParams.getAll('scope');
    granted.push(...scopes);
    return { status: 200, body: { access_token: tokenFor(scopes), expires_in: lifeSeconds } };
  });
  return {
    settings: { realm: `${server.origin}/token`, service, issuer, certificate },
    granted,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
