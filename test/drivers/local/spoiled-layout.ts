import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import local from '../../../src/drivers/local/index.ts';
import { testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';
import { addForeign, age } from './foreign-image.ts';

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** One thing that is wrong with an otherwise valid layout. */
export interface Spoil {
  readonly name: string;
  apply(folder: string): void;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const blobsOf = (folder: string): ReadonlyMap<string, string> => {
  const blobs = path.join(folder, 'blobs', 'sha256');
  return new Map(readdirSync(blobs).map((name) => [name, sha256(readFileSync(path.join(blobs, name)))]));
};
const upload = (folder: string, id: string, seed: number) =>
  openSession(local, { path: folder, places: `second=${folder}-second` })
    .session.require('upload')
    .run(
      { id, description: { name: id }, content: makeContent({ format: 'raw' }, { diskLength: 5000, seed }), extras: {} },
      testCall(),
    );

/** A layout with two images that share a disk, one that is going to be deleted, and two of another tool; all of it is days old. */
export async function makeTemplate(): Promise<string> {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'imgctl-spoilt-')), 'images');
  for (const [id, seed] of [['one', 1], ['two', 1], ['doomed', 3]] as const) await upload(folder, id, seed); // prettier-ignore
  addForeign(folder, 'nested');
  addForeign(folder, 'plain');
  for (const name of blobsOf(folder).keys()) age(path.join(folder, 'blobs', 'sha256', name));
  return folder;
}

/** Every way to a value inside, with the value. */
function* pathsIn(value: Value, way: readonly string[] = []): Generator<{ way: readonly string[]; value: Value }> {
  if (way.length > 0) yield { way, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, one] of Object.entries(value)) yield* pathsIn(one as Value, [...way, key]);
}

/** A copy of a value with what stands at the end of a way changed; `undefined` takes it out. */
function changed(value: Value, [key, ...further]: readonly string[], to: Value | undefined): Value {
  if (key === undefined || typeof value !== 'object' || value === null) return value;
  const inner = (value as Record<string, Value>)[key] as Value;
  const entries = Object.entries(value).flatMap(([each, one]): [string, Value][] => {
    if (each !== key) return [[each, one as Value]];
    const next = further.length === 0 ? to : changed(inner, further, to);
    return next === undefined ? [] : [[each, next]];
  });
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

/** All spoils of a layout: each field of its index in every wrong form, each small blob lost, cut and changed. */
export function spoilsOf(template: string): readonly Spoil[] {
  const read = (folder: string): Value => JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8')) as Value;
  const index = read(template);
  const digests = [...JSON.stringify(index).matchAll(/sha256:[0-9a-f]{64}/g)].map(([digest]) => digest);
  const wrong = (value: Value): readonly (Value | undefined)[] => [
    undefined,
    null,
    0,
    -1,
    '',
    'x',
    [],
    {},
    true,
    String(value),
    ...(typeof value === 'string' && value.startsWith('sha256:')
      ? [value.slice(7), value.toUpperCase(), `sha256:${'0'.repeat(64)}`, `sha512:${value.slice(7)}`, ...digests]
      : []),
  ];
  const inIndex = [...pathsIn(index)].flatMap(({ way, value }) =>
    wrong(value)
      .filter((to) => JSON.stringify(to) !== JSON.stringify(value))
      .map((to) => ({
        name: `index.json: ${way.join('.')} = ${to === undefined ? '(missing)' : JSON.stringify(to)}`,
        apply: (folder: string) => writeFileSync(path.join(folder, 'index.json'), JSON.stringify(changed(read(folder), way, to))),
      })),
  );
  const harms: Readonly<Record<string, (file: string, bytes: Buffer) => void>> = {
    lost: (file) => rmSync(file),
    cut: (file, bytes) => writeFileSync(file, bytes.subarray(0, bytes.length / 2)),
    empty: (file) => writeFileSync(file, ''),
    changed: (file, bytes) => writeFileSync(file, Buffer.from(bytes.toString('latin1').replace(/[0-9a-f]/, 'z'), 'latin1')),
  };
  const inBlobs = [...blobsOf(template).keys()].flatMap((blob) =>
    Object.entries(harms).map(([how, harm]) => ({
      name: `blob ${blob.slice(0, 12)} ${how}`,
      apply(folder: string) {
        const file = path.join(folder, 'blobs', 'sha256', blob);
        harm(file, readFileSync(file));
      },
    })),
  );
  return [...inIndex, ...inBlobs];
}

/** Blobs that are gone or changed once every verb has had to do with a spoilt layout; that which only the deleted image had may go. */
export async function lostIn(template: string, spoil: Spoil): Promise<readonly string[]> {
  const root = mkdtempSync(path.join(tmpdir(), 'imgctl-spoilt-'));
  const folder = path.join(root, 'images');
  try {
    cpSync(template, folder, { recursive: true, preserveTimestamps: true });
    rmSync(path.join(folder, 'imgctl'), { recursive: true, force: true });
    spoil.apply(folder);
    const before = blobsOf(folder);
    const { session } = openSession(local, { path: folder, places: `second=${folder}-second` });
    const verbs = [
      () => upload(folder, 'new', 9),
      () => session.require('create').run({ description: { name: 'queued' }, extras: {} }, testCall()),
      () => session.require('replicate').run({ id: 'one', add: ['second'], remove: [] }, testCall()),
      () => session.require('delete').run({ id: 'doomed' }, testCall()),
      () => upload(folder, 'newer', 10),
    ];
    // Whether a verb can do its work with that is not asked here.
    for (const verb of verbs) await verb().catch(() => undefined);
    const after = blobsOf(folder);
    const mayGo = doomedIn(template);
    return [...before].filter(([name, sum]) => !mayGo.has(name) && after.get(name) !== sum).map(([name]) => name);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Names of the blobs that belong to the image that is deleted. */
function doomedIn(template: string): ReadonlySet<string> {
  const { manifests } = JSON.parse(readFileSync(path.join(template, 'index.json'), 'utf8')) as {
    manifests: { digest: string; annotations: Record<string, string> }[];
  };
  const entry = manifests.find(({ annotations }) => annotations['org.opencontainers.image.ref.name'] === 'doomed');
  const hex = entry?.digest.slice(7) ?? '';
  const { config, layers } = JSON.parse(readFileSync(path.join(template, 'blobs', 'sha256', hex), 'utf8')) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  return new Set([hex, ...[config, ...layers].map(({ digest }) => digest.slice(7))]);
}
