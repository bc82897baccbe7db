import { usageError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { checkAlias } from './aliases.ts';
import type { IncusClient } from './client.ts';
import { sayable } from './import.ts';
import { labels, labelsOf } from './labels.ts';
import { makeThere } from './server-side-image.ts';

/** Publishes a stopped instance, or a snapshot of one. A record without data is nothing that the server has. */
export const create: Operation<IncusClient, 'create'> = {
  from: ['disk'],
  fields: sayable,
  extras: {
    ...labels,
    compression: { kind: 'text', help: 'how the server packs it: none, gzip, zstd, xz … (default: as it is set)' },
  },

  async run(client, { description, fromDisk = '', extras }, call) {
    const { name = '' } = description;
    checkAlias(name);
    if (!/^[^/]+(\/[^/]+)?$/.test(fromDisk))
      throw usageError(`an instance is called by its name, a snapshot INSTANCE/SNAPSHOT: ${fromDisk}`, {
        hint: 'Use --from-disk INSTANCE.',
      });
    const naming = { description: { ...description, name }, mustBeFree: true, labels: labelsOf(extras) };
    const source = { type: fromDisk.includes('/') ? 'snapshot' : 'instance', name: fromDisk };
    const more = typeof extras.compression === 'string' ? { compression_algorithm: extras.compression } : {};
    return makeThere(client, { source, naming, more, what: `publishing ${fromDisk}` }, call);
  },
};
