import { commandLine } from '../../core/hint.ts';
import { relativePathIn } from '../../host/paths.ts';
import type { EngineContext } from '../context.ts';

/** Warns of a path that a profile keeps, and that leads elsewhere from each folder: earlier versions kept it as it was typed. */
export function warnOfLoosePath(
  profile: string,
  field: string,
  text: string,
  form: 'one' | 'named',
  context: EngineContext,
): void {
  const loose = relativePathIn(text, form);
  if (loose === undefined) return;
  const cure = `Set it with: ${commandLine({ verb: 'profile set', args: [`${field}=/PATH`] }, { profile })}`;
  context.warn(`profile ${profile}: ${field} ${loose} leads elsewhere from each folder. ${cure}`);
}
