import { createHash } from 'node:crypto';

/** The digest under which a registry keeps a text. Only documents of a few KiB are hashed here; disks are hashed on their way. */
export const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;
