import { defineView } from '../view.ts';

/**
 * A file that was written. `verifiedBy`: the digest that whoever offered the bytes had published, and that agreed; `blocks-sha256`: one
 * of each block. `signer`: by whose key it was proved to be signed.
 */
export interface SavedFile {
  readonly profile?: string;
  readonly image?: string;
  readonly path: string;
  readonly bytes: number;
  readonly digests: Readonly<Record<string, string>>;
  readonly verifiedBy?: string;
  readonly contentId?: string;
  readonly signer?: string;
}

/** The result of `download` and `convert`. */
export const savedView = defineView<SavedFile>({
  name: 'files',
  columns: {
    path: { value: (file) => file.path, kind: 'id' },
    bytes: { value: (file) => file.bytes, kind: 'size', title: 'size' },
    digests: { value: (file) => file.digests, parts: (value) => Object.entries(value as Readonly<Record<string, string>>) },
    verifiedBy: { value: (file) => file.verifiedBy },
    profile: { value: (file) => file.profile },
    image: { value: (file) => file.image, kind: 'id' },
    contentId: { value: (file) => file.contentId, kind: 'id' },
    signer: { value: (file) => file.signer, kind: 'id' },
  },
  usual: ['path', 'bytes', 'digests', 'verifiedBy'],
  wide: ['path', 'bytes', 'digests', 'verifiedBy', 'profile', 'image', 'contentId', 'signer'],
  id: (file) => file.path,
  json: (file) => file,
});
