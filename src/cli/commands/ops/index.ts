import type { Command } from '../../program/command.ts';
import type { CommandEntry } from '../../program/shape.ts';

/** Commands on earlier runs, in the order of the help. */
export const opsCommands: readonly CommandEntry<Command>[] = [
  {
    path: 'ops list',
    aliases: ['ls'],
    summary: 'List runs that changed something, and what they left',
    load: () => import('./list.ts').then((module) => module.list),
  },
  {
    path: 'ops show',
    aliases: [],
    summary: 'Show a run: what it began, what became of it',
    load: () => import('./show.ts').then((module) => module.show),
  },
  {
    path: 'ops resume',
    aliases: [],
    summary: 'Resume an interrupted run',
    load: () => import('./resume.ts').then((module) => module.resume),
  },
  {
    path: 'ops undo',
    aliases: [],
    summary: 'Remove what a run made and did not finish',
    load: () => import('./undo.ts').then((module) => module.undo),
  },
];
