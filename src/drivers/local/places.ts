import type { Operation } from '../../core/operation.ts';
import { homePlace, type LocalClient } from './client.ts';

export const places: Operation<LocalClient, 'places'> = {
  place: 'folder',
  copies: 'same',
  run: async (client) => [
    { name: homePlace, title: client.home.path, usable: 'yes', isDefault: true },
    ...[...client.places].map(([name, folder]) => ({ name, title: folder.path, usable: 'yes' as const })),
  ],
};
