import { createHash } from 'node:crypto';

/** The digest that names a small document. Disks are hashed on their way. */
export const digestOf = (bytes: string | Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
