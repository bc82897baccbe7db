// Builds dist/: the program and its packages as CommonJS, split by command and driver, and the answers that are known beforehand.
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { rolldown } from 'rolldown';

await rm('dist', { recursive: true, force: true });
const bundle = await rolldown({
  input: 'src/main.ts',
  platform: 'node',
  tsconfig: 'tsconfig.json',
  onLog: (level, log, handle) => log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT' && handle(level, log),
});
await bundle.write({
  dir: 'dist',
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
  minify: true,
});
await bundle.close();

const say = (...args) =>
  execFileSync(process.execPath, ['-e', `require('./dist/main.cjs').main(process)`, '--', 'imgctl', ...args], {
    encoding: 'utf8',
  });
await writeFile('dist/help.txt', say('help'));
await writeFile('dist/version.txt', say('--version'));
