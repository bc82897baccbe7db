import { setFlagsFromString } from 'node:v8';

/**
 * From now on V8 collects what is young in the room that it has, instead of taking up to 100 MB for it before it looks. That
 * costs a few percent of time where much is made and dropped, and nothing is lost by it but room.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  if (Number.parseInt(process.versions.v8, 10) < 12) setFlagsFromString('--interrupt-budget=1000000');
}
