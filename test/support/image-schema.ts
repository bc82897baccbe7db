import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const schema = JSON.parse(readFileSync(new URL('../../schema/image.schema.json', import.meta.url), 'utf8')) as object;
const fits = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

/** Verbs whose result is an image, or several; apart from them `profile list` and its like. */
const imageVerbs = new Set(
  'list ls show get create patch update set deactivate reactivate activate restore purge replicate upload copy cp import wait'.split(
    ' ',
  ),
);
/** Words that make the result something else: other commands, plans, and columns, which leave fields out. */
const otherwise = /^(profile|channel|help|-n|--dry-run|-c.*|--columns.*|-h|--help)$/;

const has = (value: object, field: string): boolean => Object.hasOwn(value, field);

/** The images of a result: itself, or those of a group (`list --group-by`); a row of a verb's outcome (`result`) is none, nor is a run
 * of the journal. */
function imagesIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  if (has(value, 'result') || (has(value, 'startedAt') && has(value, 'state'))) return [];
  return 'images' in value && Array.isArray(value.images) ? value.images : [value];
}

/**
 * Holds what a command line printed against the schema that ships: every image of a result in JSON must fit it. Gives how many did.
 * Throws where one does not, or where a result in JSON is no JSON.
 */
export function checkPrintedImages(args: readonly string[], env: Readonly<Record<string, string>>, stdout: string): number {
  const format = formatOf(args, env);
  if (stdout === '' || !format || !args.some((word) => imageVerbs.has(word)) || args.some((word) => otherwise.test(word)))
    return 0;
  const printed: unknown =
    format === 'json'
      ? JSON.parse(stdout)
      : stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown);
  const images = [printed].flat().flatMap(imagesIn);
  for (const image of images)
    if (!fits(image))
      throw new Error(
        `imgctl ${args.join(' ')} printed what the schema refuses: ${JSON.stringify(fits.errors)}\n${JSON.stringify(image)}`,
      );
  return images.length;
}

function formatOf(args: readonly string[], env: Readonly<Record<string, string>>): 'json' | 'jsonl' | undefined {
  const asked = args.map((word, index) =>
    /^(?:-q?o|--output)$/.test(args[index - 1] ?? '') ? word : /^(?:-q?o|--output=)(\w+)$/.exec(word)?.[1],
  );
  const format = asked.findLast((word) => word !== undefined) ?? (args.includes('--json') ? 'json' : env.IMGCTL_OUTPUT);
  return format === 'json' || format === 'jsonl' ? format : undefined;
}
