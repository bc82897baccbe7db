import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyClearSigned, verifyDetached } from '../../src/transfer/trust/openpgp/verify.ts';
import { verdict } from '../support/openpgp/verdict.ts';

const programs = ['gpg', 'gpgv', 'gpgconf'];
const lacking = programs.filter((program) => spawnSync(program, ['--version']).status !== 0);
if (lacking.length > 0)
  process.stderr.write(`\n!! NOTHING THAT GNUPG SIGNS IS VERIFIED: there is no program ${lacking.join(', ')} (gnupg, gpgv)\n\n`);

const home = mkdtempSync(path.join(tmpdir(), 'imgctl-gpg-'));
const file = (name: string) => path.join(home, name);
afterAll(() => {
  spawnSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
  rmSync(home, { recursive: true, force: true });
});
const text = 'aaaa  disk.qcow2   \n- with a dash\n\nbbbb  disk.raw\n';
const given = 'aaaa  disk.qcow2\n- with a dash\n\nbbbb  disk.raw';

function gpg(args: readonly string[], input?: string | Uint8Array): Buffer {
  const all = ['--homedir', home, '--batch', '--yes', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', '', ...args];
  const { status, stdout, stderr } = spawnSync('gpg', all, { ...(input !== undefined && { input }) });
  if (status !== 0) throw new Error(`gpg ${args.join(' ')}: ${stderr.toString()}`);
  return stdout;
}

/** Read strictly: the exit status alone is 0 for expired and revoked keys. */
function gpgvSays(keyring: Uint8Array, ...signed: readonly Uint8Array[]): boolean {
  writeFileSync(file('keyring.gpg'), keyring);
  const names = signed.map((bytes, number) => {
    writeFileSync(file(`signed-${number}`), bytes);
    return file(`signed-${number}`);
  });
  const { status, stdout } = spawnSync('gpgv', ['--status-fd', '1', '--keyring', file('keyring.gpg'), ...names], {
    encoding: 'latin1',
  });
  const said = (word: string) => stdout.includes(`[GNUPG:] ${word} `);
  const isGood = status === 0 && said('VALIDSIG') && said('GOODSIG');
  return isGood && !['EXPKEYSIG', 'REVKEYSIG', 'EXPSIG', 'BADSIG', 'ERRSIG'].some(said);
}

interface Signing {
  readonly what: string;
  readonly kind: string;
  /** Arguments of gpg where the key is made, and where it signs. */
  readonly making?: readonly string[];
  readonly signing?: readonly string[];
  readonly after?: (fingerprint: string) => void;
  readonly ours: RegExp;
  /** What gpgv says, where that is something else. */
  readonly lenient?: true;
}

const revoke = (fingerprint: string): void => {
  const revocation = readFileSync(file(`openpgp-revocs.d/${fingerprint}.rev`), 'utf8');
  gpg(['--import'], revocation.replace(':-----BEGIN', '-----BEGIN'));
};
const addSubkey = (fingerprint: string): void => void gpg(['--quick-add-key', fingerprint, 'ed25519', 'sign']);
const past = ['--faked-system-time', '20240101T000000!'];

const signings: readonly Signing[] = [
  { what: 'RSA', kind: 'rsa2048', ours: /^good$/ },
  { what: 'RSA with SHA-256', kind: 'rsa3072', signing: ['--digest-algo', 'SHA256'], ours: /^good$/ },
  { what: 'Ed25519', kind: 'ed25519', ours: /^good$/ },
  { what: 'P-256', kind: 'nistp256', ours: /^good$/ },
  { what: 'P-384', kind: 'nistp384', ours: /^good$/ },
  { what: 'P-521', kind: 'nistp521', ours: /^good$/ },
  { what: 'a subkey', kind: 'rsa2048', after: addSubkey, ours: /^good$/ },
  { what: 'a key that SHA-1 certifies', kind: 'rsa2048', making: ['--cert-digest-algo', 'SHA1'], ours: /^good$/ },
  { what: 'a key revoked since', kind: 'ed25519', after: revoke, ours: /is revoked/ },
  { what: 'a key expired since', kind: 'ed25519 until 1m', making: past, signing: past, ours: /expired on 2024-01-31/ },
  {
    what: 'a signature expired since',
    kind: 'ed25519',
    making: past,
    signing: [...past, '--default-sig-expire', '5d'],
    ours: /expired on 2024-01-06/,
  },
  { what: 'RSA of 1024 bits', kind: 'rsa1024', ours: /RSA 1024/, lenient: true },
  { what: 'SHA-1', kind: 'rsa2048', signing: ['--digest-algo', 'SHA1'], ours: /SHA-1/, lenient: true },
  {
    what: 'a signature from the future',
    kind: 'rsa2048',
    signing: ['--faked-system-time', '20370101T000000!'],
    ours: /in the future/,
    lenient: true,
  },
  {
    what: 'a critical notation',
    kind: 'rsa2048',
    signing: ['--sig-notation', '!a@example.test=b'],
    ours: /critical subpacket 20/,
  },
];

describe.skipIf(lacking.length > 0)('what gpg signs is judged as gpgv does, or more strictly', () => {
  const made = new Map<
    string,
    { readonly keyring: Buffer; readonly clear: Buffer; readonly detached: Buffer; readonly fingerprint: string }
  >();

  beforeAll(() => {
    for (const { what, kind, making = [], signing = [], after } of signings) {
      const [algorithm = '', , until = 'never'] = kind.split(' ');
      const id = `${what} <images@example.test>`;
      gpg([...making, '--quick-generate-key', id, algorithm, 'sign', until]);
      const listed = gpg(['--with-colons', '--list-keys', `=${id}`]).toString();
      const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
      if (after === addSubkey) after(fingerprint);
      const sign = ['--allow-weak-digest-algos', ...signing, '--local-user', fingerprint];
      const clear = gpg([...sign, '--clear-sign'], text);
      const detached = gpg([...sign, '--detach-sign'], text);
      if (after === revoke) after(fingerprint);
      made.set(what, { keyring: gpg(['--export', fingerprint]), clear, detached, fingerprint });
    }
  });

  it.each(signings)('$what', ({ what, ours, lenient }) => {
    const { keyring, clear, detached, fingerprint } = made.get(what) ?? expect.fail('not made');
    const policy = { keys: [keyring], signers: [fingerprint], now: new Date() };
    const ofText = verdict(() => expect(verifyClearSigned(clear, 'it', policy).text).toBe(given));
    const ofData = verdict(() => expect(verifyDetached(Buffer.from(text), detached, 'it', policy).fingerprint).toBe(fingerprint));
    expect(ofText).toMatch(ours);
    expect(ofData).toMatch(ours);
    const theirs = [gpgvSays(keyring, clear), gpgvSays(keyring, detached, Buffer.from(text))];
    const isGood = ofText === 'good' || lenient === true;
    expect(theirs).toEqual([isGood, isGood]);
  });
});
