#!/usr/bin/env node
'use strict';

const path = require('node:path');
const { existsSync, readFileSync } = require('node:fs');

const dist = path.join(__dirname, '..', 'dist');

/** The file with the answer to these words, where it is one that was known when the program was built. */
function readyAnswer(words) {
  const last = words.at(-1);
  if (words.length <= 1 && ['--version', '-V'].includes(last)) return path.join(dist, 'version.txt');
  if (words.length === 0 || (words.length === 1 && ['--help', '-h', 'help'].includes(last))) return path.join(dist, 'help.txt');
  const verb = words[0] === 'help' ? words.slice(1) : last === '--help' || last === '-h' ? words.slice(0, -1) : [];
  if (verb.length === 0 || !verb.every((word) => /^[a-z]+$/.test(word))) return undefined;
  const file = path.join(dist, 'help', `${verb.join('-')}.txt`);
  return existsSync(file) ? file : undefined;
}

const words = process.argv.slice(2);
const ready = readyAnswer(words);
if (words[0] === '__complete') {
  const { completionAnswer } = require('../dist/complete.cjs');
  const table = JSON.parse(readFileSync(path.join(dist, 'complete.json'), 'utf8'));
  const home = { env: process.env, home: require('node:os').homedir(), platform: process.platform };
  completionAnswer(words.slice(1), table, home, Date.now()).then((answer) => process.stdout.write(answer));
} else if (ready) {
  // Whoever reads only the first line has closed the pipe: nothing is wrong.
  process.stdout.on('error', () => {});
  process.stdout.write(readFileSync(ready));
} else {
  // Deflate, hashes and files share libuv's pool of threads, whose size is read once, at the first use.
  process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, require('node:os').availableParallelism() + 2));
  require('../dist/start.cjs').start(process, dist);
}
