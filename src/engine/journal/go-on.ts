import { given, type Image } from '../../core/image.ts';
import type { OperationName } from '../../core/operation.ts';

/** A record of an earlier run that is gone on with: it is filled, instead of another one being made. */
export interface GoOn {
  readonly profile: string;
  readonly name: string;
  /** Absent: no image was made yet. */
  readonly id?: string;
  /** The upload in which its disk was on its way. */
  readonly ref?: string;
}

type Runnable = { run(request: never, call: never): unknown };

interface Making {
  readonly into?: string;
  readonly description: { readonly name: string };
}

/**
 * A verb of an account, as a run has it that goes on with another one: what makes an image fills the record that is there, and
 * that record does not make its own name a taken one.
 */
export function goingOn<B extends Runnable>(verb: OperationName, bound: B, profile: string, all: readonly GoOn[] = []): B {
  const records = all.filter((one) => one.profile === profile);
  if (records.length === 0) return bound;
  const run = bound.run as (request: unknown, call: never) => unknown;
  if (verb === 'list')
    return { ...bound, run: (request: never, call: never) => others(run(request, call) as AsyncIterable<Image>, records) };
  if (verb !== 'upload' && verb !== 'import') return bound;
  return {
    ...bound,
    run(request: Making, call: never) {
      // A name that was made up for the occasion is another one by now.
      const record =
        records.find(({ name }) => name === request.description.name) ?? (records.length === 1 ? records[0] : undefined);
      return run(record ? { ...request, ...filling(record, request), ...given({ goesOn: record.ref }) } : request, call);
    },
  };
}

const filling = ({ id }: GoOn, { into }: Making): object =>
  id === undefined || into !== undefined ? {} : { id: undefined, into: id };

async function* others(images: AsyncIterable<Image>, records: readonly GoOn[]): AsyncIterable<Image> {
  for await (const image of images) if (!records.some(({ id }) => id === image.id)) yield image;
}
