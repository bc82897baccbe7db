import { integrityError, limitError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import type { Content, Digests } from '../core/operation.ts';
import { humanSize } from '../core/quantity.ts';
import { checkedSource, checkNow, compareDigests, strongest, type Checksum } from './checked.ts';
import { encoderFor, type Encoder } from './encode.ts';
import { canStream, inspect, readRuns, streamRuns, unwrap } from './formats/index.ts';
import type { Inspection } from './formats/inspection.ts';
import { guestOf, isSound, randomOf, type Guest } from './guest.ts';
import { heldBack } from './held-back.ts';
import { excused, helped, helpFor } from './qemu-img.ts';
import { knownDigests, wholeDigest } from './known-digests.ts';
import { measure, type Measured } from './measure.ts';
import { isFlat, type Plan } from './plan.ts';
import type { Examined, Means, Prepared, Wishes } from './prepare.ts';
import type { Runs } from './runs.ts';
import { checkSafety } from './safety.ts';
import type { Source } from './source.ts';
import { spool } from './spool.ts';
import { withSameEnd } from './unchanged.ts';
import { watched } from './watched.ts';
import { contentIdOf, ContentIdHash } from './writers/content-id.ts';
import type { GuestObserver } from './writers/guest-observer.ts';

/** What a content is made from. `given` is what has to be closed. */
interface Making {
  readonly given: Source;
  readonly seen: Examined;
  readonly plan: Plan;
  readonly wishes: Wishes;
  readonly means: Means;
}

/** What is read in the end: the source, or a temporary file made of it. `expected`: what its bytes must still be proved to have. */
interface Ready {
  readonly source: Source;
  readonly spooled: boolean;
  readonly expected: readonly Checksum[];
  readonly guest?: Guest | undefined;
}

/** The most that compressed data may unfold to where neither target nor disk set a limit. */
const bombLimitBytes = 64 * 2 ** 40;
/** What a container may be larger than the disk in it. */
const containerBytes = 2 ** 30;
const nobody: GuestObserver = { data: () => undefined, zeros: () => undefined };

/** The working half of a `Prepared`. Whatever temporary files it makes are gone once it is closed. */
export function contentMaker({
  given,
  seen,
  plan,
  wishes,
  means,
}: Making): Pick<Prepared, 'content' | 'contentId' | 'digest' | 'close'> {
  const { source, inspection } = seen;
  const temporary: Source[] = [];
  const published = strongest(source.digests);
  const required = [...(published ? [published] : []), ...(wishes.checksum ? [wishes.checksum] : [])];
  const passedOn = !plan.convert && !plan.wrap && !plan.unwrap;
  // What can be read again is, should the target report another digest than the first.
  const algorithmsFor = (repeatable: boolean): readonly string[] => (repeatable ? means.digests.slice(0, 1) : means.digests);
  let readying: Promise<Ready> | undefined;
  let observed: ContentIdHash | undefined;
  let contentId: Promise<string> | undefined;

  const ready = (): Promise<Ready> => (readying ??= makeReady());

  async function makeReady(): Promise<Ready> {
    if (plan.spoolInput) return spooledInput();
    // What is far and has to be compared as a whole is read once, as a stream, not twice.
    const guest = required.length > 0 && !source.near ? undefined : guestOf(source, inspection);
    // What is decoded piece by piece has no end at which to compare.
    const isRandom = guest !== undefined && plan.convert !== undefined;
    if (isRandom && required.length > 0) await checkNow(source, required);
    return { source, spooled: false, expected: isRandom ? [] : required, guest };
  }

  async function spooledInput(): Promise<Ready> {
    const from = checkedSource(source, required);
    const limit = Math.min(bombLimitBytes, (inspection.virtualBytes ?? Infinity) * 2 + containerBytes);
    const bytes = plan.unwrap ? unwrap(plan.unwrap, from.open(), limit) : from.open();
    let file = await kept(watched(bytes, { ...means, total: plan.unwrap ? undefined : source.bytes }), source.bytes);
    let found = await inspect(randomOf(file));
    const help = plan.helper ? helpFor(found) : undefined;
    if (help) {
      checkSafety(source.name, excused(found), wishes.allowUnsafe, 'decoded');
      file = await keep(
        helped(
          { ...file, random: randomOf(file), path: file.path ?? '' },
          help,
          { folder: means.folder, diskBytes: mostOf(found) },
          means.signal,
        ),
      );
      found = await inspect(randomOf(file));
    }
    checkSafety(source.name, found, wishes.allowUnsafe, plan.convert || plan.wrap ? 'decoded' : 'asIs');
    checkDisk(found.virtualBytes);
    // A disk that holds an image of another kind is not to be taken for that image.
    if (help ? !isFlat(found.format) : found.format !== inspection.format)
      throw integrityError(`${source.name} begins as ${inspection.format}, and as a whole it is ${found.format}`);
    return { source: file, spooled: true, expected: [], guest: guestOf(file, found) };
  }

  /** What the disk may have: what it says itself where it does, and what is taken there. */
  const mostOf = ({ virtualBytes }: Inspection): number =>
    Math.min(virtualBytes ?? bombLimitBytes, plan.accept.maxVirtualBytes ?? bombLimitBytes);

  /** The disk's size may be known only now. */
  function checkDisk(virtualBytes: number | undefined): void {
    const { maxVirtualBytes = Infinity } = plan.accept;
    if ((virtualBytes ?? 0) > maxVirtualBytes)
      throw limitError(
        `a disk of ${humanSize(virtualBytes ?? 0)} is larger than the ${humanSize(maxVirtualBytes)} that are taken there`,
      );
  }

  async function keep(making: Promise<Source>): Promise<Source> {
    const file = await making;
    temporary.push(file);
    return file;
  }
  const kept = (bytes: Bytes, expected?: number): Promise<Source> => keep(spool(bytes, means.folder, source.name, expected));

  /** The file's bytes, unwrapped where the plan says so; a disk without tables is proved at its end. */
  function bytesOf({ source: file, spooled }: Ready, expected: readonly Checksum[]): Bytes {
    const checked = checkedSource(file, expected);
    const limit = Math.min(bombLimitBytes, plan.accept.maxVirtualBytes ?? Infinity);
    const unwraps = spooled ? undefined : plan.unwrap;
    const bytes = unwraps ? unwrap(unwraps, checked.open(), limit) : checked.open();
    const isWrapped = inspection.compression !== undefined && !unwraps && !spooled;
    if (!isFlat(inspection.format) || spooled || seen.whole || isWrapped) return bytes;
    return withSameEnd(limited(bytes, limit), inspection, source.name, unwraps ? undefined : file.bytes);
  }

  /** How the result is made. `shows`: the guest's bytes are seen on the way. */
  async function encoderOf(from: Ready): Promise<Encoder & { readonly shows: boolean }> {
    const { guest, source: file, spooled, expected } = from;
    if (plan.convert || plan.wrap) {
      const runs = (): Runs =>
        guest ? readRuns(guest.random, guest.inspection) : streamRuns(bytesOf(from, expected), inspection);
      const isKnown = seen.whole || !isFlat(inspection.format);
      const disk = guest?.inspection.virtualBytes ?? (isKnown ? inspection.virtualBytes : undefined);
      return { ...(await encoderFor(runs, plan.encoding, disk)), shows: true };
    }
    const shows = isFlat(plan.encoding.format) && plan.encoding.compression === undefined;
    const length = (plan.unwrap && !spooled) || file.bytes === undefined ? {} : { bytes: file.bytes };
    // What is passed on is compared when it is sent: one hash is enough.
    const bytes = (): Bytes => bytesOf(from, passedOn ? [] : expected);
    return { ...length, open: ({ observer }) => (shows ? observedBytes(bytes(), observer) : bytes()), shows };
  }

  async function content(): Promise<Content> {
    const from = await ready();
    const encoder = await encoderOf(from);
    const observer = encoder.shows ? observe : () => nobody;
    const expected = passedOn ? from.expected : [];
    const beforehand = (): Bytes => encoder.open({ observer: observer(), signal: means.signal });
    const known = passedOn ? await knownDigests(source, wishes, means, beforehand) : {};
    // What was seen while it was hashed need not be looked at again: the target proves that it is the same.
    const unseen = observed && known.sha256 !== undefined ? () => nobody : observer;
    if (!plan.spoolOutput) return contentOf(encoder, from.source.repeatable, unseen, expected, known);
    const made = watched(encoder.open({ observer: observer(), signal: means.signal }), { ...means, limit: plan.accept.maxBytes });
    const result = await kept(made, encoder.bytes);
    return contentOf({ bytes: result.bytes ?? 0, open: () => result.open() }, true, () => nobody, expected, known);
  }

  function observe(): ContentIdHash {
    observed = new ContentIdHash();
    contentId = undefined;
    return observed;
  }

  function contentOf(
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
        const made = encoder.open({ observer: observer(), signal: means.signal });
        const through = measure(watched(made, { ...means, total: encoder.bytes, limit: plan.accept.maxBytes }), taken);
        measured = through;
        if (expectedNow.length === 0) return through.bytes;
        return heldBack(through.bytes, encoder.bytes, () => compareDigests(through.result().digests, expectedNow, source.name));
      },
      // A target that has these bytes already does not ask for them: then what is known of them counts.
      sent: () => ({ bytes: measured?.result().bytes ?? encoder.bytes ?? 0, digests: measured ? digests() : { ...known } }),
    };
  }

  return {
    content,
    async contentId() {
      contentId ??= observed?.digest();
      if (contentId) return contentId;
      if (source.contentId !== undefined) return source.contentId;
      if (!isSound(inspection)) return undefined;
      // A temporary file that has to be made anyway can be looked into now.
      if (!source.near && !plan.spoolInput) return undefined;
      const from = await ready();
      const { guest } = from;
      if (guest)
        return isSound(guest.inspection) ? contentIdOf(readRuns(guest.random, guest.inspection), means.signal) : undefined;
      if (!canStream(inspection) || !inspection.compression || !from.source.repeatable) return undefined;
      return contentIdOf(
        streamRuns(unwrap(inspection.compression, from.source.open(), bombLimitBytes), inspection),
        means.signal,
      );
    },
    digest: async (wanted) => (passedOn ? wholeDigest(source, wanted, means) : undefined),
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

async function* limited(bytes: Bytes, limit: number): Bytes {
  let passed = 0;
  for await (const chunk of bytes) {
    passed += chunk.length;
    if (passed > limit) throw limitError(`the disk grows above the ${humanSize(limit)} that are taken there`);
    yield chunk;
  }
}
