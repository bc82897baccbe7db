import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import local from '../../../src/drivers/local/index.ts';
import type { Cloud, Seed } from '../../conformance/cloud.ts';
import { testCall } from '../../conformance/stage.ts';
import { contentOf, makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

/** A fresh folder and a second one for copies. The driver itself is the only way in: a folder has no other side. */
export const localCloud: Cloud = {
  wire: false,
  async start() {
    const root = await mkdtemp(path.join(tmpdir(), 'imgctl-local-'));
    const values = {
      path: path.join(root, 'images'),
      places: `second=${path.join(root, 'second')},third=${path.join(root, 'third')}`,
    };
    const { session } = openSession(local, values);

    async function seed(one: Seed): Promise<string> {
      const { name, description, tags, properties, isPublic, status, data } = one;
      const described = {
        name,
        visibility: isPublic ? ('public' as const) : ('private' as const),
        ...(description === undefined ? {} : { description }),
        ...(tags ? { tags } : {}),
        ...(properties ? { properties } : {}),
      };
      if (status === 'queued')
        return (await session.require('create').run({ description: described, extras: {} }, testCall())).id;
      const content = data ? contentOf(Buffer.from(data), { format: 'raw' }, data.length) : makeContent({ format: 'raw' });
      const { id } = await session.require('upload').run({ description: described, content, extras: {} }, testCall());
      if (status === 'inactive') await session.require('deactivate').run({ id }, testCall());
      return id;
    }

    return {
      values,
      async seed(images) {
        const ids: string[] = [];
        for (const image of images) ids.push(await seed(image));
        return ids;
      },
      requests: () => [],
      forget: () => undefined,
      fail: () => {
        throw new Error('a folder has no wire to put faults into');
      },
      stop: () => rm(root, { recursive: true, force: true }),
    };
  },
};
