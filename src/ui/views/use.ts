import type { Use } from '../../core/operation.ts';
import { defineView } from '../view.ts';

/** A use of an image: `image` and `profile` say which. */
export interface UseRow extends Use {
  readonly profile: string;
  readonly image: string;
}

/** What uses images, a line each. */
export const useView = defineView<UseRow>({
  name: 'known uses',
  columns: {
    profile: { value: (row) => row.profile },
    image: { value: (row) => row.image, kind: 'id' },
    kind: { value: (row) => row.kind },
    id: { value: (row) => row.id, kind: 'id' },
    name: { value: (row) => row.name },
    status: { value: (row) => row.status, kind: 'status' },
    place: { value: (row) => row.place },
    owner: { value: (row) => row.owner, kind: 'id' },
    via: { value: (row) => row.via, kind: 'id' },
  },
  usual: ['kind', 'id', 'name', 'status', 'place', 'owner'],
  wide: ['profile', 'image', 'kind', 'id', 'name', 'status', 'place', 'owner', 'via'],
  id: (row) => row.id,
  json: (row) => row,
});
