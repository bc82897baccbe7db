import { stat } from 'node:fs/promises';
import path from 'node:path';
import { configError } from '../core/errors.ts';
import type { Home } from './folders.ts';
import { textOf } from './text-file.ts';

/** Where a profile's value is kept: in the store itself, or where a reference points. */
export type Kept = 'plain' | 'env' | 'file' | 'cmd';

const reference = /^(env|file|cmd):(.*)$/s;

/** What kind of value or reference a stored text is. */
export function keptAs(text: string): Kept {
  return (reference.exec(text)?.[1] as Kept | undefined) ?? 'plain';
}

/**
 * The value behind a stored text: itself, or what `env:NAME`, `file:PATH` or `cmd:COMMAND` gives, trimmed.
 * Throws CONFIG when there is nothing behind the reference; never quotes what a command printed.
 * `warn` is told of a file that other users can read.
 */
export async function valueBehind(text: string, field: string, at: Home, warn: (message: string) => void): Promise<string> {
  const found = reference.exec(text);
  const target = found?.[2] ?? '';
  if (found?.[1] === 'env') return ofVariable(target, field, at);
  if (found?.[1] === 'file') return ofFile(target, field, at, warn);
  // Starting programs takes node a tenth of the time in which a list is there: only who needs it loads it.
  if (found?.[1] === 'cmd') return (await import('./command-value.ts')).ofCommand(target, field, at);
  return text;
}

function ofVariable(name: string, field: string, at: Home): string {
  const value = at.env[name];
  if (value === undefined || value === '')
    throw configError(`${field} is kept in the environment variable ${name}, which is not set`, { hint: `export ${name}=…` });
  return value;
}

async function ofFile(name: string, field: string, at: Home, warn: (message: string) => void): Promise<string> {
  const file = name.startsWith('~/') ? path.join(at.home, name.slice(2)) : path.resolve(name);
  const text = await textOf(file);
  if (text === undefined) throw configError(`${field} is kept in the file ${file}, which does not exist`);
  const { mode } = await stat(file);
  if (at.platform !== 'win32' && (mode & 0o077) !== 0) warn(`${file} (${field}) can be read by other users; chmod 600 ${file}`);
  return text.trim();
}
