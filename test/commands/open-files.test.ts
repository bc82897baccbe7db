import { open, type FileHandle } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { closingFiles } from '../support/open-files.ts';
import { commandStage, smallDisk } from './stage.ts';

const stage = commandStage();

it('a file that stays open is noticed after any command line of a test', async () => {
  const file = stage.write('disk.raw', smallDisk());
  let opened: FileHandle | undefined;
  const forgetting = async (): Promise<void> => void (opened = await open(file));
  await expect(closingFiles(forgetting)).rejects.toThrow(`files that were left open: ${file}`);
  await opened?.close();
});

it('a conversion that may not be made lets go of what it would have read', async () => {
  const [from, to] = [stage.write('disk.raw', smallDisk()), stage.write('there.qcow2', 'x')];
  expect((await stage.run(['convert', from, to, '--dry-run'])).exitCode).toBe(6);
});
