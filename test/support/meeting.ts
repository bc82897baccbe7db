/**
 * Work that is done side by side, seen without a clock: whoever calls what this gives waits until so many do, and from then on nobody waits. Where fewer ever
 * come at once the test hangs, and fails by its time limit.
 */
export function meeting(many: number): () => Promise<void> {
  let here = 0;
  let open: () => void = () => undefined;
  const met = new Promise<void>((resolve) => (open = resolve));
  return () => {
    here += 1;
    if (here >= many) open();
    return met;
  };
}
