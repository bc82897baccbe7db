import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { codeOf } from './system-error.ts';

/**
 * Makes a folder and those above it, where they are missing. Throws what the system says. Not Node's own way: with
 * `recursive` it never ends where mkdir answers ENOENT though the folder above is there (/proc).
 */
export function makeFolder(folder: string, mode: number): void {
  if (isFolder(folder)) return;
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (isFolder(folder)) return;
    const above = path.dirname(folder);
    if (codeOf(error) !== 'ENOENT' || isFolder(above)) throw error;
    makeFolder(above, mode);
    makeFolder(folder, mode);
  }
}

const isFolder = (folder: string): boolean => {
  try {
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
};
