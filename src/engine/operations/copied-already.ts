import type { Image } from '../../core/image.ts';
import { provenanceIn } from '../../core/provenance.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { activeOf, alreadyThere, copiedBefore, type Same } from '../images/compare.ts';
import { imagesNamed } from '../images/resolve.ts';
import type { CopyOptions } from './copy-options.ts';
import { refuseOlder } from './downgrade.ts';
import type { Claim } from './claim.ts';
import { replacedBy } from './name-conflict.ts';
import type { Original } from './original.ts';

/**
 * The image at the target that makes a copy needless, found without a byte of the data: one that is the same (`skip`), or that was made of
 * the same published file and is as it is asked for (`replace`). Throws CONFLICT where what is there is newer.
 */
export async function copiedAlready(
  original: Original,
  claim: Claim,
  wishes: CopyOptions,
  context: EngineContext,
): Promise<Same | undefined> {
  if (claim.ifExists === 'fail') return undefined;
  const at = claim.at as Account;
  const named = await imagesNamed(at, claim.request.description.name, claim.call);
  const found = await foundAmong(named, original, claim, wishes, context);
  if (found && isVouchedFor(found, original)) return found;
  await refuseOlder(claim, named);
  return undefined;
}

async function foundAmong(
  named: readonly Image[],
  { at: from, image }: Original,
  claim: Claim,
  wishes: CopyOptions,
  context: EngineContext,
): Promise<Same | undefined> {
  const at = claim.at as Account;
  const reading = { call: claim.call, context };
  const { checksum } = wishes.transfer;
  // What is demanded can be compared with what is published, or with the bytes.
  if (checksum && image.checksums?.[checksum.algorithm]?.toLowerCase() !== checksum.hex) return undefined;
  if (claim.ifExists === 'skip') return alreadyThere(at, named, { at: from as Account, image }, reading);
  if (claim.ifExists !== 'replace') return undefined;
  const asked = (await activeOf(at, named.length > 0 ? replacedBy(claim, named) : [])).filter((one) =>
    isAsAsked(one, wishes, context),
  );
  return copiedBefore(at, asked, image, reading);
}

/** Where a signature is asked for, the digest of what is there was signed today, or when it came. */
const isVouchedFor = ({ image: there }: Same, { at, image }: Original): boolean =>
  at.signatures?.assurance !== 'signature' ||
  [image, there].some(({ properties }) => provenanceIn(properties).signer !== undefined);

/** Whether there is nothing about an image that is asked to be otherwise; what cannot be compared may be. */
function isAsAsked(image: Image, { description, transfer, set }: CopyOptions, { settings: { region } }: EngineContext): boolean {
  if (Object.keys(set).length > 0 || transfer.compress) return false;
  if (transfer.format !== undefined && transfer.format !== image.diskFormat) return false;
  if (region !== undefined && !image.places.some(({ name }) => name === region)) return false;
  const { properties = {}, tags = [], ...fields } = description;
  return (
    Object.entries(fields).every(([field, value]) => value === undefined || image[field as keyof typeof fields] === value) &&
    Object.entries(properties).every(([name, value]) => image.properties[name] === value) &&
    tags.every((tag) => image.tags.includes(tag))
  );
}
