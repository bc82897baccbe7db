import { ImgctlError, notFoundError } from '../../../core/errors.ts';
import { Secret } from '../../../core/secret.ts';
import { literal, formatValue } from '../../../host/secret-reference.ts';
import { withoutPassword } from '../../../core/redact.ts';
import { checkProfileName, type StoredProfile } from '../../../profiles/schema.ts';
import { nearest } from '../../../host/did-you-mean.ts';
import { foundProfileView, type FoundRow, type ImportState } from '../../../ui/views/found-profile.ts';
import { defineCommand } from '../../program/command.ts';
import type { Surface } from '../../program/context.ts';
import type { Discovered } from '../../../engine/account/discover.ts';
import { many } from '../../program/outcome.ts';
import { warnOfPublisher } from './written.ts';
import { outlineOf } from '../../completion/profile-outline.ts';
import { isSigned, signedAddress, signInElsewhere } from '../../../engine/account/address-credentials.ts';
import { driverNamed } from '../../../engine/account/driver.ts';

export const importProfiles = defineCommand({
  about:
    'Without a name everything that is found is imported, under the name it has there; a profile of that name that exists already stays (--replace). ' +
    'Values are copied, secrets too: what is changed in the other tool afterwards is not followed.',
  args: { from: { takes: 'any', summary: 'provider, or the name of a profile there', completes: 'provider' } },
  options: { replace: { kind: 'flag', summary: 'replace existing profiles' } },
  draws: () => foundProfileView,
  needs: {},
  examples: [
    { does: 'what would be imported', type: 'imgctl profile import --dry-run' },
    { does: 'everything', type: 'imgctl profile import' },
  ],
  async run(input, context) {
    const all = (await context.discover()).filter((profile) => !profile.ambient || profile.name !== 'env');
    const words = input.from ?? [];
    const chosen = words.length === 0 ? all : words.flatMap((word) => fitting(word, all));
    if (chosen.length === 0)
      throw notFoundError('no profiles of other tools found', { hint: 'Add one with: imgctl profile add NAME' });
    if (chosen.every(({ leftOut }) => leftOut !== undefined)) {
      for (const found of chosen) context.warn(whyLeftOut(found));
      throw notFoundError('none of the profiles found can be imported', { hint: 'Add one with: imgctl profile add NAME' });
    }
    const checked = await Promise.all(chosen.map((found) => withoutSigned(found, context)));
    let judged: readonly Judged[] = [];
    await context.store.change(({ profiles, ...book }) => {
      judged = judge(checked, new Set(Object.keys(profiles)), input.replace ?? false);
      const taken = judged.filter(isTaken).map(({ found }) => [found.name, storedFrom(found)] as const);
      return { ...book, profiles: { ...profiles, ...Object.fromEntries(taken) } };
    });
    tell(judged, context);
    // Names alone are those of what was done: they are handed on to other commands.
    const shown = context.settings.format === 'id' ? judged.filter(isTaken) : judged;
    const rows = await Promise.all(shown.map((one) => rowOf(one, context)));
    return many(foundProfileView, rows);
  },
});

/** A found profile, and what becomes of it. */
interface Judged {
  readonly found: Discovered;
  readonly fate: 'new' | 'replaced' | 'already there' | 'left out';
  readonly reason?: string;
}
const isTaken = ({ fate }: Judged): boolean => fate === 'new' || fate === 'replaced';

/** What becomes of each: a name is taken once, and what is there already stays unless it is to be replaced. */
function judge(found: readonly Discovered[], there: ReadonlySet<string>, replaces: boolean): readonly Judged[] {
  const taken = new Map<string, string>();
  return found.map((one): Judged => {
    const reason = one.leftOut ?? oddName(one.name);
    if (reason !== undefined) return { found: one, fate: 'left out', reason };
    const before = taken.get(one.name);
    if (before !== undefined) return { found: one, fate: 'left out', reason: `"${one.name}" is also in ${before}` };
    if (there.has(one.name) && !replaces) return { found: one, fate: 'already there' };
    taken.set(one.name, one.source);
    return { found: one, fate: there.has(one.name) ? 'replaced' : 'new' };
  });
}

/** The same, left out where an address holds what signs in: that would be kept, and shown, in clear. */
async function withoutSigned(found: Discovered, surface: Surface): Promise<Discovered> {
  const driver = await driverNamed(found.provider, surface);
  const signed = Object.entries(found.fields).find(
    ([field, value]) => typeof value === 'string' && isSigned(driver, field, value),
  )?.[0];
  return signed === undefined || found.leftOut !== undefined
    ? found
    : { ...found, leftOut: signedAddress(signed), hint: signInElsewhere(signed) };
}

function oddName(name: string): string | undefined {
  try {
    checkProfileName(name);
    return undefined;
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    return error.message;
  }
}

const whyLeftOut = ({ name, provider, source, leftOut, hint }: Discovered, reason = leftOut): string =>
  `left out: ${name} (${provider}, ${source}): ${reason ?? ''}${hint ? `. ${hint}` : ''}`;

/** What a person has to know beyond the rows: what was left out, what stays, what was copied, what to type next. */
function tell(judged: readonly Judged[], surface: Surface): void {
  for (const { found, fate, reason } of judged) if (fate === 'left out') surface.warn(whyLeftOut(found, reason));
  const there = judged.filter(({ fate }) => fate === 'already there').map(({ found }) => found.name);
  if (there.length > 0) surface.warn(`already there, kept as they are: ${there.join(', ')} (replace them with --replace)`);
  const taken = judged.filter(isTaken).map(({ found }) => found);
  for (const { name } of judged.filter(({ fate }) => fate === 'new').map(({ found }) => found)) warnOfPublisher(name, surface);
  for (const note of taken.flatMap(({ notes = [] }) => notes)) surface.warn(note);
  const copied = taken.filter(({ fields }) => Object.values(fields).some((value) => value instanceof Secret));
  const first = taken[0];
  if (!first || surface.settings.dryRun) return;
  if (copied.length > 0)
    surface.warn(
      `secrets of ${copied.length} of them were copied as plain text into ${surface.store.path}; later changes in the source are not followed`,
    );
  const sources = [...new Set(taken.map(({ source }) => source))].join(', ');
  const count = taken.length === 1 ? '1 profile' : `${taken.length} profiles`;
  surface.say(`${count} imported from ${sources}. Next: imgctl profile use ${first.name}`);
}

function fitting(word: string, all: readonly Discovered[]): readonly Discovered[] {
  const found = all.filter(
    (one) => one.name === word || one.provider === word || one.tool === word || word.startsWith(`${one.provider}-`),
  );
  if (found.length > 0) return found;
  const close = nearest(
    word,
    all.flatMap((one) => [one.name, one.provider]),
  );
  throw notFoundError(`no such profile to import: ${word}`, {
    hint: close.length > 0 ? `Did you mean ${close.join(' or ')}?` : 'List what there is with: imgctl profile import --dry-run',
  });
}

const storedFrom = ({ provider, fields }: Discovered): StoredProfile => ({
  provider,
  fields: Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, stored(value)])),
});

/** Another tool's text is no reference of ours, and must not become one. */
const stored = (value: string | Secret): string => formatValue(literal(value instanceof Secret ? value.reveal() : value));

const dryFates: Readonly<Partial<Record<Judged['fate'], ImportState>>> = { new: 'new', replaced: 'would replace' };
const doneFates: Readonly<Partial<Record<Judged['fate'], ImportState>>> = { new: 'imported' };

async function rowOf({ found, fate, reason }: Judged, surface: Surface): Promise<FoundRow> {
  const { name, provider, source, fields } = found;
  const outline = outlineOf(await driverNamed(provider, surface), fields);
  return {
    name,
    provider,
    state: (surface.settings.dryRun ? dryFates : doneFates)[fate] ?? (fate as ImportState),
    ...outline,
    source,
    ...(reason === undefined ? {} : { reason }),
    fields: Object.fromEntries(
      Object.entries(fields).map(([field, value]) => [
        field,
        { value: typeof value === 'string' ? withoutPassword(value) : value, from: source },
      ]),
    ),
  };
}
