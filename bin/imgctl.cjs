#!/usr/bin/env node
'use strict';

const path = require('node:path');

/** Answers that are known when the program is built need none of it. */
const ready = { '--version': 'version.txt', '-V': 'version.txt', '--help': 'help.txt', '-h': 'help.txt', help: 'help.txt', '': 'help.txt' };
const [, , word = '', ...others] = process.argv;

if (others.length === 0 && Object.hasOwn(ready, word)) {
  // Whoever reads only the first line has closed the pipe: nothing is wrong.
  process.stdout.on('error', () => {});
  process.stdout.write(require('node:fs').readFileSync(path.join(__dirname, '..', 'dist', ready[word])));
} else {
  // Deflate, hashes and files share libuv's pool of threads, whose size is read once, at the first use.
  process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, require('node:os').availableParallelism() + 2));
  require('node:module').enableCompileCache?.();
  require('../dist/main.cjs').main(process);
}
