// A program of its own, for the flags of V8 are those of the whole process: prints how often V8 marked beside the program while so
// many buffers, as a socket gives them, were made and dropped, and after how many bytes flags were changed.
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { collector } from '../../src/host/garbage-collection.ts';
import { flagChange } from '../../src/host/v8-flags.ts';

const bufferBytes = 64 * 1024;
let marks = 0;
let passed = 0;
const changes: number[] = [];
/** Some are held for a while, as those in a stream are. */
const held: Buffer[] = [];
process.on(flagChange, () => changes.push(passed));
const count = new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries() as unknown as readonly { readonly detail: { readonly kind: number } }[])
    if (detail.kind === constants.NODE_PERFORMANCE_GC_INCREMENTAL) marks += 1;
});
count.observe({ entryTypes: ['gc'] });
const collect = collector('minor');
for (let gone = 0; gone < 3000; gone += 1) {
  const buffer = Buffer.allocUnsafeSlow(bufferBytes);
  held[gone % 300] = buffer;
  collect(buffer.length);
  passed += bufferBytes;
  if (gone % 20 === 0) await turn();
}
await turn();
console.log(JSON.stringify({ marks, changes }));
