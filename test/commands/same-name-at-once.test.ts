import { describe, expect, it } from 'vitest';
import { startFakeServer } from '../support/fake-server.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
const env = (): Readonly<Record<string, string>> => ({
  ...profileVariables('here', 'local', { path: stage.file('here') }),
  ...profileVariables('there', 'local', { path: stage.file('there') }),
});
const ok = (...args: readonly string[]) => stage.ok(args, { env: env() });
const run = (...args: readonly string[]) => stage.run(args, { env: env() });
const thrice = (args: readonly string[]) => Promise.all([1, 2, 3].map(() => run(...args, '--json')));
const ids = async (): Promise<readonly string[]> =>
  (await ok('list', '-p', 'here', '--name', 'same', '-o', 'id')).stdout.split('\n').filter(Boolean);

/** Every way in which a new image of a name comes into the store. */
const ways: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  upload: async () => ['upload', stage.write('seed', disk), '--name', 'here:same'],
  'copy by link': async () => {
    await ok('upload', stage.write('seed', disk), '--name', 'there:same');
    return ['copy', 'there:same', 'here'];
  },
  'copy by relay': async () => {
    await ok('upload', stage.write('seed', disk), '--name', 'there:same');
    return ['copy', 'there:same', 'here', '--relay'];
  },
};

describe.each(Object.entries(ways))('three runs of %s at once under one name', (_way, argsOf) => {
  it('make one image with --if-exists fail, and the others end in a conflict', async () => {
    const results = await thrice(await argsOf());
    expect(results.map(({ exitCode }) => exitCode).sort()).toEqual([0, 6, 6]);
    const lost = results.filter(({ exitCode }) => exitCode !== 0);
    expect(lost.map((each) => errorOf(each).code)).toEqual(['CONFLICT', 'CONFLICT']);
    expect(await ids()).toHaveLength(1);
  });

  it('make one image with --if-exists skip, and all succeed', async () => {
    const results = await thrice([...(await argsOf()), '--if-exists', 'skip']);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    const [id] = await ids();
    expect(await ids()).toEqual([id]);
    expect(results.map((each) => (each.json() as { id: string }).id)).toEqual([id, id, id]);
  });
});

it('three imports at once under one name make one image, and the others end in a conflict', async () => {
  const server = await startFakeServer(() => ({ status: 200, body: disk }));
  try {
    const args = ['import', 'here:same', '--url', `${server.origin}/disk.raw`, '--disk-format', 'raw'];
    expect((await thrice(args)).map(({ exitCode }) => exitCode).sort()).toEqual([0, 6, 6]);
    expect(await ids()).toHaveLength(1);
  } finally {
    await server.stop();
  }
});

it('skip with other content than what has just been stored under the name is a conflict', async () => {
  const results = await Promise.all(
    [1, 2].map((seed) => run('upload', stage.write(`d${seed}`, smallDisk(seed)), '--name', 'here:same', '--if-exists', 'skip')),
  );
  expect(results.map(({ exitCode }) => exitCode).sort()).toEqual([0, 6]);
  expect(await ids()).toHaveLength(1);
});
