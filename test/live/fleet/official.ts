import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '../incus/lab.ts';
import type { Raw } from '../real-cloud.ts';
import { library } from '../registry/cloud.ts';
import type { Registry } from '../registry/bed.ts';

/** An image as a client that is not imgctl sees it. */
export interface Seen {
  readonly id: string;
  readonly name: string;
  /** Whoever asks for an image gets it: neither blocked nor hidden. */
  readonly inService: boolean;
  readonly properties: Readonly<Record<string, string>>;
  /** Where somebody has changed it, this is another one. */
  readonly state: string;
}

/** Gives all images of one service. */
export type Look = () => Promise<readonly Seen[]>;

export const ofGlance =
  (raw: Raw): Look =>
  async () => {
    const found: Seen[] = [];
    for (let page: string | undefined = '/images?limit=1000'; page !== undefined;) {
      const answer = (await raw('GET', page)) as { images: readonly Record<string, string>[]; next?: string };
      for (const { id = '', name = '', status, updated_at: state = '', ...properties } of answer.images)
        found.push({ id, name, inService: status === 'active', properties, state });
      page = answer.next?.replace(/^\/v2/, '');
    }
    return found;
  };

/** What skopeo finds of a record in a registry or a folder. */
async function recordOf(id: string, place: string): Promise<Seen> {
  const inspect = ['inspect', '--config', '--raw', ...(place.startsWith('docker:') ? ['--tls-verify=false'] : [])];
  const { stdout } = await promisify(execFile)('skopeo', [...inspect, place]);
  const record = JSON.parse(stdout) as { name: string; status: string; hidden: boolean; properties: Record<string, string> };
  const { name, status, hidden, properties } = record;
  return { id, name, inService: status === 'active' && !hidden, properties, state: stdout };
}

export const ofRegistry =
  (registry: Registry): Look =>
  async () => {
    const place = `docker://${registry.host}/${library}`;
    const { stdout } = await promisify(execFile)('skopeo', ['list-tags', '--tls-verify=false', place]).catch(() => ({
      stdout: '{ "Tags": [] }',
    }));
    const { Tags: all } = JSON.parse(stdout) as { Tags: readonly string[] };
    // By that tag others follow the channel: its image has one of its own.
    const tags = all.filter((tag) => !tag.endsWith('-stable'));
    return Promise.all(tags.map((tag) => recordOf(tag, `${place}:${tag}`)));
  };

export const ofFolder =
  (folder: string): Look =>
  async () => {
    const index = JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8')) as {
      manifests: readonly { annotations: Readonly<Record<string, string>> }[];
    };
    const ids = index.manifests.map(({ annotations }) => annotations['org.opencontainers.image.ref.name'] ?? '');
    return Promise.all(ids.map((id) => recordOf(id, `oci:${folder}:${id}`)));
  };

export const ofIncus =
  (site: Lab): Look =>
  async () => {
    const list = JSON.parse(await site.official('incus', 'image', 'list', 'lab:', '--format', 'json')) as readonly {
      fingerprint: string;
      aliases: readonly { name: string }[];
      properties: Readonly<Record<string, string>>;
    }[];
    return list.map((image) => ({
      id: image.fingerprint,
      name: image.aliases.find(({ name }) => !name.includes('@'))?.name ?? '',
      inService: true,
      properties: image.properties,
      state: JSON.stringify(image),
    }));
  };
