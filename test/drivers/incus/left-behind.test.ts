import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { seedDisk } from '../../clouds/incus/seed-disk.ts';
import { opened } from './stage.ts';

const stage = commandStage();
const journal = (): string => stage.file('.local/share/imgctl/journal');

/** Makes the latest run one that was killed a minute ago, while the server worked on what it had just ordered. */
function killed(): void {
  const file = path.join(journal(), readdirSync(journal()).sort().at(-1) ?? '');
  const lines = readFileSync(file, 'utf8')
    .replace(/("process":"\w+-\d+)-\d+/, '$1-1')
    .trimEnd()
    .split('\n');
  const last = lines.findIndex((line) => line.includes('"kind":"intended"'));
  writeFileSync(file, `${lines.slice(0, last + 1).join('\n')}\n`);
  const then = new Date(Date.now() - 60_000);
  utimesSync(file, then, then);
}

it('an image that a killed run has ordered is taken by ops resume, and gets the name that it has not had time to get', async () => {
  const [source, target] = [await opened(), await opened({ product: 'lxd' })];
  const [id = ''] = await source.cloud.seed([{ name: 'web', data: seedDisk }]);
  const env = {
    ...profileVariables('here', 'incus', source.cloud.values),
    ...profileVariables('there', 'incus', target.cloud.values),
  };
  await stage.ok(['copy', 'here:web', 'there:copy'], { env });
  killed();
  target.cloud.images.aliases.clear();
  const resumed = await stage.ok(['ops', 'resume', '-o', 'json'], { env });
  expect(resumed.json()).toMatchObject({ id, name: 'copy' });
  expect([...target.cloud.images.aliases]).toMatchObject([['copy', { target: id }]]);
});

it('a name that only the properties tell is given by patch', async () => {
  const { cloud } = await opened();
  const [id = ''] = await cloud.seed([{ name: 'gone', properties: { name: 'web' } }]);
  const env = profileVariables('x', 'incus', cloud.values);
  cloud.images.aliases.clear();
  await stage.ok(['patch', 'x:web', '--name', 'web'], { env });
  expect(cloud.images.aliases.get('web')?.target).toBe(id);
  cloud.forget();
  await stage.ok(['patch', 'x:web', '--name', 'web'], { env });
  expect(cloud.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
});
