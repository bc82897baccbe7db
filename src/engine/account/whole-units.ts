import { wholeSize } from '../../core/quantity.ts';

const sizes = { minDiskBytes: 'min disk', minRamBytes: 'min ram' } as const;

type Sizes = Partial<Record<keyof typeof sizes, unknown>>;

/** What a provider that counts in larger units has made of the sizes that were asked of it: `min disk: 2 GiB, rounded up from …`. */
export function roundedUp(request: unknown, made: unknown): readonly string[] {
  const { description, changes } = (request ?? {}) as { readonly description?: Sizes; readonly changes?: Sizes };
  const asked = { ...description, ...changes };
  return (Object.keys(sizes) as (keyof typeof sizes)[]).flatMap((field) => {
    const [wanted, got] = [asked[field], ((made ?? {}) as Sizes)[field]];
    return typeof wanted === 'number' && typeof got === 'number' && got > wanted
      ? [`${sizes[field]}: ${wholeSize(got)}, rounded up from ${wholeSize(wanted)}`]
      : [];
  });
}
