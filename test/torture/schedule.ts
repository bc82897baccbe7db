import type { FaultPlan } from '../support/fault-proxy.ts';
import { faultName, type WireFault } from '../support/fault-proxy/wire-fault.ts';
import { pick } from './scale.ts';

type Maker = (roll: () => number) => WireFault;

const statuses = [408, 429, 500, 502, 503, 504];
const either = (roll: () => number): boolean => roll() < 0.5;

/** Who answers 429 has done nothing yet (RFC 6585 section 4); behind the other statuses the work may be done. */
function refusal(roll: () => number, more: { readonly retryAfter?: string }): WireFault {
  const status = pick(roll, statuses);
  return { kind: 'status', status, lost: status !== 429 && either(roll), ...more };
}

/** Faults as they come in a schedule; those more often that are nastier to get right. */
const makers: readonly Maker[] = [
  (roll) => ({ kind: 'reset', lost: either(roll) }),
  (roll) => ({ kind: 'reset', lost: either(roll) }),
  (roll) => ({ kind: 'close', lost: either(roll) }),
  (roll) => refusal(roll, {}),
  (roll) => refusal(roll, { retryAfter: '0' }),
  (roll) => ({ kind: 'cut', at: roll() }),
  (roll) => ({ kind: 'cut', at: roll() }),
  (roll) => ({ kind: 'reset inside', at: roll() }),
  (roll) => ({ kind: 'flip', at: roll() }),
  (roll) => ({ kind: 'reset while sending', at: roll() }),
  (roll) => ({ kind: 'reset while sending', at: roll() }),
  (roll) => ({ kind: 'refuse while sending', at: roll() }),
  () => ({ kind: 'short length' }),
  () => ({ kind: 'long length' }),
  () => ({ kind: 'doubled' }),
  () => ({ kind: 'slow' }),
  (roll) => ({ kind: 'html', lost: either(roll) }),
  (roll) => ({ kind: 'garbage', lost: either(roll) }),
  (roll) => ({ kind: 'half json', lost: either(roll) }),
  (roll) => ({ kind: 'empty', lost: either(roll) }),
  (roll) => ({ kind: 'loop', lost: either(roll) }),
];
/** These take a whole time limit each, so they are rarer. */
const slowMakers: readonly Maker[] = [
  (roll) => ({ kind: 'stall', lost: either(roll) }),
  (roll) => ({ kind: 'stall inside', at: roll() }),
  (roll) => ({ kind: 'stall while sending', at: roll() }),
];

/** `flip` is left out where nothing on the way could tell: no digest covers the JSON of most answers. */
const isFair = (fault: WireFault, path: string): boolean =>
  fault.kind !== 'flip' || path.endsWith('/file') || /\/(blobs|manifests)\/[^/]+$/.test(path);

export interface Schedule {
  readonly plan: FaultPlan;
  /** In words, for who has to look into it. */
  describe(): string;
}

/** A schedule of faults: how often, which and where is up to the dice. About one in twelve has none. */
export function rollSchedule(roll: () => number): Schedule {
  const share = pick(roll, [0, 0.05, 0.1, 0.2, 0.2, 0.35, 0.35, 0.5, 0.7, 0.2, 0.1, 0.2]);
  /** Some strike only requests of one kind, so that the others get that far. */
  const only = pick(roll, ['any', 'any', 'changing', 'reading', 'bulk']);
  const struck: string[] = [];
  return {
    plan(request, index) {
      const sends = /octet-stream/.test(request.headers['content-type'] ?? '') && request.method !== 'POST';
      const bulk = request.path.endsWith('/file') || request.path.includes('/blobs/sha256:') || sends;
      if (only === 'bulk' && !bulk) return undefined;
      const reads = request.method === 'GET' || request.method === 'HEAD';
      if (only === 'changing' && (reads || request.path.includes('/auth/tokens'))) return undefined;
      if (only === 'reading' && (!reads || bulk)) return undefined;
      if (roll() >= share) return undefined;
      const fault = pick(roll, roll() < 0.06 ? slowMakers : makers)(roll);
      if (!isFair(fault, request.path)) return undefined;
      struck.push(`${index} ${request.method} ${request.path.slice(0, 60)}: ${faultName(fault)}`);
      return fault;
    },
    describe: () => struck.join('; '),
  };
}
