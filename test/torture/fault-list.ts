import type { WireFault } from '../support/fault-proxy/wire-fault.ts';

/** A fault that lasts, and the exit codes that name it rightly. */
export interface Lasting {
  readonly fault: WireFault;
  readonly codes: readonly number[];
  /** The run may also succeed: then the work must really have been done. */
  readonly passes?: boolean;
}

const network = [9];
const provider = [10];
/** An address that does not lead to the API is the profile's fault as often as the provider's. */
const shape = [10, 3];
/** The work was done and its answer lost: who asks again may hear that it is gone (5) or done already (6). */
const late = [5, 6, 13];

const lost = false;

/**
 * Each of these happens to every request, or to every one that the verb is about. Of bulk data nothing is looked at but length
 * and digest: there 11 is the right kind for what is no data at all.
 */
export const lastingFaults: readonly Lasting[] = [
  { fault: { kind: 'refuse' }, codes: network },
  { fault: { kind: 'reset', lost }, codes: network },
  { fault: { kind: 'close', lost }, codes: network },
  { fault: { kind: 'stall', lost }, codes: network },
  { fault: { kind: 'cut', at: 0.5 }, codes: [...network, ...late], passes: true },
  { fault: { kind: 'reset inside', at: 0.3 }, codes: [...network, ...late], passes: true },
  { fault: { kind: 'stall inside', at: 0.5 }, codes: [...network, ...late], passes: true },
  { fault: { kind: 'short length' }, codes: [...shape, 11, ...late], passes: true },
  { fault: { kind: 'long length' }, codes: [...network, ...late], passes: true },
  { fault: { kind: 'doubled' }, codes: [...shape, 11, ...late], passes: true },
  // It may use up the time that a wait was given, and then 13 is what was asked for.
  { fault: { kind: 'slow' }, codes: [13], passes: true },
  { fault: { kind: 'reset', lost: true }, codes: [...network, ...late], passes: true },
  { fault: { kind: 'reset while sending', at: 0.5 }, codes: [...network, ...late] },
  { fault: { kind: 'stall while sending', at: 0.5 }, codes: [...network, ...late] },
  { fault: { kind: 'refuse while sending', at: 0.5 }, codes: [...network, ...provider, ...late] },
  { fault: { kind: 'status', status: 408, lost }, codes: network },
  { fault: { kind: 'status', status: 408, lost, retryAfter: '0' }, codes: network },
  { fault: { kind: 'status', status: 429, lost }, codes: [8] },
  { fault: { kind: 'status', status: 429, lost, retryAfter: '0' }, codes: [8] },
  { fault: { kind: 'status', status: 429, lost, retryAfter: '7200' }, codes: [8] },
  { fault: { kind: 'status', status: 500, lost }, codes: provider },
  { fault: { kind: 'status', status: 502, lost: true }, codes: [...provider, ...late], passes: true },
  { fault: { kind: 'status', status: 503, lost, retryAfter: '0' }, codes: provider },
  { fault: { kind: 'status', status: 504, lost }, codes: provider },
  { fault: { kind: 'status', status: 503, lost, retryAfter: 'Wed, 21 Oct 2015 07:28:00 GMT' }, codes: provider },
  { fault: { kind: 'html', lost }, codes: [...shape, 11, 13] },
  { fault: { kind: 'empty', lost }, codes: [...shape, 11, 13] },
  { fault: { kind: 'other json', lost }, codes: [...shape, 11, 13] },
  { fault: { kind: 'half json', lost }, codes: [...shape, 11, 13] },
  { fault: { kind: 'garbage', lost }, codes: provider },
  { fault: { kind: 'huge headers', lost }, codes: provider },
  { fault: { kind: 'endless', lost }, codes: [...provider, ...network, 11] },
  { fault: { kind: 'loop', lost }, codes: shape },
];
