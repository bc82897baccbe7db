import { readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  entry,
  product,
  products,
  published,
  startSignedStreams,
  timeOf,
  usual,
  type Answer,
  type SignedStreams,
} from '../clouds/simplestreams/signed.ts';
import { certificate } from '../support/openpgp/certificates.ts';
import { day, testKey } from '../support/openpgp/keys.ts';
import { armored } from '../support/openpgp/packets.ts';
import { signaturePacket } from '../support/openpgp/signatures.ts';
import { publisher } from '../support/publisher.ts';
import { commandStage, profileVariables } from './stage.ts';

const stage = commandStage();
const [ours, stranger] = [publisher('Images'), publisher('Somebody')];
const newest = 'c:24.04:amd64/20261120/disk1.img';
let server: SignedStreams;
beforeEach(async () => {
  server = await startSignedStreams(ours);
});
afterEach(() => server.stop());

type Values = Readonly<Record<string, string>>;
const env = (values: Values = {}) => profileVariables('u', 'simplestreams', { url: server.origin, keyring: ours.key, ...values });
const run = (args: readonly string[], values: Values = {}) => stage.run([...args, '--retries', '1'], { env: env(values) });
const list = (values: Values = {}, ...more: readonly string[]) => run(['list', '-p', 'u', '-o', 'id', ...more], values);
const resolved = async (name: string): Promise<string> => (await run(['resolve', `u:${name}`])).stdout.trim();
/** What was asked for meanwhile. */
async function asked(work: () => Promise<unknown>): Promise<readonly string[]> {
  server.forget();
  await work();
  return server.asked();
}

const always =
  (status: number, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Answer =>
  () => ({ status, body, headers });
const gone = always(404, 'not found');
const index = JSON.stringify(usual['streams/v1/index']);
const signed = ours.clearSigned(index).toString();

describe('a list that is not to be believed', () => {
  it.each<readonly [string, number, string | Buffer, RegExp]>([
    ['changed', 11, signed.replace('index:1.0', 'index:1.1'), /does not match its signature by key [\dA-F]{40}/],
    ['not signed', 11, index, /index\.sjson\) carries no signature\n.*export IMGCTL_PROFILE_U_VERIFY=checksum/],
    [
      'signed by a stranger',
      11,
      stranger.clearSigned(index),
      /not in the keyring \([\dA-F]{16}\)\n.*export IMGCTL_PROFILE_U_KEYRING=FILE/,
    ],
    ['followed by more', 11, `${signed}{"evil":true}\n`, /text behind what is signed/],
    ['preceded by more', 11, `{"evil":true}\n${signed}`, /text before what is signed/],
    ['cut', 11, signed.slice(0, -60), /is damaged/],
    ['a web page', 10, '<html>sign in</html>', /index\.sjson\): the server answered a web page/],
    ['of another format', 10, ours.clearSigned('{"format":"index:2.0"}'), /unknown format/],
    ['no JSON', 10, ours.clearSigned('[]'), /no JSON object/],
  ])('since it is %s ends every verb, and nothing is made', async (_what, code, body, says) => {
    server.instead({ 'streams/v1/index.sjson': always(200, body) });
    for (const args of [
      ['list', '-p', 'u', '--all'],
      ['show', `u:${newest}`],
      ['resolve', 'u:noble'],
      ['resolve', `u:${newest}`],
      ['copy', 'u:noble', 'local:here'],
    ]) {
      const { stdout, stderr, exitCode } = await run(args);
      expect([exitCode, stdout, stderr]).toEqual([code, '', expect.stringMatching(says)]);
    }
    expect(new Set(server.asked())).toEqual(new Set(['index.sjson']));
    expect(await stage.names()).toEqual([]);
  });

  it('since it is refused is not read unsigned', async () => {
    server.instead({ 'streams/v1/index.sjson': always(403, '<Error><Code>AccessDenied</Code></Error>') });
    const { exitCode, stderr } = await list();
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('Check the address in the profile')]);
    expect(server.asked()).toEqual(['index.sjson']);
  });

  it('since it redirects in a circle is given up', async () => {
    server.instead({ 'streams/v1/index.sjson': always(302, '', { location: 'index.sjson' }) });
    const { exitCode, stderr } = await list();
    expect([exitCode, stderr]).toEqual([9, expect.stringMatching(/index\.sjson redirects more than 5 times/)]);
  });

  it('since its key has expired is taken where the profile says so, which is told once', async () => {
    const key = testKey('ed25519-legacy', 'Expired');
    const until = certificate(key, { keyExpires: day('2025-06-01') - key.created });
    const sign = (text: Buffer): string => armored('SIGNATURE', signaturePacket(key, [text]));
    const values = { keyring: armored('PUBLIC KEY BLOCK', until) };
    const pair = (name: string, document: object): Record<string, Answer> => {
      const text = Buffer.from(JSON.stringify(document));
      return {
        [`streams/v1/${name}.sjson`]: gone,
        [`streams/v1/${name}.json`]: always(200, text),
        [`streams/v1/${name}.json.gpg`]: always(200, sign(text)),
      };
    };
    server.instead({ ...pair('index', usual['streams/v1/index'] ?? {}), ...pair('c', usual['streams/v1/c'] ?? {}) });
    const refused = await list(values);
    expect([refused.exitCode, refused.stderr]).toEqual([
      11,
      expect.stringMatching(/expired on 2025-06-01\n.*expiredKeys=accept/),
    ]);
    const taken = await list({ ...values, expiredKeys: 'accept' });
    expect([taken.exitCode, taken.stdout]).toEqual([0, `${newest}\n`]);
    expect(taken.stderr.match(/warning: .*expired on 2025-06-01/g)).toHaveLength(1);
  });
});

describe('what is asked for', () => {
  it('is each document once, whatever a name means', async () => {
    expect(await asked(() => resolved('noble'))).toEqual(['index.sjson', 'c.sjson']);
    expect(await asked(() => run(['copy', 'u:noble', 'local:here']))).toEqual([
      'index.sjson if changed',
      '20261120.img',
      '20261120.img',
    ]);
  });

  it('is one condition where nothing is new, wherever the signature lies', async () => {
    const first = await list();
    expect(await asked(async () => expect(await list()).toMatchObject({ stdout: first.stdout }))).toEqual([
      'index.sjson if changed',
    ]);
    server.instead({ 'streams/v1/index.sjson': gone, 'streams/v1/c.sjson': gone });
    const beside = { url: `${server.origin}/` };
    expect(await asked(() => list(beside))).toEqual([
      'index.sjson if changed',
      'index.json',
      'index.json.gpg',
      'c.sjson if changed',
      'c.json',
      'c.json.gpg',
    ]);
    expect(await asked(() => list(beside))).toEqual(['index.json if changed']);
  });

  it('is everything where what was kept is damaged, or its key no longer trusted', async () => {
    await list();
    const cache = stage.file('.cache/imgctl/documents');
    for (const name of readdirSync(cache))
      writeFileSync(`${cache}/${name}`, '{"validators":{"if-none-match":"x"}}\n<html>', { mode: 0o600 });
    expect(await asked(() => list())).toEqual(['index.sjson if changed', 'c.sjson if changed']);
    const { exitCode } = await list({ keyring: stranger.key });
    expect(exitCode).toBe(11);
  });

  it('is a signature that lies beside once more, where it came before or behind its document', async () => {
    let times = 0;
    server.instead({
      'streams/v1/index.sjson': gone,
      'streams/v1/index.json.gpg': (_request, right) =>
        (times += 1) === 1 ? { status: 200, body: ours.detached(Buffer.from('before')) } : right(),
    });
    expect((await list()).stdout).toBe(`${newest}\n`);
    times = 0;
    server.instead({
      'streams/v1/index.sjson': gone,
      'streams/v1/index.json.gpg': always(200, ours.detached(Buffer.from('other'))),
    });
    expect((await list({ url: `${server.origin}/` })).exitCode).toBe(0);
  });

  it('is again what a busy server puts off, each document as often as the user lets it', async () => {
    const times = new Map<string, number>();
    const late: Answer = ({ path }, right) => {
      times.set(path, (times.get(path) ?? 0) + 1);
      return times.get(path) === 1 ? { status: 503, headers: { 'retry-after': '0' }, body: 'busy' } : right();
    };
    server.instead({ 'streams/v1/index.sjson': late, 'streams/v1/c.sjson': late });
    expect((await list()).stdout).toBe(`${newest}\n`);
  });

  it('is every byte of what is signed, also where that is no text', async () => {
    const text = Buffer.concat([
      Buffer.from(JSON.stringify({ ...usual['streams/v1/c'], note: 'caf' }).slice(0, -2)),
      Buffer.from([0xe9]),
      Buffer.from('"}'),
    ]);
    server.instead({
      'streams/v1/c.sjson': gone,
      'streams/v1/c.json': always(200, text),
      'streams/v1/c.json.gpg': always(200, ours.detached(text)),
    });
    expect((await list()).stdout).toBe(`${newest}\n`);
    expect((await list()).stdout).toBe(`${newest}\n`);
  });
});

describe('a mirror', () => {
  const older = { ...usual, 'streams/v1/c': products({ 'c:24.04:amd64': product(['20261101']) }, { updated: timeOf(2) }) };

  it('whose products are older than its index is asked once more, and then that is said', async () => {
    server.serve(older);
    let result = await list();
    expect([result.exitCode, result.stderr]).toEqual([
      0,
      expect.stringMatching(/warning: .*is of 2 Nov 2026.*newer images may be missing/),
    ]);
    expect(server.asked()).toEqual(['index.sjson', 'c.sjson', 'c.sjson if changed anew']);
    server.serve(usual);
    result = await list();
    expect([result.stdout, result.stderr]).toEqual([`${newest}\n`, '']);
  });

  it('that was asked in the middle of a change is as good as any', async () => {
    let times = 0;
    const old = ours.clearSigned(JSON.stringify(older['streams/v1/c']));
    server.instead({ 'streams/v1/c.sjson': (_request, right) => ((times += 1) === 1 ? { status: 200, body: old } : right()) });
    const { stdout, stderr } = await list();
    expect([stdout, stderr]).toEqual([`${newest}\n`, '']);
  });

  it('that goes back to older lists is noticed, although they are rightly signed', async () => {
    await list();
    const index = { format: 'index:1.0', updated: timeOf(2), index: { c: entry('streams/v1/c', { updated: timeOf(2) }) } };
    server.serve({ ...older, 'streams/v1/index': index });
    for (let time = 1; time <= 2; time += 1) {
      const { stdout, stderr } = await list();
      expect(stdout).toBe('c:24.04:amd64/20261101/disk1.img\n');
      expect(stderr).toMatch(/warning: the index .* is of 2 Nov 2026.*older than one of 2026-11-20/);
    }
  });

  it('that has a list and not its files names the serial before', async () => {
    server.instead({ 'files/20261120.img': gone });
    const { exitCode, stderr } = await run(['copy', 'u:noble', 'local:here']);
    expect([exitCode, stderr]).toEqual([5, expect.stringMatching(/does not have it yet\n.*24\.04:amd64\/20261101\/disk1\.img/)]);
    expect(await stage.names()).toEqual([]);
  });

  it.each([
    [
      'other bytes',
      Buffer.concat([published.subarray(1), published.subarray(0, 1)]),
      /[\da-f]{64}, (?:not|expected) [\da-f]{64}/,
    ],
    ['too few', published.subarray(1), /got \d+ bytes, expected \d+/],
  ])('that has %s is found out', async (_what, body, says) => {
    server.instead({ 'files/20261120.img': always(200, body) });
    const { exitCode, stderr } = await run(['copy', 'u:noble', 'local:here']);
    expect([exitCode, stderr]).toEqual([11, expect.stringMatching(says)]);
    expect(await stage.names()).toEqual([]);
  });
});
