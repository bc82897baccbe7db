import { abortedError, configError, integrityError } from '../../core/errors.ts';
import { runProgram } from '../../host/subprocess.ts';
import { verifyClearSigned } from '../../transfer/trust/openpgp/verify.ts';
import type { EngineContext } from '../context.ts';

/** Signs texts, and knows what it has signed. */
export interface Signing {
  /** The text, clear-signed. */
  sign(text: string, name: string): Promise<string>;
  /** Whether a document is this text, signed by this key. */
  isSigned(document: string, text: string): boolean;
}

const program = 'gpg';
/** Somebody may have to type a passphrase, or to touch a card. */
const limits = { limitMs: 300_000, mostOutput: 256 * 1024 * 1024 };

/**
 * Signing by a key of GnuPG, where secret keys are kept, on cards too. Throws CONFIG where there is no GnuPG, or it has no such key;
 * what was signed is verified before it is given back.
 */
export async function signingBy(key: string, context: EngineContext): Promise<Signing> {
  const gpg = async (args: readonly string[], stdin: string): Promise<string> => {
    const ended = await runProgram(program, ['--batch', ...args], stdin, context.home.env, { ...limits, signal: context.signal });
    if (context.signal.aborted) throw abortedError('interrupted');
    if (ended.status === 0 && ended.stdout !== '') return ended.stdout;
    throw await failure(key, ended, context);
  };
  const publicKey = Buffer.from(await gpg(['--armor', '--export', '--', key], ''));
  const policy = { keys: [publicKey], now: new Date(context.now()) };
  const contentOf = (document: string, name: string): string => {
    const { text } = verifyClearSigned(Buffer.from(document), name, policy);
    return text.trimEnd();
  };
  const sign = async (text: string, name: string): Promise<string> => {
    const document = await gpg(['--local-user', key, '--digest-algo', 'SHA512', '--clearsign'], text);
    if (contentOf(document, name) !== text.trimEnd()) throw integrityError(`${program} has signed something else than ${name}`);
    return document;
  };
  // What can be known to fail is known before anything is fetched.
  await sign('{}\n', 'a text to try the key');
  return {
    sign,
    isSigned(document, text) {
      try {
        return contentOf(document, 'the document') === text.trimEnd();
      } catch {
        // By another key, or by one that is good no more: it is signed anew.
        return false;
      }
    },
  };
}

async function failure(key: string, ended: { readonly stderr: string }, { home }: EngineContext): Promise<Error> {
  const { status } = await runProgram(program, ['--version'], '', home.env);
  if (status !== 0)
    return configError(`${program} is not installed, and signs for --sign`, {
      hint: 'Install GnuPG (apt install gnupg, dnf install gnupg2, brew install gnupg), or omit --sign.',
    });
  const said = ended.stderr
    .split('\n')
    .map((line) => line.replace(/^gpg: /, '').trim())
    .filter((line) => line !== '' && !line.startsWith('WARNING'));
  return configError(`${program} cannot sign with "${key}": ${said.at(-1) ?? 'there is no such key'}`, {
    hint: `List your keys with: ${program} --list-secret-keys`,
  });
}
