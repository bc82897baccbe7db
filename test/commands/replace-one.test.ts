import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeServer } from '../support/fake-server.ts';
import { commandStage, errorOf, smallDisk } from './stage.ts';

const stage = commandStage();
let server: Awaited<ReturnType<typeof startFakeServer>>;
beforeAll(async () => {
  server = await startFakeServer(() => Promise.resolve({ status: 200, body: smallDisk(2) }));
});
afterAll(() => server.stop());

/** Makes the image `web` again and replaces what bears the name, by each verb that can. */
const verbs: Readonly<Record<string, (...more: readonly string[]) => Promise<readonly string[]>>> = {
  upload: async (...more) => ['upload', stage.write('new.raw', smallDisk(2)), '--name', 'local:web', ...more],
  copy: async (...more) => {
    await stage.ok(['upload', stage.write('new.raw', smallDisk(2)), '--name', 'local:source', '-q']);
    return ['copy', 'local:source', 'local:web', ...more];
  },
  'copy to several': async (...more) => {
    await stage.ok(['upload', stage.write('new.raw', smallDisk(2)), '--name', 'local:source', '-q']);
    await stage.ok(['profile', 'add', 'lab', '--provider', 'local', '--set', `path=${stage.file('lab')}`, '-q']);
    return ['copy', 'local:source', 'local:web', 'lab:web', ...more];
  },
  import: async (...more) => ['import', 'local:web', '--url', `${server.origin}/new.raw`, '--disk-format', 'raw', ...more],
};
const replace = ['--if-exists', 'replace', '--yes', '-o', 'json'];
const idsOf = async (name: string): Promise<readonly string[]> =>
  ((await stage.ok(['list', '-p', 'local', '--name', name, '--hidden', '-o', 'json'])).json() as { id: string }[])
    .map(({ id }) => id)
    .concat(
      ((await stage.ok(['list', '-p', 'local', '--name', name, '-o', 'json'])).json() as { id: string }[]).map(({ id }) => id),
    )
    .filter((id, at, all) => all.indexOf(id) === at);

describe.each(Object.keys(verbs))('what %s replaces', (verb) => {
  const args = () => verbs[verb]?.(...replace) ?? Promise.resolve([]);

  it('is one image: of several it is not clear which, and none is touched', async () => {
    const images = [await stage.image('web'), await stage.queued('web')];
    const result = await stage.run(await args());
    expect(result.stderr).toContain('matches 2 images');
    if (verb !== 'copy to several') expect(result.exitCode).toBe(6);
    expect([...(await idsOf('web'))].sort()).toEqual(images.sort());
  });

  it('is never hidden: older versions stay', async () => {
    const hidden = await stage.image('web');
    await stage.ok(['patch', hidden, '--hide']);
    const older = await stage.image('web', '--if-exists', 'rename', '--hide');
    await stage.ok(['patch', older, '--name', 'web']);
    const seen = await stage.queued('web');
    const result = await stage.run(await args());
    expect(result.exitCode, result.stderr).toBe(0);
    const left = await idsOf('web');
    expect([left.includes(hidden), left.includes(older), left.includes(seen), left.length]).toEqual([true, true, false, 3]);
  });

  it('can be removed: a protected image is refused before anything is made', async () => {
    const kept = await stage.image('web', '--protect');
    const result = await stage.run(await args());
    expect(result.stderr).toContain(`image ${kept} is protected`);
    expect(await idsOf('web')).toEqual([kept]);
  });
});

it('a plan does not say that an image would be deleted which is protected', async () => {
  const kept = await stage.image('web', '--protect');
  const other = await stage.image('other');
  const one = await stage.run(['delete', 'web', '-n', '-o', 'json']);
  expect([one.exitCode, errorOf(one)]).toMatchObject([6, { message: `image ${kept} is protected` }]);
  const two = await stage.run(['delete', other, kept, '-n', '-o', 'json']);
  expect([two.exitCode, two.stderr.includes(`image ${kept} is protected`)]).toEqual([12, true]);
});

it.each(['--to', '--remove', '--exactly'])('a plan has no place that there is not: replicate %s', async (option) => {
  await stage.image('web');
  const result = await stage.run(['replicate', 'web', option, 'nosuch', '-n', '--yes', '-o', 'json']);
  expect([result.exitCode, result.stdout, errorOf(result).message]).toEqual([5, '', 'no such place: nosuch']);
});
