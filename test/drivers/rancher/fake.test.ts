import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { internalId } from '../../clouds/rancher/ids.ts';
import { rancherCloud, type RancherOptions } from '../../clouds/rancher/index.ts';
import { keys, type KeyName } from '../../clouds/rancher/keys.ts';
import { fieldsOf, filterModifiers, methodsOf, schemaActionsOf, type Role } from '../../clouds/rancher/schemas.ts';
import { actionsFrom, isTransitioning, releaseOf, statesOf, versions, type Version } from '../../clouds/rancher/versions.ts';

type Fields = Readonly<Record<string, unknown>>;

const folder = new URL('../../../../shared/facts/rancher/', import.meta.url);
const here = existsSync(folder);
const why = here ? '' : ' (skipped: ../shared/facts is not here)';
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T;

async function answers(
  options: RancherOptions,
  paths: readonly string[],
  init: RequestInit = {},
): Promise<readonly { status: number; headers: Headers; body: Fields }[]> {
  const cloud = await rancherCloud(options).start();
  try {
    cloud.put({ number: 5 });
    const { accessKey, secretKey } = keys[(options.key ?? 'project') satisfies KeyName];
    const authorization = `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}`;
    const all = paths.map(async (path) => {
      const answer = await fetch(`${cloud.origin}${path}`, { headers: { authorization, accept: 'application/json' }, ...init });
      return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Fields };
    });
    return await Promise.all(all);
  } finally {
    await cloud.stop();
  }
}

describe.skipIf(!here)(`the state machine of the fake is that of the facts${why}`, () => {
  interface Edge {
    readonly action: string;
    readonly from: string;
    readonly transitioning: string;
    readonly done: string;
  }
  interface Machine {
    readonly states: readonly string[];
    readonly transitioningStates: readonly string[];
    readonly actionsOfferedInState: Readonly<Record<string, readonly string[]>>;
    readonly edges: readonly Edge[];
  }
  const names: Readonly<Record<Version, string>> = { '1.1': 'rancher-1.0..1.1', '1.5': 'rancher-1.2..1.5', '1.6': 'rancher-1.6' };
  const text = (edge: Edge): string => `${edge.from} -${edge.action}-> ${edge.transitioning} -> ${edge.done}`;

  for (const version of versions)
    it(version, () => {
      const machine = read<Readonly<Record<string, Machine>>>('state-machine.json')[names[version]];
      const release = releaseOf(version);
      expect(statesOf(release)).toEqual([...(machine?.states ?? [])].sort());
      expect(statesOf(release).filter(isTransitioning)).toEqual([...(machine?.transitioningStates ?? [])].sort());
      for (const [state, offered] of Object.entries(machine?.actionsOfferedInState ?? {}))
        expect([...actionsFrom(release, state)].sort(), state).toEqual([...offered].sort());
      const edges = Object.entries(release.processes).flatMap(([action, { from, through, to }]) =>
        from.map((state) => text({ action, from: state, transitioning: through(state), done: to(state) })),
      );
      expect(edges.sort()).toEqual((machine?.edges ?? []).map(text).sort());
    });
});

describe.skipIf(!here)(`the fake speaks as recorded${why}`, () => {
  it('reads ids as the vectors say', () => {
    const { vectors } = read<{ vectors: readonly { requested: string; internalId: string | null }[] }>('id-vectors.json');
    expect(vectors.length).toBeGreaterThan(10);
    for (const { requested, internalId: wanted } of vectors) expect(internalId(requested) ?? null, requested).toBe(wanted);
  });

  it('gives errors of the recorded shapes', async () => {
    const { shape } = read<{ shape: { plain: Fields; validation: Fields } }>('errors.json');
    const [missing, unreadable] = await answers({}, ['/v1/images/1i99', '/v1/images/5']);
    expect([missing?.status, unreadable?.status]).toEqual([404, 404]);
    expect({ ...missing?.body, id: 0 }).toEqual({ ...shape.plain, id: 0 });
    const [refused, unknown] = await answers({}, ['/v1/images/1i5/?action=purge', '/v1/images/1i5/?action=fly'], {
      method: 'POST',
    });
    expect({ ...refused?.body, id: 0 }).toEqual({ ...shape.validation, id: 0 });
    expect(unknown?.body['code']).toBe('InvalidAction');
  });

  it('challenges who has no key, as recorded', async () => {
    const recorded = read<readonly { id: string; body?: Fields }[]>('recorded-http.json').find(
      ({ id }) => id === 'rec-401',
    )?.body;
    const [answer] = await answers({}, ['/v1/projects/1a5'], { headers: { accept: 'application/json' } });
    expect({ ...answer?.body, id: 0 }).toEqual({ ...recorded, id: 0 });
    expect(answer?.headers.get('www-authenticate')).toMatch(/^Basic realm="/);
  });

  it('describes images as the recorded schema does', async () => {
    const recorded = read<Fields>('schema-image-v2beta.recorded.json');
    const [answer] = await answers({ version: '1.5' }, ['/v2-beta/schemas']);
    const schema = (answer?.body['data'] as readonly Fields[] | undefined)?.find(({ id }) => id === 'image');
    expect({ ...schema, links: 0 }).toEqual({ ...recorded, links: 0 });
    expect(answer?.body['pagination']).toBeNull();
  });

  it('lists with the recorded envelope', async () => {
    const recorded = read<readonly { id: string; body?: Fields }[]>('recorded-http.json').find(
      ({ id }) => id === 'rec-empty-collection',
    )?.body;
    const [answer] = await answers({}, ['/v1/images']);
    expect(Object.keys(answer?.body ?? {})).toEqual(Object.keys(recorded ?? {}));
    expect(Object.keys(answer?.body['pagination'] as Fields)).toEqual(Object.keys(recorded?.['pagination'] as Fields));
  });

  it('writes an image in the order of the facts', async () => {
    const { active } = read<{ active: Fields }>('examples.constructed.json');
    const [answer] = await answers({ version: '1.5' }, ['/v1/projects/1a5/images/1i5']);
    expect(Object.keys(answer?.body ?? {})).toEqual(Object.keys(active));
    const paths = (links: unknown): readonly string[] =>
      Object.values(links as Readonly<Record<string, string>>).map((link) => link.slice(link.indexOf('/v1')));
    expect(paths(answer?.body['links'])).toEqual(paths(active['links']));
    expect(paths(answer?.body['actions'])).toEqual(paths(active['actions']));
  });

  it('shows each role the fields, actions and methods of the decoded schemas', () => {
    interface Decoded {
      readonly create: boolean;
      readonly update: boolean;
      readonly deletable: boolean;
      readonly resourceFields: Fields;
      readonly resourceActions: Fields;
      readonly collectionFilters: Readonly<Record<string, { modifiers: readonly string[] }>>;
    }
    const decoded = read<Readonly<Record<Role, Decoded>>>('v1-image-schema-by-role.decoded.json');
    const release = releaseOf('1.6');
    for (const role of ['project', 'readonly', 'superadmin'] as const) {
      const { create, update, deletable, resourceFields, resourceActions, collectionFilters } = decoded[role];
      const methods = methodsOf(role);
      expect(Object.keys(fieldsOf(release, 'v1', role)).sort()).toEqual(Object.keys(resourceFields).sort());
      expect([...schemaActionsOf(release, 'v1', role)].sort()).toEqual(Object.keys(resourceActions).sort());
      expect([
        methods.collection.includes('POST'),
        methods.resource.includes('PUT'),
        methods.resource.includes('DELETE'),
      ]).toEqual([create, update, deletable]);
      expect(filterModifiers).toEqual(
        Object.fromEntries(Object.entries(collectionFilters).map(([name, { modifiers }]) => [name, modifiers])),
      );
    }
  });
});

describe('the fake moves by time alone', () => {
  it('rests in a transition however often it is looked at', async () => {
    const cloud = await rancherCloud({ transitionMs: 3_600_000 }).start();
    try {
      const id = cloud.put({ state: 'active' });
      cloud.start(id, 'deactivate');
      for (let look = 0; look < 5; look += 1) expect(cloud.row(id).state).toBe('deactivating');
      cloud.advance(3_600_000);
      expect(cloud.row(id).state).toBe('inactive');
    } finally {
      await cloud.stop();
    }
  });

  it('hides removed images at once from 1.2 on, and after a minute before', async () => {
    for (const [version, shown] of [
      ['1.1', 1],
      ['1.5', 0],
      ['1.6', 0],
    ] as const) {
      const cloud = await rancherCloud({ version, transitionMs: 0, key: null }).start();
      try {
        const id = cloud.put({ state: 'inactive' });
        cloud.start(id, 'remove');
        const count = async (query: string): Promise<number> =>
          ((await (await fetch(`${cloud.origin}/v1/images${query}`)).json()) as { data: readonly unknown[] }).data.length;
        expect(await count(''), version).toBe(shown);
        expect(await count('?removed_null=1'), version).toBe(0);
        expect(await count('?_removed=true'), version).toBe(version === '1.5' ? 0 : 1);
        cloud.advance(61_000);
        expect(await count(''), version).toBe(0);
      } finally {
        await cloud.stop();
      }
    }
  });
});
