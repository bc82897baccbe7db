import { describe, expect, it } from 'vitest';
import { startFakeServer } from '../support/fake-server.ts';
import { commandStage, errorOf, smallDisk } from './stage.ts';

const stage = commandStage();
const replace = ['--if-exists', 'replace', '--yes', '--json'];

/** Requests for the disk until the name is settled: an upload looks at what it is going to send. */
const looks = { upload: 2, import: 0 };

/** Runs a verb that replaces the image `web` by a disk from a server, which does `meanwhile` when it is asked for the disk itself. */
async function replaced(verb: 'upload' | 'import', meanwhile: () => Promise<unknown>) {
  let requests = 0;
  const server = await startFakeServer(async () => {
    requests += 1;
    if (requests === looks[verb] + 1) await meanwhile();
    return { status: 200, body: smallDisk(2) };
  });
  const url = `${server.origin}/disk.raw`;
  const typed = verb === 'upload' ? ['upload', url, '--name', 'web'] : ['import', 'web', '--url', url, '--disk-format', 'raw'];
  try {
    return await stage.run([...typed, ...replace]);
  } finally {
    await server.stop();
  }
}

describe.each(['upload', 'import'] as const)('what %s replaces', (verb) => {
  it('may be gone already, and is no failure', async () => {
    const first = await stage.image('web');
    const result = await replaced(verb, () => stage.ok(['delete', `local:${first}`, '--yes']));
    expect([result.exitCode, result.stderr.includes('not found')]).toEqual([0, false]);
    const left = (await stage.ok(['list', '-p', 'local', '--name', 'web', '-o', 'json'])).json() as { id: string }[];
    expect(left.map(({ id }) => id)).toEqual([(result.json() as { id: string }).id]);
  });

  it('is named beside the new one where it cannot be deleted', async () => {
    const first = await stage.image('web');
    const result = await replaced(verb, () => stage.ok(['patch', `local:${first}`, '--protect']));
    expect([result.exitCode, errorOf(result)]).toMatchObject([6, { leftover: first, hint: expect.stringContaining(first) }]);
    expect((await stage.names()).filter((name) => name === 'web')).toHaveLength(2);
  });
});
