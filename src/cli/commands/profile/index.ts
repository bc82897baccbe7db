import type { Command } from '../../program/command.ts';
import type { CommandEntry } from '../../program/shape.ts';

/** Commands on profiles, in the order of the help. */
export const profileCommands: readonly CommandEntry<Command>[] = [
  {
    path: 'profile add',
    aliases: [],
    summary: 'Add a profile',
    load: () => import('./add.ts').then((module) => module.add),
  },
  {
    path: 'profile list',
    aliases: ['ls'],
    summary: 'List the profiles',
    load: () => import('./list.ts').then((module) => module.list),
  },
  {
    path: 'profile show',
    aliases: [],
    summary: 'Show a profile, and where each of its values comes from',
    load: () => import('./show.ts').then((module) => module.show),
  },
  {
    path: 'profile set',
    aliases: [],
    summary: 'Change fields of a profile',
    load: () => import('./set.ts').then((module) => module.set),
  },
  {
    path: 'profile use',
    aliases: [],
    summary: 'Set the default profile',
    load: () => import('./use.ts').then((module) => module.use),
  },
  {
    path: 'profile remove',
    aliases: ['rm', 'delete'],
    summary: 'Remove a profile; nothing changes at the provider',
    load: () => import('./remove.ts').then((module) => module.remove),
  },
  {
    path: 'profile check',
    aliases: [],
    summary: 'Sign in, and show the identity and what this cloud supports',
    load: () => import('./check.ts').then((module) => module.check),
  },
  {
    path: 'profile import',
    aliases: [],
    summary: "Import profiles from other tools' files and variables",
    load: () => import('./import.ts').then((module) => module.importProfiles),
  },
];
