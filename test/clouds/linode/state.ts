import { gunzipSync } from 'node:zlib';
import { privateImage, type WireEvent, type WireImage, timeAt } from './records.ts';

const mebibyte = 1024 * 1024;

/** A signed address for one image's data. */
export interface UploadTarget {
  readonly image: string;
  /** Path and query, to the letter. */
  readonly path: string;
  /** Unix time, seconds. */
  readonly expires: number;
}

export interface LinodeOptions {
  /** Milliseconds that work takes which goes on after an answer; default 40. */
  readonly workMs?: number;
  /** Pages of images that may be listed in a minute; default 20, as the real one. */
  readonly listsPerMinute?: number;
}

/** The account: what is in it, and the work that goes on by itself as time passes. */
export class Account {
  readonly token = 'fake-linode-token-5f3a';
  readonly workMs: number;
  readonly listsPerMinute: number;
  /** The bytes of each upload, as they came. */
  readonly received = new Map<string, Buffer>();
  readonly images = new Map<string, WireImage>();
  readonly events: WireEvent[] = [];
  readonly targets = new Map<string, UploadTarget>();
  /** Where an image that waits for its data will lie. */
  readonly regionOf = new Map<string, string>();
  /** When images were listed, in ms. */
  readonly lists: number[] = [];
  /** Disks that an image can be made of, with their size in MB. */
  readonly disks = new Map([[5, 25_088]]);
  scopes = '*';
  mayReadEvents = true;
  /** What every success of a change warns of: then it is 202. */
  warnings: readonly { readonly title: string; readonly details: string }[] = [];
  /** What becomes of data that cannot be used: its record stays as it is for ever, or goes. */
  badData: 'stays' | 'vanishes' = 'stays';
  /** Regions where a copy never comes to its end. */
  readonly stuck = new Set<string>();
  #numbers = 100_000;
  #pending: { at: number; work: () => void }[] = [];
  #skewMs = 0;

  constructor(options: LinodeOptions) {
    this.workMs = options.workMs ?? 40;
    this.listsPerMinute = options.listsPerMinute ?? 20;
  }

  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  /** Does `work` when `ms` have passed, at the next request. */
  later(ms: number, work: () => void): void {
    this.#pending.push({ at: this.#now() + ms, work });
  }

  /** Lets time pass: what begins to last for hours ends when a test says so, and not before. */
  advance(ms: number): void {
    this.#skewMs += ms;
  }

  #now(): number {
    return performance.now() + this.#skewMs;
  }

  /** Does the work whose time has come. */
  settle(): void {
    const now = this.#now();
    const due = this.#pending.filter(({ at }) => at <= now).sort((one, other) => one.at - other.at);
    this.#pending = this.#pending.filter(({ at }) => at > now);
    for (const { work } of due) work();
  }

  addImage(said: Partial<WireImage> & { label: string }): WireImage {
    const image = privateImage(this.nextNumber(), said);
    this.images.set(image.id, image);
    return image;
  }

  addEvent(action: string, entity: WireEvent['entity'], secondary: WireEvent['secondary_entity'] = null): WireEvent {
    const id = this.nextNumber();
    const event: WireEvent = {
      id,
      created: timeAt(id % 100_000),
      seen: false,
      read: false,
      percent_complete: 0,
      time_remaining: null,
      rate: null,
      duration: 0,
      action,
      username: 'someone',
      entity,
      secondary_entity: secondary,
      status: 'scheduled',
      message: '',
      details: {},
    };
    this.events.unshift(event);
    return event;
  }

  /** Makes an image usable in these regions. */
  finish(image: WireImage, sizeMb: number, regions: readonly string[]): void {
    image.status = 'available';
    image.size = sizeMb;
    image.total_size = sizeMb * regions.length;
    image.capabilities = [...new Set([...image.capabilities, 'distributed-sites'])];
    image.regions = regions.map((region) => ({ region, status: 'available' }));
  }

  /** Takes the data of an upload and works on it: unpacked in the end, or found to be of no use. */
  take(image: WireImage, data: Buffer, region: string): void {
    this.received.set(image.id, data);
    const event = this.addEvent('image_upload', entityOf(image));
    event.status = 'started';
    event.percent_complete = 90;
    this.later(this.workMs / 2, () => void (event.percent_complete = 0));
    this.later(this.workMs, () => {
      const sizeMb = unpackedMb(data);
      if (sizeMb === undefined) {
        event.status = 'failed';
        event.message = 'Failed to decompress image';
        if (this.badData === 'vanishes') this.images.delete(image.id);
        return;
      }
      event.status = 'finished';
      event.percent_complete = 100;
      if (this.images.has(image.id)) this.finish(image, sizeMb, [region]);
    });
  }
}

/** An image as events name it: by its number alone. */
export function entityOf(image: WireImage): WireEvent['entity'] {
  const number = Number(image.id.split('/')[1]);
  return { label: image.label, id: number, type: 'image', url: `/v4/images/private/${number}` };
}

function unpackedMb(data: Buffer): number | undefined {
  try {
    return Math.max(1, Math.ceil(gunzipSync(data).length / mebibyte));
  } catch {
    return undefined;
  }
}
