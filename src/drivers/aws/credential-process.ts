import { authError } from '../../core/errors.ts';
import { saidBy, sessionKeys, surroundingsOf, type CredentialContext } from './credential-context.ts';
import type { Credentials } from './sigv4.ts';

/** The words of a command line: separated by blanks, but for those in quotes. No shell sees them. */
export function splitCommand(line: string): readonly string[] {
  const words: string[] = [];
  const pattern = /((?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+)/g;
  for (const [word] of line.matchAll(pattern))
    words.push(
      word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g, (_all, double?: string, single?: string, one?: string) =>
        double === undefined ? (single ?? one ?? '') : double.replace(/\\(["\\$`])/g, '$1'),
      ),
    );
  return words;
}

/** The first line of what a program says in its defence, without what could move the cursor. */
const firstLine = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  (text.trim().split(/\r?\n/)[0] ?? '').replace(/[\u0000-\u001f\u007f-\u009f]/g, '?').slice(0, 200);

async function keysOf(context: CredentialContext, words: readonly string[], source: string): Promise<Credentials> {
  const [program = '', ...args] = words;
  const { status, stdout, stderr = '' } = (await surroundingsOf(context).run?.(program, args, '')) ?? { stdout: '' };
  if (status !== 0) {
    const said = firstLine(stderr);
    throw authError(
      `${source}: ${program} ${status === undefined ? 'could not be run' : `failed (exit status ${status})`}${said === '' ? '' : `: ${said}`}`,
    );
  }
  const body = saidBy(stdout, `${source}: ${program}`);
  if (body.Version !== 1) throw authError(`${source}: ${program} gave credentials of a version that is not known`);
  return sessionKeys(body, `${source}: ${program}`, context.clock);
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
export const fromProcess = (context: CredentialContext, line: string, source: string): Promise<Credentials> =>
  keysOf(context, splitCommand(line), source);

/** What was signed in to with `aws login` only the vendor's own program can use. */
export async function fromLogin(context: CredentialContext, profile: string): Promise<Credentials> {
  const words = ['aws', 'configure', 'export-credentials', '--profile', profile, '--format', 'process'];
  try {
    return await keysOf(context, words, `AWS profile ${profile}`);
  } catch (error) {
    throw error instanceof Error
      ? authError(error.message, { cause: error, hint: `Run: aws login --profile ${profile}` })
      : error;
  }
}
