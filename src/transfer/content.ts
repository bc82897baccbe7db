import { ImgctlError, integrityError, limitError } from '../core/errors.ts';
import type { Accept } from '../core/encoding.ts';
import type { Bytes } from '../core/http.ts';
import type { Content, Digests } from '../core/operation.ts';
import { given as facts } from '../core/image.ts';
import { humanSize } from '../core/quantity.ts';
import { checkedSource, compareDigests, type Checksum } from './checksum.ts';
import { withEnd } from './footer-check.ts';
import { encoderFor, type Encoder } from './compress.ts';
import type { Examined } from './detect.ts';
import { cureFor } from './formats/findings.ts';
import { canStream, findingOf, readRuns, streamRuns, unwrap, withMembersWatched } from './formats/index.ts';
import { isSound } from './virtual-disk.ts';
import { heldBack } from './withhold-tail.ts';
import type { Judgement } from './preflight.ts';
import { knownDigests, wholeDigest } from './known-digests.ts';
import { measure, type Measured } from './checksum-stream.ts';
import { isFlat, useOf } from './plan.ts';
import type { Means, Prepared, Wishes } from './prepare.ts';
import { makeReady, warnOf, type Ready } from './staging.ts';
import type { Runs } from './extents.ts';
import { checkSafety } from './safety.ts';
import type { Source } from './source.ts';
import { spool } from './spool.ts';
import { watched } from './backpressure.ts';
import { bombLimitBytes } from './full-scan.ts';
import { contentIdOf, ContentIdHash } from './writers/content-id.ts';
import type { GuestObserver } from './writers/disk-observer.ts';

/** What a content is made from. `given` is what has to be closed. */
interface Making {
  readonly given: Source;
  readonly seen: Examined;
  readonly judgement: Judgement;
  readonly accepts: readonly Accept[];
  readonly wishes: Wishes;
  readonly means: Means;
}

const nobody: GuestObserver = { data: () => undefined, zeros: () => undefined };

/** A `Prepared` of a source that was looked at. Whatever temporary files it makes are gone once it is closed. */
export function contentMaker({ given, seen, judgement, accepts, wishes, means }: Making): Prepared {
  const temporary: Source[] = [];
  // What can be read again is, should the target report another digest than the first.
  const algorithmsFor = (repeatable: boolean): readonly string[] => (repeatable ? means.digests.slice(0, 1) : means.digests);
  let now: Pick<Ready, 'seen' | 'judgement'> = { seen, judgement };
  let readying: Promise<Ready> | undefined;
  let observed: ContentIdHash | undefined;
  let hasMembers = false;
  let contentId: Promise<string> | undefined;
  const keep = (file: Source): void => void temporary.push(file);
  const passesOn = (): boolean => useOf(judgement.plan) === 'asIs' && useOf(now.judgement.plan) === 'asIs';

  warnOf(seen.source.name, judgement, undefined, means);

  const ready = (): Promise<Ready> =>
    (readying ??= makeReady({ seen, judgement, accepts, wishes, means, keep }).then((made) => (now = made)));

  /** The file's bytes, unwrapped where the plan says so; a disk without tables is proved at its end. `total`: how many are promised. */
  function bytesOf({ seen: read, judgement: { plan } }: Ready, expected: readonly Checksum[], total?: number): Bytes {
    const { source, inspection, whole } = read;
    const checked = checkedSource(source, expected);
    const limit = Math.min(bombLimitBytes, plan.accept.maxVirtualBytes ?? Infinity);
    const bytes = plan.unwrap ? unwrap(plan.unwrap, checked.open(), limit) : checked.open();
    if (whole || !isFlat(inspection.format) || (inspection.compression && !plan.unwrap)) return bytes;
    const judge = (found: typeof inspection): void => {
      checkSafety(source.name, found, wishes.allowUnsafe, useOf(plan));
      warnOf(source.name, { warnings: found.findings }, inspection, means);
    };
    return withEnd(limited(bytes, limit), { name: source.name, fileName: source.fileName, inspection, total, judge });
  }

  /** How the result is made. `shows`: the guest's bytes are seen on the way. */
  async function encoderOf(from: Ready): Promise<Encoder & { readonly shows: boolean }> {
    const { guest, expected } = from;
    const { plan } = from.judgement;
    const { source, inspection, whole, doubtful } = from.seen;
    if (plan.convert || plan.wrap) {
      const runs = (): Runs =>
        guest ? readRuns(guest.random, guest.inspection) : streamRuns(bytesOf(from, expected), inspection);
      const isKnown = whole || !isFlat(inspection.format);
      const disk = guest?.inspection.virtualBytes ?? (isKnown ? inspection.virtualBytes : undefined);
      const { alignBytes } = plan.encoding.format === 'vhd' ? plan.accept : {};
      if (alignBytes !== undefined && disk !== undefined && disk % alignBytes !== 0)
        means.warn(`${source.name}: the disk is filled up with zeros to a multiple of ${humanSize(alignBytes)}`);
      return { ...(await encoderFor(runs, plan.encoding, disk, alignBytes)), shows: true };
    }
    const shows = isFlat(plan.encoding.format) && plan.encoding.compression === undefined;
    // What may end as a fixed VHD goes without that footer.
    const length = plan.unwrap || doubtful || source.bytes === undefined ? {} : { bytes: source.bytes };
    // What is passed on is compared when it is sent: one hash is enough.
    const given = (): Bytes => bytesOf(from, passesOn() ? [] : expected, length.bytes);
    const isWatched = plan.accept.oneMember === true && plan.encoding.compression === 'gzip';
    const bytes = (): Bytes => (isWatched ? withMembersWatched(given(), () => warnOfMembers(source.name)) : given());
    return { ...length, open: ({ observer }) => (shows ? observedBytes(bytes(), observer) : bytes()), shows };
  }

  async function content(): Promise<Content> {
    const from = await ready();
    const { source } = from.seen;
    const { plan } = from.judgement;
    const encoder = await encoderOf(from);
    const observer = encoder.shows ? observe : () => nobody;
    const expected = passesOn() ? from.expected : [];
    const beforehand = (): Bytes => encoder.open({ observer: observer(), signal: means.signal });
    const known = passesOn() ? await knownDigests(source, wishes, means, beforehand) : {};
    // What was seen while it was hashed need not be looked at again: the target proves that it is the same.
    const unseen = observed && known.sha256 !== undefined ? () => nobody : observer;
    if (!plan.spoolOutput) return contentOf(from, encoder, source.repeatable, unseen, expected, known);
    const made = watched(encoder.open({ observer: observer(), signal: means.signal }), { ...means, limit: plan.accept.maxBytes });
    const result = await spool(made, means.folder, source.name, encoder.bytes);
    keep(result);
    return contentOf(from, { bytes: result.bytes ?? 0, open: () => result.open() }, true, () => nobody, expected, known);
  }

  /** Said once, though the bytes may be read again. */
  function warnOfMembers(name: string): void {
    if (!hasMembers)
      means.warn(`${name} has several gzip members, of which only the first may be unpacked there; gzip it as one`);
    hasMembers = true;
  }

  function observe(): ContentIdHash {
    observed = new ContentIdHash();
    contentId = undefined;
    return observed;
  }

  function contentOf(
    { judgement: { plan }, seen: { inspection, source } }: Ready,
    encoder: Encoder,
    repeatable: boolean,
    observer: () => GuestObserver,
    expected: readonly Checksum[],
    known: Digests,
  ): Content {
    // A target that proves its own SHA-256 to be the one that is known leaves nothing to be hashed here.
    const algorithms = algorithmsFor(repeatable);
    const proves =
      algorithms[0] === 'sha256' && known.sha256 !== undefined && (wishes.checksum?.algorithm ?? 'sha256') === 'sha256';
    const expectedNow = proves ? [] : expected;
    const taken = proves ? [] : [...new Set([...algorithms, ...expectedNow.map((checksum) => checksum.algorithm)])];
    let measured: Measured | undefined;
    const digests = (): Digests => ({ ...(proves ? { sha256: known.sha256 ?? '' } : {}), ...measured?.result().digests });
    return {
      encoding: plan.encoding,
      ...(encoder.bytes === undefined ? {} : { bytes: encoder.bytes }),
      ...(inspection.virtualBytes === undefined ? {} : { virtualBytes: inspection.virtualBytes }),
      ...(known.sha256 === undefined ? {} : { sha256: known.sha256 }),
      repeatable,
      open() {
        const made = naming(encoder.open({ observer: observer(), signal: means.signal }), source.name);
        const through = measure(watched(made, { ...means, total: encoder.bytes, limit: plan.accept.maxBytes }), taken);
        measured = through;
        if (expectedNow.length === 0) return through.bytes;
        return heldBack(through.bytes, encoder.bytes, () => compareDigests(through.result().digests, expectedNow, source.name));
      },
      // A target that has these bytes already does not ask for them: then what is known of them counts.
      sent: () => ({ bytes: measured?.result().bytes ?? encoder.bytes ?? 0, digests: measured ? digests() : { ...known } }),
    };
  }

  /** The same before anything was read: it is only where whoever was offered it opens it. */
  async function offered(): Promise<Content> {
    const { source } = seen;
    const { encoding } = judgement.plan;
    const known = await knownDigests(source, wishes, { ...means, hashFirst: false }, () => source.open());
    let read: Content | undefined;
    async function* open(): Bytes {
      read = await content();
      if (read.encoding.format !== encoding.format)
        throw integrityError(`${source.name} begins as ${encoding.format}, and as a whole it is ${read.encoding.format}`);
      yield* read.open();
    }
    return {
      encoding,
      ...facts({ bytes: source.bytes, virtualBytes: seen.inspection.virtualBytes, sha256: known.sha256 }),
      repeatable: source.repeatable,
      open,
      sent: () => read?.sent() ?? { bytes: source.bytes ?? 0, digests: { ...known } },
    };
  }

  async function contentIdNow(): Promise<string | undefined> {
    contentId ??= observed?.digest();
    if (contentId) return contentId;
    if (seen.source.contentId !== undefined) return seen.source.contentId;
    // A temporary file that has to be made anyway can be looked into now.
    const isFileAnyway = judgement.plan.spoolInput && (readying !== undefined || useOf(judgement.plan) !== 'asIs');
    if (!isSound(now.seen.inspection) || !(seen.source.near || isFileAnyway)) return undefined;
    const from = await ready();
    const { source, inspection } = from.seen;
    if (from.contentId !== undefined) return from.contentId;
    if (from.guest)
      return isSound(from.guest.inspection)
        ? contentIdOf(readRuns(from.guest.random, from.guest.inspection), means.signal)
        : undefined;
    const { compression } = inspection;
    if (!canStream(inspection) || !compression || !source.repeatable) return undefined;
    const isUnwrapped = from.judgement.plan.unwrap !== undefined;
    const bytes = isUnwrapped ? bytesOf(from, []) : unwrap(compression, source.open(), bombLimitBytes);
    return contentIdOf(streamRuns(bytes, inspection), means.signal);
  }

  return {
    get inspection() {
      return now.seen.inspection;
    },
    get plan() {
      return now.judgement.plan;
    },
    content,
    contentId: contentIdNow,
    offered,
    digest: async (wanted) => (passesOn() ? wholeDigest(now.seen.source, wanted, means) : undefined),
    async close() {
      await Promise.all([given, ...temporary].map((file) => file.close()));
    },
  };
}

async function* observedBytes(bytes: Bytes, observer: GuestObserver): Bytes {
  for await (const chunk of bytes) {
    await observer.data(chunk);
    yield chunk;
  }
}

/** The same bytes; what is found to be wrong while they are read is said of the file by its name. */
async function* naming(bytes: Bytes, name: string): Bytes {
  try {
    yield* bytes;
  } catch (error) {
    const finding = findingOf(error);
    if (!finding || !(error instanceof ImgctlError) || error.message.includes(name)) throw error;
    const hint = cureFor(finding, name);
    throw new ImgctlError(error.code, `${name}: ${error.message}`, { ...error.circumstances, ...facts({ hint }) });
  }
}

async function* limited(bytes: Bytes, limit: number): Bytes {
  let passed = 0;
  for await (const chunk of bytes) {
    passed += chunk.length;
    if (passed > limit) throw limitError(`the disk grows above the ${humanSize(limit)} that are taken there`);
    yield chunk;
  }
}
