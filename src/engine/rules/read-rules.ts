import { notFoundError } from '../../core/errors.ts';
import { didYouMean, nearest } from '../../host/did-you-mean.ts';
import { readTextFile } from '../../host/text-file.ts';
import { parseRules } from './parse-rules.ts';
import type { RuleSet } from './rule.ts';
import { shippedNames, shippedRules } from './shipped.ts';

/**
 * The rules of a file in YAML or JSON, or of a set that is shipped, by its name. Throws NOT_FOUND where there is neither, CONFIG for
 * whatever in it is not understood.
 */
export async function readRules(named: string, signal: AbortSignal): Promise<RuleSet> {
  const { parseWritten } = await import('../../host/yaml.ts');
  const shipped = await shippedRules(named);
  if (shipped !== undefined) return parseRules({ value: shipped, lineOf: () => undefined }, { source: named, isShipped: true });
  const text = await readTextFile(named, { signal });
  if (text === undefined)
    throw notFoundError(`no such rules file: ${named}`, {
      hint: `${didYouMean(nearest(named, shippedNames)) ?? `Name a file, or a set that is shipped: ${shippedNames.join(', ')}`}`,
      ofNoImage: true,
    });
  return parseRules(parseWritten(text, named), { source: named, isShipped: false });
}
