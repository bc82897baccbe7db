import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options?: { readonly type: 'minor' }) => void;

/** V8's own, which it gives away only while this flag is set. */
function garbageCollection(): Collect {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return collect;
}

/**
 * Told the bytes that pass, it has V8 collect garbage after every so many: `minor` what is young, in a fraction of a millisecond;
 * `whole` all, in some ten. The buffers of a transfer lie outside V8's heap, and it lets up to 100 MB of them gather before it looks
 * (V8 12 and later; before, of those that several collections found in use).
 */
export function collector(type: 'minor' | 'whole', everyBytes: number): (bytes: number) => void {
  let passed = 0;
  let collect: Collect | undefined;
  return (bytes) => {
    passed += bytes;
    if (passed < everyBytes) return;
    passed = 0;
    collect ??= garbageCollection();
    // Node 20 takes any argument for "minor".
    if (type === 'minor') collect({ type });
    else collect();
  };
}
