import type { Call } from './call.ts';
import type { Channel } from './channel.ts';
import type { ImageRecord } from './image.ts';

/**
 * By what tools that know nothing of channels find the target of one: an alias, a tag, a parameter. It is derived: what an image says of
 * itself counts, and this follows.
 */
export interface Projection {
  /** As its tools name it. */
  readonly name: string;
  /** The image that it leads to. Absent: it leads nowhere, or is somebody else's. */
  readonly id?: string;
  /** It leads to that image as it was before a change, or is elsewhere besides. */
  readonly isBehind?: boolean;
  /** What somebody else has called so, in words: it is never moved, and never removed. */
  readonly takenBy?: string;
}

/** How a driver lets something follow a channel. Nothing here is done twice: what is so already costs no write. */
export interface ProjectionOperation<Client> {
  /** What it is, in a word: `alias`, `tag`, `parameter`. */
  readonly kind: string;
  /** How a profile gets another one, or none: what to do where its name is somebody else's. Absent: it cannot. */
  readonly otherwise?: string;
  /** What follows a channel now. Absent: nothing is to, in this account, or nothing can bear its name. */
  look(client: Client, channel: Channel, call: Call): Promise<Projection | undefined>;
  /** Lets it lead to an image, in one step: whoever looks finds the one before or this one. Throws CONFLICT where it is somebody else's. */
  point(client: Client, channel: Channel, image: ImageRecord, call: Call): Promise<void>;
  /** Takes it away, and nothing else; what is not there, or is somebody else's, is left. */
  remove(client: Client, channel: Channel, call: Call): Promise<void>;
}

/** The same for one account. */
export interface BoundProjection {
  readonly kind: string;
  readonly otherwise?: string;
  look(channel: Channel, call: Call): Promise<Projection | undefined>;
  point(channel: Channel, image: ImageRecord, call: Call): Promise<void>;
  remove(channel: Channel, call: Call): Promise<void>;
}

/** What a driver has for one client; absent: nothing follows a channel. */
export function boundProjection<Client>(
  projection: ProjectionOperation<Client> | undefined,
  client: Client,
): BoundProjection | undefined {
  if (!projection) return undefined;
  const { kind, otherwise } = projection;
  return {
    kind,
    ...(otherwise === undefined ? {} : { otherwise }),
    look: (channel, call) => projection.look(client, channel, call),
    point: (channel, image, call) => projection.point(client, channel, image, call),
    remove: (channel, call) => projection.remove(client, channel, call),
  };
}
