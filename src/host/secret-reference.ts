import { stat } from 'node:fs/promises';
import path from 'node:path';
import { configError } from '../core/errors.ts';
import { homeFolder, type Home } from './paths.ts';
import { readTextFile } from './text-file.ts';
import type { ResolveOptions } from './secret-command.ts';

/** A value that is what it says, whatever it begins with: never followed. */
export interface Literal {
  readonly kind: 'literal';
  readonly text: string;
}

/** A value that is kept elsewhere: in a variable, in a file, or in what a command prints. */
export interface SecretReference {
  readonly kind: 'env' | 'file' | 'cmd';
  /** Name of the variable, path of the file, or the command. */
  readonly target: string;
}

/** The value of a field before it is asked for. What it is, is settled where it is read, by whose text it is. */
export type FieldValue = Literal | SecretReference;

const marked = /^(env|file|cmd|literal):(.*)$/s;

/** A text of somebody else's: another tool's file or variable, a default. */
export const literal = (text: string): Literal => ({ kind: 'literal', text });

/**
 * A text of ours (profile store, `--set`, `IMGCTL_PROFILE_<NAME>_<FIELD>`): `env:NAME`, `file:PATH` and `cmd:COMMAND` are
 * references; `literal:` stands before a value that only looks like one.
 */
export function parseValue(text: string): FieldValue {
  const [, kind, rest = ''] = marked.exec(text) ?? [];
  if (kind === 'env' || kind === 'file' || kind === 'cmd') return { kind, target: rest };
  return literal(kind === 'literal' ? rest : text);
}

/** The text that `parseValue` reads as this value. */
export function formatValue(value: FieldValue): string {
  if (value.kind !== 'literal') return `${value.kind}:${value.target}`;
  return marked.test(value.text) ? `literal:${value.text}` : value.text;
}

/**
 * What a value stands for, trimmed where it is kept elsewhere. Throws CONFIG when there is nothing behind a reference;
 * never quotes what a command printed.
 */
export async function resolveValue(value: FieldValue, field: string, at: Home, asking: ResolveOptions): Promise<string> {
  if (value.kind === 'literal') return value.text;
  if (value.kind === 'env') return ofVariable(value.target, field, at);
  if (value.kind === 'file') return ofFile(value.target, field, at, asking);
  // Starting programs takes node a tenth of the time in which a list is there: only who needs it loads it.
  return (await import('./secret-command.ts')).secretFromCommand(value.target, field, at, asking);
}

function ofVariable(name: string, field: string, at: Home): string {
  const value = at.env[name];
  if (value === undefined || value === '')
    throw configError(`${field}: environment variable ${name} is not set`, { hint: `Set it with: export ${name}=…` });
  return value;
}

async function ofFile(name: string, field: string, at: Home, asking: ResolveOptions): Promise<string> {
  const file = name.startsWith('~/') ? path.join(homeFolder(at), name.slice(2)) : path.resolve(name);
  const { mode } = await stat(file).catch(() => ({ mode: 0 }));
  const text = await readTextFile(file, asking);
  if (text === undefined) throw configError(`${field}: no such file: ${file}`);
  if (at.platform !== 'win32' && (mode & 0o077) !== 0)
    asking.warn(`${file} (${field}) is readable by other users. Restrict it with: chmod 600 ${file}`);
  const value = text.trim();
  if (value === '') throw configError(`${field}: ${file} is empty`);
  return value;
}
