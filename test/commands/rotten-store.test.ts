import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFakeServer } from '../support/fake-server.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
const disk = smallDisk();
const hex = createHash('sha256').update(disk).digest('hex');
const env = (): Readonly<Record<string, string>> => ({
  ...profileVariables('here', 'local', { path: stage.file('here'), places: `second=${stage.file('second')}` }),
  ...profileVariables('there', 'local', { path: stage.file('there') }),
});
const blob = (store: string): string => stage.file(path.join(store, 'blobs', 'sha256', hex));
const run = (...args: readonly string[]) => stage.run(args, { env: env() });
const ok = (...args: readonly string[]) => stage.ok(args, { env: env() });

/** Ways in which a disk goes bad in its place. */
const rots: Readonly<Record<string, (file: string) => void>> = {
  'a flipped byte': (file) => {
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    writeFileSync(file, bytes);
  },
  'a cut end': (file) => truncateSync(file, disk.length - 1),
  'a longer end': (file) => appendFileSync(file, 'x'),
  'no file': (file) => rmSync(file),
};

/** Every way in which the same disk can be brought into `here`, which has it already, rotten. */
const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  'upload of a file': () => ok('upload', stage.write('seed', disk), '--name', 'here:two', '--id', 'two'),
  'upload of a stream': () => stage.ok(['upload', '-', '--name', 'here:two', '--id', 'two'], { env: env(), stdin: disk }),
  'upload into a record': async () => {
    await ok('create', 'here:two', '--id', 'two');
    await ok('upload', stage.write('seed', disk), '--into', 'here:two');
  },
  import: async () => {
    const server = await startFakeServer(() => ({ status: 200, body: disk }));
    try {
      await ok('import', 'here:two', '--url', `${server.origin}/disk.raw`, '--disk-format', 'raw');
    } finally {
      await server.stop();
    }
  },
  'copy by link': async () => {
    await ok('upload', stage.write('seed', disk), '--name', 'there:two');
    await ok('copy', 'there:two', 'here');
  },
  'copy by relay': async () => {
    await ok('upload', stage.write('seed', disk), '--name', 'there:two');
    await ok('copy', 'there:two', 'here', '--relay');
  },
};

describe.each(Object.entries(rots))('a disk in the store with %s', (what, rot) => {
  // Of the ways that bytes come all are tried with what can be seen in no other way than by reading.
  const tried = Object.entries(ways).filter(([way]) => what === 'a flipped byte' || way.startsWith('upload of a file'));

  it.each(inTurns(tried, 2))('is no reason not to take the bytes of %s, and is healed by them', async (_way, bring) => {
    await ok('upload', stage.write('seed', disk), '--name', 'here:one', '--id', 'one');
    rot(blob('here'));
    await bring();
    for (const name of ['one', 'two']) {
      await ok('download', `here:${name}`, stage.file(`back-${name}`));
      expect(stage.read(`back-${name}`).equals(disk), name).toBe(true);
    }
  });

  it.each(['--to', '--exactly'])('in a place is made anew by replicate %s', async (option) => {
    const where = option === '--to' ? 'second' : 'home,second';
    await ok('upload', stage.write('seed', disk), '--name', 'here:one', '--id', 'one');
    await ok('replicate', 'here:one', '--to', 'second');
    rot(blob('second'));
    await ok('replicate', 'here:one', option, where, '--yes');
    expect(readFileSync(blob('second')).equals(disk)).toBe(true);
    await ok('delete', 'here:one', '--yes');
    expect(existsSync(blob('second'))).toBe(false);
  });

  it('is not handed on as if it were whole', async () => {
    await ok('upload', stage.write('seed', disk), '--name', 'here:one', '--id', 'one');
    rot(blob('here'));
    for (const args of [
      ['replicate', 'here:one', '--to', 'second'],
      ['copy', 'here:one', 'there'],
      ['copy', 'here:one', 'there', '--relay'],
      ['copy', 'here:one', 'here:again'],
      ['download', 'here:one', stage.file('back')],
    ]) {
      const refused = await run(...args, '--json');
      expect([refused.exitCode, errorOf(refused).code], args.join(' ')).toEqual([11, 'INTEGRITY']);
    }
    expect((await ok('list', '-p', 'there', '-o', 'id')).stdout).toBe('');
    expect((await ok('list', '-p', 'here', '-o', 'id')).stdout).toBe('one\n');
    expect(existsSync(blob('second'))).toBe(false);
  });

  it.each([
    ['upload', () => ['upload', stage.write('seed', disk), '--name', 'here:one', '--if-exists', 'skip']],
    ['copy', () => ['copy', 'there:one', 'here', '--if-exists', 'skip']],
  ])('is not skipped by %s as the same', async (_verb, args) => {
    for (const profile of ['here', 'there']) await ok('upload', stage.write('seed', disk), '--name', `${profile}:one`);
    await ok(...args());
    rot(blob('here'));
    const refused = await run(...args(), '--json');
    // What a look at the length tells makes of it an image that has failed.
    const isSeen = what !== 'a flipped byte';
    expect([refused.exitCode, errorOf(refused).code]).toEqual(isSeen ? [6, 'CONFLICT'] : [11, 'INTEGRITY']);
    expect(errorOf(refused).message).toContain(isSeen ? hex : 'is damaged');
    expect(errorOf(refused).hint).toMatch(isSeen ? /replace/ : /or delete it with: imgctl delete here:\S+$/);
  });
});

describe('an image of which a part is lost or damaged', () => {
  const parts: Readonly<Record<string, (store: string) => string>> = {
    manifest: (store) => entryOf(store).digest,
    record: (store) => (JSON.parse(readFileSync(file(store, entryOf(store).digest), 'utf8')) as Manifest).config.digest,
    disk: () => `sha256:${hex}`,
  };
  type Manifest = { config: { digest: string } };
  const file = (store: string, digest: string): string => stage.file(path.join(store, 'blobs', 'sha256', digest.slice(7)));
  const entryOf = (store: string): { digest: string } => {
    const index = JSON.parse(readFileSync(stage.file(path.join(store, 'index.json')), 'utf8')) as {
      manifests: { digest: string; annotations: Record<string, string> }[];
    };
    const entry = index.manifests.find(({ annotations }) => annotations['org.opencontainers.image.ref.name'] === 'bad');
    if (!entry) throw new Error('no entry');
    return entry;
  };
  const harms: Readonly<Record<string, (file: string) => void>> = {
    lost: (at) => rmSync(at),
    damaged: (at) => writeFileSync(at, 'x'.repeat(readFileSync(at).length)),
  };
  const cases = Object.entries(parts).flatMap(([part, find]) =>
    Object.entries(harms).map(([how, harm]) => ({ name: `${part} ${how}`, find, harm })),
  );

  it.each(cases)('($name) can be deleted: then its id is free, lists are quiet, and others are whole', async ({ find, harm }) => {
    const other = smallDisk(2);
    await ok('upload', stage.write('seed', other), '--name', 'here:good', '--id', 'good');
    await ok('upload', stage.write('seed', disk), '--name', 'here:bad', '--id', 'bad');
    harm(file('here', find('here')));
    rmSync(stage.file('here/imgctl/records.tsv'), { force: true });
    await ok('delete', 'here:bad', '--yes');
    const listed = await ok('list', '-p', 'here', '-o', 'id');
    expect([listed.stdout, listed.stderr]).toEqual(['good\n', '']);
    await ok('upload', stage.write('seed', disk), '--name', 'here:bad', '--id', 'bad');
    for (const [id, bytes] of [
      ['good', other],
      ['bad', disk],
    ] as const) {
      await ok('download', `here:${id}`, stage.file(`back-${id}`));
      expect(stage.read(`back-${id}`).equals(bytes)).toBe(true);
    }
  });

  it.each(cases)('($name) in a place can be removed there, and put there again', async ({ find, harm }) => {
    await ok('upload', stage.write('seed', disk), '--name', 'here:bad', '--id', 'bad');
    await ok('replicate', 'here:bad', '--to', 'second');
    harm(file('second', find('second')));
    rmSync(stage.file('second/imgctl/records.tsv'), { force: true });
    await ok('replicate', 'here:bad', '--remove', 'second', '--yes');
    await ok('replicate', 'here:bad', '--to', 'second');
    expect(readFileSync(blob('second')).equals(disk)).toBe(true);
  });

  it('is told of with what to do, and deleting it says what was lost', async () => {
    await ok('upload', stage.write('seed', disk), '--name', 'here:bad', '--id', 'bad');
    harms.lost?.(file('here', entryOf('here').digest));
    rmSync(stage.file('here/imgctl/records.tsv'), { force: true });
    const shown = await run('show', 'here:bad', '--json');
    expect(errorOf(shown)).toMatchObject({ code: 'INTEGRITY', hint: expect.stringContaining('imgctl delete here:bad') });
    expect((await ok('list', '-p', 'here')).stderr).toContain('skipped image bad');
    const deleted = await ok('delete', 'here:bad', '--yes');
    expect(deleted.stderr).toContain('image bad was damaged');
    expect((await run('delete', 'here:bad', '--yes')).exitCode).toBe(5);
  });
});
