import { randomUUID } from 'node:crypto';
import { statSync, utimesSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActionEntry } from '../../../src/engine/journal/entry.ts';
import { fitsRun } from '../../../src/engine/journal/fits-run.ts';
import { startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { commandStage, profileVariables, smallDisk } from '../../commands/stage.ts';
import { journalFiles, killedBehind } from '../../support/killed-run.ts';

const stage = commandStage();
let registry: OciCloud;
beforeAll(async () => {
  registry = await startOci();
});
afterAll(() => registry.stop());

/** Providers at which a run chooses the id of what it makes before it makes it. */
const places = [
  { where: 'a folder', profile: 'local', env: () => ({}), chosen: (id: string) => ['--id', id], idOf: (id: string) => id },
  {
    where: 'a registry whose tags are names',
    profile: 'reg',
    env: () => profileVariables('reg', 'oci', { ...registry.values, tags: 'name' }),
    chosen: () => [],
    idOf: (_id: string, name: string) => name,
  },
] as const;

describe.each(places)(
  'an image in $where, under the id that a killed run was about to use,',
  ({ profile, env, chosen, idOf }) => {
    const run = (...args: readonly string[]) => stage.run(args, { env: env() });
    const ok = (...args: readonly string[]) => stage.ok(args, { env: env() });
    const quiet = '--no-journal';

    /** A run that was killed right before it made an image, which somebody makes `secondsLater` in its stead. */
    async function killed(kind: 'whole' | 'unfinished', secondsLater: number, name = (mine: string): string => mine) {
      const [uuid, mine] = [randomUUID(), `disk-${randomUUID().slice(0, 8)}`];
      const file = stage.write('disk.raw', smallDisk());
      await ok('upload', file, '--name', `${profile}:${mine}`, ...chosen(uuid));
      const id = killedBehind(stage.file(''), 'intended');
      const image = `${profile}:${idOf(uuid, mine)}`;
      await ok('delete', image, '--yes', quiet);
      const theirs = `${profile}:${name(mine)}`;
      if (kind === 'whole') await ok('upload', file, '--name', theirs, ...chosen(uuid), quiet);
      else await ok('create', theirs, '--disk-format', 'raw', ...chosen(uuid), quiet);
      const [journal = ''] = journalFiles(stage.file('')).slice(-1);
      const seconds = statSync(journal).mtimeMs / 1000 + 5 - secondsLater;
      utimesSync(journal, seconds, seconds);
      return { id, image, plain: idOf(uuid, mine) };
    }

    const foreign = [
      ['is never removed when it is whole', 'whole', 0],
      ['is never removed when it is whole and was made later', 'whole', 60],
      ['is never removed when it was made after the run died', 'unfinished', 60],
    ] as const;
    it.each(foreign)('%s, but told of, also where that is forced', async (_what, kind, later) => {
      const { id, image, plain } = await killed(kind, later);
      for (const force of [[], ['--force']]) {
        const undone = await run('ops', 'undo', id, '--yes', ...force);
        expect([undone.exitCode, undone.stderr]).toEqual([
          6,
          expect.stringMatching(/may be one of these:\n(.|\n)*imgctl delete /),
        ]);
        expect(undone.stderr).toContain(plain);
      }
      expect((await ok('ops', 'undo', id, '--force', '--dry-run', '-o', 'json')).json()).toMatchObject([
        { message: 'would keep' },
      ]);
      await ok('show', image);
      expect((await ok('ops', 'list', '--left', '-o', 'id')).stdout).toContain(id);
    });

    it('is removed when it is unfinished and nothing speaks against its being of the run', async () => {
      const { id, image } = await killed('unfinished', 0);
      expect((await ok('ops', 'undo', id, '--yes', '-o', 'json')).json()).toMatchObject([{ message: 'removed' }]);
      expect((await run('show', image)).exitCode).toBe(5);
    });

    it('is gone on with where it is what the run was to make, and not where it was made after the run died', async () => {
      const own = await killed('whole', 0);
      await ok('ops', 'resume', own.id);
      const later = await killed('unfinished', 60);
      expect((await run('ops', 'resume', later.id)).stderr).toContain('is not known');
    });

    it.runIf(profile === 'local')('is not removed when it bears another name', async () => {
      const { id, image } = await killed('unfinished', 0, () => 'theirs');
      expect((await run('ops', 'undo', id, '--yes', '--force')).exitCode).toBe(6);
      await ok('show', image);
    });
  },
);

it('an image fits a run by its name and by when it was made; what is not told does not fit', () => {
  const action = { at: '2026-11-28T18:30:00Z', name: 'web' } as ActionEntry;
  const fits = (name: string, createdAt?: string): boolean =>
    fitsRun({ name, ...(createdAt === undefined ? {} : { createdAt }) }, action, Date.parse('2026-11-28T18:40:00Z'));
  expect([fits('web', '2026-11-28T18:30:01Z'), fits('web', '2026-11-28T18:40:00Z')]).toEqual([true, true]);
  expect([
    fits('other', '2026-11-28T18:30:01Z'),
    fits('web', '2026-11-28T18:40:02Z'),
    fits('web', '2026-11-28T18:00:00Z'),
    fits('web', 'soon'),
    fits('web'),
  ]).toEqual([false, false, false, false, false]);
});
