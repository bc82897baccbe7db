import type { BlockFacts, BlockForm, BlockOperation, BlockRequest } from '../../src/core/blocks.ts';
import { defineDriver, type Session } from '../../src/core/driver.ts';
import { notFoundError } from '../../src/core/errors.ts';
import type { ImageRecord } from '../../src/core/image.ts';
import type { Operation, UploadRequest } from '../../src/core/operation.ts';
import { sendBlocks } from '../../src/transfer/blocks/send-blocks.ts';
import { fakeUpload, record, type FakeUpload, type FakeWishes } from './fake-upload.ts';

export interface BlockWishes {
  /** What a whole stream ends with; absent: there is no such form. */
  readonly run?: (request: UploadRequest) => Promise<ImageRecord>;
  readonly inBlocks?: (request: BlockForm) => boolean;
  /** What the upload that is begun for the `nth` time does. */
  readonly upload?: (nth: number) => FakeWishes;
  /** What the provider has already: the image is there at once. */
  readonly there?: ImageRecord;
  /** The upload that a ref can be gone on with, and what of it is there. Absent: none can be gone on with. */
  readonly begun?: { readonly ref: string; readonly has: readonly number[] };
}

const blocks: BlockFacts = { bytes: 65_536, order: 'any', concurrency: 2, sparse: false };

/** A session with a provider that takes disks in blocks, and the uploads that were begun there. */
export function openBlockDriver({ run, inBlocks, upload, there, begun }: BlockWishes): {
  readonly session: Session;
  readonly uploads: readonly FakeUpload[];
  readonly asked: readonly BlockRequest[];
} {
  const uploads: FakeUpload[] = [];
  const asked: BlockRequest[] = [];
  const next = (wishes: FakeWishes): FakeUpload => {
    const made = fakeUpload(wishes);
    uploads.push(made);
    return made;
  };
  const form: BlockOperation<object> = {
    blocks,
    ...(inBlocks ? { inBlocks: (_client: object, request: BlockForm) => (inBlocks(request) ? blocks : undefined) } : {}),
    async begin(_client, request) {
      asked.push(request);
      return there ?? next(upload?.(uploads.length + 1) ?? {});
    },
    ...(begun
      ? {
          async resume(_client: object, ref: string, request: BlockRequest) {
            if (ref !== begun.ref) throw notFoundError('no such upload', { status: 404 });
            asked.push(request);
            return next({ has: begun.has });
          },
        }
      : {}),
  };
  const operation: Operation<object, 'upload'> = {
    accepts: [{ format: 'raw' }],
    fields: [],
    into: false,
    digests: [],
    ...form,
    ...(run ? { run: (_client: object, request: UploadRequest) => run(request) } : {}),
  };
  const driver = defineDriver({
    name: 'blocks',
    title: 'Takes disks in blocks',
    docs: 'https://blocks.invalid/',
    profile: {},
    example: '',
    ids: /^made$/,
    connect: () => ({}),
    operations: {
      list: {
        filters: [],
        async *run() {
          yield record;
        },
      },
      show: { run: async () => record },
      upload: operation,
    },
    absent: {},
  });
  const tools = { http: {} as never, lock: {} as never, sendBlocks, readBlocks: {} as never };
  return { session: driver.open({}, tools, 'tests'), uploads, asked };
}
