import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { guestDisk, qcow2Image } from '../support/disk-images.ts';
import { startFakeServer } from '../support/fake-server.ts';
import { commandStage } from './stage.ts';

const stage = commandStage();
const image = qcow2Image(guestDisk(1 << 20, 4));
const said = '--bwlimit has no effect';

it('a limit of the rate that limits nothing is said to, by every verb that transfers', async () => {
  const file = stage.write('disk.qcow2', image);
  const stdin = readFileSync(file);
  const limited = (args: readonly string[], piped = false) => stage.ok([...args, '--bwlimit', '1G'], piped ? { stdin } : {});
  for (const [args, piped] of [
    [['convert', file, stage.file('a.raw')], false],
    [['convert', '-', stage.file('b.raw'), '--disk-format', 'raw'], true],
    [['upload', file, '--name', 'one'], false],
    [['upload', '-', '--name', 'two'], true],
    [['download', 'one', stage.file('c.qcow2')], false],
    [['copy', 'one', 'local:three'], false],
  ] as const) {
    const { stderr } = await limited(args, piped);
    expect(stderr.split(said).length - 1, args.join(' ')).toBe(1);
  }
});

it('where bytes come over the network nothing is said', async () => {
  const server = await startFakeServer(() => ({ status: 200, body: image }));
  try {
    const { stderr } = await stage.ok(['upload', `${server.origin}/disk.qcow2`, '--name', 'far', '--bwlimit', '1G']);
    expect(stderr).not.toContain(said);
  } finally {
    await server.stop();
  }
});
