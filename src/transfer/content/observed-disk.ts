import type { Bytes } from '../../core/http.ts';
import { ContentIdHash } from '../writers/content-id.ts';
import type { DiskObserver } from '../writers/disk-observer.ts';

/** Sees nothing. */
export const nobody: DiskObserver = { data: () => undefined, zeros: () => undefined };

/** The disk's content id, from its bytes on their way. They may be read again: the last reading counts. */
export class ObservedDisk {
  #hash: ContentIdHash | undefined;
  #id: Promise<string> | undefined;

  /** Whether there was a reading, be it under way. */
  get isSeen(): boolean {
    return this.#hash !== undefined;
  }

  /** Who sees the next reading. */
  observe(): DiskObserver {
    this.#id = undefined;
    return (this.#hash = new ContentIdHash());
  }

  /** Of a reading that has come to its end. Absent: there was none. */
  contentId(): Promise<string> | undefined {
    return (this.#id ??= this.#hash?.digest());
  }
}

export async function* observedBytes(bytes: Bytes, observer: DiskObserver): Bytes {
  for await (const chunk of bytes) {
    await observer.data(chunk);
    yield chunk;
  }
}
