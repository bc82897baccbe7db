import { readFile } from 'node:fs/promises';
import { localError } from '../core/errors.ts';
import type { Surroundings } from '../core/driver.ts';
import { userFolder, type Home } from './folders.ts';
import { parseIni } from './ini.ts';
import { parseYaml } from './yaml.ts';

const absentCodes = new Set(['ENOENT', 'ENOTDIR']);

/** A file's text, absent if there is none. Throws LOCAL if it is there and cannot be read. */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (absentCodes.has(code)) return undefined;
    throw localError(`cannot read ${file}: ${code}`, { cause: error });
  }
}

/** What drivers may look at to find profiles: the environment and files, nothing else. */
export function surroundingsOf(at: Home): Surroundings {
  return { env: at.env, home: at.home, configHome: userFolder('config', at), text: textOf, yaml: parseYaml, ini: parseIni };
}
