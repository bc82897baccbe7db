import type { Accept, Compression, Format } from '../core/encoding.ts';
import { limitError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import type { Content } from '../core/operation.ts';
import { humanSize } from '../core/quantity.ts';
import { checkedSource, checkNow, strongest, type Checksum } from './checked.ts';
import { encoderFor, type Encoder } from './encode.ts';
import { inspect, readRuns, streamRuns, unwrap } from './formats/index.ts';
import { sourceOfBytes, sourceOfPrefix } from './formats/reading.ts';
import type { Finding, Inspection } from './formats/inspection.ts';
import { measure, type Measured } from './measure.ts';
import { planTransfer, readable, type Plan } from './plan.ts';
import { withPrefix } from './prefix.ts';
import type { RandomSource, Runs } from './runs.ts';

import { checkClaim, checkSafety } from './safety.ts';
import type { Source } from './source.ts';
import { spool } from './spool.ts';
import { contentIdOf, ContentIdHash } from './writers/content-id.ts';
import type { GuestObserver } from './writers/guest-observer.ts';

/** What the user wants of a transfer. */
export interface Wishes {
  /** Format of the result; absent: as it is, or what the target takes. */
  readonly format?: Format | undefined;
  /** What the user says that the source is. */
  readonly fromFormat?: Format | undefined;
  /** Codes of findings that are meant to be so. */
  readonly allowUnsafe: readonly string[];
  readonly checksum?: Checksum | undefined;
}

/** What a transfer works with. `folder` is for temporary files; `digests` are taken of what is sent, besides SHA-256. */
export interface Means {
  readonly digests: readonly string[];
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Bytes that have passed, of `total` where that is known. */
  progress(bytes: number, total: number | undefined): void;
}

/** A source, looked at, and the way to its target. */
export interface Prepared {
  readonly inspection: Inspection;
  readonly warnings: readonly Finding[];
  readonly plan: Plan;
  /** Makes the content; temporary files that the plan needs are written now. */
  content(): Promise<Content>;
  /** Content id of the disk, absent where it cannot be told without decoding what is only passed on. */
  contentId(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** The most that a compressed file may unfold to where the target names no limit of its own. */
const bombLimitBytes = 64 * 2 ** 40;

/** What a source is: looked at where it can be read at any place, else by its beginning. */
export async function examine(source: Source): Promise<{ readonly source: Source; readonly inspection: Inspection }> {
  if (source.random) return { source, inspection: await inspect(source.random) };
  const { source: again, prefix, complete } = await withPrefix(source);
  return { source: again, inspection: await inspect(complete ? sourceOfBytes(prefix) : sourceOfPrefix(prefix)) };
}

/**
 * Looks at a source, refuses it where it is unsafe, and plans its way to one of the encodings that are accepted.
 * Throws INTEGRITY, USAGE, LIMIT or UNSUPPORTED before anything is sent, and then closes the source.
 */
export async function prepare(given: Source, accepts: readonly Accept[], wishes: Wishes, means: Means): Promise<Prepared> {
  try {
    return await looked(given, accepts, wishes, means);
  } catch (error) {
    await given.close();
    throw error;
  }
}

async function looked(given: Source, accepts: readonly Accept[], wishes: Wishes, means: Means): Promise<Prepared> {
  const { source, inspection } = await examine(given);
  checkClaim(source.name, inspection, wishes.fromFormat);
  const warnings = checkSafety(source.name, inspection, wishes.allowUnsafe);
  const plan = planTransfer(
    {
      format: inspection.format,
      ...(inspection.compression ? { compression: inspection.compression } : {}),
      ...(source.bytes === undefined ? {} : { bytes: source.bytes }),
      ...(inspection.virtualBytes === undefined ? {} : { virtualBytes: inspection.virtualBytes }),
      seekable: source.random !== undefined,
    },
    accepts,
    wishes,
  );
  const temporary: Source[] = [];
  let observed: ContentIdHash | undefined;
  let digest: Promise<string> | undefined;
  let guest: { readonly random: RandomSource; readonly inspection: Inspection } | undefined =
    source.random && !inspection.compression && readable.has(inspection.format)
      ? { random: source.random, inspection }
      : undefined;
  const expected = wishes.checksum ?? strongest(source.digests);
  const knownSha256 = plan.convert || plan.wrap || plan.unwrap ? undefined : source.digests?.sha256;

  async function content(): Promise<Content> {
    let from = expected ? checkedSource(source, expected) : source;
    if (plan.spoolInput) {
      const bytes = plan.unwrap ? unwrap(plan.unwrap, from.open(), bombLimitBytes) : from.open();
      from = await kept(bytes, source.name, plan.unwrap ? inspection.virtualBytes : source.bytes);
      guest = { random: from.random as RandomSource, inspection: await inspect(from.random as RandomSource) };
      checkSafety(source.name, guest.inspection, wishes.allowUnsafe);
    } else if (expected && from.random && plan.convert) await checkNow(source, expected);
    const encoder = await encoderOf(from, guest, plan);
    if (!plan.spoolOutput) return contentOf(encoder, from.repeatable, encoder.showsGuest ? observe : () => nobody);
    const spooled = await kept(encoder.open({ observer: observe(), signal: means.signal }), source.name);
    return contentOf(asItIs(spooled), true, () => nobody);
  }

  async function kept(bytes: Bytes, name: string, expectedBytes?: number): Promise<Source> {
    const file = await spool(bytes, means.folder, name, expectedBytes);
    temporary.push(file);
    return file;
  }

  function observe(): ContentIdHash {
    observed = new ContentIdHash();
    digest = undefined;
    return observed;
  }

  function contentOf(encoder: Encoder, repeatable: boolean, observer: () => GuestObserver): Content {
    let measured: Measured | undefined;
    return {
      encoding: plan.encoding,
      ...(encoder.bytes === undefined ? {} : { bytes: encoder.bytes }),
      ...(inspection.virtualBytes === undefined ? {} : { virtualBytes: inspection.virtualBytes }),
      repeatable,
      ...(knownSha256 === undefined ? {} : { sha256: knownSha256 }),
      open() {
        const bytes = encoder.open({ observer: observer(), signal: means.signal });
        measured = measure(watched(bytes, encoder.bytes, plan.accept.maxBytes, means), ['sha256', ...means.digests]);
        return measured.bytes;
      },
      // A target that has these bytes already does not ask for them: then what is known of them counts.
      sent: () =>
        measured?.result() ?? { bytes: encoder.bytes ?? 0, digests: knownSha256 === undefined ? {} : { sha256: knownSha256 } },
    };
  }

  return {
    inspection,
    warnings,
    plan,
    content,
    async contentId() {
      digest ??= observed?.digest();
      if (digest) return digest;
      // What is unsafe on purpose is passed on as it is; decoding it would lead outside of it.
      const isSound = guest?.inspection.findings.every((finding) => finding.level !== 'reject');
      return guest && isSound ? contentIdOf(readRuns(guest.random, guest.inspection)) : undefined;
    },
    async close() {
      await Promise.all([given, ...temporary].map((file) => file.close()));
    },
  };
}

const nobody: GuestObserver = { data: () => undefined, zeros: () => undefined };

type Guest = { readonly random: RandomSource; readonly inspection: Inspection };

/** How the plan's bytes are made, and whether the observer gets to see the guest's bytes on the way. */
async function encoderOf(
  source: Source,
  guest: Guest | undefined,
  plan: Plan,
): Promise<Encoder & { readonly showsGuest: boolean }> {
  const open = (): Bytes => unwrapped(source, plan.spoolInput ? undefined : plan.unwrap);
  const runs = (): Runs => (guest ? readRuns(guest.random, guest.inspection) : streamRuns(open()));
  if (plan.convert || plan.wrap)
    return { ...(await encoderFor(runs, plan.encoding, guest?.inspection.virtualBytes)), showsGuest: true };
  const showsGuest = plan.encoding.format === 'raw' && plan.encoding.compression === undefined;
  const bytes = plan.unwrap || source.bytes === undefined ? {} : { bytes: source.bytes };
  return { ...bytes, open: ({ observer }) => (showsGuest ? observedBytes(open(), observer) : open()), showsGuest };
}

const asItIs = (source: Source): Encoder => ({
  ...(source.bytes === undefined ? {} : { bytes: source.bytes }),
  open: () => source.open(),
});

const unwrapped = (source: Source, compression: Compression | undefined): Bytes =>
  compression ? unwrap(compression, source.open(), bombLimitBytes) : source.open();

async function* observedBytes(bytes: Bytes, observer: GuestObserver): Bytes {
  for await (const chunk of bytes) {
    await observer.data(chunk);
    yield chunk;
  }
}

/** Counts what passes; refuses to go on above the target's limit. */
async function* watched(bytes: Bytes, total: number | undefined, limit: number | undefined, means: Means): Bytes {
  let sent = 0;
  for await (const chunk of bytes) {
    sent += chunk.length;
    if (limit !== undefined && sent > limit)
      throw limitError(`what is sent grows above the ${humanSize(limit)} (${limit} bytes) that are taken there`);
    means.signal.throwIfAborted();
    yield chunk;
    means.progress(chunk.length, total);
  }
}
