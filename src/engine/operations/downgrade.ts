import { conflictError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { areOfOneProduct, compareSerials, productProperties, provenanceIn, type Properties } from '../../core/provenance.ts';
import type { Claim } from './claim.ts';

/** States in which no disk is there, so that none can be newer. */
const empty: readonly string[] = ['queued', 'failed', 'deleting', 'deleted'];

/**
 * Throws CONFLICT where an image of the name that is wanted has a newer serial than the one that is to come, unless that is allowed:
 * a publisher's index that is older than the last one is rightly signed too. Images of another product are not compared; where the
 * product is not known, they are. `warn` is told what could not be compared.
 */
export async function refuseOlder(
  { at, request, ifExists, origin = {}, allowDowngrade = false }: Claim,
  taken: readonly Image[],
  warn: (message: string) => void = () => undefined,
): Promise<void> {
  const { serial } = provenanceIn(origin);
  for (const one of taken.filter(({ status }) => !empty.includes(status))) {
    const { properties } = await at.memory.recall(one);
    const there = provenanceIn(properties).serial;
    const isSame = areOfOneProduct(properties, origin);
    if (serial === undefined) {
      if (ifExists === 'replace' && there !== undefined)
        warn(`could not check whether it is older than ${one.id}, which has the serial ${there}: the new one has none`);
    } else if (there === undefined) {
      if (ifExists === 'replace') warn(`could not check whether ${serial} is older than ${one.id}: ${whyUnknown(one)}`);
    } else if (isSame !== false && compareSerials(there, serial) > 0) {
      const message = `"${request.description.name}" (${one.id}) is newer: it has the serial ${there}, and this is ${serial}`;
      if (!allowDowngrade)
        throw conflictError(isSame ? message : `${message}; whether both are of one product is not known`, {
          hint: 'Use --allow-downgrade to take the older one.',
        });
      warn(message);
    }
  }
}

/** Says of each image that is replaced in what it is another one than what is to come, as far as both are known. */
export function warnOfOther({ origin = {} }: Claim, replaced: readonly Image[], warn: (message: string) => void): void {
  for (const { id, name, architecture, properties } of replaced) {
    const there: Properties = { ...properties, ...(architecture === undefined ? {} : { architecture }) };
    const others = telling.flatMap((field) => {
      const [old, now] = [there[field], origin[field]];
      return old === undefined || now === undefined || old.toLowerCase() === now.toLowerCase()
        ? []
        : [`${field} was ${old}, now ${now}`];
    });
    if (others.length > 0) warn(`"${name}" (${id}) is replaced by another kind of image: ${others.join('; ')}`);
  }
}

/** What tells products, releases and architectures apart. */
const telling = [...productProperties, 'os_version', 'architecture'];

const whyUnknown = ({ provider }: Image): string => `${provider} has no serial on record, and this machine remembers none`;
