#!/usr/bin/env node
'use strict';
// Deflate, hashes and files share libuv's pool of threads, whose size is read once, at the first use.
const { availableParallelism } = require('node:os');
process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism() + 2));
require('node:module').enableCompileCache?.();
require('../dist/main.cjs').main(process);
