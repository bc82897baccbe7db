import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RetirementRow } from '../../src/core/retirement.ts';
import type { ImageUses } from '../../src/core/uses.ts';
import { profileVariables } from '../commands/stage.ts';
import { testCall } from '../conformance/stage.ts';
import { cliHome } from '../support/run-cli.ts';
import { lackingPackages, region, startServices } from './compute-and-volumes.ts';
import { valuesFor, type User } from './real-cloud.ts';
import { as, bed, missing, names, patch, show, unique, uploaded } from './site.ts';

const packages = missing === undefined ? lackingPackages() : [];
const lacking = missing ?? (packages.length > 0 ? `not installed: ${packages.join(', ')}` : undefined);
if (lacking !== undefined && missing === undefined)
  process.stderr.write(`\n!! USES OF IMAGES ARE NOT ASKED OF A REAL NOVA AND CINDER: ${lacking}\n\n`);

const [demo, alt] = [bed.projects.demo ?? '', bed.projects.alt ?? ''];
const servers = { shelved: randomUUID(), running: randomUUID(), gone: randomUUID(), fromVolume: randomUUID() };
const others = 'only administrators see what other projects have';

describe.skipIf(lacking !== undefined)('a real Nova and a real Cinder, two rows on a page', () => {
  const ids: Record<string, string> = {};
  let stop: () => void = () => undefined;

  beforeAll(async () => {
    const make = async (word: string, user: User = 'demo', more: object = {}): Promise<void> => {
      ids[word] = (await uploaded({ name: unique(word), ...more }, user)).id;
    };
    await make('own');
    await make('idle');
    await make('public', 'admin', { visibility: 'public' });
    const snapshot = (server: string) => ({ properties: { image_type: 'snapshot', instance_uuid: server } });
    for (const word of ['shelved', 'running', 'gone'] as const) await make(`snapshot-${word}`, 'demo', snapshot(servers[word]));
    const { own = '', public: open = '' } = ids;
    stop = await startServices(bed, {
      servers: [
        ...[1, 2, 3, 4].map((n) => ({ id: randomUUID(), name: `web-${n}`, image: own, project: demo })),
        { id: servers.running, name: 'other', image: open, project: demo },
        { id: servers.shelved, name: 'shelved', image: open, project: demo, state: 'shelved_offloaded' },
        { id: servers.gone, name: 'gone', image: own, project: demo, deleted: true },
        { id: servers.fromVolume, name: 'from-volume', project: demo },
        { id: randomUUID(), name: 'theirs', image: open, project: alt },
      ],
      volumes: [
        { name: 'root', image: own, project: demo, server: servers.fromVolume },
        ...[1, 2, 3].map((n) => ({ name: `empty-${n}`, project: demo })),
        { name: 'spare', image: own, project: demo },
        { name: 'their-disk', image: open, project: alt },
      ],
    });
  });
  afterAll(() => stop());
  const home = cliHome();
  afterAll(() => home.remove());

  async function uses(word: string, user: User = 'demo'): Promise<ImageUses> {
    const at = as(user, region);
    const image = await at.require('show').run({ id: ids[word] ?? '' }, testCall());
    const [found] = await at.require('uses').run({ images: [image] }, testCall());
    if (!found) throw new Error('no answer');
    return found;
  }
  const told = ({ uses: all, unasked }: ImageUses): readonly string[] => [
    ...all.map(({ kind, name, id }) => `${kind} ${name ?? id}`).sort(),
    ...unasked.map(({ kind, of = '', reason }) => `? ${kind} ${of}: ${reason}`),
  ];

  it('name every server and volume of an image, page by page, and no other', async () => {
    const all = [
      `instance ${servers.fromVolume}`,
      'instance web-1',
      'instance web-2',
      'instance web-3',
      'instance web-4',
      'volume root',
      'volume spare',
    ];
    for (const user of ['demo', 'admin'] as const) expect(told(await uses('own', user)), user).toEqual(all);
    expect(told(await uses('idle'))).toEqual([]);
  });

  it('show those of other projects to an administrator, and everybody else is told that they are unseen', async () => {
    const ours = ['instance other', 'instance shelved'];
    expect(told(await uses('public', 'admin'))).toEqual([...ours, 'instance theirs', 'volume their-disk']);
    expect(told(await uses('public'))).toEqual([...ours, `? instance others: ${others}`, `? volume others: ${others}`]);
  });

  it('tell whose snapshot is all that is left of a shelved server', async () => {
    expect(told(await uses('snapshot-shelved'))).toEqual(['instance shelved']);
    expect(told(await uses('snapshot-running'))).toEqual([]);
    expect(told(await uses('snapshot-gone'))).toEqual([]);
  });

  it('keep an image from being pruned, with nobody having to say that the rest is unused', async () => {
    const series = unique('pruned');
    for (const word of ['own', 'snapshot-shelved', 'idle']) await patch(ids[word] ?? '', { name: `${series} ${word}` });
    await uploaded({ name: `${series} newest` });
    const run = async (...args: readonly string[]): Promise<unknown> => {
      const env = profileVariables('x', 'openstack', valuesFor(bed, 'demo', region));
      const result = await home.run([...args, '-o', 'json'], { env });
      expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 /);
      return result.json();
    };
    const members = (await names({})).filter((name) => name.startsWith(series));
    await run('patch', ...members.map((name) => `x:${name}`), '--manage');
    const rows = (await run('prune', `x:${series} *`, '--keep', '1', '--yes')) as readonly RetirementRow[];
    expect(rows.map(({ name, action, reason }) => [name.replace(`${series} `, ''), `${action}: ${reason}`]).toSorted()).toEqual([
      ['idle', 'retire: 1 newer is active'],
      ['newest', 'keep: the newest'],
      ['own', expect.stringMatching(/^keep: used by 5 instances \(.*\), 2 volumes \(.*\)$/)],
      ['snapshot-shelved', 'keep: used by 1 instance (shelved)'],
    ]);
    expect((await show(ids.idle ?? '')).status).toBe('inactive');
  });
});
