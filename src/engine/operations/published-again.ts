import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { provenanceIn } from '../../core/provenance.ts';
import { openAt } from '../account/open.ts';
import type { ProfileEntry } from '../account/registry.ts';
import { originsOf } from '../account/values.ts';
import { driverNamed } from '../account/driver.ts';
import type { EngineContext } from '../context.ts';
import { listing, wholeListing } from '../images/list.ts';

/** Fields of a profile that say where a publisher's files lie. */
const addressFields = ['mirror', 'url'];

/** What a publisher says now of the file at an address. `by`: the profile, or the publisher's name. */
export type PublishedAgain =
  | { readonly by: string; readonly image: Image }
  /** Why nothing is known of it. */
  | { readonly unknown: string };

/**
 * Asks who publishes the file at that address. Whoever may change an image may have written the address, so it is never itself asked: only
 * a profile, or a publisher that is known by name, whose own address is that of a folder above it.
 */
export async function publishedAgain(url: string, context: EngineContext): Promise<PublishedAgain> {
  const near = await publishersOf(url, context);
  if (near.length === 0)
    return { unknown: 'no profile and no known publisher has this address, and what is on record is not trusted with a request' };
  const failures: string[] = [];
  for (const name of near) {
    try {
      const found = await imageAt(name, url, context);
      if (found) return { by: name, image: found };
      failures.push(`${name} does not publish it any more`);
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      failures.push(`${name}: ${error.message}`);
    }
  }
  return { unknown: failures.join('; ') };
}

/** Profiles, then publishers, whose address stands before this one. */
async function publishersOf(url: string, context: EngineContext): Promise<readonly string[]> {
  const { directory } = context;
  const known = directory.sources.names().filter((name) => !directory.has(name));
  const entries = [...directory.names.map((name) => directory.entry(name)), ...known.map((name) => directory.openable(name))];
  const found = await Promise.all(entries.map(async (entry) => ((await isAbove(entry, url, context)) ? [entry.name] : [])));
  return found.flat();
}

async function isAbove(entry: ProfileEntry, url: string, context: EngineContext): Promise<boolean> {
  if (!context.drivers.names.includes(entry.provider)) return false;
  const driver = await driverNamed(entry.provider, context);
  // Only who publishes is asked for signatures.
  if (!('verify' in driver.profile)) return false;
  const origins = await originsOf(entry, driver, context);
  return addressFields.some((field) => {
    const value = origins[field]?.value;
    return value?.kind === 'literal' && isBelow(url, folderOf(value.text));
  });
}

/** The part of an address that no placeholder and no document stands in. */
const folderOf = (address: string): string => address.replace(/\{.*$/s, '').replace(/\/streams\/v1\/.*$/s, '/');

function isBelow(url: string, folder: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(folder)) return false;
  const [inner, outer] = [new URL(url), new URL(folder)];
  return inner.origin === outer.origin && inner.pathname.startsWith(outer.pathname.replace(/[^/]*$/, ''));
}

async function imageAt(name: string, url: string, context: EngineContext): Promise<Image | undefined> {
  const at = await openAt(name, ['list'], context);
  for await (const image of listing(at, { ...wholeListing, scope: 'all', hidden: true }, context.call()))
    if (provenanceIn(image.properties).url === url) return image;
  return undefined;
}
