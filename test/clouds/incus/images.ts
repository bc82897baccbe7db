import { createHash } from 'node:crypto';

/** An image as the server keeps it. */
export interface Kept {
  readonly fingerprint: string;
  readonly metadata: Buffer;
  readonly disk: Buffer;
  readonly isVirtualMachine: boolean;
  /** It came as one archive, and goes as one. */
  readonly isUnified: boolean;
  readonly fileName: string;
  readonly architecture: string;
  readonly createdAt: string;
  readonly uploadedAt: string;
  auto_update: boolean;
  public: boolean;
  properties: Record<string, string>;
  profiles: readonly string[];
  expires_at: string;
  /** What a test has put into its record. */
  readonly extra: Record<string, unknown>;
}

/** Empty values are dropped when they are stored. */
export const storable = (properties: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== ''));

/** It covers these fields, and neither aliases nor expiry. */
export const etagOf = (image: Pick<Kept, 'public' | 'auto_update' | 'properties'>): string =>
  createHash('sha256')
    .update(JSON.stringify([image.public, image.auto_update, Object.entries(image.properties).sort()]))
    .digest('hex');

/** The images and aliases of one project. */
export class Images {
  readonly byId = new Map<string, Kept>();
  /** By name, case-sensitive. */
  readonly aliases = new Map<string, { target: string; description: string }>();

  /** Oddity: the place of an id in a path is a pattern of SQL. */
  matching(text: string): Kept | undefined {
    const pattern = text
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('%', '.*')
      .replaceAll('_', '.');
    return [...this.byId.values()].find(({ fingerprint }) => new RegExp(`^${pattern}`, 'i').test(fingerprint));
  }

  /** In another order each time. */
  all(): readonly Kept[] {
    return [...this.byId.values()]
      .map((image) => ({ image, at: Math.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ image }) => image);
  }

  remove(id: string): void {
    this.byId.delete(id);
    for (const [name, { target }] of this.aliases) if (target === id) this.aliases.delete(name);
  }

  recordOf(image: Kept): Record<string, unknown> {
    const aliases = [...this.aliases].filter(([, { target }]) => target === image.fingerprint);
    return {
      auto_update: image.auto_update,
      properties: image.properties,
      public: image.public,
      expires_at: image.expires_at,
      profiles: image.profiles,
      aliases: aliases.map(([name, { description }]) => ({ name, description })),
      architecture: image.architecture,
      cached: false,
      filename: image.fileName,
      fingerprint: image.fingerprint,
      size: image.metadata.length + image.disk.length,
      type: image.isVirtualMachine ? 'virtual-machine' : 'container',
      created_at: image.createdAt,
      last_used_at: '0001-01-01T00:00:00Z',
      uploaded_at: image.uploadedAt,
      project: 'default',
      ...image.extra,
    };
  }
}

/** What an image says of itself as fields of one object, to be read and set: its name is an alias, its description a property. */
export function asFields(images: Images, id: string): Record<string, unknown> {
  const image = images.byId.get(id);
  if (!image) return {};
  const nameOf = (): string => [...images.aliases].find(([, { target }]) => target === id)?.[0] ?? '';
  return Object.defineProperties({} as Record<string, unknown>, {
    name: {
      enumerable: true,
      get: nameOf,
      set(name: string) {
        images.aliases.delete(nameOf());
        images.aliases.set(name, { target: id, description: '' });
      },
    },
    description: {
      enumerable: true,
      get: () => image.properties.description,
      set(description: string) {
        image.properties = { ...image.properties, description };
      },
    },
  });
}
