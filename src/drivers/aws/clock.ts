import type { Answer } from '../../core/answer.ts';
import type { Call } from '../../core/operation.ts';
import { humanDuration } from '../../core/quantity.ts';

/** AWS refuses what was signed more than five minutes ago, or in the future. */
const toleranceMs = 4 * 60_000;

/** The time by which requests are signed. */
export class Clock {
  #offsetMs = 0;

  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** Takes the time from an answer that has refused ours, and says so; false where that differs too little to be the reason. */
  setBy({ headers: { date = '' } }: Answer, call: Call): boolean {
    const theirs = Date.parse(date);
    if (Number.isNaN(theirs) || Math.abs(theirs - this.now().getTime()) < toleranceMs) return false;
    this.#offsetMs = theirs - Date.now();
    const [off, way] = [humanDuration(Math.abs(this.#offsetMs)), this.#offsetMs > 0 ? 'behind' : 'ahead'];
    call.note({ kind: 'warning', message: `the clock of this machine is ${off} ${way}; requests are signed by that of AWS` });
    return true;
  }
}
