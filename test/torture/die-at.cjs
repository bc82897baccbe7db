// Loaded before the program (`--require`): dies by SIGKILL right before one of its acts, DIE_AT, counted from 1: a change to the disk, a request
// that is about to end, an answer that has come. Whoever lives to the end tells on descriptor 3 how many there were.
const fs = require('node:fs');
const http = require('node:http');
const { syncBuiltinESMExports } = require('node:module');
const { isMainThread } = require('node:worker_threads');

const { writeSync } = fs;
const dieAt = Number(process.env.DIE_AT);
let acts = 0;

const step = () => {
  acts += 1;
  if (acts === dieAt) process.kill(process.pid, 'SIGKILL');
};

/** What opens a file without changing anything. */
const reads = (flags) =>
  flags === undefined ||
  flags === 'r' ||
  (typeof flags === 'number' && (flags & (fs.constants.O_CREAT | fs.constants.O_TRUNC)) === 0);

function watch(object, names) {
  for (const name of names) {
    const original = object[name];
    if (typeof original !== 'function') continue;
    const watched = function (...args) {
      if (!(name.startsWith('open') && reads(args[1]))) step();
      return original.apply(this, args);
    };
    object[name] = Object.assign(watched, original);
  }
}

const calls = [
  'open',
  'write',
  'writev',
  'rename',
  'mkdir',
  'mkdtemp',
  'rmdir',
  'rm',
  'unlink',
  'truncate',
  'ftruncate',
  'link',
  'symlink',
  'copyFile',
  'fsync',
  'utimes',
  'chmod',
  'writeFile',
  'appendFile',
];
watch(
  fs,
  calls.flatMap((name) => [name, `${name}Sync`]),
);
watch(fs.promises, calls);
// Files that were opened so have methods of their own.
const opening = fs.promises.open;
let prototype;
fs.promises.open = async (...args) => {
  const handle = await opening.apply(fs.promises, args);
  if (prototype === undefined) {
    prototype = Object.getPrototypeOf(handle);
    watch(prototype, ['write', 'writev', 'writeFile', 'appendFile', 'truncate', 'sync', 'datasync', 'utimes']);
  }
  return handle;
};
const { ClientRequest } = http;
watch(ClientRequest.prototype, ['end']);
const { emit } = ClientRequest.prototype;
ClientRequest.prototype.emit = function (event, ...args) {
  if (event === 'response') step();
  return emit.call(this, event, ...args);
};
syncBuiltinESMExports();
if (isMainThread) process.on('exit', () => writeSync(3, `${acts}`));
