import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { commandStage, smallDisk } from '../../commands/stage.ts';
import { changes, interruptedAt, type Interruption } from '../../support/interrupted-files.ts';
import { stride } from '../../support/sweep.ts';

const { interruption } = vi.hoisted(() => ({ interruption: {} as Interruption }));
vi.mock('node:fs/promises', async (original) => {
  const { interrupted } = await import('../../support/interrupted-files.ts');
  return interrupted(await original(), interruption);
});

const stage = commandStage();

interface Item {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}
interface Products {
  readonly products: Readonly<
    Record<string, { readonly versions: Readonly<Record<string, { readonly items: Readonly<Record<string, Item>> }>> }>
  >;
}

/** What a reader finds at this moment. Every file that is named is there, whole; none: there is no tree yet. */
function readAsAClient(folder: string): readonly string[] {
  const file = (name: string): string => path.join(folder, name);
  if (!existsSync(file('streams/v1/index.json'))) return [];
  const index = JSON.parse(readFileSync(file('streams/v1/index.json'), 'utf8')) as {
    index: { images: { path: string; products: string[] } };
  };
  const { products } = JSON.parse(readFileSync(file(index.index.images.path), 'utf8')) as Products;
  expect(Object.keys(products)).toEqual(expect.arrayContaining(index.index.images.products));
  for (const { versions } of Object.values(products))
    for (const { items } of Object.values(versions))
      for (const { path: name, size, sha256 } of Object.values(items)) {
        expect(statSync(file(name)).size).toBe(size);
        expect(
          createHash('sha256')
            .update(readFileSync(file(name)))
            .digest('hex'),
        ).toBe(sha256);
      }
  return Object.keys(products).sort();
}
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .sort();

/** Stops a run before each of its changes to the folder, which is as it was each time, and reads it then; the next runs end as if nothing had been. */
async function stoppedEverywhere(publish: readonly string[], folder: string, products: readonly string[]): Promise<number> {
  // What is seen of it from outside, that is: drafts lie with the lock, and how that is taken is tested where locks are.
  const within = (name: string, args: readonly unknown[]): boolean => {
    const [changed = ''] = args.filter((arg) => typeof arg === 'string').slice(-1);
    return changes(name, args) && changed.startsWith(folder) && !changed.includes('.imgctl.lock');
  };
  const before = `${folder}-before`;
  cpSync(folder, before, { recursive: true });
  const whole = await interruptedAt(
    interruption,
    0,
    async () => undefined,
    () => stage.ok(publish),
    within,
  );
  // A run that follows removes what this one has taken out of the index.
  await stage.ok(publish);
  const files = filesIn(folder);
  expect(readAsAClient(folder)).toEqual(products);
  for (let number = 1; number <= whole.calls; number += stride(3)) {
    rmSync(folder, { recursive: true });
    cpSync(before, folder, { recursive: true });
    const full = async (): Promise<void> => {
      // Whoever reads the folder in this very moment.
      readAsAClient(folder);
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', errno: -28 });
    };
    const { result } = await interruptedAt(interruption, number, full, () => stage.run(publish), within);
    const ended = result.status === 'fulfilled' ? result.value : undefined;
    // What only tidies up may fail.
    expect([0, 14], `call ${number}: ${ended?.stderr ?? ''}`).toContain(ended?.exitCode);
    expect(ended?.stderr).not.toContain('.imgctl.lock/');
    readAsAClient(folder);
    await stage.ok(publish);
    await stage.ok(publish);
    expect(filesIn(folder), `after call ${number}`).toEqual(files);
    expect(readAsAClient(folder)).toEqual(products);
  }
  return whole.calls;
}

const quietly = ['-q', '-o', 'json', '--concurrency', '1'];

it('leaves a whole tree wherever it is stopped, and the next run puts the rest into it', async () => {
  await stage.image('web', '--property', 'os_distro=debian');
  const folder = stage.file('tree');
  mkdirSync(folder);
  const calls = await stoppedEverywhere(['publish', 'simplestreams', folder, ...quietly], folder, ['web:amd64']);
  expect([filesIn(folder).length, calls > 8]).toEqual([4, true]);
});

it('names no file that it has removed, wherever it is stopped', async () => {
  const folder = stage.file('tree');
  const publish = ['publish', 'simplestreams', folder, ...quietly];
  for (const [seed, count] of [
    ['1', '9'],
    ['2', '1'],
    ['3', '9'],
  ]) {
    await stage.ok([
      'upload',
      stage.write('disk.raw', smallDisk(Number(seed))),
      '--name',
      'web',
      '--if-exists',
      'replace',
      '--yes',
    ]);
    await stage.ok([...publish, '--keep-last', count ?? '']);
  }
  expect(filesIn(folder)).toHaveLength(8);
  const calls = await stoppedEverywhere([...publish, '--keep-last', '1', '--prune'], folder, ['web:amd64']);
  expect([filesIn(folder).length, calls > 6]).toEqual([4, true]);
});

it('ends with 14 where there is no room for a disk, and leaves the tree as it was', async () => {
  for (const name of ['web', 'db']) await stage.image(name);
  const folder = stage.file('tree');
  await stage.ok(['publish', 'simplestreams', folder, 'web']);
  const files = filesIn(folder);
  const isDisk = (name: string, args: readonly unknown[]): boolean =>
    name === 'open' && changes(name, args) && String(args[0]).includes('disk-');
  const full = (): Promise<void> => Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' }));
  const publish = () => stage.run(['publish', 'simplestreams', folder, 'db']);
  const { result } = await interruptedAt(interruption, 1, full, publish, isDisk);
  expect(result).toMatchObject({ value: { exitCode: 14, stdout: '' } });
  expect([filesIn(folder), readAsAClient(folder)]).toEqual([files, ['web:amd64']]);
});
