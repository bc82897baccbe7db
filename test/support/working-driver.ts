import { defineDriver, type Driver } from '../../src/core/driver.ts';
import { notFoundError } from '../../src/core/errors.ts';
import type { ImageRecord, Status } from '../../src/core/image.ts';
import type { Job, JobState } from '../../src/core/job.ts';
import { began } from '../../src/core/job-operation.ts';
import type { DeactivateFacts } from '../../src/core/operation.ts';
import type { DriverList } from '../../src/engine/context.ts';

/** A provider that goes on working after an upload or an import, as the test says. */
export interface Works {
  /** What the record says. Absent: the image is gone. */
  status: Status | undefined;
  /** What the job says. */
  job: Omit<JobState, 'image'>;
  /** Jobs that were looked at and cancelled, requests for the record, and deletions, in order. */
  readonly log: string[];
  /** Called before each look. */
  onLook?: () => void;
}

const record = (status: Status): ImageRecord => ({
  id: 'w-1',
  name: 'made',
  status,
  providerStatus: status.toUpperCase(),
  tags: [],
  properties: {},
  places: [],
  raw: {},
});

const shown = ({ status }: Works): ImageRecord => {
  if (status === undefined) throw notFoundError('image "w-1" not found');
  return record(status);
};

/** What such a provider can do, and what its images lose when they are deactivated. */
interface Habits {
  readonly cancels?: boolean;
  readonly loses?: DeactivateFacts['loses'];
  /** A list has the image already, which an upload gives back: the same bytes under the same name are the same image there. */
  readonly holds?: boolean;
}

/** A driver without a wire whose uploads are jobs; `cancels`: they can be ended. */
export function workingDriver(works: Works, { cancels = false, loses = [], holds = false }: Habits = {}): Driver {
  const verbs = ['create', 'patch', 'reactivate', 'restore', 'purge', 'replicate', 'download', 'share', 'places', 'uses'];
  return defineDriver({
    name: 'working',
    title: 'A provider that goes on working',
    docs: 'https://working.invalid/',
    profile: {},
    example: '',
    ids: /^w-\d+$/,
    connect: () => works,
    jobs: {
      look: async (_client, job: Job) => {
        works.onLook?.();
        works.log.push(`look ${job.verb} ${job.ref ?? ''}`.trim());
        return { ...works.job, ...(works.status === undefined ? {} : { image: record(works.status) }) };
      },
      ...(cancels ? { cancel: async (_client: Works, job: Job) => void works.log.push(`cancel ${job.ref ?? ''}`) } : {}),
    },
    operations: {
      list: {
        filters: [],
        async *run() {
          if (holds) yield record('active');
        },
      },
      show: {
        run: async () => {
          works.log.push('show');
          return shown(works);
        },
      },
      deactivate: {
        force: 'hard',
        loses,
        async run() {
          works.log.push('deactivate');
          works.status = 'inactive';
          return record('inactive');
        },
      },
      delete: { run: async (_client, { id }) => void works.log.push(`delete ${id}`) },
      import: {
        schemes: ['https'],
        methods: [],
        fields: [],
        into: false,
        async run(_client, _request, call) {
          call.note({ kind: 'created', id: 'w-1' });
          began(call, { verb: 'import', image: 'w-1', ref: 'job-7' });
          return record('pending');
        },
      },
      upload: {
        accepts: [{ format: 'raw' }],
        fields: [],
        into: false,
        digests: [],
        async run(_client, { content }, call) {
          for await (const _bytes of content.open());
          call.note({ kind: 'created', id: 'w-1' });
          began(call, { verb: 'upload', image: 'w-1', ref: 'job-7' });
          return record('pending');
        },
      },
    },
    absent: Object.fromEntries(verbs.map((verb) => [verb, 'It only takes disks.'])),
  });
}

/** The list of providers with this one in it only. */
export const onlyDriver = (driver: Driver): DriverList => ({
  names: [driver.name],
  usual: driver.name,
  load: (name) => (name === driver.name ? Promise.resolve(driver) : undefined),
});
