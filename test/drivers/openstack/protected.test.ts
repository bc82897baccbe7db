import { expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../../clouds/openstack/cli.ts';

const cli = useOpenstackCli();
const left = () => cli.wires().filter(({ name }) => name === 'new');
const wrong = { checksum: 'd41d8cd98f00b204e9800998ecf8427e', os_hash_algo: null, os_hash_value: null };

/** What goes wrong, and how an image comes into being meanwhile. */
const failures: readonly (readonly [what: string, exitCode: number, fail: () => void, args: readonly string[]])[] = [
  [
    'other bytes have arrived',
    11,
    () => (cli.cloud().one.site.filled = ({ wire }) => void Object.assign(wire, wrong)),
    ['upload', 'DISK', '--name', 'demo:new'],
  ],
  [
    'its stores cannot be written',
    10,
    () => void (cli.cloud().one.site.broken = ['fast']),
    ['upload', 'DISK', '--name', 'demo:new', '--set', 'importMethod=glance-direct'],
  ],
  [
    'there is nothing at the URL',
    10,
    () => undefined,
    ['import', 'demo:new', '--url', 'https://missing.example/x', '--disk-format', 'raw'],
  ],
  [
    'the site does not begin an import',
    6,
    () =>
      cli.cloud().fail({ kind: 'answer', status: 409, on: ({ method, path }) => method === 'POST' && path.endsWith('/import') }),
    ['import', 'demo:new', '--url', 'https://a.example/x', '--disk-format', 'raw'],
  ],
];

it.each(failures)('where %s nothing is left of an image, though it was made protected', async (_what, exitCode, fail, args) => {
  const file = cli.write('disk.raw', disk());
  fail();
  const line = [...args.map((word) => (word === 'DISK' ? file : word)), '--protect', '--poll-interval', '1ms', '--retries', '0'];
  const run = await cli.run([...line, '-o', 'json']);
  expect(run.exitCode, run.stderr).toBe(exitCode);
  expect(left(), run.stderr).toEqual([]);
  expect(run.stderr).not.toContain('leftover');
});

it('an own image that was protected before is never unlocked to make room', async () => {
  const kept = cli.image('new', { protected: true });
  const file = cli.write('disk.raw', disk());
  const run = await cli.run(['upload', file, '--name', 'demo:new', '--if-exists', 'replace', '--yes']);
  expect(run.exitCode).toBe(6);
  expect(left()).toEqual([expect.objectContaining({ id: kept.wire.id, protected: true })]);
});
