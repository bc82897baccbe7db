import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const src = path.resolve(import.meta.dirname, '../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll(path.sep, '/'))
  .filter((name) => name.endsWith('.ts'));
const exported = files.flatMap((name) =>
  [
    ...readFileSync(path.join(src, name), 'utf8').matchAll(
      /^export (?:async )?(?:abstract )?(?:const|function\*?|interface|type|class) (\w+)/gm,
    ),
  ].map(([, what = '']) => what),
);

/** `rate-limit.ts` and `rateLimiter` are found by `rate limit`. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const names = [...files.map((name) => path.basename(name, '.ts')), ...files.map((name) => path.dirname(name)), ...exported].map(
  plain,
);
const glossary = readFileSync(path.join(src, 'GLOSSARY.md'), 'utf8');
const isName = (word: string): boolean => names.some((name) => name.includes(plain(word)));

interface Row {
  readonly ours: string;
  readonly theirs: string;
  readonly files: readonly string[];
}

const rows: readonly Row[] = glossary
  .split(/^One word/m, 1)
  .join('')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (Here|-)/.test(line))
  .map((line) => {
    const [, ours = '', theirs = '', where = ''] = line.split('|').map((cell) => cell.trim());
    return { ours, theirs, files: [...where.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file) };
  });

/** What somebody who knows command lines, clouds and disk images looks for first. */
const fieldWords = `
  action, alias, archive, authorization, backoff, backpressure, block upload, blob, cache, cancel, capabilities, certificate, checksum,
  chunk, client, colour, completion, compress, concurrency, config, confirm, conflict, content addressable, content encoding, convert,
  crc32, credentials, csv, data model, deadline, decompress, dedupe, deflate, destructive, detect, digest, discover, dry run, encoding,
  endpoint, environment, errors, exit code, export, extents, fan-out, federation, filter, finding, footer, format, garbage collection,
  glob, gzip, hash, heap, help, hint, http, idempotent, identity, image, import, index, inspect, job, journal, json, json patch,
  keystone, layout, list, lock, man, manifest, media type, merge patch, mount, name conflict, no proxy, option, outcome, output,
  pagination, pages, parse, partition, path, patch, permissions, pipeline, plan, poll, polyglot, preflight, profile, progress, prompt,
  property, proxy, qcow2, quota, range, rate limit, record, redact, redirect, references, region, render, replicate, repository,
  request id, resolve, resume, retry, rollback, route, safety, sandbox, sanitize, schema, scope, secret, server-side copy, session,
  share, sign in, sink, size, sniff, source, sparse, spool, state, status, stdin, store, stream, style, subprocess, synonym, table, tag, tar,
  task, temporary file, terminal, throttle, timeout, tls, token, trace, transient, tunnel, undo, unix socket, upload session, usage,
  validator, verify, version, vhd, view, virtual disk, vmdk, wait, warning, width, worker, wrap, xz, yaml, zstd
`
  .split(',')
  .map((word) => word.trim());

describe('the words', () => {
  it('of the glossary are in the code, and the files that it names are there', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(
      rows.filter(({ ours }) => !ours.split(', ').some((word) => isName(word.replaceAll('`', '')))).map(({ ours }) => ours),
    ).toEqual([]);
    const told = [...glossary.matchAll(/`([\w/-]+\.ts)`/g)].map(([, file = '']) => file);
    expect(told.filter((file) => !existsSync(path.join(file.startsWith('test/') ? path.dirname(src) : src, file)))).toEqual([]);
    expect(
      rows
        .flatMap(({ ours, files: at }) => (at.length > 0 ? at : [`nothing for ${ours}`]))
        .filter((file) => !existsSync(path.join(src, file))),
    ).toEqual([]);
  });

  it('name one thing: no two folders export a type of the same name, but for what the glossary tells apart', () => {
    const homes = new Map<string, Set<string>>();
    for (const name of files.filter((file) => !file.startsWith('drivers/')))
      for (const [, type = ''] of readFileSync(path.join(src, name), 'utf8').matchAll(
        /^export (?:abstract )?(?:interface|type|class) (\w+)\b(?! \})/gm,
      ))
        homes.set(type, (homes.get(type) ?? new Set()).add(name));
    const told = glossary.split(/^One word/m)[1] ?? '';
    const odd = [...homes].filter(([, at]) => at.size > 1 && ![...at].every((file) => told.includes(`\`${file}\``)));
    expect(odd.map(([type, at]) => `${type}: ${[...at].join(', ')}`)).toEqual([]);
  });

  it('of the field lead to a file: by its name, by what it exports, or by the glossary', () => {
    const told = plain(rows.map(({ theirs }) => theirs).join(' '));
    expect(fieldWords.filter((word) => !isName(word) && !told.includes(plain(word)))).toEqual([]);
  });
});
