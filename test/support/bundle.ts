import path from 'node:path';
import { rolldown } from 'rolldown';

/** Bundles a test's own program into `folder`, so that plain node can run it in a process of its own. Returns its path. */
export async function bundle(source: string, folder: string): Promise<string> {
  const build = await rolldown({ input: { program: source }, platform: 'node', logLevel: 'silent' });
  await build.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' });
  await build.close();
  return path.join(folder, 'program.mjs');
}
