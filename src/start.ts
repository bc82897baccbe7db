import path from 'node:path';
import { flagChange } from './host/v8-flags.ts';
import { homeOf, ownFolder } from './host/paths.ts';
import { loaderWith } from './host/code-cache.ts';
import type * as program from './main.ts';

type Process = typeof process;

/** Loads the built program that lies in the folder `dist`, with the code that V8 made of it before, and runs the command line. */
export function start(process: Process, dist: string): void {
  const loader = loaderWith(codeFile(process));
  process.on('exit', (status) => {
    if (status === 0) loader.keep();
  });
  process.on(flagChange, () => loader.keep());
  const { main } = loader.load(path.join(dist, 'main.cjs')) as typeof program;
  void main(process);
}

/** Absent where nothing is to be kept, or this user has no home. */
function codeFile(process: Process): string | undefined {
  const { env, version, arch } = process;
  if (env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  try {
    return path.join(ownFolder('cache', homeOf(process)), 'code', `${version}-${arch}`);
  } catch {
    return undefined;
  }
}
