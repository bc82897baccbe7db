import { afterEach, describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/oci/index.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { refusal } from '../../clouds/oci/refusal.ts';
import { keepManifest } from '../../clouds/oci/store.ts';
import type { Switches } from '../../clouds/oci/switches.ts';
import { allOf, everything, failureOf, testCall, type TestCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { startFakeServer } from '../../support/fake-server.ts';
import { openSession } from '../../support/open-session.ts';

const clouds: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

/** A registry of some kind with an image `g` that has a disk, and the records `n1` and `n2` that have none. */
async function start(switches: Partial<Switches> = {}, isEmpty = false) {
  const cloud: OciCloud = await startOci({ auth: 'none', ...switches });
  clouds.push(cloud);
  const { session } = openSession(driver, cloud.values);
  if (!isEmpty) {
    cloud.plant({ name: 'golden', data: Buffer.alloc(100_000, 3) }, 'g');
    cloud.plant({ name: 'one', status: 'queued' }, 'n1');
    cloud.plant({ name: 'two', status: 'queued' }, 'n2');
  }
  const content = () => makeContent({ format: 'raw' }, { diskLength: 50_000, seed: 7 });
  const verbs = {
    list: async (call?: TestCall) =>
      (await allOf(session.require('list').run(everything, call ?? testCall()))).map(({ id }) => id),
    show: (id: string) => session.require('show').run({ id }, testCall()),
    create: (id: string) => session.require('create').run({ id, description: { name: id }, extras: {} }, testCall()),
    patch: (id: string) => session.require('patch').run({ id, changes: { description: 'x' }, extras: {} }, testCall()),
    upload: (more: { id?: string; into?: string } = {}, call?: TestCall) =>
      session
        .require('upload')
        .run({ description: { name: 'new' }, content: content(), extras: {}, ...more }, call ?? testCall()),
    download: (id: string) => session.require('download').run({ id }, testCall()),
    remove: (id: string) => session.require('delete').run({ id }, testCall()),
    replicate: (id: string, add: string[], remove: string[] = [], call?: TestCall) =>
      session.require('replicate').run({ id, add, remove }, call ?? testCall()),
  };
  return { cloud, session, ...verbs, tags: (name = library) => [...cloud.store.of(name).tags.keys()].sort() };
}
type Started = Awaited<ReturnType<typeof start>>;

/** From now on all requests that fit get this answer. */
const answerAll = (
  { cloud }: Started,
  on: (method: string, path: string) => boolean,
  { status, headers = {}, body = '' }: { status: number; headers?: Readonly<Record<string, string>>; body?: unknown },
): void =>
  cloud.fail({
    kind: 'answer',
    times: 1000,
    status,
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    on: ({ method, path }) => on(method, path),
  });

describe('removal is believed only when the tag answers no more', () => {
  const ways = ['manifest', 'apart', 'tag-first', 'tag-only'] as const;
  for (const deletion of ways) {
    it(`delete works, and others stay, where a registry deletes so: ${deletion}`, async () => {
      const { remove, tags, replicate, show } = await start({ deletion });
      await replicate('g', ['images/second']);
      await remove('g');
      expect([tags(), tags('images/second')]).toEqual([['n1', 'n2'], []]);
      await failureOf(show('g'), 'NOT_FOUND');
    });

    it(`a copy goes, and the image stays, where a registry deletes so: ${deletion}`, async () => {
      const { tags, replicate } = await start({ deletion });
      await replicate('g', ['images/second']);
      await replicate('g', [], ['images/second']);
      expect([tags(), tags('images/second')]).toEqual([['g', 'n1', 'n2'], []]);
    });

    it(`another tool's tag of the same manifest stays where a registry deletes so: ${deletion}`, async () => {
      for (const immutable of [0, 409] as const) {
        if (immutable > 0 && deletion === 'manifest') continue;
        const { cloud, tags, remove } = await start({ deletion, immutable });
        const repository = cloud.store.of(library);
        // A tag that no image can have as its id.
        repository.tags.set('their--own', repository.tags.get('g') ?? '');
        await remove('g');
        expect(tags(), String(immutable)).toEqual(['n1', 'n2', 'their--own']);
        expect(repository.manifests.has(repository.tags.get('their--own') ?? '')).toBe(true);
      }
    });
  }

  for (const refusedDigest of [400, 403, 405, 409, 412, 422, 501])
    it(`the tag goes where its digest may not, whatever the status is: ${refusedDigest}`, async () => {
      for (const deletion of ['tag-first', 'tag-only'] as const) {
        const { remove, tags, session } = await start({ deletion, refusedDigest });
        expect((await session.probe(testCall())).missing).toEqual({});
        await remove('g');
        expect(tags()).toEqual(['n1', 'n2']);
      }
    });

  it.each([
    [403, 'DENIED', 'AUTH'],
    [409, 'CONFLICT', 'CONFLICT'],
    [412, 'PRECONDITION', 'CONFLICT'],
    [422, 'LOCKED', 'PROVIDER'],
  ] as const)('says why none goes: %i', async (status, code, kind) => {
    const started = await start();
    const at = (pattern: RegExp) => (method: string, path: string) => method === 'DELETE' && pattern.test(path);
    answerAll(started, at(/sha256/), { status, body: refusal(status, code, 'it is under retention').body });
    answerAll(started, at(/manifests\/g/), {
      status: 405,
      body: refusal(405, 'UNSUPPORTED', 'The operation is unsupported.').body,
    });
    expect((await failureOf(started.remove('g'), kind)).message).toContain('under retention');
    expect(started.tags()).toEqual(['g', 'n1', 'n2']);
  });

  it.each([401, 403, 405, 500])('says that it was accepted where the look afterwards is answered with %i', async (status) => {
    const started = await start();
    let removed = false;
    const on = (method: string, path: string): boolean => {
      if (method === 'DELETE') removed = true;
      return removed && method !== 'DELETE' && path.includes('/manifests/');
    };
    answerAll(started, on, { status, body: refusal(status, 'DENIED', 'no').body });
    const error = await failureOf(started.remove('g'), 'AUTH', 'PROVIDER');
    expect(error.message).toMatch(/accepted the removal of g, but whether it is gone could not be checked: /);
  });

  it('fails where every DELETE is answered with success and nothing is done', async () => {
    const { remove, replicate, tags } = await start({ deletion: 'pretended' });
    await replicate('g', ['images/second']);
    expect((await failureOf(remove('g'), 'PROVIDER')).message).toContain(':g');
    expect((await failureOf(replicate('g', [], ['images/second']), 'PROVIDER')).message).toContain('images/second:g');
    expect(tags()).toEqual(['g', 'n1', 'n2']);
  });

  it('keeps the words of a registry that has locked the image, and what a bare refusal means', async () => {
    const locked = await start({ deletion: 'locked' });
    const error = await failureOf(locked.remove('g'), 'UNSUPPORTED');
    expect(error.message).toContain('disallowed');
    expect(error.message).not.toContain('does not allow deletes');
    const none = await start({ deletes: false });
    expect((await failureOf(none.remove('g'), 'UNSUPPORTED')).message).toContain('does not allow deletes');
    expect((await none.session.probe(testCall())).missing.delete).toContain('does not allow deletes');
    const tagsOnly = await start({ deletion: 'tag-only' });
    expect((await tagsOnly.session.probe(testCall())).missing.delete).toBeUndefined();
  });
});

describe('pages of tags', () => {
  /** Pages in their order, each with a link to the next. */
  async function pages(bodies: readonly unknown[]) {
    const started = await start();
    let at = 0;
    const { cloud } = started;
    cloud.fail({
      kind: 'answer',
      times: 1000,
      status: 200,
      on: ({ path }) => path.includes(`${library}/tags/list`),
      get headers() {
        return at + 1 < bodies.length ? { link: `</v2/${library}/tags/list?last=${at + 1}>; rel="next"` } : {};
      },
      get body() {
        return JSON.stringify({ name: library, tags: bodies[at++] });
      },
    });
    return started;
  }
  const all = ['g', 'n1', 'n2'];
  const cases: Readonly<Record<string, readonly unknown[]>> = {
    'an empty page first': [[], all],
    'empty pages in the middle': [['g'], [], [], ['n1', 'n2']],
    'null in the middle': [['g'], null, ['n1', 'n2']],
    'a page of tags that no image can have': [['sha256-' + 'a'.repeat(64), '_x'], all],
    'three ordinary pages': [['g'], ['n1'], ['n2']],
    'an empty page last': [all, []],
  };
  for (const [title, bodies] of Object.entries(cases))
    it(`give every image: ${title}`, async () => {
      const { list } = await pages(bodies);
      const call = testCall();
      expect(await list(call)).toEqual(all);
      expect(call.notes.filter(({ kind, ...note }) => kind === 'warning' && !JSON.stringify(note).includes('not shown'))).toEqual(
        [],
      );
    });

  it.each(['rel=next', "rel='next'", 'rel="last next"', 'title="a, b"; rel = "next"', 'rel="prev", <?last=b>; rel="next"'])(
    'are followed by a link that is written so: %s',
    async (relation) => {
      const started = await start();
      const at =
        (last: string) =>
        ({ path }: { path: string }) =>
          path.endsWith(`/tags/list${last}`);
      const page = (tags: readonly string[]) => JSON.stringify({ name: library, tags });
      const link = `<?last=${relation.includes('last=b') ? 'a' : 'b'}>; ${relation}`;
      started.cloud.fail({ kind: 'answer', status: 200, headers: { link }, body: page(['g']), on: at('') });
      started.cloud.fail({ kind: 'answer', status: 200, body: page(['n1', 'n2']), on: at('?last=b') });
      expect(await started.list()).toEqual(all);
    },
  );

  it('may name a tag that has no manifest, which is told', async () => {
    const { cloud, list } = await start();
    cloud.store.of(library).tags.set('lost', `sha256:${'0'.repeat(64)}`);
    const call = testCall();
    expect(await list(call)).toEqual(all);
    expect(JSON.stringify(call.notes)).toContain('lost (no manifest)');
  });

  it('come to an end, with a word, where they lead back', async () => {
    const started = await start();
    const link = `</v2/${library}/tags/list>; rel="next"`;
    answerAll(started, (_, path) => path.includes('/tags/list'), {
      status: 200,
      headers: { link },
      body: { name: library, tags: [] },
    });
    const call = testCall();
    expect(await started.list(call)).toEqual([]);
    expect(JSON.stringify(call.notes)).toContain('incomplete');
  });
});

describe('a 404 in the form of the specification', () => {
  it('is an empty repository, whatever its code, to every verb that writes the first image', async () => {
    for (const unknownCode of ['NOT_FOUND', undefined]) {
      const one = await start({ unknownCode }, true);
      expect(await one.list()).toEqual([]);
      expect((await one.session.probe(testCall())).details.tags).toBe('0');
      await failureOf(one.show('g'), 'NOT_FOUND');
      await one.create('first');
      expect(await one.list()).toEqual(['first']);
      const other = await start({ unknownCode }, true);
      await other.upload({ id: 'h' });
      await other.replicate('h', ['lib/two']);
      expect([other.tags(), other.tags('lib/two')]).toEqual([['h'], ['h']]);
    }
  });

  it('is told from one that is no registry’s', async () => {
    for (const body of ['404 page not found\n', '<html>404</html>']) {
      const started = await start();
      answerAll(started, (_, path) => /tags|manifests/.test(path), { status: 404, body });
      for (const work of [started.list(), started.show('g'), started.upload({ id: 'x' })])
        expect((await failureOf(work, 'PROVIDER')).circumstances.hint).toContain('registry');
    }
  });
});

describe('a registry that refuses HEAD', () => {
  it('is asked by GET instead, by every verb', async () => {
    for (const [headOfManifests, headOfBlobs] of [
      [405, 0],
      [403, 405],
      [400, 403],
      [404, 400],
    ] as const) {
      const started = await start({ headOfManifests, headOfBlobs });
      const { list, show, patch, upload, remove, download, replicate, tags } = started;
      expect(await list()).toEqual(['g', 'n1', 'n2']);
      expect((await show('g')).name).toBe('golden');
      expect((await download('g')).bytes).toBe(100_000);
      await patch('g');
      await upload({ id: 'h' });
      await replicate('g', ['images/second']);
      await remove('n1');
      expect([tags(), tags('images/second')]).toEqual([['g', 'h', 'n2'], ['g']]);
    }
  });

  it('is not asked by HEAD again and again', async () => {
    const { cloud, list, patch } = await start({ headOfManifests: 405 });
    await patch('n1');
    cloud.forget();
    await list();
    expect(cloud.requests().filter(({ method }) => method === 'HEAD')).toEqual([]);
  });

  it('fails as GET does', async () => {
    const started = await start();
    answerAll(started, (_, path) => path.includes('/manifests/'), { status: 403, body: refusal(403, 'DENIED', 'no').body });
    await failureOf(started.patch('g'), 'AUTH');
    const readOnly = await start();
    answerAll(readOnly, (_, path) => path.includes('/manifests/'), { status: 405, body: 'Method not allowed' });
    expect((await failureOf(readOnly.show('g'), 'PROVIDER')).circumstances.hint ?? '').not.toContain('read-only');
  });
});

describe('a mount that is not one', () => {
  for (const mountStatus of [401, 403, 400, 404, 500, 200])
    it(`has the disk sent through here: ${mountStatus}`, async () => {
      const { cloud, replicate } = await start({ mountStatus });
      const call = testCall();
      await replicate('g', ['lib/two'], [], call);
      expect(JSON.stringify(call.notes)).toContain('relaying through this machine');
      expect(cloud.store.of('lib/two').blobs.size).toBe(2);
    });

  it('is not what is told of, where no upload is allowed at all', async () => {
    const started = await start();
    answerAll(started, (method, path) => method === 'POST' && path.includes('lib/two'), {
      status: 403,
      body: refusal(403, 'DENIED', 'no').body,
    });
    expect((await failureOf(started.replicate('g', ['lib/two']), 'AUTH')).message).toContain('beginning an upload');
  });
});

describe('immutable tags', () => {
  for (const immutable of [400, 409, 412] as const)
    it(`are told of when an image cannot be changed: ${immutable}`, async () => {
      const { patch, upload, create } = await start({ immutable });
      for (const work of [patch('g'), upload({ into: 'n1' })]) {
        const error = await failureOf(work, 'UNSUPPORTED', 'CONFLICT');
        expect(error.message).toContain('immutable');
      }
      expect((await create('q')).status).toBe('queued');
      expect((await upload({ id: 'h' })).status).toBe('active');
    });
});

describe('refusals in a registry’s own words', () => {
  const isManifestPut = (method: string, path: string): boolean => method === 'PUT' && path.includes('/manifests/');
  it('of artifacts of this type are no mistake of whoever typed, and say what to ask for', async () => {
    for (const status of [400, 415, 422])
      for (const verb of ['create', 'patch', 'upload', 'replicate'] as const) {
        const started = await start();
        answerAll(started, isManifestPut, { status, body: refusal(status, 'MANIFEST_INVALID', 'manifest invalid').body });
        const work = {
          create: () => started.create('q'),
          patch: () => started.patch('g'),
          upload: () => started.upload({ id: 'h' }),
          replicate: () => started.replicate('g', ['lib/two']),
        }[verb];
        const error = await failureOf(work(), 'PROVIDER', 'UNSUPPORTED', 'LIMIT', 'CONFLICT');
        expect(error.circumstances.hint, `${verb} ${status}`).toContain('artifacts');
      }
  });

  it('about room are a limit, whatever their status, and those about access are not', async () => {
    const words =
      'adding 1.9 MiB of storage resource, which when updated to current usage of 0 Byte will exceed the configured upper limit of 1.0 MiB.';
    const where = {
      blobs: (method: string, path: string) => method === 'PUT' && path.includes('/blobs/'),
      manifests: isManifestPut,
    };
    for (const on of Object.values(where))
      for (const [status, code] of [
        [403, 'DENIED'],
        [412, 'PRECONDITION'],
        [400, 'UNKNOWN'],
        [413, 'SIZE_INVALID'],
        [507, 'X'],
      ] as const) {
        const started = await start();
        answerAll(started, on, { status, body: refusal(status, code, words).body });
        expect((await failureOf(started.upload({ id: 'h' }), 'LIMIT')).message).toContain('exceed');
      }
    const started = await start();
    answerAll(started, isManifestPut, {
      status: 403,
      body: refusal(403, 'DENIED', 'requested access to the resource is denied').body,
    });
    await failureOf(started.upload({ id: 'h' }), 'AUTH');
  });

  it('in a Warning header are passed on once', async () => {
    const started = await start();
    const { cloud, session } = started;
    const body = { name: library, tags: ['g', 'n1', 'n2'] };
    answerAll(started, (_, path) => path.includes('/tags/list'), {
      status: 200,
      headers: { warning: '299 - "This registry closes on Friday.", 299 - "Really \\"so\\"."' },
      body,
    });
    const call = testCall();
    for (let n = 0; n < 2; n += 1) await allOf(session.require('list').run(everything, call));
    const host = new URL(cloud.origin).host;
    expect(call.notes).toEqual([
      { kind: 'warning', message: `${host}: "This registry closes on Friday."` },
      { kind: 'warning', message: `${host}: "Really "so"."` },
    ]);
  });
});

describe('redirects', () => {
  it('of tags and manifests are followed, without credentials to another host, and the digest is checked', async () => {
    const started = await start({ auth: 'basic' });
    const { cloud, list, show } = started;
    const open = await startOci({ auth: 'none' });
    clouds.push(open);
    for (const [name, repository] of cloud.store.repositories) open.store.repositories.set(name, repository);
    const elsewhere = await startFakeServer(({ path }) => ({ status: 307, headers: { location: `${open.origin}${path}` } }));
    clouds.push(elsewhere);
    cloud.fail({
      kind: 'answer',
      times: 1000,
      status: 307,
      on: ({ path }) => /tags|manifests/.test(path) && ((location = `${elsewhere.origin}${path}`), true),
      get headers() {
        return { location };
      },
    });
    let location = '';
    expect(await list()).toEqual(['g', 'n1', 'n2']);
    expect((await show('g')).name).toBe('golden');
    for (const { headers } of [...open.requests(), ...elsewhere.requests()]) expect(headers.authorization).toBeUndefined();
    expect(open.requests().length).toBeGreaterThan(3);
  });

  it('come to an end, of tags, manifests and disks alike', async () => {
    for (const kind of ['tags', 'manifests', 'blobs']) {
      const started = await start();
      const data = await started.download('g');
      const here = await openSession(driver, started.cloud.values).session;
      answerAll(started, (_, path) => path.includes(`/${kind}/`), { status: 302, headers: { location: '?round=about' } });
      const work = {
        tags: () => allOf(here.require('list').run(everything, testCall())),
        manifests: () => here.require('show').run({ id: 'g' }, testCall()),
        blobs: async () => {
          for await (const chunk of data.open()) expect(chunk).toBeUndefined();
        },
      }[kind];
      expect((await failureOf(work?.() ?? Promise.resolve(), 'PROVIDER')).message).toContain('too many redirects');
    }
  });

  it('of a whole registry say where it is now', async () => {
    const started = await start();
    const moved = await startFakeServer(() => refusal(401, 'UNAUTHORIZED', 'authentication required'));
    clouds.push(moved);
    answerAll(started, () => true, { status: 301, headers: { location: `${moved.origin}/v2/${library}/tags/list` } });
    const host = new URL(moved.origin).host;
    expect(JSON.stringify((await failureOf(started.list(), 'AUTH')).circumstances.next)).toContain(`registry=${host}`);
    const writes = await start();
    answerAll(writes, (method) => method === 'POST', { status: 308, headers: { location: `${moved.origin}/v2/x?signed=1` } });
    const { message } = await failureOf(writes.upload(), 'PROVIDER');
    const secure = await start();
    const there = `https://${new URL(secure.cloud.origin).host}/v2/${library}/tags/list`;
    answerAll(secure, () => true, { status: 301, headers: { location: there } });
    expect(JSON.stringify((await failureOf(secure.list(), 'NETWORK')).circumstances.next)).toContain('plainHttp=false');
    expect(message).toContain(host);
    expect(message).not.toContain('signed');
  });
});

describe('tokens', () => {
  it('are asked for what a request takes, however little the challenge names', async () => {
    for (const challengeScope of [`repository:${library}:pull`, 'repository:user/image:pull', '', 'nonsense']) {
      const { list, upload, remove, tags } = await start({ auth: 'bearer', challengeScope });
      expect(await list()).toEqual(['g', 'n1', 'n2']);
      await upload({ id: 'h' });
      await remove('n1');
      expect(tags()).toEqual(['g', 'h', 'n2']);
    }
  });

  it('that end before the disk is sent have it sent in chunks, or the hint name them and no password', async () => {
    const data = makeContent({ format: 'raw' }, { diskLength: 400_000, seed: 8 });
    for (const isRepeatable of [true, false]) {
      const started = await start({ auth: 'bearer' });
      const { cloud, session } = started;
      // Too slow by the size: what is larger takes longer than a token lives.
      cloud.fail({
        kind: 'answer',
        times: 1000,
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="${cloud.origin}/token",service="registry.tests"` },
        body: JSON.stringify(refusal(401, 'UNAUTHORIZED', 'authentication required').body),
        on: (request) =>
          (request.method === 'PUT' || request.method === 'PATCH') &&
          request.path.includes('/blobs/') &&
          'bodyBytes' in request &&
          Number(request.bodyBytes) > 120_000,
      });
      const content = { ...data, repeatable: isRepeatable };
      const work = session.require('upload').run({ id: 'h', description: { name: 'h' }, content, extras: {} }, testCall());
      if (isRepeatable) expect((await work).status).toBe('active');
      else {
        const error = await failureOf(work, 'AUTH');
        expect(JSON.stringify(error.circumstances.next)).toContain('chunkSize');
        // Credentials are blamed for a status of 401.
        expect(error.circumstances.status).toBeUndefined();
      }
    }
  });
});

describe('what other tools have put in', () => {
  it('does not stand in the way of a tag of theirs that no image can have', async () => {
    const { cloud, list } = await start();
    keepManifest(
      cloud.store.of(library),
      `sha256-${'a'.repeat(64)}.sig`,
      'application/vnd.oci.image.manifest.v1+json',
      Buffer.from('{}'),
    );
    expect(await list()).toEqual(['g', 'n1', 'n2']);
  });
});
