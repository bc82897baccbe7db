import { usageError } from '../../core/errors.ts';
import { isObject, parsedJson } from '../../core/json.ts';
import type { Surface } from '../program/context.ts';

/** The `query` of Terraform's external data source: what can be typed, too. */
export interface TerraformQuery {
  readonly image?: string;
  readonly latest?: boolean;
  readonly oldest?: boolean;
}

const known = ['image', 'latest', 'oldest'];

/**
 * Reads it from standard input, to its end, as Terraform wants it; at a terminal there is none. Throws USAGE for what is no query, or asks
 * for what is not known.
 */
export async function terraformQuery(surface: Pick<Surface, 'io' | 'readStdin'>): Promise<TerraformQuery> {
  const text = surface.io.stdinIsTerminal ? '' : await surface.readStdin();
  const query = text.trim() === '' ? {} : parsedJson(text);
  if (!isObject(query) || Object.values(query).some((value) => typeof value !== 'string'))
    throw usageError('standard input is no query of Terraform, which is a JSON object of texts', {
      hint: 'Use -o json where there is no Terraform, or add </dev/null.',
    });
  const odd = Object.keys(query).find((key) => !known.includes(key));
  if (odd !== undefined)
    throw usageError(`the query has "${odd}", which is not known`, {
      hint: `Use ${known.join(', ')}. Options go into program.`,
    });
  const { image, latest, oldest } = query;
  return {
    ...(typeof image === 'string' ? { image } : {}),
    latest: isTrue('latest', latest),
    oldest: isTrue('oldest', oldest),
  };
}

function isTrue(name: string, text: unknown = 'false'): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw usageError(`the query's ${name} is neither true nor false`, { hint: `Use ${name} = "true", or leave it out.` });
}
