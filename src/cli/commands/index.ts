import type { Command } from '../program/command.ts';
import type { CommandEntry } from '../program/shape.ts';
import { channelCommands } from './channel/index.ts';
import { opsCommands } from './ops/index.ts';
import { profileCommands } from './profile/index.ts';

/** Every command, in the order of the help. What a command is made of is loaded when it is typed. */
export const commands: readonly CommandEntry<Command>[] = [
  {
    path: 'list',
    aliases: ['ls'],
    summary: 'List images',
    load: () => import('./list.ts').then((module) => module.list),
  },
  {
    path: 'show',
    aliases: ['get'],
    summary: 'Show an image, or several',
    load: () => import('./show.ts').then((module) => module.show),
  },
  {
    path: 'create',
    aliases: [],
    summary: "Create a record without data, or an image from a server's disk",
    load: () => import('./create.ts').then((module) => module.create),
  },
  {
    path: 'patch',
    aliases: ['update', 'set'],
    summary: "Change an image's record",
    load: () => import('./patch.ts').then((module) => module.patch),
  },
  {
    path: 'deactivate',
    aliases: [],
    summary: "Block the use of an image's data",
    load: () => import('./state.ts').then((module) => module.deactivate),
  },
  {
    path: 'reactivate',
    aliases: ['activate'],
    summary: "Allow the use of an image's data again",
    load: () => import('./state.ts').then((module) => module.reactivate),
  },
  {
    path: 'restore',
    aliases: [],
    summary: 'Restore a deleted image',
    load: () => import('./state.ts').then((module) => module.restore),
  },
  {
    path: 'purge',
    aliases: [],
    summary: 'Permanently remove a deleted image',
    load: () => import('./state.ts').then((module) => module.purge),
  },
  {
    path: 'delete',
    aliases: ['rm'],
    summary: 'Delete images',
    load: () => import('./delete.ts').then((module) => module.remove),
  },
  {
    path: 'replicate',
    aliases: [],
    summary: 'Replicate an image to more places: regions, stores, folders',
    load: () => import('./replicate.ts').then((module) => module.replicate),
  },
  {
    path: 'upload',
    aliases: [],
    summary: 'Upload a file, stdin or URL as an image, and verify it',
    load: () => import('./upload.ts').then((module) => module.upload),
  },
  {
    path: 'download',
    aliases: ['save'],
    summary: 'Download an image to a file or stdout, and verify it',
    load: () => import('./download.ts').then((module) => module.download),
  },
  {
    path: 'copy',
    aliases: ['cp'],
    summary: 'Copy an image to another cloud, converting as needed',
    load: () => import('./copy.ts').then((module) => module.copy),
  },
  {
    path: 'import',
    aliases: [],
    summary: 'Import an image from a URL, fetched by the cloud',
    load: () => import('./import.ts').then((module) => module.importImage),
  },
  {
    path: 'share',
    aliases: [],
    summary: 'Give others access to an image, answer an offer, or list who has it',
    load: () => import('./share.ts').then((module) => module.share),
  },
  {
    path: 'unshare',
    aliases: [],
    summary: 'Stop sharing an image',
    load: () => import('./share.ts').then((module) => module.unshare),
  },
  {
    path: 'wait',
    aliases: [],
    summary: 'Wait until images reach a state',
    load: () => import('./wait.ts').then((module) => module.wait),
  },
  {
    path: 'resolve',
    aliases: [],
    summary: 'Resolve a name or glob to one id',
    load: () => import('./resolve.ts').then((module) => module.resolve),
  },
  {
    path: 'convert',
    aliases: [],
    summary: 'Convert a disk image file to another format',
    load: () => import('./convert.ts').then((module) => module.convert),
  },
  {
    path: 'plan',
    aliases: [],
    summary: 'Show what differs from a manifest: one file, many clouds',
    load: () => import('./plan.ts').then((module) => module.plan),
  },
  {
    path: 'apply',
    aliases: [],
    summary: 'Make everything as a manifest has it',
    load: () => import('./apply.ts').then((module) => module.apply),
  },
  {
    path: 'publish',
    aliases: [],
    summary: 'Publish images as files for a web server',
    load: () => import('./publish.ts').then((module) => module.publish),
  },
  {
    path: 'inspect',
    aliases: [],
    summary: 'Inspect a file: format, size, checksums, safety, supported targets',
    load: () => import('./inspect.ts').then((module) => module.inspectFile),
  },
  {
    path: 'prune',
    aliases: [],
    summary: 'Retire and delete managed images that newer ones replace',
    load: () => import('./prune.ts').then((module) => module.prune),
  },
  {
    path: 'uses',
    aliases: [],
    summary: 'Show what uses an image: instances, volumes, other images',
    load: () => import('./uses.ts').then((module) => module.uses),
  },
  {
    path: 'places',
    aliases: ['regions', 'stores'],
    summary: 'List places for images: regions, stores, folders',
    load: () => import('./places.ts').then((module) => module.places),
  },
  ...channelCommands,
  ...profileCommands,
  ...opsCommands,
  {
    path: 'policy check',
    aliases: [],
    summary: 'Check images against rules',
    load: () => import('./policy/check.ts').then((module) => module.check),
  },
  {
    path: 'sources',
    aliases: [],
    summary: 'Show publishers known by name, and what vouches for them',
    load: () => import('./sources.ts').then((module) => module.sources),
  },
  {
    path: 'providers',
    aliases: [],
    summary: 'Show what each provider supports',
    load: () => import('./providers.ts').then((module) => module.providers),
  },
  {
    path: 'completion',
    aliases: [],
    summary: 'Print the completion script of a shell',
    load: () => import('./completion.ts').then((module) => module.completion),
  },
  {
    path: 'version',
    aliases: [],
    summary: 'Print the version',
    load: () => import('./version.ts').then((module) => module.version),
  },
  {
    path: 'help',
    aliases: [],
    summary: 'Help on a verb or a topic',
    load: () => import('./help.ts').then((module) => module.help),
  },
];
