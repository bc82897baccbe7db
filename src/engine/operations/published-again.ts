import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { provenanceIn, type Provenance } from '../../core/provenance.ts';
import type { Account } from '../account/account.ts';
import { driverNamed } from '../account/driver.ts';
import { openAt } from '../account/open.ts';
import type { ProfileEntry } from '../account/registry.ts';
import { originsOf } from '../account/values.ts';
import type { EngineContext } from '../context.ts';
import { listing, wholeListing } from '../images/list.ts';

/** What a publisher says now of the file at an address, asked again. `by`: the profile, or the publisher's name; `at`: its account. */
export interface FileAgain {
  readonly by: string;
  readonly at: Account;
  readonly image: Image;
}

/** The same, or why nothing is known of it. */
export type PublishedAgain = FileAgain | { readonly unknown: string };

/** Asks who publishes the file that is on record; of several that do, the one that says most of what is. */
export async function publishedAgain(recorded: Provenance, context: EngineContext): Promise<PublishedAgain> {
  const { url } = recorded;
  if (url === undefined) return { unknown: 'no url is on record' };
  const found = await publishersOfFile(url, context);
  if ('unknown' in found) return found;
  const agreeing = ({ image }: FileAgain): number => {
    const said = provenanceIn(image.properties);
    return (['signer', 'serial'] as const).filter((claim) => recorded[claim] !== undefined && said[claim] === recorded[claim])
      .length;
  };
  const [first, ...others] = found.files;
  return others.reduce((best, one) => (agreeing(one) > agreeing(best) ? one : best), first);
}

/**
 * Asks who publishes the file at that address. Whoever may change an image may have written the address, so it is never itself asked: only
 * a profile, or a publisher that is known by name, which may publish it by its own fields.
 */
async function publishersOfFile(
  url: string,
  context: EngineContext,
): Promise<{ readonly files: readonly [FileAgain, ...FileAgain[]] } | { readonly unknown: string }> {
  const near = URL.canParse(url) ? await publishersOf(new URL(url), context) : [];
  if (near.length === 0)
    return { unknown: 'no profile and no known publisher has this address, and what is on record is not trusted with a request' };
  const failures: string[] = [];
  const files: FileAgain[] = [];
  for (const name of near) {
    try {
      const at = await openAt(name, ['list', 'download'], context);
      const image = await imageAt(at, url, context);
      if (image) files.push({ by: name, at, image });
      else failures.push(`${name} does not publish it any more`);
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      failures.push(`${name}: ${error.message}`);
    }
  }
  const [first, ...others] = files;
  return first ? { files: [first, ...others] } : { unknown: failures.join('; ') };
}

/** Profiles, then publishers, that may publish what is at this address. */
async function publishersOf(url: URL, context: EngineContext): Promise<readonly string[]> {
  const { directory } = context;
  const known = directory.sources.names().filter((name) => !directory.has(name));
  const entries = [...directory.names.map((name) => directory.entry(name)), ...known.map((name) => directory.openable(name))];
  const found = await Promise.all(entries.map(async (entry) => ((await mayPublish(entry, url, context)) ? [entry.name] : [])));
  return found.flat();
}

async function mayPublish(entry: ProfileEntry, url: URL, context: EngineContext): Promise<boolean> {
  if (!context.drivers.names.includes(entry.provider)) return false;
  const driver = await driverNamed(entry.provider, context);
  if (!driver.mayPublish) return false;
  const origins = await originsOf(entry, driver, context);
  const literals = Object.entries(origins).flatMap(([field, { value }]) =>
    value.kind === 'literal' ? [[field, value.text] as const] : [],
  );
  return driver.mayPublish(Object.fromEntries(literals), url);
}

async function imageAt(at: Account, url: string, context: EngineContext): Promise<Image | undefined> {
  for await (const image of listing(at, { ...wholeListing, scope: 'all', hidden: true }, context.call()))
    if (provenanceIn(image.properties).url === url) return image;
  return undefined;
}
