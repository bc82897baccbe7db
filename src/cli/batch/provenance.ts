import { ImgctlError, integrityError } from '../../core/errors.ts';
import { unproved, type ProvenanceFinding } from '../../core/provenance.ts';
import type { Account } from '../../engine/account/account.ts';
import { openAt } from '../../engine/account/open.ts';
import { onlyProfile } from '../../engine/account/registry.ts';
import { shownImage } from '../../engine/images/resolve.ts';
import { checkProvenance } from '../../engine/operations/check-provenance.ts';
import { naming } from '../../engine/operations/result.ts';
import { provenanceView } from '../../ui/views/provenance.ts';
import { imageMeant } from '../options/targets.ts';
import type { Surface } from '../program/context.ts';
import { many, type Outcome } from '../program/outcome.ts';

/** What of the record of each image could be proved. Where anything on it could not, the command ends with INTEGRITY. */
export async function provenanceOf(texts: readonly string[], context: Surface): Promise<Outcome> {
  const rows: ProvenanceFinding[] = [];
  for (const text of texts) {
    try {
      const found = await findingsOf(text, context);
      rows.push(...found);
      for (const { claim, result, message } of found)
        if (result === 'unchecked') context.warn(`${text}: ${claim} could not be checked: ${message}`);
      const odd = found.filter(({ result }) => result === 'differs').map(({ claim }) => claim);
      const open = unproved(found).map(({ claim }) => claim);
      if (odd.length > 0) await context.reportAs(integrityError(`${text}: ${odd.join(', ')} not as recorded`));
      else if (open.length > 0) await context.reportAs(integrityError(`${text}: not proved: ${open.join(', ')}`));
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED' || texts.length === 1) throw error;
      await context.reportAs(naming(text, error));
    }
  }
  return many(provenanceView, rows);
}

async function findingsOf(text: string, context: Surface): Promise<readonly ProvenanceFinding[]> {
  const { directory, settings } = context;
  const reference = directory.reference(text);
  const at: Account = await openAt(reference.profile ?? onlyProfile(directory, settings.profile), ['show', 'list'], context);
  const call = context.call();
  const image = await shownImage(at, await imageMeant(at, reference, {}, directory, call), call);
  return checkProvenance(at, image, call, context);
}
