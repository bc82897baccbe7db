import type { PublishedRow } from '../../core/publication.ts';
import { defineView } from '../view.ts';

/** The result of `publish`. */
export const publishedView = defineView<PublishedRow>({
  name: 'images',
  columns: {
    image: { value: (row) => row.image },
    profile: { value: (row) => row.profile },
    id: { value: (row) => row.id, kind: 'id' },
    result: { value: (row) => row.result, kind: 'status' },
    product: { value: (row) => row.product },
    serial: { value: (row) => row.serial },
    path: { value: (row) => row.path, kind: 'id' },
    bytes: { value: (row) => row.bytes, kind: 'size', title: 'size' },
    digests: {
      value: (row) => row.digests,
      parts: (value) => Object.entries((value ?? {}) as Readonly<Record<string, string>>),
    },
    fingerprint: { value: (row) => row.fingerprint, kind: 'id' },
    compared: { value: (row) => row.compared },
    message: { value: (row) => row.message },
  },
  usual: ['profile', 'image', 'result', 'product', 'serial', 'bytes', 'message'],
  wide: ['profile', 'image', 'id', 'result', 'product', 'serial', 'bytes', 'path', 'fingerprint', 'compared', 'message'],
  spare: ['message', 'bytes'],
  id: (row) => row.path ?? '',
  json: (row) => row,
});
