import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';
import { startSimplestreams, type RunningStreams } from '../clouds/simplestreams/index.ts';
import { killedBehind } from '../support/killed-run.ts';
import { publishedDisk, type PublishedDisk } from '../support/published-disk.ts';

const cli = useOpenstackCli();
let streams: RunningStreams;
let noble: PublishedDisk;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  streams = await startSimplestreams();
  noble = publishedDisk(streams);
  const values = { ...streams.values, verify: 'checksum' };
  env = Object.fromEntries(Object.entries(values).map(([field, value]) => [fieldVariable('ubuntu', field), value]));
});
afterEach(() => streams.stop());
const only = () => {
  const [kept, ...others] = [...cli.cloud().one.store.images.values()];
  if (!kept || others.length > 0) throw new Error('there is not one image');
  return kept;
};

/** A copy of a publisher's image that was killed before its data was sent. Gives the id of the run. */
async function killedCopy(): Promise<string> {
  await cli.ok(['copy', 'ubuntu:noble', 'demo:web'], { env });
  const kept = only();
  Object.assign(kept.wire, { status: 'queued', size: null, checksum: null, os_hash_algo: null, os_hash_value: null, stores: '' });
  kept.data = Buffer.alloc(0);
  return killedBehind(cli.file(''), 'created');
}

describe('ops resume of a copy from a publisher', () => {
  it('fills the record with the same image, and says where it is from', async () => {
    const { digest } = noble.publish('20261101', disk());
    await cli.ok(['ops', 'resume', await killedCopy()], { env });
    const { wire, data } = only();
    expect([wire.status, data.equals(disk())]).toEqual(['active', true]);
    expect(wire).toMatchObject({ 'imgctl.source.serial': '20261101', 'imgctl.source.digest': digest });
  });

  it('does not mix it with another serial that is the newest by now', async () => {
    noble.publish('20261101', disk());
    const id = await killedCopy();
    noble.publish('20261120', disk(2));
    const { exitCode, stderr } = await cli.run(['ops', 'resume', id], { env });
    expect([exitCode, stderr]).toEqual([6, expect.stringMatching(/is not what run \S+ took/)]);
    const { wire, data } = only();
    expect([wire.status, data.length]).toEqual(['queued', 0]);
  });

  it('takes no other bytes that are published under the same serial by now', async () => {
    noble.publish('20261101', disk());
    const id = await killedCopy();
    noble.publish('20261101', disk(2));
    const { exitCode } = await cli.run(['ops', 'resume', id], { env });
    expect(exitCode).toBe(6);
    expect([only().wire.status, only().data.length]).toEqual(['queued', 0]);
  });

  it('of one that is withdrawn is told, and can be undone', async () => {
    noble.publish('20261101', disk());
    const id = await killedCopy();
    noble.withdraw('20261101');
    expect((await cli.run(['ops', 'resume', id], { env })).exitCode).toBe(5);
    await cli.ok(['ops', 'undo', id, '--yes'], { env });
    expect(cli.cloud().one.store.images.size).toBe(0);
  });
});
