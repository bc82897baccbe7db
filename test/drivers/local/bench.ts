import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import type { Session } from '../../../src/core/driver.ts';
import type { Image } from '../../../src/core/image.ts';
import type { Changes, Note } from '../../../src/core/operation.ts';
import local from '../../../src/drivers/local/index.ts';
import { allOf, everything, testCall } from '../../conformance/stage.ts';
import { gather, makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

type Entry = { digest: string; size: number; mediaType?: string; annotations?: Record<string, string> };
type IndexJson = { manifests: Entry[] } & Record<string, unknown>;

/** A fresh folder with an open session on it, and a look behind the driver's back. */
export interface Bench {
  readonly root: string;
  readonly folder: string;
  readonly session: Session;
  upload(name: string, seed?: number): Promise<Image>;
  create(name: string, id?: string): Promise<Image>;
  patch(id: string, changes: Changes): Promise<Image>;
  remove(id: string): Promise<void>;
  show(id: string): Promise<Image>;
  list(): Promise<{ images: readonly Image[]; notes: readonly Note[] }>;
  data(id: string): Promise<Buffer>;
  index(): IndexJson;
  writeIndex(index: object | string): void;
  /** Names of all blobs, sorted. */
  blobs(): readonly string[];
  /** Writes a blob past the driver; returns its descriptor. */
  put(contents: string | object, mediaType?: string): Entry & { mediaType: string };
  path(...parts: readonly string[]): string;
}

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

export function makeBench(places: readonly string[] = []): Bench {
  const root = mkdtempSync(path.join(tmpdir(), 'imgctl-bench-'));
  roots.push(root);
  const folder = path.join(root, 'images');
  const values = {
    path: folder,
    ...(places.length > 0 ? { places: places.map((name) => `${name}=${path.join(root, name)}`).join(',') } : {}),
  };
  const { session } = openSession(local, values);
  const at = (...parts: readonly string[]): string => path.join(folder, ...parts);
  const blobs = at('blobs', 'sha256');
  return {
    root,
    folder,
    session,
    path: at,
    upload: (name, seed = 1) =>
      session
        .require('upload')
        .run(
          { description: { name }, content: makeContent({ format: 'raw' }, { diskLength: 50_000, seed }), extras: {} },
          testCall(),
        ),
    create: (name, id) =>
      session.require('create').run({ description: { name }, extras: {}, ...(id === undefined ? {} : { id }) }, testCall()),
    patch: (id, changes) => session.require('patch').run({ id, changes, extras: {} }, testCall()),
    remove: (id) => session.require('delete').run({ id }, testCall()),
    show: (id) => session.require('show').run({ id }, testCall()),
    async list() {
      const call = testCall();
      return { images: await allOf(session.require('list').run(everything, call)), notes: call.notes };
    },
    data: async (id) => gather((await session.require('download').run({ id }, testCall())).open()),
    index: () => JSON.parse(readFileSync(at('index.json'), 'utf8')) as IndexJson,
    writeIndex: (index) => writeFileSync(at('index.json'), typeof index === 'string' ? index : JSON.stringify(index)),
    blobs: () => readdirSync(blobs).sort(),
    put(contents, mediaType = 'application/octet-stream') {
      const text = typeof contents === 'string' ? contents : JSON.stringify(contents);
      const hex = createHash('sha256').update(text).digest('hex');
      mkdirSync(blobs, { recursive: true });
      writeFileSync(path.join(blobs, hex), text);
      return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
    },
  };
}
