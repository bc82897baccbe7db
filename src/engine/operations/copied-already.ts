import type { Image, Status } from '../../core/image.ts';
import { provenanceIn } from '../../core/provenance.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { alreadyThere, checkIntact, copiedBefore, recalled, withdrawn, type Same } from '../images/compare.ts';
import { hasItsData } from '../images/intact.ts';
import { imagesNamed } from '../images/resolve.ts';
import type { CopyOptions } from './copy-options.ts';
import { refuseOlder } from './downgrade.ts';
import type { Claim } from './claim.ts';
import { replacedBy } from './name-conflict.ts';
import type { Original } from './original.ts';

/**
 * The image at the target that makes a copy needless, found without a byte of the data: one that is the same (`skip`), or that was made of
 * the same published file and is as it is asked for (`replace`); one that is damaged is in the way of `skip`, and is replaced else. Throws
 * CONFLICT where what is there is newer, or is the same and was taken out of use.
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
  const among = (status: Status): Promise<Same | undefined> => foundAmong(named, status, original, claim, wishes, context);
  const found = await among('active');
  if (found && isVouchedFor(found, original) && (await isOfUse(found, claim, context))) return found;
  const inactive = await among('inactive');
  if (inactive) throw withdrawn(at, inactive.image);
  await refuseOlder(claim, named);
  return undefined;
}
async function foundAmong(
  named: readonly Image[],
  status: Status,
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
  if (claim.ifExists === 'skip')
    return alreadyThere(at, await recalled(at, named, status), { at: from as Account, image }, reading);
  if (claim.ifExists !== 'replace') return undefined;
  const replaced = await recalled(at, named.length > 0 ? replacedBy(claim, named) : [], status);
  // What is out of use is not made anew with other labels either.
  const same = status === 'active' ? replaced.filter((one) => isAsAsked(one, wishes, context)) : replaced;
  return copiedBefore(at, same, image, reading);
}

/** Whether it can stay as it is. Throws INTEGRITY where it is damaged, and must not be replaced. */
async function isOfUse(found: Same, { ifExists, call, ...claim }: Claim, context: EngineContext): Promise<boolean> {
  const at = claim.at as Account;
  if (ifExists !== 'replace') await checkIntact(at, found, call);
  else if (!(await hasItsData(at, found.image, call))) {
    context.warn(`image ${found.image.id} is damaged: its data is gone, or does not match its checksum; it is replaced`);
    return false;
  }
  return true;
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
