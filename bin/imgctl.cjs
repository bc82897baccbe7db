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

/** Whoever reads only the first line has closed the pipe: nothing is wrong. Whatever else goes wrong is told as elsewhere. */
function print(text) {
  process.stdout.on('error', (error) => {
    if (error.code === 'EPIPE') return;
    const [, reason = error.code] = require('node:util').getSystemErrorMap().get(error.errno) ?? [];
    process.exitCode = cannotWrite;
    process.stderr.on('error', () => {});
    process.stderr.write(`imgctl: cannot write to standard output: ${reason}\n`);
  });
  process.stdout.write(text);
}
/** The exit status LOCAL. */
const cannotWrite = 14;

const words = process.argv.slice(2);
const ready = readyAnswer(words);
if (words[0] === '__complete') {
  const { completionAnswer, homeFrom } = require('../dist/complete.cjs');
  const table = JSON.parse(readFileSync(path.join(dist, 'complete.json'), 'utf8'));
  completionAnswer(words.slice(1), table, homeFrom(process), Date.now()).then(print);
} else if (ready) {
  print(readFileSync(ready));
} else {
  // Deflate, hashes and files share libuv's pool of threads, whose size is read once, at the first use.
  process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, require('node:os').availableParallelism() + 2));
  require('../dist/start.cjs').start(process, dist);
}
