import { ImgctlError } from '../../core/errors.ts';
import type { Chosen } from './shape.ts';

const argumentWord = (name: string, takes: string): string => {
  const word = name.toUpperCase();
  if (takes === 'many') return `${word}...`;
  if (takes === 'any') return `[${word}...]`;
  return takes === 'optional' ? `[${word}]` : word;
};

/** How a command is typed, such as `imgctl show IMAGE... [options]`. */
export function usageLine({ entry, command }: Chosen): string {
  const args = Object.entries(command.args).map(([name, arg]) => argumentWord(name, arg.takes));
  return ['imgctl', entry.path, ...args, ...(Object.keys(command.options).length > 0 ? ['[options]'] : [])].join(' ');
}

/** An error in what was typed, with how the command is typed; any other as it is, also what a provider refused. */
export function withUsage(error: unknown, chosen: Chosen): unknown {
  const isTyped = error instanceof ImgctlError && error.code === 'USAGE' && error.circumstances.provider === undefined;
  return isTyped ? error.with({ usage: usageLine(chosen) }) : error;
}
