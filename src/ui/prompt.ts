import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { abortedError, usageError } from '../core/errors.ts';
import type { Io } from './io.ts';
import { safe } from './sanitize.ts';

/** How a question is asked. `secret`: what is typed is not shown. `default`: what an empty answer means. */
export interface Question {
  readonly secret?: boolean;
  /** Only one of these is taken; it may be given by its number or its beginning. */
  readonly choices?: readonly string[];
  readonly default?: string;
}

/**
 * Asks on stderr and gives the answer, trimmed unless it is secret; '' where nothing was typed and there is no default.
 * Throws ABORTED on Ctrl-C and at the end of input, USAGE when there is nobody to ask.
 */
export async function ask(question: string, how: Question, io: Io): Promise<string> {
  const { choices = [] } = how;
  const listed = choices.map((choice, at) => `  ${at + 1}) ${safe(choice)}\n`).join('');
  const usual = how.default === undefined || how.secret ? '' : ` [${safe(how.default)}]`;
  for (;;) {
    await io.stderr.write(listed);
    const typed = await readLine(`${safe(question)}${usual}: `, how.secret ?? false, io);
    const answer = how.secret ? typed : typed.trim();
    if (answer === '' && (how.default !== undefined || choices.length === 0)) return how.default ?? '';
    const chosen = choices.length === 0 ? answer : choiceOf(answer, choices);
    if (chosen !== undefined) return chosen;
    await io.stderr.write(`Please answer one of ${choices.map(safe).join(', ')}.\n`);
  }
}

function choiceOf(answer: string, choices: readonly string[]): string | undefined {
  if (choices.includes(answer)) return answer;
  if (/^\d+$/.test(answer)) return choices[Number(answer) - 1];
  const begun = answer === '' ? [] : choices.filter((choice) => choice.toLowerCase().startsWith(answer.toLowerCase()));
  return begun.length === 1 ? begun[0] : undefined;
}

/** Asks for yes or no; an empty answer is no. Throws as `ask` does. */
export async function confirm(question: string, io: Io): Promise<boolean> {
  for (;;) {
    const answer = (await ask(`${question} [y/N]`, {}, io)).toLowerCase();
    if (answer === '' || answer === 'n' || answer === 'no') return false;
    if (answer === 'y' || answer === 'yes') return true;
    await io.stderr.write('Please answer y or n.\n');
  }
}

/** Asks for a name to be typed, for what cannot be undone: true only for exactly this name. Throws as `ask` does. */
export async function confirmName(question: string, name: string, io: Io): Promise<boolean> {
  return (await ask(`${question} Type the profile's name (${name}) to confirm`, {}, io)) === name;
}

/** One line from the terminal. Where it is secret, only the question is shown, not what is typed. */
function readLine(question: string, secret: boolean, io: Io): Promise<string> {
  const { stdin } = io;
  if (!stdin) return Promise.reject(usageError(`cannot ask "${question.replace(/: $/, '')}": not a terminal`));
  const echo = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      if (!secret) void io.stderr.write(chunk.toString()).catch(() => {});
      done();
    },
  });
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdin, output: echo, terminal: true, historySize: 0 });
    const leave = (settle: () => void): void => {
      // Only its own listener goes: the others let go of stdin, which would else go on showing what is typed.
      lines.off('close', abort);
      lines.close();
      settle();
    };
    const abort = (): void => {
      void io.stderr.write('\n').catch(() => {});
      leave(() => reject(abortedError('cancelled at the prompt')));
    };
    lines.on('SIGINT', abort);
    lines.on('close', abort);
    lines.question(question, (answer) => {
      leave(() => resolve(answer));
      if (secret) void io.stderr.write('\n').catch(() => {});
    });
    // A muted line shows nothing at all, so its question is written past it.
    if (secret) void io.stderr.write(question).catch(reject);
  });
}
