import { describeEncoding, type Accept, type Compression, type Encoding, type Format } from '../core/encoding.ts';
import { ImgctlError, limitError, unsupportedError } from '../core/errors.ts';
import { humanSize } from '../core/quantity.ts';
import { alignedIfKnown } from './align.ts';

/** What there is. Sizes are bytes; absent: not known before it has been read. */
export interface PlanInput extends Encoding {
  readonly bytes?: number;
  readonly virtualBytes?: number;
  /** It can be read at any place. */
  readonly seekable: boolean;
  /** The variant of its format. */
  readonly subformat?: string;
  /** It can be decoded from a stream; absent: only where it has no tables. */
  readonly streamable?: boolean;
  /** It is to be compressed, as a raw disk, where that is taken. */
  readonly shrinks?: boolean;
  /** It is not on this machine, or comes only once: whoever reads it a second time needs a copy. */
  readonly far?: boolean;
  /** It may turn out to be a fixed VHD at its end. `unseen`: nothing is known yet of what it is. */
  readonly doubtful?: boolean;
  readonly unseen?: boolean;
  /** Nothing here reads it, and a helper program turns it into something that is read. */
  readonly foreign?: boolean;
}

/** What the result shall be; absent: as it is, or what the target takes. */
export interface PlanOptions {
  readonly format?: Format | undefined;
  /** A raw disk is compressed on its way, where that makes it smaller. */
  readonly compress?: boolean;
}

/**
 * The steps from a source to what a target takes, in order. `spoolInput`: the source must lie in a temporary file first;
 * `spoolOutput`: the result must, because the target wants its length.
 */
export interface Plan {
  readonly unwrap?: Compression;
  readonly spoolInput: boolean;
  /** A helper program works on the temporary file first. */
  readonly helper: boolean;
  /** Decode the source's format and encode the target's. Absent: the bytes stay as they are. */
  readonly convert?: { readonly from: Format; readonly to: Format };
  readonly wrap?: Compression;
  /** The disk is filled up with zeros to a whole number of these bytes. Absent: it is such a disk, or may have any length. */
  readonly alignBytes?: number;
  readonly spoolOutput: boolean;
  /** What is sent. */
  readonly encoding: Encoding;
  readonly accept: Accept;
  /** The same for a person to read. */
  readonly steps: readonly string[];
}

/** Formats in which the guest's bytes stand one after another: a stream is enough to read them, and they are raw disks to whoever takes raw. */
const flat: ReadonlySet<Format> = new Set(['raw', 'iso', 'luks']);
/** Formats that can be decoded, and those that can be written. */
export const readable: ReadonlySet<Format> = new Set([...flat, 'qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'tar', 'ova']);
export const writable: ReadonlySet<Format> = new Set(['raw', 'qcow2', 'vhd']);
/** Only raw disks are compressed: what has a format of its own has a compression of its own. */
const isWrapped = ({ format, compression }: Encoding): boolean => format === 'raw' && compression === 'gzip';
const isWritten = (encoding: Encoding): boolean =>
  writable.has(encoding.format) && (encoding.compression === undefined || isWrapped(encoding));
/** The same, as a hint. */
export const written = 'imgctl writes raw, qcow2 and vhd, and raw inside gzip (.raw.gz).';
/** Formats of kernels, their first file systems, and machines cut up into these: no content tells them, so what is declared counts. */
export const opaque: ReadonlySet<Format> = new Set(['aki', 'ari', 'ami']);
/** Whether a format has no tables of its own. */
export const isFlat = (format: Format): boolean => flat.has(format);
const sameBytes = (from: Format, to: Format): boolean => from === to || ((flat.has(from) || from === 'ami') && to === 'raw');

/** What a plan does with what a source holds. */
export const useOf = (plan: Plan): 'asIs' | 'unwrapped' | 'decoded' =>
  plan.convert || plan.wrap ? 'decoded' : plan.unwrap ? 'unwrapped' : 'asIs';

/** How dear a plan is: fewer and cheaper steps first. */
const cost = (have: PlanInput, plan: Plan): number =>
  (plan.convert ? 16 : 0) +
  // Where the disk is raw in any case, compressing it is wanted for one step less.
  (plan.wrap ? (have.shrinks ? -1 : 8) : 0) +
  (plan.unwrap ? 4 : 0) +
  (plan.spoolInput ? 2 : 0) +
  (plan.spoolOutput ? 2 : 0) +
  // The same bytes under their own name rather than as a raw disk.
  (plan.encoding.format === have.format ? 0 : 1);

/**
 * The cheapest way from what there is to something that is accepted. Pure.
 * Throws LIMIT when the source is too large for every way, UNSUPPORTED, with the reasons, when there is no way.
 */
export function planTransfer(have: PlanInput, accepts: readonly Accept[], wish: PlanOptions = {}): Plan {
  if (wish.compress && !accepts.some(({ compression }) => compression === 'gzip'))
    throw unsupportedError('the target does not accept gzip-compressed disks', { hint: 'Omit --compress.' });
  const wanted = wish.format === undefined ? accepts : accepts.filter((accept) => accept.format === wish.format);
  if (wanted.length === 0) throw refused(have, accepts, `${wish.format ?? 'nothing'} is not taken`);
  // Only where a fixed VHD is taken as such does it matter beforehand: anywhere else its footer is left out on the way.
  const takesVhd = have.unseen === true || wanted.some(({ format }) => format === 'vhd');
  const isDoubtful = ({ needsLength }: Accept): boolean => have.doubtful === true && (takesVhd || needsLength === true);
  const ways = wanted.flatMap((accept) => planFor({ ...have, doubtful: isDoubtful(accept) }, accept) ?? []);
  if (ways.length === 0) throw refused(have, wanted, `imgctl cannot make it from ${describeEncoding(have)}`);
  const fitting = ways.filter((plan) => !excess(have, plan));
  const [best] = fitting.sort((a, b) => cost(have, a) - cost(have, b));
  if (best) return best;
  throw excess(have, ways[0] as Plan);
}

function refused(have: PlanInput, accepts: readonly Accept[], why: string): ImgctlError {
  const taken = [...new Set(accepts.map(describeEncoding))].join('; ');
  if (accepts.every((accept) => !isWritten(accept) && (accept.format !== have.format || accept.compression !== undefined)))
    return unsupportedError(`imgctl cannot write ${[...new Set(accepts.map(describeEncoding))].join(' or ')}`, { hint: written });
  return unsupportedError(`${describeEncoding(have)} is not supported there: ${why}`, { hint: `Supported: ${taken}` });
}

/** A disk whose length is not known may have any. */
const isAligned = (virtualBytes: number | undefined, { alignBytes }: Accept): boolean =>
  alignBytes === undefined || (virtualBytes !== undefined && virtualBytes % alignBytes === 0);

/** Whether what has the right format has the right variant and size too: as far as that is known. */
function isAsAsked({ subformat, virtualBytes }: PlanInput, accept: Accept): boolean {
  return (
    isAligned(virtualBytes, accept) &&
    (accept.subformat === undefined || subformat === undefined || subformat === accept.subformat)
  );
}

function planFor(have: PlanInput, accept: Accept): Plan | undefined {
  const same = sameBytes(have.format, accept.format) && isAsAsked(have, accept);
  const asItIs = same && have.compression === accept.compression;
  const unwrap = asItIs ? undefined : have.compression;
  const convert = same ? undefined : { from: have.format, to: accept.format };
  const helper = convert !== undefined && have.foreign === true;
  if (convert && !(readable.has(convert.from) || helper)) return undefined;
  if (convert && !writable.has(convert.to)) return undefined;
  const wrap = asItIs ? undefined : accept.compression;
  if (wrap && !isWrapped(accept)) return undefined;
  const seekableNow = have.seekable && !unwrap && !helper;
  const isJudged = asItIs && have.compression !== undefined && have.far !== true;
  const spoolInput =
    have.doubtful === true || isSentUnseen(have, asItIs) || (!seekableNow && !isJudged && needsSeeking(have, convert?.to));
  // A disk without tables ends where its stream does; any other has its length in its header.
  const inHeader = convert !== undefined && !flat.has(have.format) && have.virtualBytes !== undefined;
  const knownLength = asItIs && have.bytes !== undefined ? true : !wrap && (seekableNow || spoolInput || inHeader);
  const spoolOutput = accept.needsLength === true && !knownLength;
  const { format, compression } = accept;
  const plan = {
    ...(unwrap ? { unwrap } : {}),
    spoolInput,
    helper,
    ...(convert ? { convert } : {}),
    ...(wrap ? { wrap } : {}),
    ...((convert || wrap) && !isAligned(have.virtualBytes, accept) ? { alignBytes: accept.alignBytes } : {}),
    spoolOutput,
    encoding: { format, ...(compression ? { compression } : {}) },
    accept,
  };
  return { ...plan, steps: stepsOf(plan) };
}

/** Whether a stream is not enough. qcow2 begins with tables of all that follows: its writer goes over the disk twice. */
function needsSeeking(have: PlanInput, to: Format | undefined): boolean {
  if (to !== undefined) return to === 'qcow2' || have.foreign === true || !(have.streamable ?? flat.has(have.format));
  // Whether a container is whole shows in its tables, wherever they are; nothing but a disk without tables is proved as it passes by.
  return !flat.has(have.format) && !opaque.has(have.format);
}

/** What is sent in its wrapper is unwrapped first, to be judged: of what is far, a copy. */
const isSentUnseen = (have: PlanInput, asItIs: boolean): boolean => asItIs && have.compression !== undefined && have.far === true;

function stepsOf(plan: Omit<Plan, 'steps'>): readonly string[] {
  return [
    'read',
    'check',
    ...(plan.unwrap ? [`unwrap ${plan.unwrap}`] : []),
    ...(plan.spoolInput ? ['temporary file'] : []),
    ...(plan.helper ? ['qemu-img'] : []),
    ...(plan.convert ? decodingOf(plan.convert) : []),
    ...(plan.alignBytes === undefined ? [] : [`fill up to a multiple of ${humanSize(plan.alignBytes)}`]),
    ...(plan.wrap ? [plan.wrap] : []),
    ...(plan.spoolOutput ? ['temporary file'] : []),
    'send',
    'verify',
  ];
}

/** What a disk without tables is decoded from is the disk itself. */
const decodingOf = ({ from, to }: NonNullable<Plan['convert']>): readonly string[] => [
  ...(flat.has(from) && to === 'raw' ? [] : [`decode ${from}`]),
  ...(to === 'raw' ? [] : [`encode ${to}`]),
];

/** Why a plan's result is too large for its target, as far as that is known beforehand. */
function excess(have: PlanInput, plan: Plan): ImgctlError | undefined {
  const { maxBytes, maxVirtualBytes } = plan.accept;
  const sent = plan.convert || plan.wrap || plan.unwrap ? undefined : have.bytes;
  const had = have.virtualBytes ?? (plan.encoding.format === 'raw' && !plan.encoding.compression ? sent : undefined);
  const disk = alignedIfKnown(had, plan.alignBytes);
  if (maxBytes !== undefined && sent !== undefined && sent > maxBytes)
    return limitError(
      `${humanSize(sent)} (${sent} bytes) are more than the ${humanSize(maxBytes)} (${maxBytes} bytes) that are taken there`,
    );
  if (maxVirtualBytes !== undefined && disk !== undefined && disk > maxVirtualBytes)
    return limitError(`a disk of ${humanSize(disk)} is larger than the ${humanSize(maxVirtualBytes)} that are taken there`);
  return undefined;
}
