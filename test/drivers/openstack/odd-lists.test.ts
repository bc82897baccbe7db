import { describe, expect, it } from 'vitest';
import { useOpenstackCli } from '../../clouds/openstack/cli.ts';

const cli = useOpenstackCli();
type Wire = Readonly<Record<string, unknown>>;

/** Images of demo's, the oldest first, made `apart` seconds after each other. */
function plant(count: number, apart = 60): readonly string[] {
  const names = Array.from({ length: count }, (_, n) => `n${n}`);
  for (const [n, name] of names.entries()) {
    const created = new Date(Date.UTC(2026, 0, 1) + n * apart * 1000).toISOString().replace('.000Z', 'Z');
    cli.image(name, { created_at: created, size: 100 + n }, Buffer.alloc(8));
  }
  return names;
}

/** A page of these images, behind the marker. */
function page(wires: readonly Wire[], query: URLSearchParams, size: number) {
  const marker = query.get('marker');
  const from = marker === null ? 0 : wires.findIndex(({ id }) => id === marker) + 1;
  const limit = Math.min(size, Number(query.get('limit') ?? size));
  const images = wires.slice(from, from + limit);
  const more = from + limit < wires.length && { next: `http://internal.example/v2/images?marker=${String(images.at(-1)?.id)}` };
  return { images, ...more };
}
const later = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, ms, value));

const lists: readonly (readonly string[])[] = [[], ['--limit', '5'], ['--limit', '1'], ['--all'], ['--hidden'], ['--sort', 'name'], ['--sort', 'name:desc', '--limit', '3'], ['--sort', 'created', '--limit', '1', '--all'], ['--sort', 'size:desc']]; // prettier-ignore
const listed = async (args: readonly string[], output = 'json') => {
  const result = await cli.run(['list', '-p', 'demo', '-o', output, ...args]);
  return {
    ...result,
    names: output === 'json' && result.exitCode === 0 ? (result.json() as Wire[]).map(({ name }) => String(name)) : [],
  };
};

describe('a server that does not sort', () => {
  const orders: Readonly<Record<string, (wires: readonly Wire[]) => readonly Wire[]>> = {
    'newest first': (wires) => wires.toReversed(),
    'oldest first': (wires) => wires,
    mixed: (wires) => [3, 0, 6, 1, 5, 2, 4].map((n) => wires[n] ?? {}),
  };
  /** Delays that let the one end or the other come first. */
  const paces: readonly ((sort: string) => number)[] = [() => 0, (sort) => (sort.includes('desc') ? 15 : 0), (sort) => (sort.includes('asc') ? 15 : 0)]; // prettier-ignore

  for (const [order, arranged] of Object.entries(orders))
    for (const size of [1, 2])
      it(`${order}, ${size} a page: every image comes once, and sorted where that is asked for`, async () => {
        for (const apart of [60, 0]) {
          cli.cloud().one.store.images.clear();
          const names = plant(7, apart);
          for (const pace of paces) {
            cli.cloud().one.site.lists = (query, wires) =>
              later(pace(query.get('sort') ?? ''), page(arranged(wires), query, size));
            for (const args of pace === paces[0] && apart > 0 && size === 2 ? lists : [[]]) {
              const limit = args.includes('--limit') ? Number(args[args.indexOf('--limit') + 1]) : 7;
              const got = (await listed(args)).names;
              expect(new Set(got).size, `${args.join(' ')}: ${got.join(' ')}`).toBe(limit);
              const sort = args.includes('--sort') ? args[args.indexOf('--sort') + 1] : '';
              const sorted = sort?.endsWith('desc') ? names.toReversed() : names;
              // Of one size a page nothing tells but the next row.
              if (sort && (apart > 0 || sort !== 'created')) expect(got, args.join(' ')).toEqual(sorted.slice(0, limit));
            }
          }
        }
      });

  it('has its newest image found all the same', async () => {
    plant(7);
    for (const { wire } of cli.cloud().one.store.images.values()) Object.assign(wire, { name: 'web' });
    const newest = cli.wires().at(-1)?.id;
    for (const arranged of Object.values(orders)) {
      cli.cloud().one.site.lists = (query, wires) => page(arranged(wires), query, 2);
      expect((await cli.ok(['resolve', 'demo:web', '--latest'])).stdout.trim()).toBe(newest);
    }
  });
});

describe('a server that pays no attention to the marker', () => {
  it.each(['json', 'id', 'table'])('ends as %s, and no image comes twice', async (output) => {
    plant(4);
    cli.cloud().one.site.lists = (query, wires) => {
      const sorted = query.get('sort')?.includes('asc') ? wires : wires.toReversed();
      return { images: sorted.slice(0, 2), next: '/v2/images?marker=x' };
    };
    for (const args of lists) {
      const { exitCode, stdout, stderr } = await listed(args, output);
      expect([0, 10], stderr).toContain(exitCode);
      for (const { id } of cli.wires()) expect(stdout.split(String(id)).length, args.join(' ')).toBeLessThanOrEqual(2);
      if (args.length === 0) expect(stderr).toContain('returned the same page twice');
    }
    const first = cli.wires().at(-1)?.id;
    expect((await listed(['--after', String(first)], output)).exitCode).toBe(10);
  });
});

describe('a name with a colon', () => {
  it.each(['debian:12', 'a:b:c', 'in:x', 'eq:1', 'gt:5', '2026-01-01T00:00:00Z'])('%s is found by every verb', async (name) => {
    cli.image(name);
    for (const verb of [['show'], ['resolve'], ['patch', '--property', 'a=b'], ['delete', '--yes']])
      await cli.ok([verb[0] ?? '', '-p', 'demo', name, ...verb.slice(1)]);
    cli.image(name);
    expect((await listed(['--name', name])).names).toEqual([name]);
  });
});

describe('--property', () => {
  it('finds what is a field here, or an attribute there', async () => {
    cli.image('web', { architecture: 'x86_64', description: 'of web', os_distro: 'debian', min_disk: 3, hw_cpu_sockets: 2 });
    cli.image('other', { disk_format: 'qcow2', status: 'deactivated', min_disk: 4 });
    for (const wanted of [
      'architecture=x86_64',
      'description=of web',
      'os_distro=debian',
      'disk_format=raw',
      'status=active',
      'min_disk=3',
      'name=web',
      'hw_cpu_sockets=2',
    ])
      expect((await listed(['--property', wanted])).names, wanted).toEqual(['web']);
    expect((await listed(['--property', `owner=${String(cli.wires()[0]?.owner)}`])).names.length).toBe(2);
    expect((await listed(['--property', 'constructor=x'])).names).toEqual([]);
  });
});
