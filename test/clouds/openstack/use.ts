import { afterEach, beforeEach } from 'vitest';
import type { Session } from '../../../src/core/driver.ts';
import driver from '../../../src/drivers/openstack/index.ts';
import { openSession } from '../../support/open-session.ts';
import { startOpenstack, type OpenstackCloud } from './index.ts';

/** A fresh cloud for every test of a file, and short ways to use it. */
export interface Use {
  cloud(): OpenstackCloud;
  /** A new session of one of its users. */
  session(as?: string): Session;
  /** Method and path of every request, the path as behind Glance's `/v2`. */
  asked(): readonly string[];
  /** JSON bodies sent with this method, in order. */
  bodies(method: string): readonly unknown[];
}

export function useOpenstack(): Use {
  let running: OpenstackCloud | undefined;
  beforeEach(async () => {
    running = await startOpenstack();
  });
  afterEach(() => running?.stop());
  const cloud = (): OpenstackCloud => {
    if (!running) throw new Error('the cloud runs only during a test');
    return running;
  };
  return {
    cloud,
    session: (as = 'demo') => openSession(driver, cloud().valuesFor(as)).session,
    asked: () =>
      cloud()
        .requests()
        .map(({ method, path }) => `${method} ${path.replace(/^\/image\/v2/, '')}`),
    bodies: (method) =>
      cloud()
        .requests()
        .flatMap((request) => (request.method === method && request.body !== '' ? [JSON.parse(request.body) as unknown] : [])),
  };
}
