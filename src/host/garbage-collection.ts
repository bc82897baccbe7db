import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { tuneForBulk } from './heap-tuning.ts';

type Collect = (options?: { readonly type: 'minor' }) => void;

/** V8's own, which it gives away only while this flag is set. */
function garbageCollection(): Collect {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return collect;
}

const everyBytes = { minor: 8 << 20, whole: 16 << 20 };

/**
 * Told the bytes that pass, it has V8 collect garbage after every so many: `minor` what is young, in less than a millisecond; `whole`
 * all, in some ten. The buffers of a transfer lie outside V8's heap, and it lets up to 100 MB of them gather before it looks.
 */
export function collector(type: keyof typeof everyBytes): (bytes: number) => void {
  let passed = 0;
  let collect: Collect | undefined;
  return (bytes) => {
    tuneForBulk();
    passed += bytes;
    if (passed < everyBytes[type]) return;
    passed = 0;
    collect ??= garbageCollection();
    // Node 20 takes any argument for "minor".
    if (type === 'minor') collect({ type });
    else collect();
  };
}
