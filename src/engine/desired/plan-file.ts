import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DesiredRow } from '../../core/desired.ts';
import { configError, notFoundError, usageError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import { isObject, parsedJson } from '../../core/json.ts';
import { maskSecrets, maskText, withoutCredentials } from '../../core/redact.ts';
import { localized } from '../../host/durable-file.ts';
import { readTextFile } from '../../host/text-file.ts';
import type { Manifest } from './manifest.ts';
import type { PlanWishes } from './planning.ts';
import { manifestFrom } from './read-manifest.ts';

/** A plan that was kept: the manifest as it was, and the rows that were agreed to. */
export interface PlanFile {
  readonly manifest: Manifest;
  readonly wishes: PlanWishes;
  readonly rows: readonly DesiredRow[];
}

const kind = 'imgctl-plan';
const version = 1;
const keys = [
  'kind',
  'version',
  'createdAt',
  'folder',
  'form',
  'targets',
  'manifest',
  'allowDowngrade',
  'unused',
  'only',
  'rows',
] as const;
const rowKeys = [
  'image',
  'profile',
  'action',
  'id',
  'name',
  'reason',
  'irreversible',
  'changes',
  'places',
  'from',
  'channel',
  'retirement',
  'updatedAt',
  'contentId',
  'content',
  'code',
  'hint',
] as const satisfies readonly (keyof DesiredRow)[];

/** Keeps a plan. Throws USAGE where a secret would stand in it, LOCAL where it cannot be written. */
export async function writePlan(file: string, { manifest, wishes, rows }: PlanFile, now: number): Promise<void> {
  const { value, folder } = manifest.written;
  const form = manifest.written.form === 'oim' ? { form: manifest.written.form, targets: manifest.written.targets } : {};
  const masked = maskSecrets(value, (text) => maskText(text, withoutCredentials));
  if (JSON.stringify(masked) !== JSON.stringify(value))
    throw usageError(`${manifest.file} holds what looks like a secret, and a plan file would hold it too`, {
      hint: 'Put it into a profile, or omit --out.',
    });
  const { allowDowngrade, isUnusedBelieved, only } = wishes;
  const createdAt = new Date(now).toISOString();
  const plan = {
    kind,
    version,
    createdAt,
    folder,
    ...form,
    manifest: value,
    allowDowngrade,
    unused: isUnusedBelieved,
    ...(only ? { only } : {}),
    rows,
  };
  try {
    await writeFile(file, `${JSON.stringify(plan, null, 2)}\n`);
  } catch (error) {
    throw localized(error, file);
  }
}

/** Reads a plan. Throws NOT_FOUND, LOCAL, and CONFIG for what is no plan, one of another version, or one that was changed by hand. */
export async function readPlan(file: string): Promise<PlanFile> {
  const text = await readTextFile(file);
  if (text === undefined) throw notFoundError(`no such file: ${file}`, { ofNoImage: true });
  const wrong = (what: string): Error =>
    configError(`${file} ${what}`, {
      hint: `Make one with: ${commandLine({ verb: 'plan', options: { out: 'FILE' } }, nowhere)}`,
    });
  const value = parsedJson(text);
  if (!isObject(value) || value.kind !== kind) throw wrong('is no plan');
  if (value.version !== version)
    throw wrong(`has version ${JSON.stringify(value.version)}; this imgctl reads version ${version}`);
  const odd = Object.keys(value).find((key) => !keys.some((known) => known === key));
  if (odd !== undefined) throw wrong(`has "${odd}", which no plan has`);
  const { folder, only, rows, allowDowngrade, unused = false, form, targets } = value;
  if (typeof folder !== 'string' || !path.isAbsolute(folder)) throw wrong('does not say where paths begin');
  if (typeof allowDowngrade !== 'boolean') throw wrong('does not say whether older serials may be taken');
  if (typeof unused !== 'boolean') throw wrong('does not say what counts as unused');
  if (only !== undefined && !isTexts(only)) throw wrong('has profiles that are no texts');
  if (!Array.isArray(rows) || !rows.every(isRow)) throw wrong('has rows that are none');
  if (form !== undefined && (form !== 'oim' || !isTexts(targets))) throw wrong('has a manifest of a form that is not known');
  const manifest = isTexts(targets)
    ? (await import('./oim/read-oim.ts')).oimManifest(value.manifest, file, targets, () => undefined)
    : manifestFrom(value.manifest, file, folder);
  return { manifest, wishes: { allowDowngrade, isUnusedBelieved: unused, isKept: true, ...(only ? { only } : {}) }, rows };
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** What is in it counts only where it is what is planned anew: that it is a row is enough. */
const isRow = (value: unknown): value is DesiredRow =>
  isObject(value) &&
  Object.keys(value).every((key) => rowKeys.some((known) => known === key)) &&
  ['image', 'profile', 'action', 'name', 'reason'].every((key) => typeof value[key] === 'string');
