import type { Job } from '../../src/core/job.ts';

/** A request as a fake cloud saw it. `body` is whole for API calls, and cut to 64 KiB for bulk uploads (`bodyBytes` counts all). */
export interface SeenRequest {
  readonly method: string;
  /** Path and query exactly as on the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bodyBytes: number;
}

/** What the next answers do instead of what they should. `on` picks requests (default: all); `times` how many (default 1). */
export interface Fault {
  readonly kind: 'answer' | 'answer afterwards' | 'drop' | 'truncate' | 'stall';
  readonly on?: (request: { readonly method: string; readonly path: string }) => boolean;
  readonly times?: number;
  /** `answer`: this instead of the real one, and of what is asked for; `answer afterwards`: that is done. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An image to be put into a cloud behind the driver's back. `data` absent: some bytes of the cloud's choice. */
export interface Seed {
  readonly name: string;
  /** `removed`: only where the provider keeps what was removed for a while. */
  readonly status?: 'active' | 'inactive' | 'queued' | 'removed';
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
  readonly isPublic?: boolean;
  readonly data?: Uint8Array;
}

/**
 * How an image of somebody else's may come into sight. `offered`: shared with us and not answered yet; `private`: not at all,
 * but for administrators.
 */
export type Strange = 'public' | 'community' | 'shared' | 'offered' | 'rejected' | 'private';

/** How work that goes on can stand. `forgotten`: the cloud does not know of it any more. */
export const jobStates = ['running', 'failed', 'forgotten'] as const;

/** A job that a cloud was given behind the driver's back, and what it says of it. */
export interface Work {
  readonly job: Job;
  readonly percent?: number;
  readonly message?: string;
}

export interface RunningCloud {
  /** Values of a profile that reaches it. */
  readonly values: Readonly<Record<string, string>>;
  /** Puts images in and returns their ids, in order. */
  seed(images: readonly Seed[]): Promise<readonly string[]>;
  /** Puts images of this name in for others, one for each way that there is here, and returns their ids. Absent: nobody else has images here. */
  strangers?(name: string): Promise<Readonly<Partial<Record<Strange, string>>>>;
  /** The record that the cloud keeps, to be looked at and changed behind the driver's back. Absent: it keeps documents that nobody can change. */
  stored?(id: string): Record<string, unknown>;
  /** Puts an image in that work of this state is about. Needed where the driver has jobs. Absent result: there is no such state here. */
  work?(state: (typeof jobStates)[number]): Work | undefined;
  /** What was asked since the start or since `forget`. A cloud without a wire (a folder) sees nothing. */
  requests(): readonly SeenRequest[];
  forget(): void;
  fail(fault: Fault): void;
  stop(): Promise<void>;
}

export interface Cloud {
  /** Whether requests can be seen and faults put in; false for a folder and for a real deployment. */
  readonly wire: boolean;
  start(): Promise<RunningCloud>;
}
