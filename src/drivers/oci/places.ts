import type { Operation } from '../../core/operation.ts';
import type { OciClient } from './client.ts';

/** The repositories that the profile names. What else a registry has, most hosted ones tell nobody. */
export const places: Operation<OciClient, 'places'> = {
  place: 'repository',
  copies: 'same',
  run: async (client) => [
    { name: client.home.name, title: client.home.shown, usable: 'yes', isDefault: true },
    ...[...client.places.values()].map(({ name, shown }) => ({ name, title: shown, usable: 'yes' as const })),
  ],
};
