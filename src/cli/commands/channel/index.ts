import type { Command } from '../../program/command.ts';
import type { CommandEntry } from '../../program/shape.ts';

/** Commands on channels, in the order of the help. */
export const channelCommands: readonly CommandEntry<Command>[] = [
  {
    path: 'channel set',
    aliases: [],
    summary: 'Point a channel, such as web@stable, to an image',
    load: () => import('./set.ts').then((module) => module.set),
  },
  {
    path: 'channel list',
    aliases: ['ls'],
    summary: 'List channels, and what they point to',
    load: () => import('./list.ts').then((module) => module.list),
  },
  {
    path: 'channel show',
    aliases: [],
    summary: 'Show what a channel points to',
    load: () => import('./show.ts').then((module) => module.show),
  },
  {
    path: 'channel history',
    aliases: [],
    summary: 'Show what a channel has pointed to',
    load: () => import('./history.ts').then((module) => module.history),
  },
  {
    path: 'channel rollback',
    aliases: [],
    summary: 'Point a channel to what it pointed to before',
    load: () => import('./rollback.ts').then((module) => module.rollback),
  },
  {
    path: 'channel delete',
    aliases: ['rm'],
    summary: 'Delete a channel; its image and its history stay',
    load: () => import('./delete.ts').then((module) => module.remove),
  },
  {
    path: 'channel revoke',
    aliases: [],
    summary: 'Take a bad image out of use, and out of its channels',
    load: () => import('./revoke.ts').then((module) => module.revoke),
  },
];
