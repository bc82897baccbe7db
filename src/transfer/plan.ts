import { describeEncoding, type Accept, type Compression, type Encoding, type Format } from '../core/encoding.ts';
import { ImgctlError, limitError, unsupportedError } from '../core/errors.ts';
import { humanSize } from '../core/quantity.ts';

/** What there is. Sizes are bytes; absent: not known before it has been read. */
export interface Have extends Encoding {
  readonly bytes?: number;
  readonly virtualBytes?: number;
  /** It can be read at any place. */
  readonly seekable: boolean;
}

/** What the result shall be; absent: as it is, or what the target takes. */
export interface Wish {
  readonly format?: Format | undefined;
}

/**
 * The steps from a source to what a target takes, in order. `spoolInput`: the source must lie in a temporary file first;
 * `spoolOutput`: the result must, because the target wants its length.
 */
export interface Plan {
  readonly unwrap?: Compression;
  readonly spoolInput: boolean;
  /** Decode the source's format and encode the target's. Absent: the bytes stay as they are. */
  readonly convert?: { readonly from: Format; readonly to: Format };
  readonly wrap?: Compression;
  readonly spoolOutput: boolean;
  /** What is sent. */
  readonly encoding: Encoding;
  readonly accept: Accept;
  /** The same for a person to read. */
  readonly steps: readonly string[];
}

/** Formats that can be decoded, and those that can be written. */
export const readable: ReadonlySet<Format> = new Set(['raw', 'qcow2', 'vmdk', 'vhd', 'vdi']);
export const writable: ReadonlySet<Format> = new Set(['raw', 'qcow2', 'vhd']);
/** Formats in which the guest's bytes stand one after another, so that a stream is enough to decode them. */
const streamable: ReadonlySet<Format> = new Set(['raw', 'iso']);
/** Names for the same bytes: an ISO image is a raw disk to whoever takes raw. */
const sameBytes = (from: Format, to: Format): boolean => from === to || (from === 'iso' && to === 'raw');

/** How dear a plan is: fewer and cheaper steps first. */
const cost = (plan: Plan): number =>
  (plan.convert ? 8 : 0) + (plan.wrap ? 4 : 0) + (plan.unwrap ? 2 : 0) + (plan.spoolInput ? 1 : 0) + (plan.spoolOutput ? 1 : 0);

/**
 * The cheapest way from what there is to something that is accepted. Pure.
 * Throws LIMIT when the source is too large for every way, UNSUPPORTED, with the reasons, when there is no way.
 */
export function planTransfer(have: Have, accepts: readonly Accept[], wish: Wish = {}): Plan {
  const wanted = wish.format === undefined ? accepts : accepts.filter((accept) => accept.format === wish.format);
  if (wanted.length === 0) throw refused(have, accepts, `it does not take ${wish.format ?? 'anything'}`);
  const ways = wanted.flatMap((accept) => planFor(have, accept) ?? []);
  if (ways.length === 0) throw refused(have, wanted, `there is no way from ${describeEncoding(have)}`);
  const fitting = ways.filter((plan) => !excess(have, plan));
  const [best] = fitting.sort((a, b) => cost(a) - cost(b));
  if (best) return best;
  throw excess(have, ways[0] as Plan);
}

function refused(have: Have, accepts: readonly Accept[], why: string): ImgctlError {
  const taken = [...new Set(accepts.map(describeEncoding))].join('; ');
  return unsupportedError(`${describeEncoding(have)} cannot be sent there: ${why}`, { hint: `what is taken: ${taken}` });
}

function planFor(have: Have, accept: Accept): Plan | undefined {
  const asItIs = sameBytes(have.format, accept.format) && have.compression === accept.compression;
  const unwrap = !asItIs && have.compression ? have.compression : undefined;
  const convert = sameBytes(have.format, accept.format) ? undefined : { from: have.format, to: accept.format };
  if (convert && (!readable.has(convert.from) || !writable.has(convert.to))) return undefined;
  const wrap = asItIs ? undefined : accept.compression;
  if (wrap && wrap !== 'gzip') return undefined;
  const seekableNow = have.seekable && !unwrap;
  const spoolInput = convert !== undefined && !streamable.has(convert.from) && !seekableNow;
  const knownLength = asItIs ? have.bytes !== undefined : !unwrap && !wrap;
  const spoolOutput = accept.needsLength === true && !knownLength;
  const plan = {
    ...(unwrap ? { unwrap } : {}),
    spoolInput,
    ...(convert ? { convert } : {}),
    ...(wrap ? { wrap } : {}),
    spoolOutput,
  };
  const format = convert || have.format !== 'iso' ? accept.format : have.format;
  return {
    ...plan,
    encoding: { format, ...(accept.compression ? { compression: accept.compression } : {}) },
    accept,
    steps: stepsOf(plan),
  };
}

function stepsOf(plan: Pick<Plan, 'unwrap' | 'spoolInput' | 'convert' | 'wrap' | 'spoolOutput'>): readonly string[] {
  return [
    'read',
    'check',
    ...(plan.unwrap ? [`unwrap ${plan.unwrap}`] : []),
    ...(plan.spoolInput ? ['temporary file'] : []),
    ...(plan.convert ? [`decode ${plan.convert.from}`, ...(plan.convert.to === 'raw' ? [] : [`encode ${plan.convert.to}`])] : []),
    ...(plan.wrap ? [plan.wrap] : []),
    ...(plan.spoolOutput ? ['temporary file'] : []),
    'send',
    'verify',
  ];
}

/** Why a plan's result is too large for its target, as far as that is known beforehand. */
function excess(have: Have, plan: Plan): ImgctlError | undefined {
  const { maxBytes, maxVirtualBytes } = plan.accept;
  const sent = plan.convert || plan.wrap || plan.unwrap ? undefined : have.bytes;
  const disk = have.virtualBytes ?? (plan.encoding.format === 'raw' && !plan.encoding.compression ? sent : undefined);
  if (maxBytes !== undefined && sent !== undefined && sent > maxBytes)
    return limitError(
      `${humanSize(sent)} (${sent} bytes) are more than the ${humanSize(maxBytes)} (${maxBytes} bytes) that are taken there`,
    );
  if (maxVirtualBytes !== undefined && disk !== undefined && disk > maxVirtualBytes)
    return limitError(`a disk of ${humanSize(disk)} is larger than the ${humanSize(maxVirtualBytes)} that are taken there`);
  return undefined;
}
