import type { Cloud, Seed, Strange } from '../conformance/cloud.ts';
import type { Bed } from './setup.ts';

export type User = 'demo' | 'admin' | 'alt' | 'reader';
const projectOf: Readonly<Record<User, string>> = { demo: 'demo', admin: 'admin', alt: 'alt', reader: 'demo' };

/** Values of a profile for one of the bed's users. */
export const valuesFor = (bed: Bed, user: User, region = 'RegionOne'): Readonly<Record<string, string>> => ({
  authUrl: bed.keystone,
  username: user,
  password: `${user}-secret`,
  userDomain: 'Default',
  project: projectOf[user],
  region,
});

/** A request to Glance without the driver. Throws when it is refused. */
export type Raw = (method: string, path: string, body?: unknown, type?: string) => Promise<unknown>;

/** Signs in and speaks to the Glance of a region. */
export async function rawGlance(bed: Bed, user: User, region = 'RegionOne'): Promise<Raw> {
  const domain = { id: 'default' };
  const answer = await fetch(`${bed.keystone}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name: user, domain, password: `${user}-secret` } } },
        scope: { project: { name: projectOf[user], domain } },
      },
    }),
  });
  const token = answer.headers.get('x-subject-token') ?? '';
  return async (method, path, body, type = 'application/json') => {
    const response = await fetch(`${bed.glance[region] ?? ''}/v2${path}`, {
      method,
      headers: { accept: 'application/json', 'x-auth-token': token, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? Uint8Array.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
}

async function plant(raw: Raw, seed: Seed): Promise<string> {
  const made = (await raw('POST', '/images', {
    name: seed.name,
    disk_format: 'raw',
    container_format: 'bare',
    tags: seed.tags ?? [],
    ...(seed.description === undefined ? {} : { description: seed.description }),
    ...seed.properties,
    ...(seed.isPublic ? { visibility: 'public' } : {}),
  })) as { id: string };
  if (seed.status !== 'queued')
    await raw('PUT', `/images/${made.id}/file`, seed.data ?? Buffer.alloc(1024, seed.name), 'application/octet-stream');
  if (seed.status === 'inactive') await raw('POST', `/images/${made.id}/actions/deactivate`);
  return made.id;
}

/** alt's images of one name, as they come into sight to this user: what is offered to his project, what everybody may see. */
async function strangers(bed: Bed, user: User, name: string): Promise<Readonly<Partial<Record<Strange, string>>>> {
  const [alt, admin, us] = await Promise.all([rawGlance(bed, 'alt'), rawGlance(bed, 'admin'), rawGlance(bed, user)]);
  const member = bed.projects[projectOf[user]];
  const make = async (visibility: string, raw = alt): Promise<string> => {
    const fields = { name, visibility, disk_format: 'raw', container_format: 'bare', owner: bed.projects.alt };
    const { id } = (await raw('POST', '/images', fields)) as { id: string };
    await raw('PUT', `/images/${id}/file`, Buffer.alloc(1024, name), 'application/octet-stream');
    return id;
  };
  const offer = async (status?: string): Promise<string> => {
    const id = await make('shared');
    await alt('POST', `/images/${id}/members`, { member });
    if (status !== undefined) await us('PUT', `/images/${id}/members/${member ?? ''}`, { status });
    return id;
  };
  return {
    public: await make('public', admin),
    community: await make('community'),
    private: await make('private'),
    offered: await offer(),
    rejected: await offer('rejected'),
    // An administrator sees those of everybody, and nothing tells him which are shared with him.
    ...(user === 'admin' ? {} : { shared: await offer('accepted') }),
  };
}

/** The bed for the conformance suite, as seen by one of its users. Public images are the administrator's. */
export const realCloud = (bed: Bed, user: User): Cloud => ({
  wire: false,
  async start() {
    const [own, admin] = await Promise.all([rawGlance(bed, user), rawGlance(bed, 'admin')]);
    return {
      values: valuesFor(bed, user),
      async seed(images) {
        const ids: string[] = [];
        for (const seed of images) ids.push(await plant(seed.isPublic ? admin : own, seed));
        return ids;
      },
      strangers: (name) => strangers(bed, user, name),
      requests: () => [],
      forget: () => undefined,
      fail: () => {
        throw new Error('a real Glance does not fail on demand');
      },
      stop: () => Promise.resolve(),
    };
  },
});
