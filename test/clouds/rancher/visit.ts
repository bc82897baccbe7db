import type { Image } from '../../../src/core/image.ts';
import type { Job } from '../../../src/core/job.ts';
import type { OperationName } from '../../../src/core/operation.ts';
import rancher from '../../../src/drivers/rancher/index.ts';
import { testCall, type TestCall } from '../../conformance/stage.ts';
import { openSession, type OpenSession } from '../../support/open-session.ts';
import { rancherCloud, type RancherOptions, type RunningRancher } from './index.ts';
import { awaited } from '../../support/awaited.ts';

/** A fake that runs, with the driver open on it and short ways to use it. */
export interface Visit extends OpenSession {
  readonly cloud: RunningRancher;
  show(id: string, job?: Omit<Job, 'image'>): Promise<Image>;
  /** Looks again, with growing pauses, until the image rests after the work of a verb. */
  settled(id: string, verb: OperationName): Promise<Image>;
  /** Every request as `METHOD path?query`, the schemas left out. */
  asked(): readonly string[];
}

/** Runs `work` against a fresh fake, and stops it whatever happens. `values` replace those of its own profile. */
export async function onRancher(
  options: RancherOptions,
  work: (visit: Visit) => Promise<void>,
  values: (cloud: RunningRancher) => Readonly<Record<string, string>> = (cloud) => cloud.values,
): Promise<void> {
  const cloud = await rancherCloud(options).start();
  try {
    await work(visit(cloud, openSession(rancher, values(cloud))));
  } finally {
    await cloud.stop();
  }
}

/** A call that may try again, as the program makes it. */
export const patientCall = (retries = 5): TestCall => testCall(new AbortController().signal, retries);

function visit(cloud: RunningRancher, open: OpenSession): Visit {
  const show: Visit['show'] = async (id, job) => {
    if (!job) return open.session.require('show').run({ id }, testCall());
    const image = await awaited(open.session, { ...job, image: id });
    return image.progress && !['pending', 'deleting'].includes(image.status) ? { ...image, status: 'failed' } : image;
  };
  return {
    ...open,
    cloud,
    show,
    async settled(id, verb) {
      const since = new Date().toISOString();
      for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 200)) {
        const image = await show(id, { verb, since });
        if (!['queued', 'pending', 'deleting'].includes(image.status)) return image;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    },
    asked: () =>
      cloud
        .requests()
        .filter(({ path }) => !path.endsWith('/schemas'))
        .map(({ method, path }) => `${method} ${path}`),
  };
}
