import { expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { commandStage, smallDisk } from './stage.ts';

const stage = commandStage();
const more: Readonly<Record<string, readonly string[]>> = {
  patch: ['--tag', 'x'],
  delete: ['--yes'],
  replicate: ['--to', 'second'],
};
/** Verbs on images, one or several, that a store in a folder has. */
async function verbs(): Promise<readonly string[]> {
  const local = await driverList.load('local');
  const found: string[] = [];
  for (const entry of commands) {
    const { args, needs } = await entry.load();
    const isOnImages = 'image' in args && args.image?.takes === 'many';
    if (isOnImages && (needs.at ?? []).every((verb) => local?.facts[verb])) found.push(entry.path);
  }
  return found;
}

it('every verb gives one line of jsonl for each image, whether one or two; json is an object for one and an array for two', async () => {
  await stage.ok([
    'profile',
    'add',
    'lab',
    '--provider',
    'local',
    '--set',
    `path=${stage.file('lab')}`,
    '--set',
    `places=second=${stage.file('mirror')}`,
  ]);
  const found = await verbs();
  expect(found).toEqual(expect.arrayContaining(['show', 'patch', 'deactivate', 'reactivate', 'delete', 'wait', 'replicate']));
  const make = async (...args: readonly string[]) => (await stage.ok([...args, '-o', 'id'])).stdout.trim();
  const disk = stage.write('disk.raw', smallDisk());
  const images = [await make('upload', disk, '--name', 'lab:a'), await make('upload', disk, '--name', 'lab:b')];
  for (const format of ['jsonl', 'json'])
    for (const count of [1, 2])
      for (const verb of found) {
        const ends = verb === 'delete' ? [await make('create', 'lab:c'), await make('create', 'lab:d')] : images;
        const names = ends.slice(0, count);
        const { stdout } = await stage.ok([verb, ...names, '-p', 'lab', '-o', format, ...(more[verb] ?? [])]);
        const rows: unknown[] =
          format === 'jsonl' ? stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown) : [JSON.parse(stdout)].flat(); // prettier-ignore
        expect(rows, `${verb} ${format}`).toHaveLength(count);
        for (const row of rows) expect(Array.isArray(row)).toBe(false);
        if (format === 'json') expect(Array.isArray(JSON.parse(stdout)), verb).toBe(count === 2);
      }
});

it('help tells it beside the formats', async () => {
  const { stdout } = await stage.ok(['help', 'output']);
  expect(stdout.replace(/\s+/g, ' ')).toMatch(
    /on one image gives one object, on several an array\. jsonl: .* whether one or many/,
  );
});
