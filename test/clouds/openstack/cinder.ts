import { randomUUID } from 'node:crypto';
import type { FakeAnswer } from '../../support/fake-server.ts';
import { pageOf, serviceFailure } from './paged.ts';
import type { Caller } from './store.ts';

interface Volume {
  readonly name: string;
  /** Absent: it was made empty. */
  readonly image?: string;
  readonly project: string;
  /** Id of the server that it is attached to. */
  readonly server?: string;
}

export interface Cinder {
  /** Rows of a page, at most. */
  pageMost: number;
  /** Its rules let it say which image a volume was made from. */
  tellsImages: boolean;
  /** Makes a volume, and gives its id. */
  create(volume: Volume): string;
  answer(path: string, query: URLSearchParams, caller: Caller | undefined): FakeAnswer | undefined;
}

/** A Cinder v3 that can be asked for volumes. */
export function startCinder(): Cinder {
  const volumes: (Volume & { readonly id: string })[] = [];
  const wireOf = ({ id, name, image, project, server }: Volume & { readonly id: string }) => ({
    id,
    name,
    status: server === undefined ? 'available' : 'in-use',
    availability_zone: 'nova',
    bootable: image === undefined ? 'false' : 'true',
    attachments: server === undefined ? [] : [{ server_id: server, volume_id: id, device: '/dev/vda' }],
    'os-vol-tenant-attr:tenant_id': project,
    // What was made empty says nothing of an image.
    ...(image === undefined || !cinder.tellsImages ? {} : { volume_image_metadata: { image_id: image, disk_format: 'qcow2' } }),
  });

  const cinder: Cinder = {
    pageMost: 2,
    tellsImages: true,
    create(volume) {
      const id = randomUUID();
      volumes.push({ ...volume, id });
      return id;
    },
    answer(path, query, caller) {
      if (!path.startsWith('/v3/')) return { status: 300, body: { versions: [{ id: 'v3.0', status: 'CURRENT' }] } };
      if (!caller) return { status: 401, body: 'Authentication required' };
      const [, project = ''] = /^\/v3\/([^/]+)\/volumes\/detail$/.exec(path) ?? [];
      if (project !== caller.project) return serviceFailure(400, 'badRequest', 'Malformed request url');
      // Who may not see the volumes of all projects is not refused: he gets his own.
      const everywhere = caller.admin && query.get('all_tenants') === '1';
      const found = volumes.filter((volume) => everywhere || volume.project === caller.project);
      return pageOf('volumes', found.map(wireOf), query, cinder.pageMost);
    },
  };
  return cinder;
}
